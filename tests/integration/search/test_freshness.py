"""Whether a hit is still what the branch has, asked of real repositories."""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from index_store.schema import RepositoryState
from model_chain.testing import FakeEmbedder
from nightdex.heads import read_head
from search_api.answer import Hit
from search_api.heads import Head, HeadReader
from search_api.query import parse_query
from search_api.search import searching
from tests.nights import World
from tests.repositories import commit, git

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("search_api.heads.HEAD_DEADLINE_S", 30.0)
    world = World(tmp_path)
    world.commit("repo", {"a.py": "def a():\n    return 'word'\n", "b.py": "def b():\n    return 'word'\n"})
    world.night()
    return world


async def marks(
    world: World, read: HeadReader | None = read_head
) -> dict[str, tuple[bool | None, bool | None]]:
    async with searching(world.state, lambda _: FakeEmbedder(), read_head=read) as searcher:
        answer = await searcher.search(parse_query("word"))
        return {hit.path: (hit.head_moved, hit.outdated) for hit in answer.hits}


async def test_a_hit_is_fresh_while_the_branch_stays(world: World) -> None:
    assert await marks(world) == {"a.py": (False, False), "b.py": (False, False)}


async def test_only_what_changed_is_outdated_when_the_branch_moves(world: World) -> None:
    world.commit("repo", {"b.py": "def b():\n    return 'other'\n", "c.py": "c = 1\n"})
    assert await marks(world) == {"a.py": (True, False), "b.py": (True, True)}


async def test_a_file_that_is_gone_is_outdated(world: World) -> None:
    world.commit("repo", {"b.py": None})
    assert await marks(world) == {"a.py": (True, False), "b.py": (True, True)}


async def test_odd_file_names_are_compared_too(world: World) -> None:
    names = ["-n.py", ":(glob)x.py", "ü ñ.py", "a*b.py", "d/e.py"]
    world.commit(
        "repo", {name: f"def f{number}():\n    return 'word'\n" for number, name in enumerate(names)}
    )
    world.night()
    world.commit("repo", {"a.py": None})
    found = await marks(world)
    assert {name: found[name] for name in names} == dict.fromkeys(names, (True, False))


@pytest.mark.parametrize("broken", ["gone", "no git", "empty"])
async def test_what_git_cannot_tell_is_unknown(world: World, broken: str) -> None:
    folder = world.folder("repo")
    if broken == "gone":
        folder.rename(folder.with_name("elsewhere"))
    elif broken == "no git":
        (folder / ".git").rename(folder.with_name("elsewhere"))
    else:
        git(folder, "update-ref", "-d", "refs/heads/main")
    assert set((await marks(world)).values()) == {(None, None)}


async def test_without_a_reader_nothing_is_claimed(world: World) -> None:
    assert set((await marks(world, None)).values()) == {(None, None)}


async def test_a_git_that_hangs_or_breaks_costs_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.heads.HEAD_DEADLINE_S", 0.05)
    release = threading.Event()

    def hang(_: RepositoryState, __: Collection[str]) -> Head | None:
        release.wait(30)
        return None

    def fail(_: RepositoryState, __: Collection[str]) -> Head | None:
        raise ZeroDivisionError

    assert set((await marks(world, hang)).values()) == {(None, None)}
    release.set()
    monkeypatch.setattr("search_api.heads.HEAD_DEADLINE_S", 30.0)
    assert set((await marks(world, fail)).values()) == {(None, None)}


async def test_git_is_asked_once_in_a_while_and_again_for_other_files_of_a_branch_that_moved(
    world: World,
) -> None:
    asked: list[set[str]] = []

    def count(state: RepositoryState, paths: Collection[str]) -> Head | None:
        asked.append(set(paths))
        return read_head(state, paths)

    async with searching(world.state, lambda _: FakeEmbedder(), read_head=count) as searcher:

        async def one(path: str) -> Hit:
            (hit,) = (await searcher.search(parse_query(f"word path:{path}"))).hits
            return hit

        await one("a.py")
        await one("b.py")
        assert asked == [{"a.py"}]
        world.commit("repo", {"b.py": "b = 1\n"})
        searcher.heads._known.clear()
        await one("a.py")
        assert (await one("b.py")).outdated is True
        assert (await one("a.py")).outdated is False
        assert asked[1:] == [{"a.py"}, {"a.py", "b.py"}]


async def test_a_new_night_is_not_compared_with_what_git_said_before_it(world: World) -> None:
    async with searching(world.state, lambda _: FakeEmbedder(), read_head=read_head) as searcher:
        await searcher.search(parse_query("word"))
        commit(world.folder("repo"), {"b.py": "def b():\n    return 'word word'\n"})
        world.night()
        await searcher.serving.refresh()
        hits = (await searcher.search(parse_query("word"))).hits
        assert {(hit.head_moved, hit.outdated) for hit in hits} == {(False, False)}
