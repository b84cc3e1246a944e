"""An index on an object store, and the copy of it from which a machine answers.

- `CURRENT`: the number of the generation that serves
- `generations/41/manifest.json`: created once, never changed; who creates it owns the number
- `files/<SHA-256>`: a file of any number of generations
- `nights/<start>.json`: the reports of the nights
- `run.lock`: who is writing (`index_store/lease.py`)

A search asks an index dozens of times for a few kilobytes: a round trip to the store for each would take
longer than the search. So every machine keeps a copy, fetches what changed, and reads as if it were its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index_store.durable import fsync_directory, write_durably
from index_store.errors import (
    FormatTooNew,
    FormatTooOld,
    GenerationMissing,
    IndexDamaged,
    IndexStoreError,
    NoIndex,
)
from index_store.generations import (
    CURRENT_NAME,
    fetching_dir,
    flip_current,
    generation_dir,
    generations_dir,
    list_generations,
    prune,
)
from index_store.limits import KEPT_REPORTS, TRANSFERS
from index_store.manifest import MANIFEST_NAME, parse_manifest, read_manifest
from index_store.objects import Objects
from index_store.schema import Manifest

GENERATIONS = "generations"
FILES = "files"
NIGHTS = "nights"

_COPY_LOCK = "fetch.lock"
_REMEDY = "run `nightdex rollback`, or `nightdex run` to build a new generation."


@dataclass(frozen=True, slots=True)
class Seen:
    """CURRENT as it was read: the generation it names, and the mark that tells whether it changed since."""

    generation: int
    mark: str


def manifest_key(generation: int) -> str:
    """Where the manifest of a generation is."""
    return f"{GENERATIONS}/{generation}/{MANIFEST_NAME}"


def file_key(digest: str) -> str:
    """Where the file with this SHA-256 is."""
    return f"{FILES}/{digest}"


class SharedIndex:
    """The index of one place on an object store, with its copy in a state directory.

    Use from one thread; several processes of a machine may share a copy.
    """

    def __init__(self, objects: Objects, state_dir: Path) -> None:
        self.objects = objects
        self.state_dir = state_dir
        self._fetched: Seen | None = None

    def fetch(self) -> int:
        """Bring the copy up to date and let it serve what CURRENT names; returns its number.

        Raises:
            NoIndex: nothing has been published there.
            IndexDamaged, FormatTooNew, FormatTooOld: it cannot be used; the copy serves as before.
            StoreError: the store cannot be read.
        """
        fetched = self._fetched
        if fetched is not None and not self.objects.changed(CURRENT_NAME, fetched.mark):
            return fetched.generation
        with self._copying():
            seen = self.read_current()
            try:
                self._copy(seen.generation)
            except GenerationMissing:
                latest = self.read_current()  # it may have been superseded and deleted under our hands
                if latest == seen:
                    raise
                seen = latest
                self._copy(seen.generation)
            flip_current(self.state_dir, seen.generation)
            prune(self.state_dir)
        self._fetched = seen
        return seen.generation

    def fetch_reports(self) -> None:
        """Copy the newest reports of nights that this machine does not have.

        Raises:
            StoreError: the store cannot be read.
        """
        folder = self.state_dir / NIGHTS
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(one.key.rpartition("/")[2] for one in self.objects.list(NIGHTS))
        for name in names[-KEPT_REPORTS:]:
            if not (folder / name).exists() and (held := self.objects.read(f"{NIGHTS}/{name}")) is not None:
                write_durably(folder / name, held.content)

    def read_current(self) -> Seen:
        """What CURRENT says now.

        Raises:
            NoIndex: there is none.
            IndexDamaged: it names no generation.
        """
        held = self.objects.read(CURRENT_NAME)
        if held is None:
            raise NoIndex(f"There is no index in {self.objects.place} yet: run `nightdex run`.")
        text = held.content.decode("ascii", errors="replace").strip()
        if not (text.isascii() and text.isdecimal()):
            raise IndexDamaged(
                f"{self.objects.place}/{CURRENT_NAME} names no generation; delete it and run `nightdex run`."
            )
        return Seen(int(text), held.mark)

    def generations(self) -> list[int]:
        """The numbers of every generation on the store, oldest first."""
        parts = (one.key.split("/") for one in self.objects.list(GENERATIONS))
        return sorted(
            int(part[1])
            for part in parts
            if part[2:] == [MANIFEST_NAME] and part[1].isascii() and part[1].isdecimal()
        )

    def manifest_bytes(self, generation: int) -> bytes:
        """The manifest of a generation, as it was written.

        Raises:
            GenerationMissing: there is none.
        """
        held = self.objects.read(manifest_key(generation))
        if held is None:
            raise GenerationMissing(f"There is no generation {generation} in {self.objects.place}.")
        return held.content

    def manifest(self, generation: int) -> Manifest:
        """What a generation says of itself.

        Raises:
            GenerationMissing, IndexDamaged, FormatTooNew, FormatTooOld: it cannot be read.
        """
        return parse_manifest(
            self.manifest_bytes(generation), f"{self.objects.place}/{manifest_key(generation)}"
        )

    def missing_files(self, manifest: Manifest) -> list[str]:
        """The files of a generation that the store has not, or not in their size; lists them, and reads none.

        Raises:
            StoreError: the store cannot be read.
        """
        there = {one.key: one.size for one in self.objects.list(FILES)}
        return [
            name for name, (size, digest) in manifest.files.items() if there.get(file_key(digest)) != size
        ]

    def problems(self, generation: int) -> list[str]:
        """Read every byte that the store has of a generation; what is wrong with it, a sentence each.

        Raises:
            GenerationMissing: there is no such generation.
        """
        try:
            manifest = self.manifest(generation)
        except (IndexDamaged, FormatTooNew, FormatTooOld) as error:
            return [str(error)]
        digests = sorted({digest for _, digest in manifest.files.values()})
        with ThreadPoolExecutor(TRANSFERS, "check") as transfers:
            return [problem for problem in transfers.map(self._file_problem, digests) if problem]

    def _file_problem(self, digest: str) -> str:
        actual = hashlib.sha256()
        try:
            for piece in self.objects.stream(file_key(digest)):
                actual.update(piece)
        except FileNotFoundError:
            return f"{self.objects.place}/{file_key(digest)} is missing"
        whole = actual.hexdigest() == digest
        return "" if whole else f"{self.objects.place}/{file_key(digest)} was changed: its SHA-256 differs"

    @contextmanager
    def _copying(self) -> Iterator[None]:
        """One process of this machine copies at a time; the others wait, and find that it is done."""
        generations_dir(self.state_dir).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.state_dir / _COPY_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _copy(self, generation: int) -> None:
        """Have a generation of the store in the state directory, every byte of it checked."""
        content = self.manifest_bytes(generation)
        target = generation_dir(self.state_dir, generation)
        with contextlib.suppress(OSError):
            if (target / MANIFEST_NAME).read_bytes() == content:
                return
        manifest = parse_manifest(content, f"{self.objects.place}/{manifest_key(generation)}")
        folder = fetching_dir(self.state_dir)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        here = self._files_here()
        with ThreadPoolExecutor(TRANSFERS, "fetch") as transfers:
            work = [
                transfers.submit(self._have, folder / name, *mark, here)
                for name, mark in manifest.files.items()
            ]
            for one in work:
                one.result()
        write_durably(folder / MANIFEST_NAME, content)
        for directory in (folder, *(entry for entry in folder.rglob("*") if entry.is_dir())):
            fsync_directory(directory)
        if target.exists():  # of a night that lost the race for this number: it never served
            shutil.rmtree(target)
        folder.rename(target)
        fsync_directory(generations_dir(self.state_dir))

    def _files_here(self) -> dict[tuple[int, str], Path]:
        """Files of the generations that are here, by size and SHA-256."""
        found: dict[tuple[int, str], Path] = {}
        for generation in list_generations(self.state_dir):
            folder = generation_dir(self.state_dir, generation)
            with contextlib.suppress(IndexStoreError):
                found.update((mark, folder / name) for name, mark in read_manifest(folder).files.items())
        return found

    def _have(self, path: Path, size: int, digest: str, here: dict[tuple[int, str], Path]) -> None:
        """Link a file that is here, or download it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if (twin := here.get((size, digest))) is not None:
            with contextlib.suppress(OSError):
                path.hardlink_to(twin)
                return
        actual = hashlib.sha256()
        try:
            with path.open("wb") as file:
                for piece in self.objects.stream(file_key(digest)):
                    actual.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError as error:
            raise IndexDamaged(f"{self.objects.place} has lost {file_key(digest)}; {_REMEDY}") from error
        if actual.hexdigest() != digest:
            raise IndexDamaged(
                f"{self.objects.place}/{file_key(digest)} was changed: its SHA-256 differs; {_REMEDY}"
            )
