"""Bits flip, files are cut, lost or emptied: the next server answers rightly or says that it cannot."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.check import check
from index_store.errors import IndexDamaged
from index_store.generations import current_generation, generation_dir, list_generations
from model_chain.testing import FakeEmbedder
from search_api import serving as serving_module
from search_api.errors import IndexNotReady
from search_api.search import Searcher
from search_api.serving import Serving
from tests.answers import Answers, answers, ask
from tests.damage import DAMAGES, Damage, cut, flipped
from tests.nights import World

BODY = "    total = 0\n    for value in values:\n        total += value * limit\n    return total\n"


class Published:
    """Two generations that share some files, and what each answers."""

    def __init__(self, root: Path) -> None:
        self.world = World(root)
        for repo in ("shop", "tools"):
            code = {f"{name}.py": f"def {repo}_{name}(values, limit):\n{BODY}" for name in "abcd"}
            self.world.commit(repo, code)
        self.world.night()
        self.old = answers(self.world.state)
        self.world.commit("shop", {"a.py": f"def changed(values, limit):\n{BODY}", "b.py": None})
        self.world.night()
        self.new = answers(self.world.state)

    def copy(self, target: Path) -> Path:
        """The state without its hard links, so that damage to one file is damage to one generation."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.world.state, target)
        return target


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published(tmp_path_factory.mktemp("published"))


def kind(file: Path) -> str:
    """The name of a file without what is drawn or counted anew every time."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24,}|\d+", "*", str(file))


def files(state: Path, generation: int) -> Iterator[Path]:
    yield from sorted(one for one in generation_dir(state, generation).rglob("*") if one.is_file())


def one_of_each_kind(state: Path, generation: int) -> list[Path]:
    return list(
        {kind(one.relative_to(state)): one.relative_to(state) for one in files(state, generation)}.values()
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_server_that_starts_over_a_damaged_generation_answers_from_the_one_before_and_says_so(
    published: Published, tmp_path: Path, damage: Damage
) -> None:
    chance = random.Random(7)
    victims = one_of_each_kind(published.world.state, published.new.generation)
    assert len(victims) > 10, victims
    for victim in victims:
        state = published.copy(tmp_path / "state")
        damage(state / victim, chance)
        assert check(state, published.new.generation) != [], victim
        told = answers(state)
        assert told.hits == published.old.hits, victim
        assert told.generation == published.old.generation
        (sentence,) = told.degraded
        assert sentence.startswith("index: generation 1 answers. ")
        assert "nightdex run" in sentence or "nightdex rollback" in sentence


def test_a_server_keeps_the_generation_it_has_open_and_says_that_the_newer_one_is_damaged(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "DAMAGED_RETRY_S", 0.0)
    state = published.copy(tmp_path / "state")
    current = state / "CURRENT"
    current.write_text("1\n")
    victim = next(iter(files(state, 2)))
    whole = victim.read_bytes()

    async def scenario() -> list[Answers]:
        searcher = Searcher(Serving(state, lambda _: FakeEmbedder(), staying=True))
        await searcher.serving.refresh()
        told = [await ask(searcher)]
        flipped(victim, random.Random(1))
        current.write_text("2\n")
        with pytest.raises(IndexDamaged):
            await searcher.serving.refresh()
        told.append(await ask(searcher))
        current.write_text("1\n")
        await searcher.serving.refresh()
        told.append(await ask(searcher))
        victim.write_bytes(whole)
        current.write_text("2\n")
        await searcher.serving.refresh()
        told.append(await ask(searcher))
        await searcher.close()
        return told

    before, during, rolled_back, mended = asyncio.run(scenario())
    assert before == rolled_back == published.old
    assert during.hits == published.old.hits
    assert during.degraded[0].startswith("index: generation 1 answers. Generation 2 is damaged (")
    assert mended == published.new


def test_a_night_builds_on_the_newest_whole_generation_and_replaces_the_damaged_one(
    published: Published, tmp_path: Path
) -> None:
    """The flipped bit has the size it should have; only reading every byte finds it."""
    world = World(tmp_path, names=published.world.names)
    shutil.copytree(published.world.root / "code", tmp_path / "code")
    state = published.copy(world.state)
    flipped(max(files(state, 2), key=lambda one: one.stat().st_size), random.Random(2))
    report = world.night()
    assert report.published
    assert report.totals()["reused"] > 0
    assert answers(state).hits == published.new.hits
    assert check(state, report.generation) == []


def test_what_rotted_since_a_night_read_it_is_read_again_once_a_server_has_found_it(
    published: Published, tmp_path: Path
) -> None:
    """A disk that loses bits changes no file's times, and nights read everything only now and then."""
    world = World(tmp_path, names=published.world.names)
    shutil.copytree(published.world.root / "code", tmp_path / "code")
    state = published.copy(world.state)
    world.night()
    victim = max(files(state, current_generation(state)), key=lambda one: one.stat().st_size)
    times = victim.stat()
    flipped(victim, random.Random(2))
    os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not world.night().published
    assert answers(state).degraded != ()
    assert world.night().published
    told = answers(state)
    assert (told.hits, told.degraded) == (published.new.hits, ())


def test_a_night_without_any_whole_generation_builds_the_index_anew(
    published: Published, tmp_path: Path
) -> None:
    world = World(tmp_path, names=published.world.names)
    shutil.copytree(published.world.root / "code", tmp_path / "code")
    state = published.copy(world.state)
    for generation in list_generations(state):
        flipped(generation_dir(state, generation) / "inventory.parquet", random.Random(3))
    with pytest.raises(IndexDamaged, match="is damaged"):
        answers(state)
    report = world.night()
    assert (report.published, report.totals()["reused"]) == (True, 0)
    assert current_generation(state) == 3
    # Rows lie in another order, which decides among equals.
    assert [set(hits) for hits in answers(state).hits] == [set(hits) for hits in published.new.hits]


def test_damage_under_an_open_server_ends_no_server(published: Published, tmp_path: Path) -> None:
    """What is read later may be damaged by then: the search fails, or does not need it; `check` finds it."""
    chance = random.Random(5)
    kinds = one_of_each_kind(published.world.state, 2)

    async def scenario(state: Path) -> None:
        searcher = Searcher(Serving(state, lambda _: FakeEmbedder(), staying=True))
        await searcher.serving.refresh()
        for victim in kinds:
            flipped(state / victim, chance)
            cut(state / victim, chance)
        with pytest.raises(IndexNotReady, match="nightdex check"):
            await ask(searcher)
        current = state / "CURRENT"
        current.write_text("1\n")
        await searcher.serving.refresh()
        assert await ask(searcher) == published.old
        await searcher.close()

    asyncio.run(scenario(published.copy(tmp_path / "state")))
