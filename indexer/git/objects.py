"""Trees and blobs, straight from git's object store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from indexer.errors import SourceUnreadable
from indexer.git.command import GitProcess
from indexer.limits import MAX_FILE_BYTES, MAX_LISTING_BYTES, PATHS_A_CALL
from indexer.sources.source import Entry, EntryKind

_HEADER_LIMIT = 1_000

_KINDS = {b"120000": EntryKind.SYMLINK, b"160000": EntryKind.SUBMODULE}


def list_tree(git_dir: Path, commit_id: str) -> list[Entry]:
    """List every entry of a commit, in git's order. The size of a missing object is None.

    Raises:
        SourceUnreadable: a tree is missing or corrupt, or the listing is endless.
    """
    entries: list[Entry] = []
    listed = 0
    with GitProcess(git_dir, ("ls-tree", "-r", "-z", "-l", "--full-tree", commit_id)) as process:
        while (line := process.read_until(b"\0", MAX_LISTING_BYTES)) is not None:
            listed += len(line)
            if listed > MAX_LISTING_BYTES:
                raise SourceUnreadable(
                    f"the listing of {git_dir} is larger than {MAX_LISTING_BYTES:,} bytes; "
                    "remove this repository from repos.toml"
                )
            about, _, path = line.partition(b"\t")
            mode, _, blob_id, size = about.split()
            entries.append(
                Entry(
                    path.decode("utf-8", "surrogateescape"),
                    blob_id.decode("ascii"),
                    int(size) if size.isdigit() else None,
                    _KINDS.get(mode, EntryKind.FILE),
                )
            )
    return entries


def blobs_at(git_dir: Path, commit_id: str, paths: Collection[str]) -> dict[str, str]:
    """The blob ids of some files of a commit, by path; a path that is not there is left out.

    Raises:
        SourceUnreadable: a tree is missing or corrupt.
    """
    blobs: dict[str, str] = {}
    wanted = sorted(paths)
    for start in range(0, len(wanted), PATHS_A_CALL):
        names = wanted[start : start + PATHS_A_CALL]
        arguments = ("ls-tree", "-z", "--full-tree", commit_id, "--", *names)
        with GitProcess(git_dir, arguments) as process:
            while (line := process.read_until(b"\0", MAX_LISTING_BYTES)) is not None:
                about, _, path = line.partition(b"\t")
                blobs[path.decode("utf-8", "surrogateescape")] = about.split()[2].decode("ascii")
    return blobs


def read_objects(git_dir: Path, object_ids: Sequence[str]) -> Iterator[bytes | None]:
    """Yield the bytes of each object in order; None where it is missing.

    One object is held at a time, and of an object over the size limit only its first MAX_FILE_BYTES + 1
    bytes, so that whoever counts them sees that it is too large.

    Raises:
        SourceUnreadable: reading broke off, for example in a corrupt pack.
    """
    if not object_ids:
        return
    with GitProcess(git_dir, ("cat-file", "--batch", "--buffer"), given=_questions(object_ids)) as process:
        for object_id in object_ids:
            header = process.read_until(b"\n", _HEADER_LIMIT)
            if header is None:
                process.finish()
                raise SourceUnreadable(f"git cat-file in {git_dir} ended before object {object_id}")
            if header.endswith(b" missing"):
                yield None
                continue
            size = int(header.split()[2])
            data = process.read(min(size, MAX_FILE_BYTES + 1))
            process.discard(size - len(data) + 1)  # the newline that ends each object
            yield data
        if process.read_until(b"\n", _HEADER_LIMIT) is not None:
            raise SourceUnreadable(f"git cat-file in {git_dir} answered more than it was asked")


def has_any(git_dir: Path, object_ids: Sequence[str]) -> bool:
    """Whether the repository has one of these objects.

    Raises:
        SourceUnreadable: git does not say.
    """
    with GitProcess(
        git_dir, ("cat-file", "--batch-check", "--buffer"), given=_questions(object_ids)
    ) as process:
        answers = [process.read_until(b"\n", _HEADER_LIMIT) or b"" for _ in object_ids]
    return not all(answer.endswith(b" missing") for answer in answers)


def tracked_paths(git_dir: Path) -> set[bytes]:
    """Return the paths in the index, without looking at the working tree.

    Raises:
        SourceUnreadable: the index is corrupt.
    """
    paths: set[bytes] = set()
    with GitProcess(git_dir, ("ls-files", "--cached", "-z")) as process:
        while (path := process.read_until(b"\0", MAX_LISTING_BYTES)) is not None:
            paths.add(path)
    return paths


def _questions(object_ids: Sequence[str]) -> bytes:
    """What `git cat-file --batch` and `--batch-check` are asked."""
    return "".join(f"{object_id}\n" for object_id in object_ids).encode("ascii")
