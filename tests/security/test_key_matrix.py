"""Every route x every kind of key x every repository; routes and tools are enumerated from the application.

A new route is covered as soon as it exists; one whose parameters are not in `values_for` fails, naming them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from index_store.schema import ChunkRow
from index_store.testing import make_row, states_of
from indexer.night_report import NightReport, RepositoryReport
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from search_api.gate import OPEN_PATHS
from search_api.keys import Keys
from search_api.options import ApiOptions
from tests.shop import api, publish, routes_of

pytestmark = pytest.mark.anyio

# Each is part of every text, name and description of its own.
REPOSITORIES = ("canary_shop", "canary_bank", "canary_cards")
QUERY = "shared_needle"

# What a page, which is in no OpenAPI document, is asked; it ignores what it does not know.
PAGE_ASKS: tuple[dict[str, str], ...] = (
    {}, {"q": "query", "repo": "repo"}, {"q": "query", "mode": "symbol"},
    {"name": "name", "repo": "repo", "path": "path", "line": "start_line"},
)  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def rows_of(repo: str) -> list[ChunkRow]:
    """Two files: one whose place may be guessed, and one whose path is a canary too."""
    text = f"def {QUERY}():\n    return '{QUERY}', '{repo}_text'"
    named: dict[str, Any] = {
        "repo": repo,
        "symbol": f"{repo}_symbol.{QUERY}",
        "kind": "section" if repo == "canary_cards" else "method",
        "signature": f"def {repo}_signature()",
        "doc": f"{repo}_doc",
        "breadcrumb": f"{repo}_breadcrumb",
        "summary": f"A shared needle, {repo}_summary.",
    }
    return [
        make_row(path="src/needle.py", text=text, **named),
        make_row(path=f"src/{repo}_path.py", text=f"{text}\n    # again", **named),
    ]


ROWS = [row for repo in REPOSITORIES for row in rows_of(repo)]


@dataclass(frozen=True)
class World:
    """A server that asks for keys, and a key of each kind. None stands for no key at all."""

    client: httpx.AsyncClient
    routes: list[tuple[str, str]]
    openapi: dict[str, Any]
    tokens: Mapping[str, str | None]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    publish(tmp_path, ROWS, states_of(ROWS))
    NightReport(
        started_at="2026-01-01T04:00:00+00:00",
        reason=" ".join(f"{repo}_reason" for repo in REPOSITORIES),
        repositories=[RepositoryReport(repo, reason=f"{repo}_reason") for repo in REPOSITORIES],
        removed=list(REPOSITORIES),
    ).save(tmp_path)
    keys = Keys(tmp_path / "keys.sqlite")
    made, revoked = keys.create(repos=None, lifetime=None)
    keys.revoke(made.id)
    tokens = {
        "none": None,
        "bad": "ndx_000000000000_" + "x" * 43,
        "expired": keys.create(repos=None, lifetime=timedelta(seconds=-1))[1],
        "revoked": revoked,
        "all": keys.create(repos=None, lifetime=None)[1],
        "nothing": keys.create(repos=[], lifetime=None)[1],
        **{repo: keys.create(repos=[repo], lifetime=None)[1] for repo in REPOSITORIES},
    }
    options = ApiOptions(
        keys=keys, key_required=True, memories=frozenset({"canary_cards"}), requests_per_minute=1_000_000
    )
    app = create_app(tmp_path, lambda _: FakeEmbedder(), options)
    async with api(tmp_path, options) as client:
        yield World(client, sorted(routes_of(app)), app.openapi(), tokens)


def values_for(repo: str) -> dict[str, Any]:
    """A value for every parameter that a route or a tool may have, pointing at one repository."""
    chunk = rows_of(repo)[0]
    return {
        "query": QUERY, "q": QUERY, "name": QUERY, "code": QUERY, "fullInput": QUERY, "text": QUERY,
        "question": QUERY, "prompt": QUERY, "task": QUERY,
        "tool_name": "Bash", "tool_input": {"command": f"grep -r {QUERY} ."},
        "repo": repo, "repos": [repo], "repositories": [repo],
        "path": chunk.path, "id": chunk.id, "chunk_id": chunk.id,
        "like": f"{repo}:{chunk.path}:1", "location": f"{repo}:{chunk.path}:1",
        "start_line": 1, "end_line": 2, "limit": 50, "lines_around": 5,
    }  # fmt: skip


# Of these a request names one.
PLACES = ("id", "like", "code", "chunk_id", "location")


@dataclass(frozen=True)
class Ask:
    """One request, as far as the key."""

    method: str
    path: str
    params: Any = None
    json: Any = None


def asks(world: World, values: Mapping[str, Any]) -> Iterator[tuple[str, Ask]]:
    """Every route, asked about one repository in every way it can be."""
    for method, path in world.routes:
        route = f"{method} {path}"
        if route == "POST /mcp":
            continue  # each of its tools is called
        if path not in world.openapi["paths"]:
            filled = path.replace("{chunk_id}", values["chunk_id"]).replace("{name}", "page.css")
            assert method == "GET", f"{route} is neither documented nor a page"
            assert "{" not in filled, f"{route} has parameters without a value"
            for fields in PAGE_ASKS:
                params = {key: values.get(name, name) for key, name in fields.items()}
                yield route, Ask(method, filled, params)
            continue
        operation = world.openapi["paths"][path][method.lower()]
        parameters: dict[str, Any] = {one["name"]: one for one in operation.get("parameters", ())}
        if "requestBody" in operation:
            ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = world.openapi["components"]["schemas"][ref.rpartition("/")[2]]
            required, known = set(schema.get("required", ())), schema["properties"]
            for body in bodies(route, known, required, values):
                yield route, Ask(method, path, json=body)
            continue
        required = {name for name, one in parameters.items() if one.get("required")}
        known = {name: one["schema"] for name, one in parameters.items()}
        for query in bodies(route, known, required, values):
            yield route, Ask(method, path, params=query)


def bodies(
    route: str, known: Mapping[str, Any], required: set[str], values: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The fields of a request: each that has a value, and one place at a time."""
    missing = required - set(values)
    assert not missing, f"{route} has parameters without a value in values_for: {sorted(missing)}"
    plain = {name: values[name] for name in known if name in values and name not in PLACES}
    if "repo" in plain and known["repo"].get("type") == "array":
        plain["repo"] = [plain["repo"]]
    places = [name for name in known if name in PLACES]
    if "path" in plain and known["path"].get("type") == "array":
        plain["path"] = [plain["path"]]
    yield from ({**plain, name: values[name]} for name in places)
    if not places:
        yield plain
        yield {name: value for name, value in plain.items() if name in required}


async def send(world: World, token: str | None, ask: Ask) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return await world.client.request(ask.method, ask.path, params=ask.params, json=ask.json, headers=headers)


async def tool_calls(
    world: World, token: str | None, values: Mapping[str, Any]
) -> list[tuple[str, httpx.Response]]:
    """Every tool of /mcp, called in every way it can be."""
    replies = []
    for tool in (await rpc(world, token, "tools/list", {})).json()["result"]["tools"]:
        schema = tool["inputSchema"]
        for arguments in bodies(tool["name"], schema["properties"], set(schema.get("required", ())), values):
            reply = await rpc(world, token, "tools/call", {"name": tool["name"], "arguments": arguments})
            replies.append((f"tool {tool['name']}", reply))
    return replies


async def rpc(world: World, token: str | None, method: str, params: Any) -> httpx.Response:
    sent = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Accept": "application/json, text/event-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return await world.client.post("/mcp", json=sent, headers=headers)


async def test_every_route_is_asked(world: World) -> None:
    asked = {route for route, _ in asks(world, values_for("canary_shop"))}
    assert asked | {"POST /mcp"} == {f"{method} {path}" for method, path in world.routes}
    assert len(await tool_calls(world, world.tokens["all"], values_for("canary_shop"))) > 7


@pytest.mark.parametrize("credential", ["none", "bad", "expired", "revoked"])
async def test_without_a_good_key_nothing_answers_but_the_probes(world: World, credential: str) -> None:
    for repo in REPOSITORIES:
        for route, ask in asks(world, values_for(repo)):
            reply = await send(world, world.tokens[credential], ask)
            if ask.path in OPEN_PATHS:
                assert reply.status_code == 200, route
            else:
                assert reply.status_code == 401, route
            assert f"{repo}_" not in reply.text, route
    reply = await rpc(world, world.tokens[credential], "tools/list", {})
    assert reply.status_code == 401


@pytest.mark.parametrize("credential", [*REPOSITORIES, "nothing", "all"])
async def test_a_key_sees_its_own_repositories_and_no_trace_of_any_other(
    world: World, credential: str
) -> None:
    token = world.tokens[credential]
    visible = set(REPOSITORIES) if credential == "all" else {credential} & set(REPOSITORIES)
    hidden = set(REPOSITORIES) - visible
    shown: set[str] = set()
    for repo in REPOSITORIES:
        replies = [(route, await send(world, token, ask)) for route, ask in asks(world, values_for(repo))]
        replies += await tool_calls(world, token, values_for(repo))
        for route, reply in replies:
            assert reply.status_code < 500, (route, reply.text)
            assert reply.status_code != 401, route
            for other in hidden:
                # A request that names another repository may hear the name again, and nothing more.
                trace = f"{other}_" if repo == other else other
                assert trace not in reply.text, (route, repo)
            if f"{repo}_" in reply.text:
                shown.add(route)
    searching = {"GET /v1/search", "POST /v1/search", "GET /v1/file", "GET /v1/symbols", "GET /v1/similar"}
    searching |= {
        "POST /continue",
        "tool search_code",
        "tool read_chunk",
        "tool lookup_symbol",
        "GET /results",
    }
    if credential == "canary_cards":  # a card defines no symbol
        searching -= {"GET /v1/symbols", "tool lookup_symbol"}
    assert (searching if visible else set()) <= shown


@pytest.mark.parametrize("credential", [*REPOSITORIES, "nothing"])
async def test_what_is_hidden_is_answered_as_what_does_not_exist(world: World, credential: str) -> None:
    token = world.tokens[credential]
    for repo in set(REPOSITORIES) - {credential}:
        hidden = [(route, await send(world, token, ask)) for route, ask in asks(world, values_for(repo))]
        nowhere = [await send(world, token, ask) for _, ask in asks(world, absent(repo))]
        for (route, one), other in zip(hidden, nowhere, strict=True):
            assert one.status_code == other.status_code, route
        called = await tool_calls(world, token, values_for(repo))
        lost = await tool_calls(world, token, absent(repo))
        for (tool, one), (_, other) in zip(called, lost, strict=True):
            assert one.json()["result"].get("isError") == other.json()["result"].get("isError"), tool


def absent(repo: str) -> dict[str, Any]:
    """As `values_for`, of a repository that is not there."""
    chunk = rows_of(f"no-{repo}")[0]
    values = values_for(repo)
    gone = {"repo": "no-repo", "repos": ["no-repo"], "repositories": ["no-repo"], "id": chunk.id}
    place = f"no-repo:{chunk.path}:1"
    return {**values, **gone, "chunk_id": chunk.id, "like": place, "location": place}


async def test_neither_code_nor_keys_nor_questions_get_into_logs_and_metrics(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines, caplog.at_level(logging.WARNING):
        for credential in ("all", "canary_shop", "bad", "expired"):
            token = world.tokens[credential]
            for _, ask in asks(world, values_for("canary_bank")):
                await send(world, token, ask)
            if credential in {"all", "canary_shop"}:
                await tool_calls(world, token, values_for("canary_bank"))
            await world.client.get(f"/nowhere/{QUERY}", headers={"User-Agent": QUERY, "Referer": QUERY})
            await world.client.post("/v1/search", content=QUERY, headers={"Content-Type": "application/json"})
            await world.client.request(QUERY.upper().replace(" ", ""), "/v1/search")
    metrics = await send(world, world.tokens["all"], Ask("GET", "/metrics"))
    out, err = capfd.readouterr()
    library = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    written = "\n".join(
        [json.dumps(lines, default=str), metrics.text, out, err, *(r.getMessage() for r in library)]
    )
    assert len(lines) > 100
    for secret in ("canary", "needle", "NEEDLE", *(t for t in world.tokens.values() if t)):
        assert secret not in written, secret
