"""Writes one generation a night: clone, change, verify, publish. Until the flip the old one serves.

Only one writer may be at work; the night's lock sees to that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from index_store.audit import fulltext_problems, row_problems, sign_problems
from index_store.base import usable_base, waiting_base
from index_store.columns import chunk_table, update_table
from index_store.durable import Failpoint, fsync_directory, fsync_file, pass_through
from index_store.errors import IndexDamaged
from index_store.fulltext_writer import FulltextBuild, remove_locks, write_fulltext
from index_store.generations import (
    FULLTEXT_NAME,
    INVENTORY_NAME,
    VECTORS_NAME,
    building_dir,
    current_generation,
    discard,
    flip_current,
    generation_dir,
    generations_dir,
    list_generations,
    remove_debris,
    renewing_dir,
    waiting_generation,
)
from index_store.held_back import HeldBack, hold_back
from index_store.inventory import Inventory, read_inventory, write_inventory
from index_store.known import KnownIds, KnownVectors, sorted_ids
from index_store.limits import MAX_LOOKED_UP_IDS, PUBLISHING_THREADS, ROWS_PER_FRAGMENT
from index_store.log import Log
from index_store.manifest import digest_files, read_manifest, write_manifest
from index_store.schema import (
    FORMAT_VERSION,
    ChunkRow,
    EmbedderRecord,
    FileRow,
    Manifest,
    RepositoryState,
    SummariserRecord,
    SummaryUpdate,
    Vector,
    VectorUpdate,
)
from index_store.table import (
    clone_table,
    copy_rows,
    create_table,
    filter_column,
    missing_vectors,
    open_table,
    rows_with_ids,
    tidy,
)
from index_store.vectors_writer import write_vectors

if TYPE_CHECKING:
    from lancedb.expr import Expr
    from lancedb.table import Table

log = Log(__name__)

# Where a fault test may strike: each name is passed to the failpoint before the step begins.
STEPS = (
    "debris", "clone", "write", "optimise", "fulltext", "vectors", "verify", "inventory", "digest",
    "manifest", "sync", "name", "flip", "published",
)  # fmt: skip


class Publisher(Protocol):
    """Where a generation is published besides this machine; see `index_store.shared_writer`."""

    def newest(self) -> int:
        """The highest number a generation has there."""
        ...

    def publish(self, folder: Path, manifest: Manifest) -> None:
        """Let a complete generation serve there, or raise and leave everything as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Savepoint:
    """A moment of a writer to which it can go back. Void after the next publish."""

    version: int
    pending: tuple[pa.Table, ...]
    inventory: Inventory
    has_changes: bool


# Looks at a generation that is whole and does not serve yet; a sentence for each reason why it may not.
Inspect = Callable[[int], Sequence[str]]

_NOT_INSPECTED = "the night ended before it was looked at"


class GenerationWriter:
    """The next generation while it is written. Not thread-safe. Publish or abandon it.

    Nothing is cloned before the first change: a night that changes nothing costs nothing.
    """

    def __init__(
        self,
        state_dir: Path,
        embedder: EmbedderRecord,
        chunker: str,
        base: Manifest | None,
        *,
        failpoint: Failpoint,
        inspect: Inspect | None,
        publisher: Publisher | None,
    ) -> None:
        self.base = base
        self._inspect = inspect
        self._state_dir = state_dir
        self._embedder = embedder
        self._chunker = chunker
        self._failpoint = failpoint
        self._publisher = publisher
        self._start_over(base, read_inventory(self._base_dir(base) / INVENTORY_NAME) if base else Inventory())

    @classmethod
    def begin(
        cls,
        state_dir: Path,
        *,
        embedder: EmbedderRecord,
        chunker: str,
        rebuild: bool = False,
        failpoint: Failpoint = pass_through,
        inspect: Inspect | None = None,
        publisher: Publisher | None = None,
    ) -> GenerationWriter:
        """Start the next generation from the current one, after clearing away what killed nights left.

        One that was held back is gone on from instead, unless it cannot be built upon: then it is deleted.

        Every byte of it is read first, unless that was done within the week. From a damaged one nothing is
        taken: the newest older one that is whole is the base, and what is published takes the damaged one's
        place, whether or not anything else changes. With `rebuild`, without a whole generation, with one of
        an older format, or one with vectors of another embedder, the writer starts empty (`base` is None).
        With another `chunker` it keeps the rows and forgets the blob ids: every file counts as changed, and a
        repository that cannot be read tonight keeps its chunks. With a `publisher`, what is published serves
        there before it serves here.

        Raises:
            FormatTooNew: a newer nightdex wrote the current generation.
        """
        failpoint("debris")
        generations_dir(state_dir).mkdir(parents=True, exist_ok=True)
        remove_debris(state_dir)
        base = None if rebuild else waiting_base(state_dir, embedder) or usable_base(state_dir)
        if base is not None and base.embedder != embedder:
            log.warning("another embedder: the index is built anew", before=base.embedder, now=embedder)
            base = None
        writer = cls(
            state_dir, embedder, chunker, base, failpoint=failpoint, inspect=inspect, publisher=publisher
        )
        if base is not None and not writer.held_back and base.generation != current_generation(state_dir):
            writer._has_changes = True
        return writer

    def _start_over(self, base: Manifest | None, inventory: Inventory) -> None:
        self.base = base
        self._table: Table | None = None
        self._fulltext: FulltextBuild | None = None  # of a new table, while rows are only added to it
        self._pending: list[pa.Table] = []
        self._pending_ids: dict[str, None] = {}
        self._added: set[str] = set()
        self._touched: set[str] = set()
        self._known_ids: KnownIds | None = None
        self._known_vectors: KnownVectors | None = None
        self._has_changes = False
        self._inventory = inventory
        if base is not None and base.chunker != self._chunker:
            self._inventory = Inventory({repo: _forgotten(files) for repo, files in inventory.items()})

    def _base_dir(self, base: Manifest) -> Path:
        return generation_dir(self._state_dir, base.generation)

    @property
    def held_back(self) -> tuple[str, ...]:
        """Why the base does not serve; () where it does, or there is none."""
        held = waiting_generation(self._state_dir)
        return held.reasons if held and self.base and held.generation == self.base.generation else ()

    @property
    def has_changes(self) -> bool:
        """Whether a row or the inventory differs from the base."""
        return self._has_changes

    def base_files(self, repo: str) -> Mapping[str, FileRow]:
        """What is known of a repository's files, by path."""
        return self._inventory.get(repo, {})

    def known_vectors(self, embed_hashes: Collection[str]) -> dict[str, Vector]:
        """Code vectors the base holds for these embedded texts, in whatever repository."""
        if self.base is None:
            return {}
        if self._known_vectors is None:
            self._known_vectors = KnownVectors(open_table(self._base_dir(self.base)))
        return self._known_vectors.find(embed_hashes)

    def add(self, rows: Sequence[ChunkRow]) -> None:
        """Insert rows, or replace those with the same id; they are written ROWS_PER_FRAGMENT at a time.

        Raises:
            RowInvalid: a row breaks a promise of `ChunkRow`.
        """
        if not rows:
            return
        by_id = {row.id: row for row in rows}
        arrow = chunk_table(list(by_id.values()), self._embedder.dimension)
        if not self._pending_ids.keys().isdisjoint(by_id):
            self._flush()
        self._pend(arrow)
        self._has_changes = True
        if self.base is None:
            self._open()
        if self._fulltext is not None:
            self._fulltext.add(arrow.to_batches())
        if len(self._pending_ids) >= ROWS_PER_FRAGMENT:
            self._flush()

    def _pend(self, rows: pa.Table) -> None:
        self._pending.append(rows)
        self._pending_ids.update(dict.fromkeys(rows["id"].to_pylist()))

    def delete_files(self, repo: str, paths: Collection[str]) -> None:
        """Remove every chunk of these files; the inventory is the caller's to set."""
        if paths:
            self._delete((filter_column("repo") == repo) & filter_column("path").isin(sorted(set(paths))))

    def delete_repository(self, repo: str) -> None:
        """Remove every chunk of a repository, and its inventory."""
        self._delete(filter_column("repo") == repo)
        self._inventory.pop(repo, None)

    def _delete(self, where: Expr) -> None:
        self._flush()
        self._failpoint("write")
        table = self._open()
        if self.base is not None:
            found = table.search().where(where).select(["id"]).limit(None).to_arrow()
            self._touched.update(found["id"].to_pylist())
        table.delete(where)
        self._abandon_fulltext()
        self._has_changes = True

    def update(self, updates: Sequence[SummaryUpdate] | Sequence[VectorUpdate]) -> None:
        """Replace descriptions, or vectors, of stored chunks; an id that is not stored is passed over.

        Raises:
            RowInvalid: a vector or a text that must not be stored.
        """
        if not updates:
            return
        self._flush()
        self._failpoint("write")
        rows = update_table(updates, self._embedder.dimension)
        self._open().merge_insert("id").when_matched_update_all().execute(rows, on_bad_vectors="null")
        self._abandon_fulltext()
        self._touched.update(update.id for update in updates)
        self._has_changes = True

    def set_inventory(self, repo: str, files: Sequence[FileRow]) -> None:
        """Say which files a repository has; their chunk counts must be those of the rows."""
        rows = {row.path: row for row in files}
        if rows != self._inventory.get(repo, {}):
            self._inventory[repo] = rows
            self._has_changes = True

    def savepoint(self) -> Savepoint:
        """Remember this moment."""
        version = self._table.version if self._table is not None else 0
        return Savepoint(version, tuple(self._pending), self._inventory.copy(), self._has_changes)

    def roll_back_to(self, savepoint: Savepoint) -> None:
        """Undo every change since a savepoint; what was not written then is to be written again."""
        self._abandon_fulltext()
        self._forget_pending()
        for rows in savepoint.pending:
            self._pend(rows)
        self._inventory = savepoint.inventory.copy()
        self._has_changes = savepoint.has_changes
        self._known_ids = None
        self._added.clear()
        if self._table is None:
            return
        if not savepoint.version:
            self._table = None
            shutil.rmtree(building_dir(self._state_dir))
        elif self._table.version != savepoint.version:
            self._table.checkout(savepoint.version)
            self._table.restore()

    def _open(self) -> Table:
        """The table of the next generation, cloned at the first call."""
        if self._table is None:
            self._failpoint("clone")
            folder = building_dir(self._state_dir)
            shutil.rmtree(folder, ignore_errors=True)
            if self.base is None:
                self._table = create_table(folder, self._embedder.dimension)
                self._fulltext = FulltextBuild(folder / FULLTEXT_NAME)
            else:
                clone_table(self._base_dir(self.base), folder)
                self._table = open_table(folder)
        return self._table

    def _flush(self) -> None:
        """Write what is pending: rows with new ids by a plain append, many times faster than a merge."""
        if not self._pending:
            return
        table = self._open()
        self._failpoint("write")
        stored = self._stored_ids(table)
        rows = pa.concat_tables(self._pending)
        known = pa.array([id_ in self._added or id_ in stored for id_ in self._pending_ids])
        if new := rows.filter(pc.invert(known)):
            table.add(new, on_bad_vectors="null")
        if replaced := rows.filter(known):
            merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(replaced, on_bad_vectors="null")
            self._abandon_fulltext()
        self._added.update(self._pending_ids)
        self._touched.update(self._pending_ids)
        self._forget_pending()

    def _stored_ids(self, table: Table) -> KnownIds | Collection[str]:
        """Of the ids that are pending, and perhaps of others, those that the table had before they were."""
        if self._known_ids is None and len(self._pending_ids) <= MAX_LOOKED_UP_IDS:
            batches = rows_with_ids(table, self._pending_ids, ["id"])
            return {id_ for batch in batches for id_ in batch["id"].to_pylist()}
        self._known_ids = self._known_ids or KnownIds(table)
        return self._known_ids

    def _abandon_fulltext(self) -> None:
        """Leave it to `publish`, which builds it of the rows that there are then."""
        if self._fulltext is not None:
            self._fulltext.abandon()
            self._fulltext = None

    def _forget_pending(self) -> None:
        self._pending.clear()
        self._pending_ids.clear()

    def publish(
        self, repositories: Sequence[RepositoryState], summariser: SummariserRecord | None = None
    ) -> Manifest:
        """Make the generation whole and let it serve; the writer then goes on from it, towards another one.

        The manifest names `repositories` and `summariser` as they are given. Where `inspect` finds a reason,
        it does not serve, and `held_back` says why.

        Raises:
            IndexDamaged: rows and inventory disagree, or a search does not find what is stored; the old
                generation keeps serving.
            PublishedElsewhere, StoreError: as the publisher says; the old generation keeps serving.
        """
        self._flush()
        table = self._open()
        folder = building_dir(self._state_dir)
        self._failpoint("optimise")
        if self.base is not None and self.base.chunker != self._chunker:
            table = self._table = self._renewed(table)
        tidy(table, folder)
        fulltext, vectors = folder / FULLTEXT_NAME, folder / VECTORS_NAME
        # At once: none of them changes the table, and each leaves a core idle.
        with ThreadPoolExecutor(PUBLISHING_THREADS) as threads:
            self._failpoint("fulltext")
            base = self._base_folder(FULLTEXT_NAME)
            build = partial(write_fulltext, table, fulltext, base, self._touched)
            words_written = threads.submit(self._fulltext.finish if self._fulltext else build)
            self._failpoint("vectors")
            ids, base = sorted_ids(table), self._base_folder(VECTORS_NAME)
            write = partial(write_vectors, table, ids, vectors, base, self._touched)
            written = threads.submit(write, dimension=self._embedder.dimension)
            self._failpoint("verify")
            rows_checked = threads.submit(row_problems, table, ids, self._inventory)
            problems = sign_problems(table)
            self._failpoint("inventory")
            write_inventory(folder / INVENTORY_NAME, self._inventory)
            missing = missing_vectors(table)
            written.result()
            words_written.result()
            self._fulltext = None
            problems = rows_checked.result() + problems or fulltext_problems(table, fulltext)
        if problems:
            raise IndexDamaged(f"The new generation was not published: {'; '.join(problems[:3])}.")
        remove_locks(fulltext)
        draft = Manifest(
            format_version=FORMAT_VERSION,
            generation=self._next_number(),
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            chunker=self._chunker,
            embedder=self._embedder,
            chunks=table.count_rows(),
            repositories=tuple(repositories),
            summariser=summariser,
            missing_vectors=missing,
        )
        manifest = self._seal(folder, draft)
        self._serve(folder, manifest.generation)
        self._start_over(manifest, self._inventory)
        return manifest

    def _base_folder(self, name: str) -> Path | None:
        """A folder of the base to go on from; none where new rules forbid what its files still hold."""
        if self.base is None or self.base.chunker != self._chunker:
            return None
        return self._base_dir(self.base) / name

    def _renewed(self, table: Table) -> Table:
        """The same rows in new files: Lance's keep deleted rows and their words, which new rules forbid."""
        folder = building_dir(self._state_dir)
        fresh = renewing_dir(self._state_dir)
        shutil.rmtree(fresh, ignore_errors=True)
        copy_rows(table, fresh, self._embedder.dimension)
        shutil.rmtree(folder)
        fresh.rename(folder)
        return open_table(folder)

    def _seal(self, folder: Path, draft: Manifest) -> Manifest:
        """Hash, write the manifest, and make every byte durable."""
        self._failpoint("digest")
        base_dir = self._base_dir(self.base) if self.base else None
        known = self.base.files if self.base else {}
        manifest = replace(draft, files=digest_files(folder, base_dir, known))
        self._failpoint("manifest")
        write_manifest(folder, manifest)
        self._failpoint("sync")
        for name in manifest.files:
            fsync_file(folder / name)
        for directory in (folder, *(entry for entry in folder.rglob("*") if entry.is_dir())):
            fsync_directory(directory)
        return manifest

    def _next_number(self) -> int:
        elsewhere = self._publisher.newest() if self._publisher else 0
        return max([elsewhere, *list_generations(self._state_dir)]) + 1

    def _serve(self, folder: Path, generation: int) -> None:
        self._failpoint("name")
        self._table = None
        superseded = waiting_generation(self._state_dir)
        folder.rename(generation_dir(self._state_dir, generation))
        fsync_directory(generations_dir(self._state_dir))
        self.let_in(generation)
        if superseded is not None:
            discard(self._state_dir, superseded.generation)

    def let_in(self, generation: int) -> None:
        """Let a generation that is whole serve, if `inspect` finds no reason against it.

        Raises:
            PublishedElsewhere, StoreError: as the publisher says.
        """
        if self._inspect is not None:
            # A night that is killed while it looks leaves it to the next one.
            hold_back(self._state_dir, HeldBack(generation, (_NOT_INSPECTED,)))
            if reasons := tuple(self._inspect(generation)):
                hold_back(self._state_dir, HeldBack(generation, reasons))
                return
        if self._publisher is not None:
            self._failpoint("share")
            folder = generation_dir(self._state_dir, generation)
            self._publisher.publish(folder, read_manifest(folder))
        self._failpoint("flip")
        flip_current(self._state_dir, generation)
        self._failpoint("published")

    def abandon(self) -> None:
        """Throw away whatever was not published; the old generation keeps serving. May be called again."""
        self._abandon_fulltext()
        self._table = None
        self._forget_pending()
        shutil.rmtree(building_dir(self._state_dir), ignore_errors=True)


def _forgotten(files: Mapping[str, FileRow]) -> dict[str, FileRow]:
    return {path: replace(row, blob_id="") for path, row in files.items()}
