"""What disks and other programs do to files: bits flip, ends are cut, contents go, locks stay."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

Damage = Callable[[Path, random.Random], None]


def flipped(victim: Path, chance: random.Random) -> None:
    content = bytearray(victim.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    victim.write_bytes(content)


def cut(victim: Path, chance: random.Random) -> None:
    content = victim.read_bytes()
    victim.write_bytes(content[: chance.randrange(len(content))])


def emptied(victim: Path, _: random.Random) -> None:
    victim.write_bytes(b"")


def lost(victim: Path, _: random.Random) -> None:
    victim.unlink()


DAMAGES: tuple[Damage, ...] = (flipped, cut, emptied, lost)

DATABASE_FAULTS = ("locked", "flipped", "cut", "emptied", "overwritten", "a directory")


@contextmanager
def broken_database(path: Path, fault: str, chance: random.Random) -> Iterator[None]:
    """One of DATABASE_FAULTS has befallen a SQLite file; locks and directories go again at the end."""
    with contextlib.ExitStack() as healed:
        if fault == "locked":
            other = healed.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            other.execute("BEGIN EXCLUSIVE")
        elif fault == "a directory":
            kept = path.with_name("kept")
            path.rename(kept)
            path.mkdir()
            healed.callback(kept.replace, path)
            healed.callback(path.rmdir)
        elif fault == "overwritten":
            path.write_bytes(b"no database, " * 1000)
        elif path.stat().st_size:
            {"flipped": flipped, "cut": cut, "emptied": emptied}[fault](path, chance)
        yield
