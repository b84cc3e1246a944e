"""Restores a backup into a state directory, new or not; everything is checked before anything changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from index_store.adopt import adopt
from index_store.errors import FormatTooNew, FormatTooOld
from index_store.generations import generation_dir, list_generations
from index_store.manifest import read_manifest
from indexer.carry_over import CARRY_OVER_NAME
from indexer.night_report import REPORTS
from indexer.runlock import run_lock
from nightdex.backup.contents import (
    DATABASES,
    LEDGER_NAME,
    Backup,
    problems_of,
    read_list,
)
from nightdex.backup.copying import Advance, copy_database, copy_file, room_below
from nightdex.backup.making import Sources
from nightdex.doctor.sizes import gigabytes
from nightdex.errors import BackupFailed, BackupUnusable, RestoreRefused


def restore_backup(
    place: Path, to: Sources, advance: Advance, *, force: bool = False, index: bool = True
) -> tuple[Backup, int]:
    """Put what a backup holds in its place; returns it and the generation that serves, 0 without one.

    A server may run: it follows to the restored generation. An index that is there stays, for `rollback`;
    ledger, keys and caches are replaced. Without `index` they are all that is restored.

    Raises:
        BackupUnusable: it is none, damaged, or of another format; nothing was changed.
        RestoreRefused: something would be overwritten, and `force` is not given.
        BackupFailed: something could not be copied; the index that served still does.
        AlreadyRunning: a night is going on.
    """
    backup = read_list(place)
    if problems := list(problems_of(place, backup)):
        raise BackupUnusable(f"{place} is damaged and was not restored: {problems[0]}; use another backup")
    if index:
        _refuse_format(place, backup)
    with run_lock(to.state_dir):
        if not force and (there := list(_overwritten(backup, place, to, index=index))):
            raise RestoreRefused(
                f"{', '.join(there)} would be replaced by those of {backup.made_at}: "
                "restore with --force, or into another state_dir"
            )
        if (free := room_below(to.state_dir)) < backup.size:
            raise BackupFailed(
                f"the backup takes {gigabytes(backup.size)}, and {gigabytes(free)} are free for "
                f"{to.state_dir}: free some space, or name another state_dir"
            )
        try:
            generation = _restore(backup, place, to, advance, index=index)
        except OSError as error:
            raise BackupFailed(f"{place} was not restored: {error.strerror or error}") from error
    return backup, generation


def _refuse_format(place: Path, backup: Backup) -> None:
    try:
        read_manifest(generation_dir(place, backup.generation))
    except (FormatTooNew, FormatTooOld) as error:
        raise BackupUnusable(
            f"the index in {place} was made by nightdex {backup.version} in a format that this one does not "
            "read: restore it with that version, or restore the rest with --without-index and let "
            "`nightdex run` build the index"
        ) from error


def _overwritten(backup: Backup, place: Path, to: Sources, *, index: bool) -> Iterator[str]:
    if index and (known := list_generations(to.state_dir)):
        yield f"generation {known[-1]} in {to.state_dir}"
    yield from (str(target) for _, target in _databases(backup, place, to) if target.exists())


def _databases(backup: Backup, place: Path, to: Sources) -> Iterator[tuple[Path, Path]]:
    targets = {**{name: to.state_dir / name for name in DATABASES}, LEDGER_NAME: to.ledger}
    return ((place / name, target) for name, target in targets.items() if name in backup.files)


def _restore(backup: Backup, place: Path, to: Sources, advance: Advance, *, index: bool) -> int:
    for source, target in _databases(backup, place, to):
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_database(source, target)
        advance(source.stat().st_size)
    copy = partial(copy_file, advance=advance)
    (to.state_dir / REPORTS).mkdir(exist_ok=True)
    for source in (place / REPORTS).glob("*.json"):
        with contextlib.suppress(FileExistsError):
            copy(source, to.state_dir / REPORTS / source.name)
    if CARRY_OVER_NAME in backup.files:
        (to.state_dir / CARRY_OVER_NAME).unlink(missing_ok=True)
        copy(place / CARRY_OVER_NAME, to.state_dir / CARRY_OVER_NAME)
    return adopt(generation_dir(place, backup.generation), to.state_dir, copy) if index else 0
