"""A query that must find its answer: tonight's index is searched before it serves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

import pytest

from index_store.check import check
from index_store.generations import (
    CURRENT_NAME,
    current_generation,
    list_generations,
    outdated_generations,
    prune,
    waiting_generation,
)
from index_store.held_back import HELD_BACK_NAME
from indexer.night_report import last_report
from tests.place import Place

REFRESH = "def refresh_session(token):\n    '''Renew a session before it expires.'''\n    return token\n"
GOLDEN = (
    '[[golden]]\nquery = "renew the session before it expires"\nrepo = "shop"\npath = "session.py"\ntop = 3\n'
)
OTHERS = {f"other{n}.py": f"def other_{n}(items):\n    return len(items) * {n}\n" for n in range(6)}

KILLED = """
import os, sys
from nightdex import golden
from nightdex.cli import main
golden.inspect = lambda *_: os._exit(9)
main(["run", "--config", sys.argv[1]])
"""


@pytest.fixture
def shop(place: Place) -> Place:
    """An index whose golden query is found."""
    place.configure(GOLDEN)
    place.commit("shop", {"session.py": REFRESH})
    assert place.run("run")[0] == 0
    return place


def night(place: Place) -> dict[str, Any]:
    report = last_report(place.state)
    assert report is not None
    return report


def verdicts(place: Place) -> list[str]:
    return [one["verdict"] for one in night(place)["golden"]]


def lose(place: Place) -> None:
    place.commit("shop", {"session.py": None, **OTHERS})


def finds(place: Place, query: str) -> set[str]:
    return {hit["path"] for hit in place.json("search", query)["hits"]}


def test_a_night_that_finds_it_publishes_and_says_so(shop: Place) -> None:
    shop.commit("shop", {"more.py": "def more(): pass\n"})
    _, out, _ = shop.run("run")
    assert "golden queries: 1 of 1 find what they must\n" in out
    assert night(shop)["held_back"] == 0
    (result,) = night(shop)["golden"]
    assert (result["verdict"], result["wanted"], result["place"]) == ("found", "shop:session.py", 1)


def test_a_night_that_loses_it_is_held_back_and_the_old_index_keeps_serving(shop: Place) -> None:
    lose(shop)
    status, _, err = shop.run("run")
    assert status == 1
    assert "generation 2 is held back and 1 keeps serving" in err
    assert (
        "'renew the session before it expires' no longer finds shop:session.py in the top 3 (it was 1)" in err
    )
    assert current_generation(shop.state) == 1
    assert "session.py" in finds(shop, "renew the session")
    report = night(shop)
    assert (report["outcome"], report["generation"], report["held_back"]) == ("failed", 1, 2)
    assert not report["published"]
    assert check(shop.state, 2) == []


def test_the_next_night_goes_on_from_what_was_held_back(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    shop.commit("shop", {"session.py": REFRESH})
    assert shop.run("run")[0] == 0
    report = night(shop)
    assert verdicts(shop) == ["found"]
    assert report["totals"]["reused"] == len(OTHERS) + 1
    assert report["totals"]["chunks"] - report["totals"]["embedded"] >= len(OTHERS)
    assert list_generations(shop.state) == [1, 3]
    assert not (shop.state / HELD_BACK_NAME).exists()
    assert shop.run("rollback")[1] == "generation 1 serves now\n"


def test_a_night_that_still_loses_it_is_held_back_again_and_leaves_one_such_generation(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    assert shop.run("run")[0] == 1
    assert list_generations(shop.state) == [1, 2]
    shop.commit("shop", {"yet.py": "def yet(): pass\n"})
    assert shop.run("run")[0] == 1
    assert list_generations(shop.state) == [1, 3]
    waiting = waiting_generation(shop.state)
    assert waiting is not None
    assert waiting.generation == 3


def test_what_was_held_back_can_be_let_in_by_a_night_or_by_hand(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    assert shop.run("rollback", "2")[:2] == (0, "generation 2 serves now\n")
    assert waiting_generation(shop.state) is None
    assert shop.run("rollback", "1")[0] == 0
    assert shop.run("run")[0] == 1
    status, out, _ = shop.run("run", "--accept-golden")
    assert status == 0
    assert "golden: 'renew the session before it expires' no longer finds" in out
    assert current_generation(shop.state) == max(list_generations(shop.state))
    assert "session.py" not in finds(shop, "renew the session")
    # From now on there is nothing to lose.
    shop.commit("shop", {"yet.py": "def yet(): pass\n"})
    assert shop.run("run")[0] == 0
    assert verdicts(shop) == ["missing"]


def test_without_golden_queries_what_was_held_back_serves_after_the_next_night(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    shop.configure()
    assert shop.run("run")[0] == 0
    assert current_generation(shop.state) == 2
    assert night(shop)["published"]


def test_a_query_that_never_found_its_answer_holds_nothing_back(place: Place) -> None:
    place.configure('[[golden]]\nquery = "walrus"\nrepo = "shop"\nsymbol = "walrus"\n')
    status, out, _ = place.run("run")
    assert status == 0
    assert "golden: 'walrus' does not find shop:walrus in the top 10\n" in out
    assert verdicts(place) == ["missing"]
    assert place.run("run")[0] == 0  # nothing changed, nothing was asked
    status, out, _ = place.run("status")
    assert (status, "1 of 1 golden queries do not find their answer ('walrus')" in out) == (3, True)


def test_a_repository_that_failed_tonight_holds_nothing_back(shop: Place) -> None:
    lose(shop)
    repos = '[[repo]]\nglob = "code/*"\n[[repo]]\nurl = "file:///no/such/repository.git"\nname = "tools"\n'
    shop.configure(GOLDEN.replace('"shop"', '"tools"').replace("session.py", "a.py"), repos)
    assert shop.run("run")[0] == 3
    (result,) = night(shop)["golden"]
    assert (result["verdict"], result["reason"]) == ("passed_over", "tools could not be read tonight")
    assert current_generation(shop.state) == 2


def test_a_search_that_had_to_do_without_its_vectors_judges_nothing(
    shop: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_chain.errors import ModelUnavailable

    def broken(*_: object) -> object:
        raise ModelUnavailable("it is down")

    lose(shop)
    monkeypatch.setattr("nightdex.golden.embedders_of", lambda _: broken)
    assert shop.run("run")[0] == 0
    (result,) = night(shop)["golden"]
    assert result["verdict"] == "passed_over"
    assert "it is down" in result["reason"]


def test_a_night_that_is_killed_while_it_looks_leaves_its_work_to_the_next(shop: Place) -> None:
    shop.commit("shop", OTHERS)
    done = subprocess.run([sys.executable, "-c", KILLED, str(shop.root / "repos.toml")], check=False)
    assert done.returncode == 9
    assert current_generation(shop.state) == 1
    assert shop.run("run")[0] == 0
    assert current_generation(shop.state) == 2
    assert night(shop)["totals"]["embedded"] == 0


def test_what_waits_is_not_pruned_and_serves_only_where_nothing_else_does(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    assert outdated_generations(shop.state) == set()
    assert prune(shop.state) == []
    (shop.state / CURRENT_NAME).unlink()
    assert current_generation(shop.state) == 1
    shutil.rmtree(shop.state / "generations" / "1")
    assert current_generation(shop.state) == 2


def test_a_generation_that_waits_and_is_damaged_is_not_built_upon(shop: Place) -> None:
    lose(shop)
    assert shop.run("run")[0] == 1
    (shop.state / "generations" / "2" / "inventory.parquet").write_bytes(b"")
    shop.commit("shop", {"session.py": REFRESH})
    assert shop.run("run")[0] == 0
    assert check(shop.state, current_generation(shop.state)) == []


def test_a_mark_that_cannot_be_read_counts_as_none(shop: Place) -> None:
    (shop.state / HELD_BACK_NAME).write_text("{")
    assert waiting_generation(shop.state) is None
    assert shop.run("run")[0] == 0


def test_a_copy_of_the_answer_in_another_repository_is_no_loss(shop: Place) -> None:
    place: Place = shop
    place.commit("app", {"lib/session.py": REFRESH})
    golden = GOLDEN.replace('"shop"', '"app"').replace('"session.py"', '"lib/session.py"')
    place.configure(GOLDEN + golden)
    assert place.run("run")[0] == 0
    assert verdicts(place) == ["found", "found"]


def test_an_entry_that_can_never_be_found_is_a_problem_of_the_configuration(place: Place) -> None:
    place.configure('[[golden]]\nquery = "x"\nrepo = "shop"\n[[golden]]\nqery = "x"\n')
    for command in ("run", "status"):
        status, _, err = place.run(command)
        assert status == 12
        assert "repos.toml:7: [[golden]] needs a 'path' or a 'symbol'" in err
        assert "unknown key 'qery' in [[golden]] - did you mean 'query'?" in err


def test_a_generation_that_cannot_be_opened_is_not_judged_by_an_older_one(shop: Place) -> None:
    from index_store.errors import IndexDamaged
    from nightdex.configuration import load_configuration
    from nightdex.golden import inspector

    shop.commit("shop", OTHERS)
    assert shop.run("run")[0] == 0
    (shop.state / "generations" / "2" / "inventory.parquet").write_bytes(b"")
    ask = inspector(load_configuration(shop.root / "repos.toml"))
    assert ask is not None
    with pytest.raises(IndexDamaged, match="Generation 2 was not published"):
        ask(2, frozenset())
