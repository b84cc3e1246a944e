"""Publishing on an object store: upload, claim the number, swap CURRENT. Only the last step is seen.

A kill before the swap leaves objects that nobody names, which a later night deletes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from index_store.errors import (
    FormatTooOld,
    GenerationMissing,
    IndexDamaged,
    NoIndex,
    ObjectChanged,
    PublishedElsewhere,
)
from index_store.generations import CURRENT_NAME, discard, list_generations, waiting_generation
from index_store.lease import Lease
from index_store.limits import (
    KEPT_GENERATIONS,
    PRUNE_AFTER_SECONDS,
    PURGE_AFTER_SECONDS,
    TRANSFERS,
    UPLOAD_GRACE_SECONDS,
)
from index_store.log import Log
from index_store.manifest import MANIFEST_NAME
from index_store.schema import Manifest
from index_store.shared import FILES, GENERATIONS, NIGHTS, Seen, SharedIndex, file_key, manifest_key

log = Log(__name__)


@contextmanager
def shared_writer(shared: SharedIndex) -> Iterator[SharedWriter]:
    """Hold the right to write for the length of the block, with a copy of what serves to build upon.

    Raises:
        AlreadyIndexing: another machine is writing.
        StoreError, FormatTooNew: it cannot be written there.
    """
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    with Lease(shared.objects, holder) as lease:
        writer = SharedWriter(shared, lease)
        writer.begin()
        yield writer


class SharedWriter:
    """Publishes what a `GenerationWriter` made. One at a time: its lease sees to that."""

    def __init__(self, shared: SharedIndex, lease: Lease) -> None:
        self._shared = shared
        self._objects = shared.objects
        self._lease = lease
        self._seen: Seen | None = None

    def begin(self) -> None:
        """Make the copy what the store has, without what an earlier night named here and did not publish."""
        state_dir = self._shared.state_dir
        try:
            self._shared.fetch()
        except NoIndex:
            (state_dir / CURRENT_NAME).unlink(missing_ok=True)
        except (IndexDamaged, GenerationMissing, FormatTooOld) as error:
            log.warning("the index on the object store cannot be built upon", reason=str(error))
        self._seen = self._look()
        there = self._shared.generations()
        waiting = waiting_generation(state_dir)
        for generation in set(list_generations(state_dir)) - set(there):
            if waiting is None or generation != waiting.generation or generation <= max(there, default=0):
                discard(state_dir, generation)

    def _look(self) -> Seen | None:
        try:
            return self._shared.read_current()
        except NoIndex:
            return None
        except IndexDamaged:
            held = self._objects.read(CURRENT_NAME)
            return Seen(0, held.mark) if held else None

    def newest(self) -> int:
        """The highest number a generation on the store has; 0 where there is none."""
        return max(self._shared.generations(), default=0)

    def publish(self, folder: Path, manifest: Manifest) -> None:
        """Upload a complete generation and let it serve everywhere.

        Raises:
            PublishedElsewhere: somebody else published or went back meanwhile; what they did stays.
            StoreError: nothing was published.
        """
        self._lease.renew()
        there = self._digests(self._seen.generation) if self._seen else set()
        missing = {
            digest: folder / name for name, (_, digest) in manifest.files.items() if digest not in there
        }
        with ThreadPoolExecutor(TRANSFERS, "publish") as transfers:
            work = [
                transfers.submit(self._objects.upload, file_key(key), path) for key, path in missing.items()
            ]
            for one in work:
                one.result()
        self._swap(manifest_key(manifest.generation), (folder / MANIFEST_NAME).read_bytes(), None)
        current = f"{manifest.generation}\n".encode()
        mark = self._swap(CURRENT_NAME, current, self._seen.mark if self._seen else None)
        self._seen = Seen(manifest.generation, mark)

    def rollback(self, to: int | None) -> int:
        """Let an older generation serve again everywhere, the newest below the current one unless told.

        Raises:
            GenerationMissing: there is nothing to go back to.
            IndexDamaged: its files are not what was published; nothing was changed.
        """
        known = self._shared.generations()
        current = self._seen.generation if self._seen else 0
        older = [generation for generation in known if generation < current or not current]
        target = to if to is not None else max(older, default=None)
        if target is None:
            raise GenerationMissing(
                f"Generation {current} is the oldest one; there is nothing to roll back to."
            )
        if target not in known:
            raise GenerationMissing(
                f"There is no generation {target}; use one of {', '.join(map(str, known))}."
            )
        if problems := self._shared.problems(target):
            raise IndexDamaged(f"Generation {target} is damaged ({problems[0]}); choose another one.")
        self._swap(CURRENT_NAME, f"{target}\n".encode(), self._seen.mark if self._seen else None)
        return self._shared.fetch()

    def put_report(self, path: Path) -> None:
        """Let other machines see the report of a night.

        Raises:
            StoreError: it cannot be written.
        """
        self._objects.upload(f"{NIGHTS}/{path.name}", path)

    def prune(self) -> list[int]:
        """Delete generations nobody needs, by the rules of `index_store.generations.prune`, and their files.

        Raises:
            StoreError: the store cannot be asked; the next night tries again.
        """
        now = self._lease.now()
        written = {
            int(one.key.split("/")[1]): one.modified
            for one in self._objects.list(GENERATIONS)
            if one.key.endswith(f"/{MANIFEST_NAME}")
        }
        manifests = {generation: self._manifest(generation) for generation in written}
        current = self._seen.generation if self._seen else 0
        serving = manifests.get(current)
        outdated = {
            generation
            for generation, manifest in manifests.items()
            if serving is not None and (manifest is None or manifest.rules != serving.rules)
        }
        kept = {current, *(set(sorted(written)[-KEPT_GENERATIONS:]) - outdated)}
        gone = {
            generation
            for generation in written.keys() - kept
            if _superseded(generation, written, now)
            <= now - timedelta(seconds=PURGE_AFTER_SECONDS if generation in outdated else PRUNE_AFTER_SECONDS)
        }
        self._objects.delete([manifest_key(generation) for generation in gone])
        left = [manifest for generation, manifest in manifests.items() if generation not in gone]
        used = {digest for manifest in left if manifest is not None for _, digest in manifest.files.values()}
        theirs = [manifest for generation, manifest in manifests.items() if generation in gone]
        known = {
            digest for manifest in theirs if manifest is not None for _, digest in manifest.files.values()
        }
        self._delete_files(used, known, now - timedelta(seconds=UPLOAD_GRACE_SECONDS))
        return sorted(gone)

    def _delete_files(self, used: set[str], known: set[str], before: datetime) -> None:
        """Files nobody names: those of deleted generations at once, those of killed nights when old."""
        names = ((one.key.rpartition("/")[2], one) for one in self._objects.list(FILES))
        unused = [(digest, one) for digest, one in names if digest not in used]
        self._objects.delete([one.key for digest, one in unused if digest in known or one.modified < before])

    def _manifest(self, generation: int) -> Manifest | None:
        """None where it is damaged or of an older format."""
        try:
            return self._shared.manifest(generation)
        except (IndexDamaged, FormatTooOld):
            return None

    def _digests(self, generation: int) -> set[str]:
        """What need not be uploaded: whole files of the generation that serves, which nobody deletes."""
        try:
            manifest = self._shared.manifest(generation)
        except (IndexDamaged, FormatTooOld, GenerationMissing):
            return set()
        missing = set(self._shared.missing_files(manifest))
        return {digest for name, (_, digest) in manifest.files.items() if name not in missing}

    def _swap(self, key: str, content: bytes, mark: str | None) -> str:
        """Write an object that is still as it was seen (None: not there); returns its new mark."""
        try:
            return (
                self._objects.create(key, content)
                if mark is None
                else self._objects.replace(key, content, mark)
            )
        except ObjectChanged as error:
            held = self._objects.read(key)
            if held is not None and held.content == content:
                return held.mark  # it was us: the answer to the first attempt was lost
            raise PublishedElsewhere(
                f"another machine changed {key} of {self._objects.place} while this one was indexing: what "
                "it did stays, and nothing was published here; run `nightdex run` again"
            ) from error


def _superseded(generation: int, written: Mapping[int, datetime], now: datetime) -> datetime:
    """When a newer one was published."""
    return min((when for other, when in written.items() if other > generation), default=now)
