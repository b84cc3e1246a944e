"""A witness to every night: knows what each commit must answer, and holds a state folder to it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.check import check
from index_store.errors import IndexStoreError
from index_store.generations import current_generation, generation_dir
from index_store.manifest import read_manifest
from index_store.shown import ShownCounts
from indexer.night_options import no_failpoint
from search_api.errors import SearchError
from tests.answers import Answers, answers
from tests.nights import World
from tests.repositories import git
from tests.unit.indexer.versioned import Versioned

if TYPE_CHECKING:
    from index_store.reader import StoredChunk
    from indexer.night_report import NightReport

REPOSITORIES = ("shop", "tools", "bank")

# What may lie about after the worst of nights: a database that was damaged is moved aside, never deleted.
KEPT_EVIDENCE = re.compile(r"summaries\.sqlite\.damaged(-wal|-shm)?")

# What a file is called without what is drawn or counted anew every time.
_DRAWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+")

# Repository, path, symbol and text of a chunk.
Piece = tuple[str, str, str, str]


@dataclass(slots=True)
class Tally:
    """What came of a scenario: how often it was tried, and what must stay 0, with the first few reasons."""

    tries: int = 0
    lost: int = 0
    wrong: int = 0
    debris: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, kind: str, reasons: Iterable[str], where: str) -> None:
        """Count reasons of one kind: "lost", "wrong" or "debris"."""
        for reason in reasons:
            setattr(self, kind, getattr(self, kind) + 1)
            if len(self.reasons) < 10:
                self.reasons.append(f"{kind}: {where}: {reason}")

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, wrong, or left lying about, and anything was tried at all."""
        return self.tries > 0 and not self.lost + self.wrong + self.debris


class Witness:
    """A small world, each commit of which is known by heart.

    Attributes:
        failpoint: passed each step of a night in this process.
        acknowledged: the newest generation that anybody was told of.
        tally: what was seen to go wrong.
    """

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.world = World(root)
        self.chance = chance
        self.describer = Versioned()
        self.failpoint = no_failpoint
        self.acknowledged = 0
        self.tally = Tally()
        self._files: dict[str, dict[str, str]] = {repo: {} for repo in REPOSITORIES}
        self._expected: dict[tuple[str, str], frozenset[Piece]] = {}
        self._history: dict[str, list[tuple[str, dict[str, str]]]] = {repo: [] for repo in REPOSITORIES}
        self._version = 0
        for repo in REPOSITORIES:
            self.change(repo, files=4)
        self._undisturbed: set[str] = set()

    @property
    def state(self) -> Path:
        """The state folder under test."""
        return self.world.state

    def change(self, repo: str = "", files: int = 2) -> None:
        """Commit something new to a repository, any by default: files rewritten, added, and one removed."""
        repo = repo or self.chance.choice(REPOSITORIES)
        self._version += 1
        code = self._files[repo]
        rewritten = {f"src/file{self.chance.randrange(6)}.py": "" for _ in range(files)}
        for path in rewritten:
            name = f"work_{repo}_{self._version}_{path[8]}"
            rewritten[path] = "\n\n".join(function(f"{name}_{part}") for part in "ab") + "\n"
        changes: dict[str, str | bytes | None] = dict(rewritten)
        if len(code) > 3 and (gone := self.chance.choice(sorted(code))) not in rewritten:
            changes[gone] = None
            del code[gone]
        code |= rewritten
        commit = self.world.commit(repo, changes)
        self._history[repo].append((commit, dict(code)))
        self._expected[repo, commit] = frozenset(
            (repo, path, text.split("(")[0].removeprefix("def "), text.rstrip())
            for path, whole in code.items()
            for text in whole.split("\n\n")
        )

    def force_push(self, repo: str) -> None:
        """Put a repository back by one commit, as a push by force does."""
        del self._history[repo][-1]
        commit, code = self._history[repo][-1]
        git(self.world.folder(repo), "reset", "-q", "--hard", commit)
        self._files[repo] = dict(code)

    def night(self) -> NightReport:
        """One undisturbed night, in this process."""
        report = self.world.night(describer=self.describer, failpoint=self.failpoint)
        self.acknowledged = max(self.acknowledged, report.generation)
        return report

    def learn(self, nights: int = 4) -> None:
        """See what kinds of files undisturbed nights leave, and a server that counts what it shows."""
        self.world.state.mkdir(exist_ok=True)
        ShownCounts(self.state).add({})
        for _ in range(nights):
            self.night()
            self._undisturbed |= kinds(self.state)
            self.change()

    def expected(self, generation: int) -> frozenset[Piece]:
        """What a generation must hold, by the commits that its manifest names."""
        states = read_manifest(generation_dir(self.state, generation)).repositories
        return frozenset().union(*(self._expected[state.name, state.commit] for state in states))

    def judge(self, where: str) -> int:
        """Hold what serves to what it must be; returns the generation that does."""
        serving = current_generation(self.state)
        if serving < self.acknowledged:
            lost = f"generation {serving} serves after {self.acknowledged} was acknowledged"
            self.tally.add("lost", [lost], where)
        self.tally.add("wrong", check(self.state, serving), where)
        try:
            told, stored = answers(self.state), self.world.stored()
        except (IndexStoreError, SearchError) as error:
            self.tally.add("lost", [f"nothing serves: {error}"], where)
        else:
            self.tally.add("wrong", self.falsehoods(told, stored), where)
        return serving

    def judge_after_clean_night(self, where: str) -> None:
        """After a night that nothing disturbed: all is there, as it is now, and nothing else is."""
        report = self.night()
        if report.outcome != "ok" or report.failed:
            self.tally.add("lost", [f"the clean night ended {report.outcome}: {report.reason}"], where)
        self.judge(where)
        manifest = read_manifest(generation_dir(self.state, report.generation))
        heads = {state.name: state.commit for state in manifest.repositories}
        newest = {repo: history[-1][0] for repo, history in self._history.items()}
        if heads != newest:
            self.tally.add("lost", [f"{heads} is indexed of {newest}"], where)
        self.tally.add("lost", self._undescribed(), where)
        self.tally.add("debris", sorted(self.debris()), where)

    def ask(self, where: str) -> None:
        """Ask a server that starts now: it may say that it cannot answer, never anything wrong."""
        try:
            told = answers(self.state)
        except (IndexStoreError, SearchError):
            return
        self.tally.add("wrong", self.falsehoods(told), where)

    def falsehoods(self, told: Answers, stored: Iterable[StoredChunk] | None = None) -> list[str]:
        """What was answered, or is stored, that the generation does not hold, and what is missing."""
        expected = self.expected(told.generation)
        texts = {(repo, path, symbol): text for repo, path, symbol, text in expected}
        wrong = []
        for hits in told.hits:
            for repo, path, _, _, symbol, _, snippet in hits:
                text = texts.get((repo, path, symbol))
                if text is None or snippet.rstrip("…").strip() not in text:
                    wrong.append(f"generation {told.generation} showed {repo}/{path} {symbol}")
        if stored is None:
            return wrong
        held = {(one.repo, one.path, one.symbol, one.text) for one in stored}
        wrong += [f"missing: {piece[:3]}" for piece in expected - held]
        wrong += [f"not of this generation: {piece[:3]}" for piece in held - expected]
        return wrong

    def _undescribed(self) -> list[str]:
        stored = self.world.stored()
        return [
            f"{one.symbol} has lost its description"
            for one in stored
            if one.summary_source != self.describer.source or one.symbol not in one.summary
        ]

    def debris(self) -> set[str]:
        """Kinds of files that no undisturbed night leaves."""
        found = kinds(self.state) - self._undisturbed
        return {one for one in found if not KEPT_EVIDENCE.fullmatch(one)}


def function(name: str) -> str:
    """A function that is long enough to be worth a description."""
    return (
        f"def {name}(values, limit):\n    total = 0\n    for value in values:\n"
        f"        total += value * limit\n    return total"
    )


def kinds(state: Path) -> set[str]:
    """The kinds of files and folders below a state folder."""
    return {_DRAWN.sub("*", str(one.relative_to(state))) for one in state.rglob("*")}
