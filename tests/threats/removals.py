"""What takes each defence away, as the `*.toml` beside this file have it, and the rows of docs/THREATS.md."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TABLES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tables in docs/THREATS.md: the attack, and the tests it names."""

    attack: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One place of a file that is written anew: `old` stands there once, or is "" where the file is new."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Removal:
    """One defence taken away.

    Attributes:
        table: the file that it was read from.
        attack: what the row's attack begins with.
        removed: what is gone, in words.
        tests: the tests of the row that have to fail then; with `[…]`, that case of one.
        edits: all of them together take it away.
    """

    table: str
    attack: str
    removed: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def rows(document: Path = ROOT / "docs" / "THREATS.md") -> list[Row]:
    """The rows of the document, in its order."""
    cells = [line.strip("|").split("|") for line in document.read_text().splitlines() if line[:2] == "| "]
    return [
        Row(cell[1].strip(), tuple(re.findall(r"`(test_\w+)`", cell[3])))
        for cell in cells
        if cell[0].strip() != "asset"
    ]


def removals(folder: Path = _TABLES) -> list[Removal]:
    """All of them, in the order of their tables."""
    return [
        Removal(
            file.name,
            entry["attack"],
            entry["removed"],
            tuple(entry["tests"]),
            tuple(Edit(*edit) for edit in entry["edits"]),
        )
        for file in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(file.read_text())["removal"]
    ]


def flaws(known: list[Row], given: list[Removal], root: Path = ROOT) -> list[str]:
    """What keeps the removals from proving the document: a sentence for each."""
    found: list[str] = []
    proved: set[tuple[str, str]] = set()
    for removal in given:
        of = f"tests/threats/{removal.table}, {removal.removed!r}"
        meant = [row for row in known if row.attack.startswith(removal.attack)]
        if len(meant) != 1:
            found.append(f"{of}: {len(meant)} rows of docs/THREATS.md have an attack that begins so")
            continue
        for test in removal.tests:
            name = test.split("[")[0]
            if name not in meant[0].tests:
                found.append(f"{of}: the row does not name {name}")
            proved.add((meant[0].attack, name))
        found += [
            f"{of}: what it takes out of {edit.file} is there {times} times: write what the defence is now, "
            "and try it with make threats"
            for edit in removal.edits
            if (times := _times(edit, root)) != 1
        ]
        found += [f"{of}: {name} is no Python any more" for name in _broken(removal, root)]
    found += [
        f"docs/THREATS.md, {row.attack!r}: no removal in tests/threats shows that {test} fails without it"
        for row in known
        for test in row.tests
        if (row.attack, test) not in proved
    ]
    return found


def _broken(removal: Removal, root: Path) -> Iterator[str]:
    """The files that cannot even be parsed after it: a test that fails of that shows nothing."""
    edited: dict[str, str] = {}
    for edit in removal.edits:
        if edit.old and edit.file.endswith(".py") and (root / edit.file).is_file():
            text = edited.get(edit.file) or (root / edit.file).read_text()
            edited[edit.file] = text.replace(edit.old, edit.new)
    for name, text in edited.items():
        try:
            ast.parse(text)
        except SyntaxError:
            yield name


def _times(edit: Edit, root: Path) -> int:
    """How often an edit can be made: 1, unless the sources have changed under it."""
    path = root / edit.file
    if not edit.old:
        return int(not path.exists())
    return path.read_text().count(edit.old) if path.is_file() else 0
