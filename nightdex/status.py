"""`nightdex status`: whether search can be trusted now, in one screen, its first line the verdict."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from index_store.schema import Manifest, RepositoryState
from model_chain.protocol import Fingerprint
from nightdex.doctor.sizes import gigabytes
from nightdex.shared import index_dir
from nightdex.standing import Standing, Trust, age, span, standing_of

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

COLUMNS = ("repository", "files", "of", "chunks", "commit", "indexed", "")

# A commit as git abbreviates it.
SHORT_COMMIT = 9

_VERDICTS = {
    Trust.WHOLE: "search can be trusted",
    Trust.IN_PART: "search can be trusted in part",
    Trust.NONE: "search cannot be trusted",
}
_STYLES = {Trust.WHOLE: "bold green", Trust.IN_PART: "bold yellow", Trust.NONE: "bold red"}


def status_command(configuration: Configuration, *, as_json: bool) -> int:
    """Write how things stand; 0 where search can be trusted, 3 in part, 1 not at all.

    Raises:
        NoIndex, IndexDamaged, FormatTooNew, FormatTooOld: there is nothing to tell of.
    """
    index_dir(configuration)
    standing = standing_of(configuration, datetime.now(UTC))
    if as_json:
        sys.stdout.write(json.dumps(status(standing)) + "\n")
    else:
        show(standing, sys.stdout)
    trust, _ = standing.verdict
    return trust.exit_status


def status(standing: Standing) -> dict[str, object]:
    """Everything `status` knows, ready for json.dumps."""
    manifest, now = standing.manifest, standing.now
    trust, reasons = standing.verdict
    return {
        "trust": trust,
        "reasons": reasons,
        "generation": manifest.generation,
        "built_at": manifest.built_at,
        "age_seconds": int(max(0.0, (now - datetime.fromisoformat(manifest.built_at)).total_seconds())),
        "embedder": embedder_name(manifest),
        "summariser": asdict(manifest.summariser) if manifest.summariser else None,
        "chunks": manifest.chunks,
        "missing_vectors": manifest.missing_vectors,
        "descriptions_waiting": standing.waiting,
        "repositories": [
            {**asdict(state), "found": standing.found.get(state.name)} for state in manifest.repositories
        ],
        "index_bytes": standing.size,
        "free_bytes": standing.free,
        "last_success": standing.last_success.isoformat() if standing.last_success else None,
        "next_nights": [
            {"owner": owner.name, "at": owner.next_night.isoformat() if owner.next_night else None}
            for owner in standing.owners
        ],
        "running": standing.running,
        "held_back": asdict(standing.held) if standing.held else None,
        "golden": list(standing.golden),
        "last_night": dict(standing.night) or None,
    }


def show(standing: Standing, to: TextIO) -> None:
    """Write how things stand for a person: a table on a terminal, aligned columns elsewhere."""
    trust, reasons = standing.verdict
    manifest = standing.manifest
    rows = [_row(state, standing) for state in sorted(manifest.repositories, key=lambda state: state.name)]
    lines = list(_lines(standing))
    since = age(datetime.fromisoformat(manifest.built_at), standing.now)
    verdict = f"{_VERDICTS[trust]}: {reasons[0] if reasons else f'all of it is as of {since} ago'}"
    more = [f"also: {reason}" for reason in reasons[1:]]
    if to.isatty():
        _show_table((verdict, _STYLES[trust]), [*more, *lines], rows)
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (COLUMNS, *rows)
    ]
    to.writelines(f"{line.rstrip()}\n" for line in (verdict, *more, *lines, *table))


def embedder_name(manifest: Manifest) -> str:
    """The embedder of an index, e.g. "ollama/nomic-embed-text@0a109f422b47"."""
    record = manifest.embedder
    return str(
        Fingerprint(record.provider, record.model, record.digest, record.dimension, record.prefix_scheme)
    )


def _lines(standing: Standing) -> Iterator[str]:
    manifest, now, night = standing.manifest, standing.now, standing.night
    yield (
        f"generation {manifest.generation}, built {age(datetime.fromisoformat(manifest.built_at), now)} ago; "
        f"repositories: {len(manifest.repositories)}, chunks: {manifest.chunks}; "
        f"index {gigabytes(standing.size)}, {gigabytes(standing.free)} free"
    )
    told = f"vectors of {embedder_name(manifest)}"
    if manifest.summariser and manifest.summariser.provider != "extractive":
        told += f", descriptions by {manifest.summariser.model}; {standing.waiting} wait for a night"
    yield told
    if standing.golden:
        found = sum(1 for one in standing.golden if one["verdict"] == "found")
        yield f"golden queries: {found} of {len(standing.golden)} find what they must"
    if night:
        began = age(datetime.fromisoformat(night["started_at"]), now)
        whole = standing.last_success
        last = f"; the last that came to its end began {age(whole, now)} ago" if whole else ""
        yield f"last night: {night['outcome']}, began {began} ago and took {night['seconds']} s{last}"
    if standing.running is not None:
        yield f"a night is going on (process {standing.running})"
    yield from _next_nights(standing)


def _next_nights(standing: Standing) -> Iterator[str]:
    for owner in standing.owners:
        if owner.next_night is None:
            yield f"next night: as {owner.name} says"
        else:
            ahead = span(max(0.0, (owner.next_night - standing.now).total_seconds()))
            yield f"next night: in {ahead}, {owner.next_night.astimezone():%F %H:%M} ({owner.name})"
    if not standing.owners:
        yield "next night: nothing is known to begin one; see `nightdex doctor`"


def _row(state: RepositoryState, standing: Standing) -> tuple[str, ...]:
    indexed = "never"
    if state.indexed_at:
        indexed = f"{age(datetime.fromisoformat(state.indexed_at), standing.now)} ago"
    note = f"stale: {state.stale_reason}" if state.stale else ""
    found = standing.found.get(state.name)
    cells = (
        state.name,
        str(state.files),
        "" if found is None else str(found),
        str(state.chunks),
        state.commit[:SHORT_COMMIT],
        indexed,
        note,
    )
    return tuple("".join(mark if mark.isprintable() else "?" for mark in cell) for cell in cells)


def _show_table(verdict: tuple[str, str], lines: list[str], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in {"files", "of", "chunks"} else "left")
    for row in rows:
        table.add_row(*map(Text, row), style="yellow" if row[-1] else "")
    console = Console(highlight=False)
    console.print(Text(*verdict))
    for line in lines:
        console.print(Text(line))
    console.print(table)
