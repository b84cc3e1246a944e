"""A repository gets another name, in repos.toml or on the disk: no code is embedded twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index_store.generations import serving_manifest
from indexer.night_report import NightReport
from tests.nights import World

# Vectors computed and vectors found again, for a chunk whose code is known: a description's is computed anew.
KNOWN = (1, 1)

CODE = {"cart.py": "def total(items):\n    return sum(items)\n"}


@dataclass
class Town(World):
    """Repositories whose names are not those of their folders."""

    places: dict[str, str] = field(default_factory=dict)

    def folder(self, name: str) -> Path:
        return super().folder(self.places.get(name, name))

    def served(self) -> set[tuple[str, str]]:
        return {(repo, symbol) for repo, _, symbol in self.symbols()}

    def stale(self) -> dict[str, str]:
        manifest = serving_manifest(self.state)
        assert manifest is not None
        return {state.name: state.stale_reason for state in manifest.repositories if state.stale}


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path)
    town.commit("shop", CODE)
    town.commit("tools", {"saw.py": "def cut(wood):\n    return wood[1:]\n"})
    town.night()
    return town


def vectors(report: NightReport) -> tuple[int, int]:
    return report.totals()["embedded"], report.totals()["embeddings_reused"]


def test_another_name_in_repos_toml_takes_the_place_of_the_old_one(town: Town) -> None:
    town.names, town.places = ["boutique", "tools"], {"boutique": "shop"}
    report = town.night()
    assert (report.outcome, report.removed) == ("ok", ["shop"])
    assert vectors(report) == KNOWN
    assert town.served() == {("boutique", "total"), ("tools", "cut")}


def test_a_renamed_folder_that_repos_toml_does_not_know_serves_on_and_is_found_again_for_nothing(
    town: Town,
) -> None:
    shutil.move(town.folder("shop"), town.root / "code/boutique")
    report = town.night()
    assert (report.outcome, report.removed) == ("partial", [])
    assert "correct its path in repos.toml" in town.stale()["shop"]
    assert town.served() == {("shop", "total"), ("tools", "cut")}
    town.places = {"shop": "boutique"}
    report = town.night()
    assert (report.outcome, report.totals()["embedded"], town.stale()) == ("ok", 0, {})
    assert town.served() == {("shop", "total"), ("tools", "cut")}


def test_a_renamed_folder_below_a_glob_goes_by_its_new_name(town: Town) -> None:
    shutil.move(town.folder("shop"), town.root / "code/boutique")
    town.names = ["boutique", "tools"]
    report = town.night()
    assert (report.outcome, report.removed, vectors(report)) == ("ok", ["shop"], KNOWN)
    assert town.served() == {("boutique", "total"), ("tools", "cut")}


def test_two_repositories_that_swap_their_names_swap_what_is_found_under_them(town: Town) -> None:
    town.places = {"shop": "tools", "tools": "shop"}
    report = town.night()
    assert (report.outcome, report.removed, vectors(report)) == ("ok", [], (2, 2))
    assert town.served() == {("tools", "total"), ("shop", "cut")}
