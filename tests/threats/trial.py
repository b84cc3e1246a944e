"""A copy of the sources with an environment of its own, in which defences are taken away and tests run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.threats.removals import ROOT, Removal

_NODE_MODULES = "tests/ui/node_modules"
# A test that does not end without its defence has failed, too.
_TEST_SECONDS = 60
# Beside what its tests may take: what hangs outside of Python is ended, too.
_RUN_SECONDS = 300
# <sys/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended, all its cases together: `passed`, `failed` or `skipped`, and why, in short."""

    verdict: str
    words: str = ""


class Trial:
    """A copy of the sources below `folder`, which is the caller's to delete.

    Made of what git has or would take, and installed from the lock as `make setup` does: programs that a test
    starts are the copy's own too.
    """

    def __init__(self, folder: Path) -> None:
        self._copy = folder / "sources"
        self._results = folder / "results.xml"
        self._scratch = folder / "scratch"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
            if (ROOT / name).is_file():
                target = self._copy / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        if (ROOT / _NODE_MODULES).is_dir():
            (self._copy / _NODE_MODULES).symlink_to(ROOT / _NODE_MODULES)
        subprocess.run(["make", "-s", ".venv/.dev"], cwd=self._copy, check=True)
        _adopt_orphans()

    @contextmanager
    def without(self, removal: Removal) -> Iterator[None]:
        """The copy with one defence less, for as long as the block lasts."""
        paths = {edit.file: self._copy / edit.file for edit in removal.edits}
        before = {path: path.read_text() if path.exists() else None for path in paths.values()}
        try:
            for edit in removal.edits:
                path = paths[edit.file]
                path.write_text(path.read_text().replace(edit.old, edit.new) if edit.old else edit.new)
            yield
        finally:
            for path, text in before.items():
                path.unlink() if text is None else path.write_text(text)

    def run(self, tests: Sequence[str]) -> dict[str, Outcome]:
        """How each of some tests (`test_x`, or `test_x[case]`) ends; without those that were not run."""
        self._results.unlink(missing_ok=True)
        command = [
            str(self._copy / ".venv/bin/python"), "-m", "pytest", "-q", "-p", "no:cacheprovider",
            f"--timeout={_TEST_SECONDS}", f"--basetemp={self._scratch}", f"--junitxml={self._results}",
            *self._nodes(tests),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command, cwd=self._copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                status = running.wait(_RUN_SECONDS + _TEST_SECONDS * len(tests))
            except subprocess.TimeoutExpired:
                running.kill()
                status = 0
        _end_orphans()
        if status < 0:
            return dict.fromkeys(
                tests, Outcome("failed", f"{signal.Signals(-status).name} ended the test itself")
            )
        return self._outcomes(tests) if self._results.exists() else {}

    def _nodes(self, tests: Sequence[str]) -> Iterator[str]:
        sources = {file: file.read_text() for file in (self._copy / "tests").rglob("test_*.py")}
        for test in tests:
            name = test.split("[")[0]
            for file, source in sources.items():
                if f"def {name}(" in source:
                    yield f"{file.relative_to(self._copy)}::{test}"

    def _outcomes(self, tests: Sequence[str]) -> dict[str, Outcome]:
        found: dict[str, list[Outcome]] = {}
        for case in ET.parse(self._results).iter("testcase"):
            name = case.get("name", "")
            asked = name if name in tests else name.split("[")[0]
            found.setdefault(asked, []).append(_outcome_of(case))
        return {test: _together(outcomes) for test, outcomes in found.items()}


def _adopt_orphans() -> None:
    """Let what a test leaves running become our child, instead of that of the system."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _end_orphans() -> None:
    """End what tests left running: without its defence, one may not tidy up."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    while left := children.read_text().split():
        for process in map(int, left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, 0)


def _outcome_of(case: ET.Element) -> Outcome:
    for verdict, tag in (("failed", "failure"), ("failed", "error"), ("skipped", "skipped")):
        if (about := case.find(tag)) is not None:
            return Outcome(verdict, " ".join(about.get("message", "").split())[:160])
    return Outcome("passed")


def _together(cases: list[Outcome]) -> Outcome:
    """One case that fails is enough; of cases that pass, none may have been left out."""
    counts = Counter(case.verdict for case in cases)
    verdict = next(kind for kind in ("failed", "skipped", "passed") if counts[kind])
    first = next(case for case in cases if case.verdict == verdict)
    of = f"{counts[verdict]} of {len(cases)} cases: " if verdict == "failed" and len(cases) > 1 else ""
    return Outcome(verdict, of + first.words)
