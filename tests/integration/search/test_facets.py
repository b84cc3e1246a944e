"""What was found is counted by what it can be narrowed to, in the caller's scope and over all pages."""

from __future__ import annotations

import httpx
import pytest

from search_api.answer import Facets
from tests.shop import Ask

pytestmark = pytest.mark.anyio


async def test_an_answer_counts_all_pages_by_repository_language_and_kind(ask: Ask) -> None:
    everything = await ask("def|func", mode="exact", regex=True, limit=100)
    answer = await ask("def|func", mode="exact", regex=True, limit=1, facets=True)
    assert len(answer.hits) == 1
    assert answer.facets == Facets(
        total=len(everything.hits),
        repos={"shop": 5, "bank": 1},
        languages={"python": 4, "javascript": 1, "go": 1},
        kinds={"method": 3, "function": 3},
    )


async def test_the_most_frequent_value_comes_first(ask: Ask) -> None:
    facets = (await ask("session token", facets=True)).facets
    assert facets is not None
    for counts in (facets.repos, facets.languages, facets.kinds):
        assert list(counts.values()) == sorted(counts.values(), reverse=True)
        assert sum(counts.values()) == facets.total


async def test_a_filter_narrows_the_counts_with_the_hits(ask: Ask) -> None:
    facets = (await ask("session", facets=True, languages=["markdown"])).facets
    assert facets is not None
    assert facets.languages == {"markdown": 1}


async def test_nothing_outside_of_the_scope_is_counted(ask: Ask) -> None:
    facets = (await ask("def|func", mode="exact", regex=True, facets=True, scope=["bank"])).facets
    assert facets == Facets(1, {"bank": 1}, {"go": 1}, {"function": 1})


async def test_an_answer_without_hits_counts_nothing(ask: Ask) -> None:
    assert (await ask("nowhere_defined", mode="symbol", facets=True)).facets == Facets(0, {}, {}, {})


async def test_counts_are_sent_only_to_whoever_asks(client: httpx.AsyncClient) -> None:
    asked = {"query": "OpenVault", "mode": "symbol"}
    assert (await client.post("/v1/search", json=asked)).json()["facets"] is None
    posted = (await client.post("/v1/search", json={**asked, "facets": True})).json()["facets"]
    got = (await client.get("/v1/search", params={**asked, "facets": "true"})).json()["facets"]
    assert (
        got == posted == {"total": 1, "repos": {"bank": 1}, "languages": {"go": 1}, "kinds": {"function": 1}}
    )
