"""Questions that need thinking, over fake models: who thinks, from what, and what becomes of a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from model_chain.chain import Chain
from model_chain.errors import NotLoggedIn, RateLimited, Refused, TierError, Transient
from model_chain.ledger import Ledger
from model_chain.protocol import Citation, Restarted, TextPiece
from model_chain.testing import FakeBackends, FakeEmbedder, FakeReasoner
from model_chain.tiers import DEFAULT_TIERS, Tier
from model_chain.usage import ModelUse, Tokens
from search_api.keys import Keys
from search_api.options import ApiOptions
from search_api.query import parse_query
from search_api.search import searching
from tests.shop import api

pytestmark = pytest.mark.anyio

QUESTION = "how does a session refresh its token"
WHY = "why does a session refresh its token twice, and should it?"


def chain_of(tmp_path: Path, reasoner: FakeReasoner, tiers: Sequence[Tier] = DEFAULT_TIERS) -> Chain:
    return Chain(Ledger(tmp_path / "ledger.sqlite3"), FakeBackends(reasoner), tiers)


def scoped_to(tmp_path: Path, *repos: str) -> tuple[Keys, dict[str, str]]:
    """A key that sees these repositories, as the server has it and as a caller sends it."""
    keys = Keys(tmp_path / "keys.sqlite")
    _, token = keys.create(repos=frozenset(repos), lifetime=None)
    return keys, {"Authorization": f"Bearer {token}"}


async def ask(
    shop: Path, tmp_path: Path, reasoner: FakeReasoner | None = None, scope: str = "", **fields: Any
) -> dict[str, Any]:
    """POST /v1/ask, as a caller who sees only `scope` where it is given, and the JSON that comes back."""
    keys, headers = scoped_to(tmp_path, scope) if scope else (None, {})
    options = ApiOptions(keys=keys, chain=chain_of(tmp_path, reasoner or FakeReasoner()))
    async with api(shop, options) as client:
        reply = await client.post("/v1/ask", json={"query": QUESTION, **fields}, headers=headers)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told


def first_source(reasoner: FakeReasoner) -> tuple[str, str]:
    """Name and first block of the first source of the last question."""
    source = reasoner.questions[-1].sources[0]
    return source.name, source.blocks[0]


async def cited(shop: Path, tmp_path: Path, *citations: Citation) -> dict[str, Any]:
    return await ask(shop, tmp_path, FakeReasoner(TextPiece("Because."), *citations), defer="answer")


async def test_a_question_is_handed_back_with_its_code_unless_an_answer_is_asked_for(
    shop: Path, tmp_path: Path
) -> None:
    reasoner = FakeReasoner()
    told = await ask(shop, tmp_path, reasoner)
    assert (told["action"], told["answer"], told["failure"]) == ("handback", None, None)
    best = told["pack"]["chunks"][0]
    assert (best["symbol"], best["source"]) == ("Session.refresh", "shop/src/auth/session.py#L41-L45")
    assert "self.store.exchange(token)" in best["text"]
    assert told["pack"]["tokens"] <= told["pack"]["max_tokens"] == 8_000
    assert reasoner.questions == []
    assert (await ask(shop, tmp_path, reasoner, defer="never"))["hits"][0]["symbol"] == "Session.refresh"


async def test_an_answer_rests_on_the_pack_and_its_cost_is_written_down(shop: Path, tmp_path: Path) -> None:
    reasoner = FakeReasoner()
    await ask(shop, tmp_path, reasoner, defer="answer")
    name, block = first_source(reasoner)
    told = await cited(shop, tmp_path, Citation(name, 0, 0, 1, block))
    assert told["action"] == "answer"
    assert told["answer"]["text"] == "Because."
    (citation,) = told["answer"]["citations"]
    assert (citation["path"], citation["start_line"], citation["at"]) == ("src/auth/session.py", 41, 8)
    assert told["answer"]["rejected_citations"] == []
    operations = Ledger(tmp_path / "ledger.sqlite3").operations()
    assert {(one.tier, one.kind, one.caller) for one in operations} == {("opus", "answer", "local")}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source_index": 99}, "no such source"),
        ({"source_index": -1}, "no such source"),
        ({"source": "bank/src/vault.go#L9-L11"}, "another source at that place"),
        ({"end_block": 7}, "no such lines"),
        ({"cited_text": "os.environ['SECRET']"}, "does not stand there"),
    ],
)
async def test_a_citation_outside_the_pack_is_rejected_and_said_to_be(
    change: dict[str, Any], reason: str, shop: Path, tmp_path: Path
) -> None:
    reasoner = FakeReasoner()
    await ask(shop, tmp_path, reasoner, defer="answer")
    name, block = first_source(reasoner)
    right = {"source": name, "source_index": 0, "first_block": 0, "end_block": 1, "cited_text": block}
    told = await cited(shop, tmp_path, Citation(**{**right, **change}))
    assert told["answer"]["citations"] == []
    assert reason in told["answer"]["rejected_citations"][0]["reason"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RateLimited("the Messages API says 429: slow down.", retry_after=3600.0), "rate_limited"),
        (Transient("overloaded"), "tier_unavailable"),
        (NotLoggedIn("run /login"), "not_logged_in"),
        (Refused("the model declines"), "refused"),
    ],
)
async def test_a_tiers_failure_hands_the_pack_back_with_the_reason(
    error: TierError, code: str, shop: Path, tmp_path: Path
) -> None:
    told = await ask(shop, tmp_path, FakeReasoner(TextPiece("half an "), error), defer="answer")
    assert (told["action"], told["answer"]) == ("handback", None)
    assert (told["failure"]["code"], told["failure"]["detail"]) == (code, str(error))
    assert told["failure"]["retry_after"] == error.retry_after
    assert told["pack"]["chunks"]


async def test_a_failed_call_that_was_paid_for_is_in_the_ledger(shop: Path, tmp_path: Path) -> None:
    paid = Refused("declines", uses=(ModelUse("claude-opus-4-6", Tokens(input=1_000_000)),))
    await ask(shop, tmp_path, FakeReasoner(paid), defer="answer")
    (operation,) = Ledger(tmp_path / "ledger.sqlite3").operations()
    assert operation.cost == Decimal(5)
    assert operation.reason.endswith("(refused)")


async def test_a_cap_that_is_reached_hands_the_pack_back_and_asks_nobody(shop: Path, tmp_path: Path) -> None:
    reasoner = FakeReasoner()
    tiers = (*DEFAULT_TIERS[:3], Tier("opus", "claude_cli", "claude-opus-4-6", "flat", "", Decimal("0.001")))
    async with api(shop, ApiOptions(chain=chain_of(tmp_path, reasoner, tiers))) as client:
        told = (await client.post("/v1/ask", json={"query": QUESTION, "defer": "answer"})).json()
    assert told["failure"]["code"] == "budget_exceeded"
    assert told["pack"]["chunks"]
    assert reasoner.questions == []


async def test_a_server_without_a_chain_hands_back(shop: Path) -> None:
    async with api(shop) as client:
        told = (await client.post("/v1/ask", json={"query": QUESTION, "defer": "answer"})).json()
        assert (await client.get("/v1/ledger")).json()["cost_usd"] == 0
    assert told["failure"]["code"] == "no_chain"


async def test_the_callers_scope_holds_in_what_is_sent(shop: Path, tmp_path: Path) -> None:
    everything, reasoner = FakeReasoner(), FakeReasoner()
    await ask(shop, tmp_path, everything, query="open the vault with a secret", defer="answer")
    assert any(
        "unlock(secret)" in block for source in everything.questions[0].sources for block in source.blocks
    )
    told = await ask(shop, tmp_path, reasoner, "shop", query="open the vault with a secret", defer="answer")
    assert {chunk["repo"] for chunk in told["pack"]["chunks"]} <= {"shop"}
    for question in reasoner.questions:
        assert all(source.name.startswith("shop/") for source in question.sources)
        assert not any("unlock(secret)" in block for source in question.sources for block in source.blocks)


async def test_nothing_found_is_nothing_to_think_about(shop: Path, tmp_path: Path) -> None:
    reasoner = FakeReasoner()
    told = await ask(shop, tmp_path, reasoner, repo=["nothing"], defer="answer")
    assert told["failure"]["code"] == "nothing_found"
    assert reasoner.questions == []


def events_of(body: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in body.split("\n\n") if block
    ]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


async def test_an_answer_is_streamed_and_what_is_void_is_said_to_be(shop: Path, tmp_path: Path) -> None:
    reasoner = FakeReasoner(TextPiece("half"), Restarted(), TextPiece("Be"), TextPiece("cause."))
    async with api(shop, ApiOptions(chain=chain_of(tmp_path, reasoner))) as client:
        reply = await client.post(
            "/v1/ask", json={"query": QUESTION, "defer": "answer"}, headers={"Accept": "text/event-stream"}
        )
        assert reply.headers["content-type"].startswith("text/event-stream")
        refused = await client.post("/v1/ask", json={"query": " "}, headers={"Accept": "text/event-stream"})
        assert (refused.status_code, refused.json()["code"]) == (400, "query_empty")
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["began", "text", "voided", "text", "text", "ended"]
    assert events[0][1]["pack"]["chunks"]
    assert events[-1][1]["answer"]["text"] == "Because."


async def test_a_reader_who_leaves_ends_the_call_and_its_cost_is_unknown(shop: Path, tmp_path: Path) -> None:
    reasoner = FakeReasoner(TextPiece("a"), TextPiece("b"), delay=30.0)
    options = ApiOptions(chain=chain_of(tmp_path, reasoner))
    async with api(shop, options) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await client.post("/v1/ask", json={"query": QUESTION, "defer": "answer"})
    assert reasoner.closed
    (operation,) = Ledger(tmp_path / "ledger.sqlite3").operations()
    assert operation.cost is None
    assert operation.reason.endswith("(broken off)")


async def test_auto_defers_what_needs_thinking_and_hands_its_code_back(shop: Path) -> None:
    async with api(shop) as client:
        told = (await client.get("/v1/search", params={"query": WHY, "mode": "auto"})).json()
        assert told["deferred"]["action"] == "handback"
        assert told["deferred"]["pack"]["chunks"][0]["symbol"] == "Session.refresh"
        assert told["mode"] == "hybrid"
        never = {"query": WHY, "mode": "auto", "defer": "never"}
        assert (await client.get("/v1/search", params=never)).json()["deferred"] is None
        plain = (await client.get("/v1/search", params={"query": "Session.refresh", "mode": "auto"})).json()
        assert plain["deferred"] is None


async def test_the_pack_and_the_hits_share_the_room_there_is(shop: Path) -> None:
    query = parse_query(WHY, mode="auto", max_tokens=2_000)
    async with searching(shop, lambda _: FakeEmbedder()) as searcher:
        answer = await searcher.search(query)
    assert answer.deferred is not None
    assert answer.deferred.pack.tokens <= 1_000
    assert len(json.dumps([hit.snippet for hit in answer.hits])) < 2_000 * 4


async def test_where_a_text_belongs_is_told_over_http(client: httpx.AsyncClient) -> None:
    told = (await client.post("/v1/route", json={"text": "why is it slow?"})).json()
    assert (told["kind"], told["label"]) == ("task", "opus")
    assert set(told["scores"]) == {"local", "haiku", "codex", "opus"}
    query = {"text": "Session.refresh", "kind": "query"}
    assert (await client.post("/v1/route", json=query)).json()["label"] == "raw"
    assert (await client.post("/v1/route", json={"text": "x", "kind": "poem"})).status_code == 422
    for strange in ("", "\0", "\ud800", "x" * 16_384):
        sent = json.dumps({"text": strange}).encode()
        reply = await client.post("/v1/route", content=sent, headers={"Content-Type": "application/json"})
        assert reply.status_code in {200, 422}


async def test_the_ledger_is_told_over_http_and_a_scoped_key_sees_its_own(shop: Path, tmp_path: Path) -> None:
    await ask(shop, tmp_path, defer="answer")
    keys, headers = scoped_to(tmp_path, "shop")
    async with api(shop, ApiOptions(keys=keys, chain=chain_of(tmp_path, FakeReasoner()))) as client:
        told = (await client.get("/v1/ledger")).json()
        own = (await client.get("/v1/ledger", headers=headers)).json()
    count = {row["tier"]: row["operations"] for row in told["tiers"]}
    assert count["opus"] == 1
    assert sum(row["operations"] for row in own["tiers"]) == 0
    assert [row["input_per_million"] for row in told["all_opus"]] == [5.0, 15.0]


@pytest.mark.parametrize(
    "days", [{"since": "0001-01-01", "until": "9999-12-31"}, {"since": "2026-01-02", "until": "2026-01-01"}]
)
async def test_any_days_can_be_added_up(days: dict[str, str], shop: Path, tmp_path: Path) -> None:
    async with api(shop, ApiOptions(chain=chain_of(tmp_path, FakeReasoner()))) as client:
        assert (await client.get("/v1/ledger", params=days)).status_code == 200


async def test_a_ledger_that_cannot_be_read_is_a_problem(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"garbage " * 2_000)
    async with api(shop, ApiOptions(chain=chain_of(tmp_path, FakeReasoner()))) as client:
        reply = await client.get("/v1/ledger")
    assert (reply.status_code, reply.json()["code"]) == (503, "ledger_unreadable")
