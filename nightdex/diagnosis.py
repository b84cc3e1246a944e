"""Why a repos.toml is not accepted: pydantic's findings as sentences a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from nightdex.document import Document, Problem, section_at
from nightdex.settings import Settings
from nightdex.toml_lines import KeyPath

LISTS = frozenset({"repo", "cards", "golden"})

# What a person sees of the value that was refused.
MAX_SHOWN = 60

_WANTED = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
}


def diagnose(document: Document, error: ValidationError) -> Iterator[Problem]:
    """Turn every finding into a problem with its place."""
    for finding in error.errors(include_url=False):
        path: KeyPath = tuple(finding["loc"])
        yield document.problem(path, _sentence(path, finding["type"], finding))


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that was probably meant."""
    by_folded = {candidate.casefold(): candidate for candidate in valid}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def table_name(path: KeyPath) -> str:
    """Name a table as it is written: [index], [chain.tiers.opus], [[repo]]."""
    return f"[[{path[0]}]]" if path[0] in LISTS else f"[{'.'.join(map(str, path))}]"


def _sentence(path: KeyPath, kind: str, finding: Any) -> str:  # noqa: ANN401 - pydantic's dict of findings
    if kind == "extra_forbidden":
        return _unknown(path)
    if len(path) == 1 or (len(path) == 2 and path[0] in LISTS):
        return f"'{path[0]}' must be a table, written {table_name(path)}"
    if kind in {"model_type", "dict_type"}:
        return f"'{path[-1]}' must be a table, written {table_name(path)}"
    key = next(part for part in reversed(path) if isinstance(part, str))
    table = table_name(path[: path.index(key)])
    if kind == "missing":
        return f"'{key}' is missing in {table}"
    what = f"{'an item of ' if isinstance(path[-1], int) else ''}'{key}' in {table}"
    wanted = _WANTED.get(kind) or finding["msg"].removeprefix("Value error, ").replace("Input should", "must")
    # A URL may hold a password.
    return f"{what} {wanted}" if key == "url" else f"{what} is {_shown(finding['input'])}; it {wanted}"


def _unknown(path: KeyPath) -> str:
    name = str(path[-1])
    if len(path) == 1:
        meant = nearest(name, Settings.model_fields)
        hint = f" - did you mean {table_name((meant,))}?" if meant else ""
        return f"unknown table [{name}]{hint or '; there are ' + ', '.join(map(table_name, _tables()))}"
    section = section_at(path[:-1])
    valid = list(section.model_fields) if section is not None else []
    meant = nearest(name, valid)
    hint = f" - did you mean '{meant}'?" if meant else f"; it has {', '.join(valid)}"
    return f"unknown key '{name}' in {table_name(path[:-1])}{hint}"


def _tables() -> list[KeyPath]:
    return [(name,) for name in Settings.model_fields]


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
