"""`nightdex backup` and `nightdex restore`, with how far they are on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nightdex.backup.contents import read_list
from nightdex.backup.copying import Advance
from nightdex.backup.making import Sources, make_backup, size_of
from nightdex.backup.restoring import restore_backup
from nightdex.chain.configured import ledger_of
from nightdex.doctor.sizes import gigabytes
from nightdex.errors import RestoreRefused
from nightdex.progress import LINE_EVERY_S
from nightdex.shared import index_dir

if TYPE_CHECKING:
    from nightdex.configuration import Configuration


def backup_command(configuration: Configuration, place: Path, *, force: bool, as_json: bool) -> int:
    """Make a backup.

    Raises:
        BackupRefused, BackupFailed, NoIndex: none was made.
    """
    index_dir(configuration)
    began, sources = time.monotonic(), sources_of(configuration)
    with showing("copying", size_of(sources)) as advance:
        backup = make_backup(sources, place, advance, force=force)
    told = {
        "backup": str(place.absolute()),
        "generation": backup.generation,
        "files": len(backup.files),
        "bytes": backup.size,
        "seconds": round(time.monotonic() - began, 3),
    }
    _write(
        told,
        f"generation {backup.generation}, ledger, keys, caches and reports are in {place}: "
        f"{len(backup.files)} files, {gigabytes(backup.size)}, every byte read back",
        as_json=as_json,
    )
    return 0


def restore_command(
    configuration: Configuration, place: Path, *, force: bool, index: bool, as_json: bool
) -> int:
    """Restore a backup.

    Raises:
        BackupUnusable, RestoreRefused, BackupFailed, AlreadyRunning: the index that served still does.
    """
    if index and configuration.place is not None:
        raise RestoreRefused(
            f"the index of {configuration.settings.index.state_dir} is all machines': restore the rest with "
            "--without-index, and go back there with `nightdex rollback`"
        )
    began = time.monotonic()
    with showing("restoring", read_list(place).size) as advance:
        backup, generation = restore_backup(
            place, sources_of(configuration), advance, force=force, index=index
        )
    told = {
        "backup": str(place.absolute()),
        "made_at": backup.made_at,
        "generation": generation or None,
        "seconds": round(time.monotonic() - began, 3),
    }
    serves = f"generation {generation} serves now" if generation else "`nightdex run` builds the index"
    _write(told, f"restored what {place} held at {backup.made_at}; {serves}", as_json=as_json)
    return 0


def sources_of(configuration: Configuration) -> Sources:
    """What of a configuration is backed up, and where it is restored to."""
    return Sources(configuration.state_dir, ledger_of(configuration).path, configuration.path)


@contextmanager
def showing(what: str, total: int) -> Iterator[Advance]:
    """Show how many of `total` bytes are done: a bar on a terminal, a line a minute elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(what, total)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda count: bars.advance(task, count)


class _Lines:
    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._next = time.monotonic() + LINE_EVERY_S

    def __call__(self, count: int) -> None:
        self._done += count
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY_S
            told = f"{self._what}: {gigabytes(self._done)} of {gigabytes(self._total)}"
            print(told, file=sys.stderr, flush=True)  # noqa: T201 - the command's own output


def _write(told: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    sys.stdout.write(f"{json.dumps(told) if as_json else sentence}\n")
