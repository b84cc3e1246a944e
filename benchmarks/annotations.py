"""Annotated questions: which files, or lines of files, answer them, as semble's benchmark writes it down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BadAnnotations(SystemExit):
    """The folder cannot be measured with; the message says why and ends the program."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file, or lines of it (from 1, both inclusive), that answers a question.

    `path` is relative to the repository or to the folder of it that is indexed.
    """

    path: str
    start_line: int | None = None
    end_line: int | None = None

    def covered_by(self, path: str, start_line: int, end_line: int) -> bool:
        """Whether a chunk lies in this file, and on these lines where there are any."""
        if path != self.path and not path.endswith("/" + self.path):
            return False
        return (self.end_line is None or start_line <= self.end_line) and (
            self.start_line is None or end_line >= self.start_line
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One query with everything that answers it."""

    repo: str
    text: str
    category: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository to ask about.

    Attributes:
        revision: the commit to index; "" means HEAD, or the folder as it is.
        root: the folder inside it that is indexed; "" means all of it.
        language: what repos.json says it is written in; "" where nothing says so.
    """

    name: str
    questions: tuple[Question, ...]
    revision: str = ""
    root: str = ""
    language: str = ""


def load_repositories(annotations: Path) -> tuple[Repository, ...]:
    """Read every `<name>.json` of a folder; in the order of repos.json, then by name.

    repos.json (in the folder or beside it) gives revision, benchmark_root and language; without it each
    repository is indexed whole, at HEAD.

    Raises:
        BadAnnotations: a file is not what it should be, or there is none.
    """
    known = _known(annotations)
    files = {path.stem: path for path in sorted(annotations.glob("*.json")) if path.name != "repos.json"}
    if not files:
        raise BadAnnotations(f"{annotations} holds no <name>.json with annotated questions")
    order = {name: place for place, name in enumerate(known)}
    names = sorted(files, key=lambda name: (order.get(name, len(order)), name))
    return tuple(_repository(name, files[name], known.get(name, {})) for name in names)


def _known(annotations: Path) -> dict[str, Mapping[str, Any]]:
    for path in (annotations / "repos.json", annotations.parent / "repos.json"):
        if path.is_file():
            return {entry["name"]: entry for entry in _read(path)}
    return {}


def _repository(name: str, path: Path, about: Mapping[str, Any]) -> Repository:
    try:
        questions = tuple(_question(name, entry) for entry in _read(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadAnnotations(f"{path} is not a list of annotated questions: {error!r}") from error
    return Repository(
        name=name,
        questions=questions,
        revision=about.get("revision") or "",
        root=(about.get("benchmark_root") or "").strip("/"),
        language=about.get("language") or "",
    )


def _question(repo: str, entry: Mapping[str, Any]) -> Question:
    targets = [*entry.get("relevant", ()), *entry.get("secondary", ())]
    return Question(
        repo=repo,
        text=entry["query"],
        category=entry.get("category") or "none",
        targets=tuple(dict.fromkeys(map(_target, targets))),
    )


def _target(target: str | Mapping[str, Any]) -> Target:
    if isinstance(target, str):
        return Target(target.strip("/"))
    return Target(target["path"].strip("/"), target.get("start_line"), target.get("end_line"))


def _read(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        entries: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadAnnotations(f"{path} cannot be read: {error}") from error
    return entries
