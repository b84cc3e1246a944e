"""One piece of code in several repositories is one hit that says where else it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.answer import Answer
from search_api.limits import MAX_COPIES
from search_api.query import parse_query
from search_api.search import searching
from tests.shop import publish

pytestmark = pytest.mark.anyio

RETRY = """def retry(call, attempts=3, delay=0.5):
    \"\"\"Call until it succeeds, waiting twice as long after each failure, at most so many times.\"\"\"
    for attempt in range(attempts):
        try:
            return call()
        except ConnectionError as error:
            if attempt == attempts - 1:
                raise RetriesExhausted(attempts) from error
            sleep(delay * 2**attempt)
"""
OTHER = "def retry(queue):\n    queue.requeue(job for job in queue.dead_letters() if job.retries_left)"


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A function, a repository with a copy and one with a changed copy, and what only looks like one."""
    changed = RETRY.replace("    ", "  ").replace("ConnectionError", "OSError")
    state_dir = tmp_path_factory.mktemp("vendored")
    publish(
        state_dir,
        [
            make_row(repo="again", path="again/retry.py", symbol="retry", text=RETRY),
            make_row(repo="again", path="again/old.py", symbol="retry", text=RETRY),
            make_row(repo="secret", path="lib/retry.py", symbol="retry", text=RETRY),
            make_row(repo="shop", path="third/again/retry.py", symbol="retry", text=changed, start_line=7),
            make_row(repo="jobs", path="jobs/queue.py", symbol="retry", text=OTHER),
            make_row(repo="jobs", path="jobs/copy.py", symbol="try_again", text=RETRY),
        ],
    )
    return state_dir


async def ask(
    state_dir: Path, text: str, scope: Sequence[str] | None = None, mode: str = "hybrid", **filters: list[str]
) -> Answer:
    async with searching(state_dir, lambda _: FakeEmbedder()) as searcher:
        return await searcher.search(parse_query(text, mode=mode, **filters), scope)  # type: ignore[arg-type]


def places(answer: Answer) -> dict[str, list[str]]:
    return {
        f"{hit.repo}/{hit.path}": [f"{one.repo}/{one.path}" for one in hit.also_in] for hit in answer.hits
    }


@pytest.mark.parametrize("mode", ["hybrid", "raw", "symbol"])
async def test_copies_and_near_copies_are_one_hit_with_also_in(vendored: Path, mode: str) -> None:
    answer = await ask(vendored, "retry", mode=mode)
    found = places(answer)
    [(lead, copies)] = [(lead, copies) for lead, copies in found.items() if copies]
    everywhere = {
        "again/again/retry.py",
        "again/again/old.py",
        "secret/lib/retry.py",
        "shop/third/again/retry.py",
    }
    own = {lead} if not lead.startswith("again/") else {"again/again/retry.py", "again/again/old.py"}
    assert set(copies) == everywhere - own
    assert [hit.copies for hit in answer.hits if hit.also_in] == [len(copies)]
    assert not everywhere - own & found.keys()
    assert "jobs/jobs/queue.py" in found, "another function of that name is no copy"


async def test_a_copy_in_a_repository_the_caller_may_not_see_is_neither_named_nor_counted(
    vendored: Path,
) -> None:
    answer = await ask(vendored, "retry", scope=["again", "shop"])
    assert "secret" not in repr(answer)
    assert sum(hit.copies for hit in answer.hits) == sum(len(hit.also_in) for hit in answer.hits) > 0


async def test_a_filter_narrows_the_copies_too(vendored: Path) -> None:
    answer = await ask(vendored, "retry", repos=["shop"])
    assert places(answer) == {"shop/third/again/retry.py": []}


async def test_exact_search_shows_every_place(vendored: Path) -> None:
    answer = await ask(vendored, "RetriesExhausted", mode="exact")
    assert len(answer.hits) == 5
    assert not any(hit.copies for hit in answer.hits)


async def test_many_copies_are_counted_and_only_the_first_are_named(tmp_path: Path) -> None:
    publish(tmp_path, [make_row(repo=f"repo{n:02}", symbol="retry", text=RETRY) for n in range(15)])
    [hit] = (await ask(tmp_path, "retry with delay")).hits
    assert hit.copies == 14
    assert len(hit.also_in) == MAX_COPIES
