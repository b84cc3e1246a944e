"""Secrets are replaced where they stand, and what only looks like one is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.intake.admit import admit
from indexer.intake.secret_rules import RULES, rules_digest
from indexer.intake.secrets import redact
from indexer.intake.skip import INTAKE_VERSION, SkipReason
from indexer.rules import CHUNKER
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.source import Entry, EntryKind
from tests.secret_canaries import CANARIES, Canary

NAMES = [f"{canary.rule}-{number}" for number, canary in enumerate(CANARIES)]

AROUND = {
    "code": "def f():\n    {}\n    return 1\n",
    "comment": "x = 1\n# {}\ny = 2\n",
    "prose": "# Setup\n\n{}\n\nThen start it.\n",
    "block": "/* ä\n * {}\n */\nint main() {{}}\n",
}


def test_every_rule_has_a_canary() -> None:
    assert {canary.rule for canary in CANARIES} == {rule.name for rule in RULES}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("canary", CANARIES, ids=NAMES)
def test_a_secret_is_replaced_and_every_line_keeps_its_length(canary: Canary, around: str) -> None:
    text = AROUND[around].format(canary.line)
    redacted = redact(text)
    assert redacted.found[canary.rule] >= 1
    assert canary.secret not in redacted.text
    assert [len(line) for line in redacted.text.split("\n")] == [len(line) for line in text.split("\n")]
    assert redacted.text.split("\n")[0] == text.split("\n")[0]
    assert redact(redacted.text).found == {}


@pytest.mark.parametrize(
    "text",
    [
        'password = "password"',
        'password = os.environ["PASSWORD"]',
        'password: "changeme123"',
        'password = "${DB_PASSWORD_1}"',
        'api_key = "your-api-key-goes-here-1234567890"',
        "token = parser.next_token2(source)",
        "token: Token2 = lexer.peek_2()",
        'token_url = "https://example.org/oauth2/token1234"',
        "const secretKey = readSecretKeyFromKeyring1();",
        'secret_name = "projects/1234/secrets/database2"',
        'id = "550e8400-e29b-41d4-a716-446655440000"',
        'token_id = "550e8400-e29b-41d4-a716-446655440000"',
        "commit 1cc0468e5b2d8046e1f7a3c95d2b6084af19c3e7",
        "integrity sha512-q7Zp3Xv9Kd2Lm8Rt5Wc1Yb6Nh4Gs0Jf7Ea3Ui9Ox2Pq8Vz5Tk1Mw6Bn4Cr0Dy7Hl3Sg9==",
        "![x](data:image/png;base64,q7Zp3Xv9Kd2Lm8Rt5Wc1Yb6Nh4Gs0Jf7Ea3Ui9Ox2Pq8Vz5Tk1Mw6Bn4Cr0)",
        "https://user:password@example.org/",
        "https://github.com/a/b@v1.2.3 and http://localhost:8080/x@y",
        'if "-----BEGIN PRIVATE KEY-----" in text and "-----END PRIVATE KEY-----" in text: pass',
        "ghp_" + "x" * 36,
        "Authorization: Bearer <access token that you were given>",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text).text == text


def test_a_private_key_that_is_cut_off_goes_as_far_as_its_lines() -> None:
    body = "\n".join(["MIIEpQIBAAKCAQEA7bq0Zr8Xv5Tj2Kp9Wm4Ls6Nd1Rf3Gh8Yc0Vb"] * 3)
    text = f"-----BEGIN PRIVATE KEY-----\n{body}\nand then prose"
    redacted = redact(text)
    assert "MIIE" not in redacted.text
    assert redacted.text.endswith("\nand then prose")


def test_two_secrets_of_a_line_are_two() -> None:
    token = next(canary.secret for canary in CANARIES if canary.rule == "github_token")
    assert redact(f"{token} {token}").found == {"github_token": 2}


@given(st.text())
def test_any_text_keeps_its_lines(text: str) -> None:
    redacted = redact(text).text
    assert [len(line) for line in redacted.split("\n")] == [len(line) for line in text.split("\n")]


def test_a_path_with_a_secret_is_left_out() -> None:
    token = next(canary.secret for canary in CANARIES if canary.rule == "github_token")
    definition = SourceDefinition("r", SourceKind.REPOSITORY, "/r")
    entry = Entry(path=f"backups/{token}.txt", blob_id="1", size=1, kind=EntryKind.FILE)
    assert admit(entry, definition) is SkipReason.SECRET_FILE


def test_other_rules_are_another_chunker(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rules_digest()
    assert before in INTAKE_VERSION
    assert INTAKE_VERSION in CHUNKER
    monkeypatch.setattr("indexer.intake.secret_rules.RULES", RULES[1:])
    assert rules_digest() != before
