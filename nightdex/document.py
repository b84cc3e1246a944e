"""A repos.toml as it stands: its values, its line numbers, and what the environment puts in their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from nightdex.errors import ConfigurationInvalid, ConfigurationMissing
from nightdex.settings import Section, Settings
from nightdex.toml_lines import KeyPath, line_of, lines_of

# Forty repositories are 5 kB; what is larger is not a repos.toml.
MAX_BYTES = 1 << 20

PREFIX = "NIGHTDEX_"

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
        if variable := self.overrides.get(path[:2]):
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
    for variable in sorted(environ):
        section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
        if not variable.startswith(PREFIX) or not separator:
            continue
        kind = Settings.model_fields[section].annotation if section in Settings.model_fields else None
        if not isinstance(kind, type) or not issubclass(kind, Section):
            document.problems.append(
                Problem(MAX_BYTES, variable, f"there is no section [{section}] whose keys can be overridden")
            )
            continue
        table = document.values.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = _typed(kind, key, environ[variable])
            document.overrides[section, key] = variable


def _typed(section: type[Section], key: str, text: str) -> object:
    """A variable holds text; for a key that is not text it is read as TOML would be."""
    wanted = section.model_fields[key].annotation if key in section.model_fields else str
    if wanted not in {int, bool, int | None} and get_origin(wanted) is not tuple:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
