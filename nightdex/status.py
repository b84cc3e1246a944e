"""`nightdex status`: what is indexed, how old it is, and how the last night went."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from index_store.generations import current_generation, generation_dir
from index_store.manifest import read_manifest
from index_store.schema import Manifest, RepositoryState
from indexer.carry_over import read_carry_over
from indexer.night_report import last_report
from model_chain.protocol import Fingerprint

COLUMNS = ("repository", "files", "chunks", "commit", "indexed", "")

# A commit as git abbreviates it.
SHORT_COMMIT = 9


def status_command(state_dir: Path, *, as_json: bool) -> int:
    """Write the status of the index; 0 whenever there is one.

    Raises:
        NoIndex, IndexDamaged, FormatTooNew: there is nothing to tell of.
    """
    manifest = read_manifest(generation_dir(state_dir, current_generation(state_dir)))
    night = last_report(state_dir)
    waiting = len(read_carry_over(state_dir).waiting)
    now = datetime.now(UTC)
    if as_json:
        sys.stdout.write(json.dumps(status(manifest, night, now, waiting)) + "\n")
    else:
        show(manifest, night, now, sys.stdout, waiting)
    return 0


def status(
    manifest: Manifest, night: Mapping[str, object] | None, now: datetime, waiting: int = 0
) -> dict[str, object]:
    """Everything `status` knows, ready for json.dumps; `waiting` counts undescribed pieces of code."""
    return {
        "generation": manifest.generation,
        "built_at": manifest.built_at,
        "age_seconds": int(_age(manifest.built_at, now)),
        "embedder": embedder_name(manifest),
        "summariser": dataclasses.asdict(manifest.summariser) if manifest.summariser else None,
        "chunks": manifest.chunks,
        "missing_vectors": manifest.missing_vectors,
        "descriptions_waiting": waiting,
        "repositories": [dataclasses.asdict(state) for state in manifest.repositories],
        "last_night": night,
    }


def show(
    manifest: Manifest, night: Mapping[str, object] | None, now: datetime, to: TextIO, waiting: int = 0
) -> None:
    """Write the status for a person: a table on a terminal, aligned columns elsewhere."""
    head = (
        f"generation {manifest.generation}, built {age(manifest.built_at, now)} ago; "
        f"repositories: {len(manifest.repositories)}, chunks: {manifest.chunks}, "
        f"vectors of {embedder_name(manifest)}"
    )
    rows = [_row(state, now) for state in sorted(manifest.repositories, key=lambda state: state.name)]
    tail = "\n".join((*_lacking(manifest, waiting), _night_line(night, now)))
    if to.isatty():
        _show_table(head, rows, tail)
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (COLUMNS, *rows)
    ]
    to.writelines(f"{line.rstrip()}\n" for line in (head, *lines, tail))


def age(since: str, now: datetime) -> str:
    """How long ago an ISO 8601 time is, in its largest unit: "3 h"."""
    seconds = _age(since, now)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _age(since: str, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds())


def _row(state: RepositoryState, now: datetime) -> tuple[str, ...]:
    indexed = f"{age(state.indexed_at, now)} ago" if state.indexed_at else "never"
    note = f"stale: {state.stale_reason}" if state.stale else ""
    cells = (state.name, str(state.files), str(state.chunks), state.commit[:SHORT_COMMIT], indexed, note)
    return tuple("".join(mark if mark.isprintable() else "?" for mark in cell) for cell in cells)


def embedder_name(manifest: Manifest) -> str:
    """The embedder of an index, e.g. "ollama/nomic-embed-text@0a109f422b47"."""
    record = manifest.embedder
    return str(
        Fingerprint(record.provider, record.model, record.digest, record.dimension, record.prefix_scheme)
    )


def _lacking(manifest: Manifest, waiting: int) -> list[str]:
    """What the next nights still have to do."""
    lines = []
    if manifest.missing_vectors:
        lines.append(f"{manifest.missing_vectors} vectors are missing; the next night computes them")
    if waiting and manifest.summariser and manifest.summariser.provider != "extractive":
        lines.append(f"{waiting} descriptions by {manifest.summariser.model} wait for the next night")
    return lines


def _night_line(night: Mapping[str, object] | None, now: datetime) -> str:
    if night is None:
        return "no night report"
    reason = f": {night['reason']}" if night.get("reason") else ""
    began = age(str(night["started_at"]), now)
    return f"last night: {night['outcome']}, began {began} ago and took {night['seconds']} s{reason}"


def _show_table(head: str, rows: list[tuple[str, ...]], tail: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in {"files", "chunks"} else "left")
    for row in rows:
        table.add_row(*map(Text, row), style="yellow" if row[-1] else "")
    console = Console(highlight=False)
    console.print(Text(head))
    console.print(table)
    console.print(Text(tail))
