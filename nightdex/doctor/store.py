"""The check of an index on an object store: it answers, has all it should, and takes what nights write."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index_store.errors import (
    FormatTooNew,
    FormatTooOld,
    GenerationMissing,
    IndexDamaged,
    NoIndex,
    ObjectChanged,
    StoreDenied,
    StoreError,
)
from index_store.limits import STORE_IMPATIENCE_SECONDS
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok, warning
from nightdex.shared import shared_index

if TYPE_CHECKING:
    from index_store.objects import Objects


def check_store(configuration: Configuration) -> Iterator[Finding]:
    """Whether an index on an object store is there, with the keys this machine has; nothing for any other."""
    shared = shared_index(configuration, STORE_IMPATIENCE_SECONDS)
    if shared is None:
        return
    place = shared.objects.place
    try:
        number = shared.read_current().generation
        lost = shared.missing_files(shared.manifest(number))
    except StoreError as failed:
        yield _refused(failed)
        return
    except NoIndex:
        yield warning(f"{place} answers, and no index is published there yet", "run `nightdex run`")
    except (GenerationMissing, IndexDamaged, FormatTooNew, FormatTooOld) as damaged:
        yield error(str(damaged), "run `nightdex rollback`, or `nightdex run` to build a new generation")
    else:
        if lost:
            found = f"{place} has lost {len(lost)} of the files of generation {number}, {lost[0]} among them"
            remedy = "run `nightdex rollback`; the next night that publishes writes them again"
            yield error(found, remedy, lost=lost)
        else:
            yield ok(f"{place} answers, and has every file of generation {number}", generation=number)
    yield _written(shared.objects)


def _written(objects: Objects) -> Finding:
    """Whether nights may write, and cannot publish over each other."""
    key = f"doctor-{secrets.token_hex(8)}"
    try:
        objects.create(key, b"")
        try:
            objects.create(key, b"")
        except ObjectChanged:
            objects.delete([key])
            return ok(f"{objects.place} can be written, and knows conditional writes")
    except StoreDenied:
        found = f"{objects.place} can be read with this machine's key, and not written"
        return note(found, "a server needs no more; nights need a key that may read, write, list and delete")
    except StoreError as failed:
        return _refused(failed)
    with contextlib.suppress(StoreError):
        objects.delete([key])
    return error(
        f"{objects.place} overwrites what it was asked to create: two machines could publish over each other",
        "use an S3 server that knows conditional writes (If-None-Match)",
    )


def _refused(failed: StoreError) -> Finding:
    found, _, remedy = str(failed).partition(": ")
    return error(found, remedy)
