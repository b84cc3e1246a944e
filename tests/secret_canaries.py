"""One made-up secret for each rule, put together here so that no scanner of this repository mistakes it.

Each is (rule, the secret, a line of code in which it stands).
"""

from __future__ import annotations

from dataclasses import dataclass

_R = "q7Zp3Xv9Kd2Lm8Rt5Wc1Yb6Nh4Gs0Jf7Ea3Ui9Ox2Pq8Vz5Tk1Mw6Bn4Cr0Dy7Hl3Sg9Fj2Qe8"
_HEX = "9f3c1e7a5b2d8046e1f7a3c95d2b6084af19c3e7d5b20846f1a7e3c9d52b6084"
_BECH = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
_UPPER = "Q7ZP3XV4KD2LM5RTW6CY"


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret, and a line in which its rule must find it."""

    rule: str
    secret: str
    line: str


def _plain(rule: str, secret: str) -> Canary:
    return Canary(rule, secret, f'connect("{secret}")')


_PASSWORD = "Wy8!kTr4" + "mQz2"
_URL_PASSWORD = "Hn5tRv7" + "kLp3"
_ASSIGNED = _R[10:42]
_BARE = "Vb4Nm7Qx" + "2Ks9Lw5Tz8"
_KEY_LINES = "\n".join((_R[:64], _R[8:72], _R[4:40]))

CANARIES: tuple[Canary, ...] = (
    Canary(
        "private_key",
        _R[:64],
        "-----BEGIN RSA PRIVATE " + f"KEY-----\n{_KEY_LINES}\n-----END RSA PRIVATE KEY-----",
    ),
    _plain("aws_access_key", "AKIA" + _UPPER[:16]),
    Canary("aws_secret_key", _R[:40], f"aws_secret_access_key = {_R[:40]}"),
    _plain("github_token", "ghp_" + _R[:36]),
    _plain("github_token", "github_pat_" + f"{_R[:22]}_{_R[:59]}"),
    _plain("gitlab_token", "glpat-" + _R[:20]),
    _plain("slack_token", "xoxb-" + f"123456789012-{_R[:24]}"),
    Canary(
        "slack_webhook",
        f"B{_UPPER[:10]}/{_R[:24]}",
        f"post('https://hooks.slack.com/services/T0{_UPPER[:9]}/B{_UPPER[:10]}/{_R[:24]}')",
    ),
    _plain("stripe_key", "sk_live_" + _R[:24]),
    _plain("google_api_key", "AIza" + _R[:35]),
    _plain("google_oauth", "GOCSPX-" + _R[:28]),
    _plain("anthropic_key", "sk-ant-" + f"api03-{_R[:70]}AA"),
    _plain("openai_key", "sk-proj-" + _R[:48]),
    _plain("openai_key", "sk-" + f"{_R[:20]}T3Blbk" + f"FJ{_R[20:40]}"),
    _plain("hugging_face_token", "hf_" + "qZpXvKdLmRtWcYbNhGsJfEaUiOxPqVzTkM"),
    _plain("npm_token", "npm_" + _R[:36]),
    _plain("pypi_token", "pypi-AgE" + _R[:60]),
    _plain("sendgrid_key", "SG." + f"{_R[:22]}.{_R[:43]}"),
    _plain("twilio_key", "SK" + _HEX[:32]),
    _plain("digitalocean_token", "dop_v1_" + _HEX),
    _plain("docker_token", "dckr_pat_" + _R[:27]),
    _plain("telegram_token", "123456789:AA" + _R[:33]),
    _plain("nightdex_key", "ndx_" + f"{_HEX[:12]}_{_R[:43]}"),
    _plain("age_key", "AGE-SECRET-" + f"KEY-1{_BECH}{_BECH[:26]}"),
    Canary("azure_key", f"{_R[:64]}==", f"link = 'AccountName=a;AccountKey={_R[:64]}=='"),
    _plain("json_web_token", "eyJ" + f"hbGciOiJI.eyJ{_R[:40]}.{_R[:43]}"),
    Canary("url_password", _URL_PASSWORD, f"open('postgres://deploy:{_URL_PASSWORD}@db.internal/shop')"),
    Canary("authorization", _R[:30], f'send({{"Authorization": "Bearer {_R[:30]}"}})'),
    Canary("password", _PASSWORD, f'db_password = "{_PASSWORD}"'),
    Canary("assigned", _ASSIGNED, f'CLIENT_SECRET: "{_ASSIGNED}"'),
    Canary("password", _BARE, f"export DB_PASSWORD={_BARE}"),
    Canary("assigned", _BARE, f"session_token: {_BARE}"),
)  # fmt: skip
