"""What the next generation goes on from: the newest one that is whole and still usable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import FormatTooOld, IndexDamaged, NoIndex
from index_store.generations import (
    current_generation,
    discard,
    generation_dir,
    list_generations,
    waiting_generation,
)
from index_store.last_read import unread_problems
from index_store.log import Log
from index_store.manifest import read_manifest

if TYPE_CHECKING:
    from index_store.schema import EmbedderRecord, Manifest

log = Log(__name__)


def waiting_base(state_dir: Path, embedder: EmbedderRecord) -> Manifest | None:
    """The generation that was held back, or None; one that nothing can be built upon is deleted."""
    held = waiting_generation(state_dir)
    if held is None:
        return None
    folder = generation_dir(state_dir, held.generation)
    try:
        base = read_manifest(folder)
        usable = base.embedder == embedder and not unread_problems(state_dir, folder, base)
    except (IndexDamaged, FormatTooOld):
        usable = False
    if usable:
        return base
    log.warning("the generation that was held back cannot be built upon", generation=held.generation)
    discard(state_dir, held.generation)
    return None


def usable_base(state_dir: Path) -> Manifest | None:
    """The current generation, or the newest older one that is whole; None where there is none to clone.

    Raises:
        FormatTooNew: a newer nightdex wrote the current generation.
    """
    try:
        current = current_generation(state_dir)
    except NoIndex:
        return None
    except IndexDamaged as error:
        log.warning("the index is built anew", reason=str(error))
        return None
    for generation in reversed([one for one in list_generations(state_dir) if one <= current]):
        folder = generation_dir(state_dir, generation)
        try:
            manifest = read_manifest(folder)
        except FormatTooOld as error:
            log.warning("an older format: the index is built anew", reason=str(error))
            return None
        except IndexDamaged as error:
            problem = str(error)
        else:
            problem = next(iter(unread_problems(state_dir, folder, manifest)), "")
            if not problem:
                return manifest
        log.warning("a damaged generation is not built upon", generation=generation, problem=problem)
    log.warning("no generation is whole: the index is built anew", state_dir=str(state_dir))
    return None
