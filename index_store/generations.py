"""Where generations live, which one is current, and which may go.

- `state_dir/CURRENT`: the number of the generation that serves
- `state_dir/HELD_BACK`: which generation is whole and may not serve yet, and why
- `state_dir/generations/41/`: a published generation; never changed again
- `state_dir/generations/.building/`: tonight's, until it is published
- `state_dir/generations/.renewing/`: its rows, copied into new files when the rules have changed
- `state_dir/generations/.fetching/`: one that is being copied from an object store
- `state_dir/generations/.trash-40/`: one that is being deleted
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from index_store.durable import fsync_directory, remove_unfinished, write_durably
from index_store.errors import (
    FormatTooNew,
    FormatTooOld,
    GenerationMissing,
    IndexDamaged,
    IndexStoreError,
    NoIndex,
)
from index_store.held_back import HeldBack, read_mark, remove_mark
from index_store.limits import KEPT_GENERATIONS, PRUNE_AFTER_SECONDS, PURGE_AFTER_SECONDS
from index_store.log import Log
from index_store.manifest import file_problems, read_manifest, was_made_by
from index_store.pin import unpinned
from index_store.schema import Manifest

log = Log(__name__)

CURRENT_NAME = "CURRENT"
TABLE_NAME = "chunks"
FULLTEXT_NAME = "fulltext"
VECTORS_NAME = "vectors"
INVENTORY_NAME = "inventory.parquet"

_BUILDING = ".building"
_RENEWING = ".renewing"
_FETCHING = ".fetching"
_TRASH = ".trash-"


def generations_dir(state_dir: Path) -> Path:
    """The folder that holds every generation."""
    return state_dir / "generations"


def generation_dir(state_dir: Path, generation: int) -> Path:
    """The folder of one published generation."""
    return generations_dir(state_dir) / str(generation)


def building_dir(state_dir: Path) -> Path:
    """The folder of the generation that is being written."""
    return generations_dir(state_dir) / _BUILDING


def renewing_dir(state_dir: Path) -> Path:
    """The folder that takes the place of `building_dir` once every row is copied into it."""
    return generations_dir(state_dir) / _RENEWING


def fetching_dir(state_dir: Path) -> Path:
    """The folder of a generation that is being copied from an object store."""
    return generations_dir(state_dir) / _FETCHING


def list_generations(state_dir: Path) -> list[int]:
    """The numbers of all complete generations, oldest first.

    Raises:
        IndexDamaged: the folder cannot be read.
    """
    try:
        names = [entry.name for entry in generations_dir(state_dir).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(generations_dir(state_dir), error) from error
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def current_generation(state_dir: Path) -> int:
    """The generation that serves.

    A CURRENT that is missing, empty, garbled or names a generation that is gone does not take the index
    down: the newest generation whose manifest holds and whose files have their sizes serves instead.

    Raises:
        NoIndex: there is none.
        FormatTooNew: a newer nightdex published it.
        IndexDamaged: there are generations, and none is whole, or they cannot be read.
    """
    named = _named_generation(state_dir)
    if named is not None:
        return named
    candidates = list_generations(state_dir)
    if not candidates:
        raise NoIndex(f"There is no index in {state_dir} yet: run `nightdex run`.")
    waiting = waiting_generation(state_dir)
    # What may not serve yet serves where nothing else does.
    last = waiting.generation if waiting else None
    for generation in sorted(candidates, key=lambda one: (one == last, -one)):
        if _looks_whole(state_dir, generation):
            log.warning("CURRENT names no generation", state_dir=str(state_dir), serving=generation)
            return generation
    raise IndexDamaged(
        f"{state_dir / CURRENT_NAME} names no generation, and none of {candidates} is whole: "
        "run `nightdex run` to build a new one."
    )


def serving_manifest(state_dir: Path) -> Manifest | None:
    """What the current generation says of itself, or the newest older one whose manifest is not damaged.

    None where there is no index, or the current one is of another format.
    """
    try:
        current = current_generation(state_dir)
        for generation in reversed([one for one in list_generations(state_dir) if one <= current]):
            with contextlib.suppress(IndexDamaged):
                return read_manifest(generation_dir(state_dir, generation))
    except IndexStoreError:
        pass
    return None


def waiting_generation(state_dir: Path) -> HeldBack | None:
    """The generation that is whole and was not let in, or None; the next night goes on from it."""
    held = read_mark(state_dir)
    if held is None or held.generation == _named_generation(state_dir):
        return None
    return held if generation_dir(state_dir, held.generation).is_dir() else None


def discard(state_dir: Path, generation: int) -> None:
    """Delete a generation that never served."""
    folder = generation_dir(state_dir, generation)
    folder.rename(folder.with_name(f"{_TRASH}{generation}"))
    _remove_mark_of(state_dir, generation)
    _empty_trash(state_dir)


def _remove_mark_of(state_dir: Path, generation: int) -> None:
    if (held := read_mark(state_dir)) is not None and held.generation == generation:
        remove_mark(state_dir)


def _named_generation(state_dir: Path) -> int | None:
    try:
        text = (state_dir / CURRENT_NAME).read_text("ascii", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(state_dir / CURRENT_NAME, error) from error
    if text.isascii() and text.isdecimal() and generation_dir(state_dir, int(text)).is_dir():
        return int(text)
    return None


def _unreadable(path: Path, error: OSError) -> IndexDamaged:
    return IndexDamaged(
        f"Cannot read {path}: {error.strerror}; see who may read it, and that its disk is well."
    )


def _looks_whole(state_dir: Path, generation: int) -> bool:
    folder = generation_dir(state_dir, generation)
    try:
        return not file_problems(folder, read_manifest(folder), contents=False)
    except (IndexDamaged, FormatTooNew, FormatTooOld):
        return False


def flip_current(state_dir: Path, generation: int) -> None:
    """Let a complete generation serve from now on, durably and at once.

    The one that served until now is stamped first: `prune` counts its age from here.
    """
    before = _named_generation(state_dir)
    if before is not None and before != generation:
        os.utime(generation_dir(state_dir, before))
    write_durably(state_dir / CURRENT_NAME, f"{generation}\n".encode())
    _remove_mark_of(state_dir, generation)


def rollback(state_dir: Path, to: int | None = None) -> int:
    """Let an older generation serve again, the newest below the current one unless `to` names it.

    Every file of it is checked first. Returns its number.

    Raises:
        NoIndex, GenerationMissing: there is nothing to go back to.
        IndexDamaged: its files are not what was published; nothing was changed.
    """
    current = current_generation(state_dir)
    known = list_generations(state_dir)
    older = [generation for generation in known if generation < current]
    target = to if to is not None else max(older, default=None)
    if target is None:
        raise GenerationMissing(f"Generation {current} is the oldest one; there is nothing to roll back to.")
    if target not in known:
        raise GenerationMissing(f"There is no generation {target}; use one of {', '.join(map(str, known))}.")
    folder = generation_dir(state_dir, target)
    if problems := file_problems(folder, read_manifest(folder)):
        raise IndexDamaged(f"Generation {target} is damaged ({problems[0]}); choose another one.")
    flip_current(state_dir, target)
    return target


def prune(state_dir: Path) -> list[int]:
    """Delete generations nobody needs any more; returns their numbers.

    Kept are the current one, the newest KEPT_GENERATIONS, what a backup has pinned, and whatever was
    superseded less than PRUNE_AFTER_SECONDS ago: a reader may still be opening files of it. A generation made
    under other rules than the current one's goes whatever its number, after PURGE_AFTER_SECONDS.
    """
    known = list_generations(state_dir)
    if not known:
        return []
    _restamp(state_dir, known)
    outdated = outdated_generations(state_dir)
    kept = {current_generation(state_dir), *known[-KEPT_GENERATIONS:]} - outdated
    if held := waiting_generation(state_dir):
        kept.add(held.generation)
    now = time.time()
    pruned = []
    for generation in known:
        folder = generation_dir(state_dir, generation)
        grace = PURGE_AFTER_SECONDS if generation in outdated else PRUNE_AFTER_SECONDS
        if generation in kept or folder.stat().st_mtime > now - grace:
            continue
        with unpinned(folder) as free:
            if free:
                folder.rename(folder.with_name(f"{_TRASH}{generation}"))
                pruned.append(generation)
    _empty_trash(state_dir)
    return pruned


def _restamp(state_dir: Path, generations: Iterable[int]) -> None:
    """Count from now what a clock that ran ahead stamped: it would be kept until that time has come."""
    for generation in generations:
        folder = generation_dir(state_dir, generation)
        if folder.stat().st_mtime > time.time():
            os.utime(folder)


def seconds_to_purge(state_dir: Path) -> float:
    """How long until `prune` may delete every generation made under other rules; 0 where there is none."""
    stamps = [
        generation_dir(state_dir, generation).stat().st_mtime
        for generation in outdated_generations(state_dir)
    ]
    left = max(stamps, default=0.0) + PURGE_AFTER_SECONDS - time.time()
    return min(max(left, 0.0), PURGE_AFTER_SECONDS)  # a clock that was set back keeps nobody waiting


def outdated_generations(state_dir: Path) -> set[int]:
    """The generations of other rules than the current one's, or of an older format."""
    current, held = serving_manifest(state_dir), waiting_generation(state_dir)
    outdated: set[int] = set()
    if current is None:
        return outdated
    for generation in list_generations(state_dir):
        folder = generation_dir(state_dir, generation)
        if held is not None and generation == held.generation:
            continue  # made under newer rules, perhaps
        if was_made_by(folder, current.chunker):
            continue
        try:
            if read_manifest(folder).rules != current.rules:
                outdated.add(generation)
        except FormatTooOld:
            outdated.add(generation)
        except IndexStoreError:
            continue  # damaged, or of a newer nightdex: not ours to judge
    return outdated


def remove_debris(state_dir: Path) -> None:
    """Delete what killed nights left behind. Only the night itself, under its lock, may call this."""
    for folder in (building_dir(state_dir), renewing_dir(state_dir)):
        shutil.rmtree(folder, ignore_errors=True)
    _empty_trash(state_dir)
    remove_unfinished(state_dir)


def _empty_trash(state_dir: Path) -> None:
    folder = generations_dir(state_dir)
    trash = list(folder.glob(f"{_TRASH}*"))
    for entry in trash:
        shutil.rmtree(entry, ignore_errors=True)
    if trash:
        fsync_directory(folder)
