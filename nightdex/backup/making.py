"""Makes a backup: beside its place first, checked, and in its place at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from index_store.durable import fsync_directory
from index_store.generations import current_generation, generation_dir
from index_store.manifest import MANIFEST_NAME, generation_files, sha256_of
from index_store.pin import pin
from indexer.carry_over import CARRY_OVER_NAME
from indexer.night_report import REPORTS
from nightdex.backup.contents import (
    CONFIGURATION_NAME,
    DATABASES,
    GENERATIONS,
    LEDGER_NAME,
    LIST_NAME,
    Backup,
    problems_of,
    write_list,
)
from nightdex.backup.copying import Advance, copy_database, copy_file, room_below
from nightdex.doctor.sizes import gigabytes
from nightdex.errors import BackupFailed, BackupRefused
from nightdex.limits import PIN_TRIES

_NEW, _OLD = "new", "old"


@dataclass(frozen=True, slots=True)
class Sources:
    """What is backed up."""

    state_dir: Path
    ledger: Path
    configuration: Path


def make_backup(sources: Sources, place: Path, advance: Advance, *, force: bool = False) -> Backup:
    """Copy the generation that serves, the ledger, keys, caches and reports into a new folder at `place`.

    Nights and servers may run: databases are copied as they are at one moment, and the generation is not
    pruned meanwhile. With `force` an earlier backup is replaced, and nothing else.

    Raises:
        BackupRefused: something else is there.
        BackupFailed: it could not be copied; what was at `place` still is.
        NoIndex: there is nothing to back up.
    """
    place = place.absolute()
    _tidy(place)
    _refuse(sources, place, force=force)
    fresh = _beside(place, _NEW)
    try:
        with _pinned(sources.state_dir) as generation:
            _check_room(sources, generation, place)
            fresh.mkdir(parents=True, mode=0o700)
            _copy(sources, generation, fresh, advance)
        backup = _listed(fresh, generation)
        if problems := list(problems_of(fresh, backup)):
            raise BackupFailed(f"what was written to {place.parent} cannot be read back: {problems[0]}")
        write_list(fresh, backup)
        for folder in (fresh, *(entry for entry in fresh.rglob("*") if entry.is_dir())):
            fsync_directory(folder)
        _put(fresh, place)
    except OSError as error:
        raise BackupFailed(f"no backup was made in {place.parent}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return backup


def size_of(sources: Sources) -> int:
    """About how many bytes a backup has."""
    folder = generation_dir(sources.state_dir, current_generation(sources.state_dir))
    files = [folder / name for name in (*generation_files(folder), MANIFEST_NAME)]
    files += [sources.state_dir / name for name in DATABASES] + [sources.ledger]
    return sum(path.stat().st_size for path in files if path.exists())


def _refuse(sources: Sources, place: Path, *, force: bool) -> None:
    if place.resolve().is_relative_to(sources.state_dir.resolve()):
        raise BackupRefused(f"{place} is in the state directory itself; name a folder elsewhere")
    if not os.path.lexists(place) or (place.is_dir() and not any(place.iterdir())):
        return
    if not (place / LIST_NAME).is_file():
        raise BackupRefused(f"{place} is there already and is no backup; name a folder that is not")
    if not force:
        raise BackupRefused(f"{place} has a backup already; replace it with --force, or name another folder")


@contextmanager
def _pinned(state_dir: Path) -> Iterator[int]:
    """The current generation, kept from being pruned."""
    with contextlib.ExitStack() as opened:
        for _ in range(PIN_TRIES):
            generation = current_generation(state_dir)
            # A night that publishes in this very moment may have pruned it.
            with contextlib.suppress(FileNotFoundError):
                opened.enter_context(pin(generation_dir(state_dir, generation)))
                break
        else:
            raise BackupFailed(f"the generation that serves in {state_dir} is gone: see `nightdex doctor`")
        yield generation


def _check_room(sources: Sources, generation: int, place: Path) -> None:
    needed, free = size_of(sources), room_below(place.parent)
    if free < needed:
        raise BackupFailed(
            f"generation {generation} and the rest take {gigabytes(needed)}, and {gigabytes(free)} are free "
            f"in {place.parent}: free some space, or name another disk"
        )


def _copy(sources: Sources, generation: int, to: Path, advance: Advance) -> None:
    state_dir, number = sources.state_dir, str(generation)
    folder = generation_dir(state_dir, generation)
    for name in (*generation_files(folder), MANIFEST_NAME):
        target = to / GENERATIONS / number / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_file(folder / name, target, advance)
    for source in (*(state_dir / name for name in DATABASES), sources.ledger):
        if source.exists():
            target = to / (LEDGER_NAME if source == sources.ledger else source.name)
            copy_database(source, target)
            advance(target.stat().st_size)
    (to / REPORTS).mkdir()
    for report in sorted((state_dir / REPORTS).glob("*.json")):
        copy_file(report, to / REPORTS / report.name, advance)
    for source, name in (
        (state_dir / CARRY_OVER_NAME, CARRY_OVER_NAME),
        (sources.configuration, CONFIGURATION_NAME),
    ):
        if source.exists():
            copy_file(source, to / name, advance)


def _listed(folder: Path, generation: int) -> Backup:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return Backup(
        generation,
        datetime.now(UTC).isoformat(timespec="seconds"),
        socket.gethostname(),
        version("nightdex"),
        {str(path.relative_to(folder)): (path.stat().st_size, sha256_of(path)) for path in paths},
    )


def _put(fresh: Path, place: Path) -> None:
    """Let the new one take the place; killed between the two renames, the old one is beside it."""
    old = _beside(place, _OLD)
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    fsync_directory(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _beside(place: Path, what: str) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}.{what}")


def _tidy(place: Path) -> None:
    """Clear away what backups to the same place left when they were killed; one that runs is left alone.

    One that was killed after it had put the old backup aside gets it back.
    """
    for leftover in place.parent.glob(f".{place.name}.*"):
        process, what = leftover.name.split(".")[-2:]
        if what not in {_NEW, _OLD} or not process.isdecimal() or Path("/proc", process).exists():
            continue
        if what == _OLD and not place.exists():
            leftover.rename(place)
        else:
            shutil.rmtree(leftover, ignore_errors=True)
