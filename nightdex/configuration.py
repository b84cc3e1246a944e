"""From repos.toml to settings and sources; every problem of the file is reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from index_store.place import SCHEME, Place, parse_place
from indexer.sources.definition import SourceDefinition
from nightdex.diagnosis import diagnose
from nightdex.document import Document, Problem, read_document
from nightdex.errors import ConfigurationInvalid
from nightdex.settings import Cards, Golden, Index, Repository, Section, Settings
from nightdex.sources import SourceFinder, name_of
from nightdex.whereabouts import absolute, local_state

Model = TypeVar("Model", bound=Section)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A repos.toml that holds."""

    path: Path
    settings: Settings

    @property
    def place(self) -> Place | None:
        """Where on an object store the index is; None where it is on this machine alone."""
        text = self.settings.index.state_dir
        return parse_place(text) if text.startswith(SCHEME) else None

    @property
    def local_state(self) -> str:
        """What this machine has of the index, as repos.toml would name it: the index, or its copy."""
        index = self.settings.index
        return local_state(index.state_dir, index.local_dir)

    @property
    def state_dir(self) -> Path:
        """Where that is, as an absolute path."""
        return absolute(self.local_state, self.path)

    @property
    def memories(self) -> frozenset[str]:
        """The names of what [[cards]] name."""
        return frozenset(
            entry.name or name_of(str(absolute(entry.path, self.path))) for entry in self.settings.cards
        )


def load_configuration(path: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Read and check the file alone; nothing it names is looked at.

    Raises:
        ConfigurationMissing, ConfigurationInvalid: naming every problem with file and line.
    """
    document = read_document(path, environ)
    problems = list(document.problems)
    try:
        settings = Settings.model_validate(document.values)
    except ValidationError as error:
        problems.extend(diagnose(document, error))
    problems.extend(_golden_problems(document))
    _refuse(problems)
    return Configuration(path, settings)


def load_sources(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    known: Callable[[Path], Collection[str]] = lambda _: (),
) -> tuple[Configuration, tuple[SourceDefinition, ...]]:
    """Read the file and find everything it names.

    `known` gives the names that the index of a state directory already holds: a path that is gone is a slip
    of the pen when it was never there, and an event of the night when it was.

    Raises:
        ConfigurationMissing, ConfigurationInvalid: naming every problem with file and line.
    """
    document = read_document(path, environ)
    problems = list(document.problems)
    try:
        settings = Settings.model_validate(document.values)
    except ValidationError as error:
        problems.extend(diagnose(document, error))
        settings = Settings(index=_valid(Index, document.values.get("index")) or Index())
    configuration = Configuration(path, settings)
    finder = SourceFinder(document, lambda text: absolute(text, path), known(configuration.state_dir))
    sources = finder.find(_entries(document, "repo", Repository), _entries(document, "cards", Cards))
    problems.extend([*finder.problems, *_golden_problems(document)])
    if not sources and not problems:
        nothing = "names nothing to index; add a [[repo]] with a 'path', a 'glob' or a 'url'"
        problems.append(document.problem((), nothing))
    _refuse(problems)
    return configuration, sources


def _golden_problems(document: Document) -> Iterator[Problem]:
    """What is wrong with [[golden]] entries that are well formed."""
    for index, entry in _entries(document, "golden", Golden):
        if entry.path is None and entry.symbol is None:
            yield document.problem(("golden", index), "[[golden]] needs a 'path' or a 'symbol'")


def _entries(document: Document, table: str, model: type[Model]) -> list[tuple[int, Model]]:
    """The entries of [[repo]], [[cards]] or [[golden]] that are well formed, each with its position."""
    listed = document.values.get(table, ())
    checked = (
        (index, _valid(model, value))
        for index, value in enumerate(listed if isinstance(listed, list) else ())
    )
    return [(index, entry) for index, entry in checked if entry is not None]


def _valid(model: type[Model], value: Any) -> Model | None:  # noqa: ANN401 - anything TOML can hold
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ConfigurationInvalid([str(problem) for problem in sorted(problems)])
