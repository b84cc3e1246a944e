"""What a secret looks like: published token formats, and values assigned to names that say what they are.

A clue is a short expression that a text with such a secret contains; only then is the pattern tried. The
secret is the last group of the pattern that matched. The formats are those that their issuers document, which
are also what GitHub's secret scanning looks for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What else must hold for a match to count."""

    TOKEN = "token"  # noqa: S105 - a shape, not a password; its own prefix tells it from anything else
    PASSWORD = "password"  # noqa: S105 - chosen by a person: short, and often an example
    ASSIGNED = "assigned"  # only its name says so: it must look random
    BARE = "bare"  # as ASSIGNED, and without quotes: it must not look like code
    KEY_BLOCK = "key_block"  # several lines


@dataclass(frozen=True, slots=True)
class SecretRule:
    """One kind of secret.

    Attributes:
        name: as the night report counts it; its upper case takes the place of the secret.
        clue, pattern: in RE2's syntax, over UTF-8.
        shape: what else is asked of a match.
    """

    name: str
    clue: str
    pattern: str
    shape: Shape = Shape.TOKEN


_CHOSEN_NAMES = r"(?:pass(?:word|wd|phrase)|pwd)"
_RANDOM_NAMES = (
    r"(?:secret|(?:api|access|auth|account|encryption|signing|storage|private|secret|shared|master)"
    r"[_.-]?key|token|credentials?)"
)
_CHOSEN_CLUE = r"(?i)pass(?:word|wd|phrase)|pwd"
_RANDOM_CLUE = r"(?i)secret|token|credential|[_.-]?key\b"
# name = "value", name: 'value', "name": "value", name := `value`, name => "value", name: Type = "value"
_ASSIGN = (
    r"""[\w.-]{0,40}["'`\]]{0,2}(?:\s?:\s?&?[\w.\[\]<>]{1,30})?\s{0,8}(?::=|=>|:|=)\s{0,8}[bruf@$]{0,2}"""
)
_QUOTED = r'(?:"([^"\s]{8,})"|' + r"'([^'\s]{8,})'|`([^`\s]{8,})`)"
_BARE_LINE = r"(?im)^[ \t#/*;-]{0,8}(?:export |set |env )?[\w.-]{0,40}"
_BARE_VALUE = r"[\w.-]{0,20}[ \t]{0,4}[=:][ \t]{0,4}([A-Za-z0-9+/_=!@#%^&*~-]{12,})[ \t]*$"

RULES: tuple[SecretRule, ...] = (
    SecretRule(
        "private_key",
        r"PRIVATE KEY",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        Shape.KEY_BLOCK,
    ),
    SecretRule(
        "aws_access_key", r"\b(?:A[KS]IA|ABIA|ACCA)[A-Z2-7]", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b"
    ),
    SecretRule(
        "aws_secret_key",
        r"(?i)aws",
        r"(?i)aws[\w.-]{0,20}(?:secret|sec|private)?[\w.-]{0,20}key[\w.-]{0,10}"
        r"[\"'`]?\s{0,4}(?::=|=>|:|=)\s{0,4}[\"'`]?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)",
        Shape.ASSIGNED,
    ),
    SecretRule(
        "github_token",
        r"gh[pousr]_|github_pat_",
        r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
    ),
    SecretRule(
        "gitlab_token",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-",
        r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-[A-Za-z0-9_.-]{20,})",
    ),
    SecretRule(
        "slack_token",
        r"xox[a-z]-|xapp-|hooks\.slack",
        r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,})",
    ),
    SecretRule(
        "slack_webhook",
        r"hooks\.slack\.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,})",
    ),
    SecretRule(
        "stripe_key",
        r"(?:[rs]k_(?:live|test)|whsec)_",
        r"\b((?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,})\b",
    ),
    SecretRule("google_api_key", r"AIza", r"\b(AIza[A-Za-z0-9_-]{35})(?:[^A-Za-z0-9_-]|$)"),
    SecretRule(
        "google_oauth",
        r"GOCSPX-|ya29\.",
        r"\b(GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{30,})",
    ),
    SecretRule("anthropic_key", r"sk-ant-", r"\b(sk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{20,})"),
    SecretRule(
        "openai_key",
        r"sk-(?:proj|svcacct|admin)-|T3BlbkFJ",
        r"\b(sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74})",
    ),
    SecretRule("hugging_face_token", r"\bhf_", r"\b(hf_[A-Za-z]{34})\b"),
    SecretRule("npm_token", r"npm_|_authToken", r"\b(npm_[A-Za-z0-9]{36})\b"),
    SecretRule("pypi_token", r"pypi-AgE", r"\b(pypi-AgE[A-Za-z0-9_-]{50,})"),
    SecretRule(
        "sendgrid_key", r"\bSG\.", r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64})(?:[^A-Za-z0-9_-]|$)"
    ),
    SecretRule("twilio_key", r"\bSK[0-9a-f]{4}", r"\b(SK[0-9a-f]{32})\b"),
    SecretRule("digitalocean_token", r"do[opr]_v1_", r"\b(do[opr]_v1_[0-9a-f]{64})\b"),
    SecretRule("docker_token", r"dckr_pat_", r"\b(dckr_pat_[A-Za-z0-9_-]{27,60})"),
    SecretRule(
        "telegram_token", r"\d:AA", r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?:[^A-Za-z0-9_-]|$)"
    ),
    SecretRule("nightdex_key", r"ndx_", r"\b(ndx_[0-9a-f]{12}_[A-Za-z0-9_-]{43})(?:[^A-Za-z0-9_-]|$)"),
    SecretRule("age_key", r"AGE-SECRET-KEY-1", r"\b(AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})"),
    SecretRule(
        "azure_key",
        r"AccountKey=|SharedAccessKey=",
        r"(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{42,88}={0,2})"
    ),
    SecretRule(
        "json_web_token",
        r"\beyJ",
        r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{16,})",
    ),
    SecretRule(
        "url_password",
        r"://[^\s/@]*:[^\s/@]*@",
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:\"'`<>]{0,60}:([^\s/@:\"'`<>]{3,})@[\w.\[-]",
        Shape.PASSWORD,
    ),
    SecretRule(
        "authorization",
        r"(?i)authorization",
        r"(?i)authorization[\"'`\]]{0,2}\s{0,4}(?:=>|:|=|,)\s{0,4}[\"'`]{0,2}(?:basic|bearer|token)\s"
        r"([A-Za-z0-9+/_.=-]{16,})",
        Shape.ASSIGNED,
    ),
    SecretRule("password", _CHOSEN_CLUE, f"(?i){_CHOSEN_NAMES}{_ASSIGN}{_QUOTED}", Shape.PASSWORD),
    SecretRule("assigned", _RANDOM_CLUE, f"(?i){_RANDOM_NAMES}{_ASSIGN}{_QUOTED}", Shape.ASSIGNED),
    SecretRule("password", _CHOSEN_CLUE, f"{_BARE_LINE}{_CHOSEN_NAMES}{_BARE_VALUE}", Shape.BARE),
    SecretRule("assigned", _RANDOM_CLUE, f"{_BARE_LINE}{_RANDOM_NAMES}{_BARE_VALUE}", Shape.BARE),
)  # fmt: skip

# Bits a character: English words are near 3, random base64 of 20 characters is over 3.7, `xxxxxxxx` is 0.
LEAST_ENTROPY = {
    Shape.TOKEN: 2.5,
    Shape.PASSWORD: 2.5,
    Shape.ASSIGNED: 3.2,
    Shape.BARE: 3.2,
}

# Shorter values of a name that only sounds secret are words, numbers and enum members.
LEAST_LENGTH = {Shape.TOKEN: 1, Shape.PASSWORD: 6, Shape.ASSIGNED: 16, Shape.BARE: 12}

# In lower case: what stands where a secret belongs and is none.
PLACEHOLDER = (
    r"(?i)redacted|example|change.?me|place.?holder|dummy|sample|your[_-]|[_-]here\b|x{4}|\*{3}|\.{3}|\$\{|\{\{|%\(|<[a-z]"
    r"|^\$|^%|^\{.*\}$|^\[.*\]$|^#\{|\$\(|^@|password|passwd|secret|^\d+$|^[a-z]+(?:[_ .:/-][a-z]+)*$"
)

# Git objects, checksums and UUIDs are long and random, and everybody may know them.
PUBLIC_VALUE = (
    r"(?i)^(?:sha(?:1|256|384|512)[-:=].*|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|https?://.*|data:.*|urn:.*|/[\w./-]*|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,5})$"
)


def rules_digest() -> str:
    """Changes with every rule and threshold."""
    content = repr((RULES, LEAST_ENTROPY, LEAST_LENGTH, PLACEHOLDER, PUBLIC_VALUE))
    return hashlib.blake2b(content.encode(), digest_size=6).hexdigest()
