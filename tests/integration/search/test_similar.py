"""Code like other code: by id, by place, or posted."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from model_chain.testing import FakeEmbedder
from search_api.query import parse_query
from search_api.search import searching
from search_api.similar import Like
from tests.shop import REFRESH, ROWS, Ask

pytestmark = pytest.mark.anyio

SOURCE = ROWS[0]


async def similar(client: httpx.AsyncClient, **params: object) -> list[dict[str, object]]:
    reply = await client.get("/v1/similar", params=params)  # type: ignore[arg-type]
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer["mode"] == "similar"
    hits: list[dict[str, object]] = answer["hits"]
    return hits


async def test_an_id_and_any_of_its_lines_mean_the_same_chunk_which_is_not_like_itself(
    client: httpx.AsyncClient,
) -> None:
    by_id = await similar(client, id=SOURCE.id)
    by_line = await similar(client, like=f"shop:{SOURCE.path}:{SOURCE.start_line + 2}")
    assert by_id == by_line
    assert by_id
    assert SOURCE.id not in {hit["id"] for hit in by_id}


async def test_posted_code_finds_the_chunk_that_holds_it(client: httpx.AsyncClient) -> None:
    reply = await client.post("/v1/similar", json={"code": REFRESH, "lang": ["python"]})
    assert reply.json()["hits"][0]["id"] == SOURCE.id
    assert {hit["language"] for hit in reply.json()["hits"]} == {"python"}


async def test_code_is_taken_as_it_stands_and_has_no_qualifiers(ask: Ask) -> None:
    answer = await ask("path:src lang:python repo:bank refresh token", mode="similar")
    assert {hit.repo for hit in answer.hits} >= {"shop"}


async def test_what_is_nowhere_and_what_may_not_be_seen_look_the_same(shop: Path) -> None:
    async def complaint(place: str, scope: list[str]) -> str:
        async with searching(shop, lambda _: FakeEmbedder()) as searcher:
            with pytest.raises(Exception, match="Nothing is indexed") as raised:
                await searcher.search(Like(parse_query(place, mode="similar")), scope)
            return str(raised.value).replace(place, "PLACE")

    hidden = next(row for row in ROWS if row.repo == "bank")
    messages = {
        await complaint(hidden.id, ["shop"]),
        await complaint(f"bank:{hidden.path}:{hidden.start_line}", ["shop"]),
        await complaint("bank:no/such.go:1", ["bank", "shop"]),
        await complaint(f"bank:{hidden.path}:4000", ["bank"]),
    }
    assert len({message.replace("'", "") for message in messages}) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "similar_to_what"),
        ({"id": "0" * 16, "code": "x"}, 400, "similar_to_what"),
        ({"like": "shop"}, 400, "place_invalid"),
        ({"like": "shop:a.py:0"}, 400, "place_invalid"),
        ({"id": "0" * 16}, 404, "chunk_not_found"),
        ({"like": "shop:a.py:99999999999"}, 400, "place_invalid"),
        ({"code": "x" * 20_000}, 400, "query_too_long"),
        ({"code": " \n"}, 400, "query_empty"),
        ({"code": "a\0b"}, 400, "query_not_text"),
        ({"like": "shop:src/\ud83d.py:1"}, 400, "query_not_text"),
        ({"code": "x", "max_tokens": 3}, 400, "limit_out_of_range"),
        ({"code": "x", "mode": "hybrid"}, 422, "request_invalid"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(
    client: httpx.AsyncClient, body: dict[str, object], status: int, code: str
) -> None:
    reply = await client.post(
        "/v1/similar", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_pages_of_similar_code_go_on_where_they_stopped(client: httpx.AsyncClient) -> None:
    whole = await similar(client, id=SOURCE.id, limit=4)
    paged = [
        *await similar(client, id=SOURCE.id, limit=2),
        *await similar(client, id=SOURCE.id, limit=2, offset=2),
    ]
    assert [hit["id"] for hit in paged] == [hit["id"] for hit in whole]


async def test_code_without_a_word_is_answered(client: httpx.AsyncClient) -> None:
    reply = await client.post("/v1/similar", json={"code": "{}();"})
    assert reply.status_code == 200
