"""A repos.toml as it stands: its values, its line numbers, and what the environment puts in their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from nightdex.errors import ConfigurationInvalid, ConfigurationMissing
from nightdex.settings import Section, Settings
from nightdex.toml_lines import KeyPath, line_of, lines_of
from nightdex.whereabouts import PREFIX

# Forty repositories are 5 kB; what is larger is not a repos.toml.
MAX_BYTES = 1 << 20

_POSITION = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing to mend; they sort in the order of the file, the environment's last."""

    line: int
    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Document:
    """What repos.toml says once the environment has had its say.

    Attributes:
        path: as it was given, which is how errors name it.
        values: the merged tables.
        lines: where each key stands.
        overrides: the variable that set a key, for those the environment sets.
        problems: variables that name no section.
    """

    path: Path
    values: dict[str, Any]
    lines: Mapping[KeyPath, int]
    overrides: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: KeyPath, sentence: str) -> Problem:
        """Say what is wrong with a key, and where it was set."""
        for end in range(len(path), 1, -1):
            if variable := self.overrides.get(path[:end]):
                return Problem(MAX_BYTES, variable, sentence)
        line = self.line(path)
        return Problem(line, f"{self.path}:{line}", sentence)

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the table it should be in."""
        return line_of(self.lines, path)


def read_document(path: Path, environ: Mapping[str, str]) -> Document:
    """Read a TOML file and lay the environment's NIGHTDEX_SECTION__KEY over it.

    Raises:
        ConfigurationMissing: there is no file.
        ConfigurationInvalid: it cannot be read, is not UTF-8, or is not TOML.
    """
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ConfigurationInvalid([f"{path}: the values are nested too deeply"]) from None
    except ValueError as error:
        raise ConfigurationInvalid([_syntax_problem(path, text, str(error))]) from None
    document = Document(path, values, lines_of(text))
    _lay_over(document, environ)
    return document


def section_of(name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment alone says of one section."""
    document = Document(Path(), {}, {})
    _lay_over(document, environ)
    found: dict[str, Any] = document.values.get(name, {})
    return found


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise ConfigurationInvalid([f"{path}: is a directory; name the file in it"])
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationMissing(
            f"{path} does not exist; write one, or name another with --config"
        ) from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationInvalid([f"{path}: cannot be read: {cause}"]) from None
    if len(data) > MAX_BYTES:
        raise ConfigurationInvalid([f"{path}: is larger than {MAX_BYTES} bytes, so it is not a repos.toml"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationInvalid([f"{path}:{line}: is not UTF-8; save the file as UTF-8"]) from None


def _syntax_problem(path: Path, text: str, message: str) -> str:
    if position := _POSITION.search(message):
        return f"{path}:{position[1]}: not valid TOML: {_POSITION.sub('', message)}"
    if message.endswith(" (at end of document)"):
        line = text.rstrip("\n").count("\n") + 1
        message = message.removesuffix(" (at end of document)")
        return f"{path}:{line}: not valid TOML: {message}"
    return f"{path}: not valid TOML: {message}"


def _lay_over(document: Document, environ: Mapping[str, str]) -> None:
    """NIGHTDEX_API__PORT is `port` in [api], NIGHTDEX_CHAIN__TIERS__OPUS__MODEL in [chain.tiers.opus]."""
    for variable in sorted(environ):
        section, *rest = variable.removeprefix(PREFIX).lower().split("__")
        if not variable.startswith(PREFIX) or not rest:
            continue
        kind = section_at((section,))
        if kind is None or get_origin(Settings.model_fields[section].annotation) is tuple:
            document.problems.append(
                Problem(MAX_BYTES, variable, f"there is no section [{section}] whose keys can be overridden")
            )
            continue
        path: KeyPath = (section,)
        table = document.values.setdefault(section, {})
        while len(rest) > 1 and isinstance(table, dict) and section_at((*path, rest[0])) is not None:
            path = (*path, rest[0])
            table = table.setdefault(rest.pop(0), {})
        key = "__".join(rest)
        if isinstance(table, dict):
            table[key] = _typed(section_at(path), key, environ[variable])
            document.overrides[*path, key] = variable


def section_at(path: Sequence[str | int]) -> type[Section] | None:
    """The settings that the table at a path is checked against; None where there are none."""
    annotation: object = Settings
    for part in path:
        if isinstance(part, int):
            continue
        if get_origin(annotation) is dict:  # its keys are free, as in [chain.prices]
            annotation = get_args(annotation)[1]
            continue
        section = _section(annotation)
        if section is None or part not in section.model_fields:
            return None
        annotation = section.model_fields[part].annotation
    return _section(annotation)


def _section(annotation: object) -> type[Section] | None:
    if get_origin(annotation) is dict:
        return None
    kinds = [kind for kind in _kinds(annotation) if isinstance(kind, type) and issubclass(kind, Section)]
    return kinds[0] if kinds else None


def _typed(section: type[Section] | None, key: str, text: str) -> object:
    """A variable holds text; for a key that is not text it is read as TOML would be."""
    fields = section.model_fields if section is not None else {}
    wanted = _kinds(fields[key].annotation) if key in fields else {str}
    if not wanted & {int, float, bool, tuple}:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _kinds(annotation: object) -> set[object]:
    """The plain types in an annotation, with tuple for any tuple."""
    origin = get_origin(annotation)
    if origin is None:
        return {annotation}
    inner = {kind for argument in get_args(annotation) for kind in _kinds(argument)}
    return inner | {tuple} if origin is tuple else inner
