"""The manifest of a generation: written once, self-checking, and the digests of every other file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from index_store.durable import write_durably
from index_store.errors import FormatTooNew, FormatTooOld, IndexDamaged
from index_store.limits import HASH_BLOCK, MANIFESTS_REMEMBERED
from index_store.schema import FORMAT_VERSION, EmbedderRecord, Manifest, RepositoryState, SummariserRecord

MANIFEST_NAME = "manifest.json"

# Which file, and which state of it: (device, inode, bytes, modified at). Generations share files.
FileMark = tuple[int, int, int, int]


def write_manifest(generation_dir: Path, manifest: Manifest) -> None:
    """Write the manifest durably, with a checksum of itself."""
    write_durably(generation_dir / MANIFEST_NAME, _encode(asdict(manifest)))


def read_manifest(generation_dir: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        FormatTooNew, FormatTooOld: another nightdex wrote it.
        IndexDamaged: it is missing, cut short or changed.
    """
    path = generation_dir / MANIFEST_NAME
    try:
        return _read(path, _mark(path))
    except OSError as error:
        raise IndexDamaged(f"Cannot read {path}: {error.strerror}; {_REMEDY}") from error


def was_made_by(generation_dir: Path, chunker: str) -> bool:
    """Whether a manifest names this chunker and this format; it is not checked, which takes a millisecond."""
    try:
        content = (generation_dir / MANIFEST_NAME).read_bytes()
    except OSError:
        return False
    made = {"chunker": chunker, "format_version": FORMAT_VERSION}
    return all(f"{json.dumps(key)}: {json.dumps(value)},".encode() in content for key, value in made.items())


@lru_cache(MANIFESTS_REMEMBERED)
def _read(path: Path, mark: FileMark) -> Manifest:  # noqa: ARG001 - another state of the file is read again
    return parse_manifest(path.read_bytes(), str(path))


def parse_manifest(content: bytes, path: str) -> Manifest:
    """Check a manifest that was read from `path`.

    Raises:
        FormatTooNew, FormatTooOld: another nightdex wrote it.
        IndexDamaged: it is cut short or changed.
    """
    try:
        body: dict[str, Any] = json.loads(content)["manifest"]
        version = body["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{path} is not a manifest; {_REMEDY}") from error
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise FormatTooNew(
            f"{path} has format {version}, this nightdex reads up to {FORMAT_VERSION}: "
            "upgrade nightdex, or run `nightdex rollback` to an older generation."
        )
    if isinstance(version, int) and version < FORMAT_VERSION:
        raise FormatTooOld(
            f"{path} has format {version}, this nightdex reads {FORMAT_VERSION}: "
            "run `nightdex run`, which builds the index anew."
        )
    try:
        unchanged = _encode(body) == content
        manifest = _decode(body)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{path} is not a manifest; {_REMEDY}") from error
    if not unchanged:
        raise IndexDamaged(f"{path} was changed after it was published; {_REMEDY}")
    return manifest


_REMEDY = "run `nightdex rollback`, or `nightdex run` to build a new generation."


def _encode(body: Mapping[str, Any]) -> bytes:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return (json.dumps({"manifest": body, "sha256": digest}, sort_keys=True, indent=1) + "\n").encode()


def _decode(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        format_version=body["format_version"],
        generation=body["generation"],
        built_at=body["built_at"],
        chunker=body["chunker"],
        embedder=EmbedderRecord(**body["embedder"]),
        chunks=body["chunks"],
        repositories=tuple(RepositoryState(**state) for state in body["repositories"]),
        files={name: (size, digest) for name, (size, digest) in body["files"].items()},
        summariser=SummariserRecord(**body["summariser"]) if body.get("summariser") else None,
        missing_vectors=body.get("missing_vectors", 0),
    )


def generation_files(generation_dir: Path) -> Iterator[str]:
    """Relative names of every file of a generation but its manifest, sorted."""
    for folder, _, names in sorted(os.walk(generation_dir)):
        for name in sorted(names):
            relative = str(Path(folder, name).relative_to(generation_dir))
            if relative != MANIFEST_NAME:
                yield relative


def digest_files(
    generation_dir: Path, base_dir: Path | None, known: Mapping[str, tuple[int, str]]
) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file; one that is the same inode as in the base keeps its recorded digest."""
    digests: dict[str, tuple[int, str]] = {}
    for name in generation_files(generation_dir):
        path = generation_dir / name
        if base_dir is not None and name in known and _same_file(path, base_dir / name):
            digests[name] = known[name]
        else:
            digests[name] = (path.stat().st_size, sha256_of(path))
    return digests


def _same_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """Hash a file piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def file_problems(
    generation_dir: Path, manifest: Manifest, *, contents: bool = True, known: Container[FileMark] = ()
) -> list[str]:
    """What is missing, extra, cut short or changed, a sentence each.

    `contents=False` compares sizes only; a file whose mark is `known` is taken to hold what it should.
    """
    present = set(generation_files(generation_dir))
    problems = [f"{name} is not part of the generation" for name in sorted(present - manifest.files.keys())]
    for name, (size, digest) in sorted(manifest.files.items()):
        if name not in present:
            problems.append(f"{name} is missing")
            continue
        path = generation_dir / name
        try:
            mark = _mark(path)
            if mark[2] != size:
                problems.append(f"{name} has {mark[2]} bytes instead of {size}")
            elif contents and mark not in known and sha256_of(path) != digest:
                problems.append(f"{name} was changed: its SHA-256 differs")
        except OSError as error:
            problems.append(f"{name} cannot be read: {error.strerror}")
    return problems


def file_marks(generation_dir: Path, manifest: Manifest) -> frozenset[FileMark]:
    """The marks of every file of a generation, for `known` of `file_problems`."""
    return frozenset(_mark(generation_dir / name) for name in manifest.files)


def _mark(path: Path) -> FileMark:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
