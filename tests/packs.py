"""Packs that no git would write, object by object (gitformat-pack), taken in by git itself."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from tests.repositories import git

COMMIT, TREE, BLOB, OFS_DELTA = 1, 2, 3, 6
_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}


def add_differences_from_zeros(folder: Path, size: int, count: int) -> list[str]:
    """Add a blob of zeros and small ones stored as differences from it; return the ids of these."""
    squeeze = zlib.compressobj(1)
    zeros = b"".join([*(squeeze.compress(bytes(1 << 20)) for _ in range(size >> 20)), squeeze.flush()])
    objects = [_head(BLOB, size) + zeros]
    ids = []
    for number in range(count):
        text = b"x = %d_%d\n" % (size, number)
        delta = _length(size) + _length(len(text)) + bytes([len(text)]) + text
        back = _distance(sum(map(len, objects)))
        objects.append(_head(OFS_DELTA, len(delta)) + back + zlib.compress(delta))
        ids.append(_id(BLOB, text))
    _take_in(folder, objects)
    return ids


def commit_folders(folder: Path, depth: int) -> None:
    """Make main a commit of one file below so many folders."""
    blob = b"x\n"
    objects = [_whole(BLOB, blob)]
    tree = b"100644 f\0" + bytes.fromhex(_id(BLOB, blob))
    for _ in range(depth):
        objects.append(_whole(TREE, tree))
        tree = b"40000 d\0" + bytes.fromhex(_id(TREE, tree))
    objects.append(_whole(TREE, tree))
    who = b"A <a@example.org> 1700000000 +0000"
    commit = b"tree %b\nauthor %b\ncommitter %b\n\ndeep\n" % (_id(TREE, tree).encode(), who, who)
    _take_in(folder, [*objects, _whole(COMMIT, commit)])
    git(folder, "update-ref", "refs/heads/main", _id(COMMIT, commit))


def _take_in(folder: Path, objects: Sequence[bytes]) -> None:
    pack = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    git(folder, "index-pack", "--stdin", given=pack + hashlib.sha1(pack).digest())


def _id(kind: int, data: bytes) -> str:
    return hashlib.sha1(_NAMES[kind] + b" %d\0" % len(data) + data).hexdigest()


def _whole(kind: int, data: bytes) -> bytes:
    return _head(kind, len(data)) + zlib.compress(data)


def _head(kind: int, size: int) -> bytes:
    first, size = (kind << 4) | (size & 15), size >> 4
    return bytes([first | (128 if size else 0)]) + (_length(size) if size else b"")


def _length(size: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    encoded = bytearray()
    while size > 127:
        encoded.append(size & 127 | 128)
        size >>= 7
    return bytes([*encoded, size])


def _distance(back: int) -> bytes:
    """Seven bits a byte, the highest first, each but the last one less."""
    encoded = [back & 127]
    while back := back >> 7:
        back -= 1
        encoded.insert(0, back & 127 | 128)
    return bytes(encoded)
