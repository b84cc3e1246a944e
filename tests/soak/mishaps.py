"""What can go wrong around a night, one function each: a context in which it has, healed at its end.

Each is given a witness, whose `chance` draws what exactly happens, and yields what happened, for the report.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, tzinfo
from itertools import product
from unittest import mock

from index_store.generations import current_generation, generation_dir, list_generations
from index_store.limits import PRUNE_AFTER_SECONDS
from index_store.shown import SHOWN_NAME, ShownCounts
from indexer.describer import CACHE_NAME
from tests.damage import DAMAGES, DATABASE_FAULTS, broken_database
from tests.disks import no_room
from tests.failing_calls import CALLS, ERRORS, failing
from tests.soak.witness import REPOSITORIES, Witness

Mishap = Callable[[Witness], AbstractContextManager[str]]

# A lock, which is waited for, is the last of each.
DATABASE_WAYS = tuple(product((CACHE_NAME, SHOWN_NAME), reversed(DATABASE_FAULTS)))

# About as many calls of one kind as a night of a witness makes; a number beyond the last one fails nothing.
CALLS_IN_A_NIGHT = {"fsync": 240, "link": 180, "open": 60, "mkdir": 60}
OTHER_CALLS = 8
SEVERAL = len(REPOSITORIES) - 1


@contextmanager
def a_call_that_fails(witness: Witness) -> Iterator[str]:
    call = witness.chance.choice(CALLS)
    at = witness.chance.randint(1, CALLS_IN_A_NIGHT.get(call, OTHER_CALLS))
    error = witness.chance.choice(ERRORS)
    with failing(witness.state, call, at, error):
        yield f"{call} number {at} failed with {os.strerror(error)}"


@contextmanager
def a_full_disk(witness: Witness) -> Iterator[str]:
    room = witness.chance.randrange(0, 400_000)
    with no_room(witness.state, but=room):
        yield f"{room} bytes were left"


@contextmanager
def a_damaged_file(witness: Witness) -> Iterator[str]:
    """In one generation, or through hard links in all that share the file."""
    chance, current = witness.chance, current_generation(witness.state)
    folder = generation_dir(witness.state, current)
    victim = chance.choice(sorted(one for one in folder.rglob("*") if one.is_file() and one.stat().st_size))
    shared = chance.random() < 0.5
    if not shared:
        copy = victim.with_name("copy")
        shutil.copy2(victim, copy)
        copy.replace(victim)
    damage = chance.choice(DAMAGES)
    damage(victim, chance)
    yield f"{victim.relative_to(witness.state)} was {damage.__name__}{' wherever it is shared' * shared}"


@contextmanager
def a_bad_current(witness: Witness) -> Iterator[str]:
    current = witness.state / "CURRENT"
    good = current.read_bytes()
    content = witness.chance.choice([b"", b"\n", b"999999\n", b"\xff\x00garbage", b"../1\n", None])
    current.unlink()
    if content is not None:
        current.write_bytes(content)
    elif witness.chance.random() < 0.5:
        current.mkdir()
    yield f"CURRENT was {content!r}"
    if current.is_dir():
        current.rmdir()
        current.write_bytes(good)


@contextmanager
def a_bad_database(witness: Witness) -> Iterator[str]:
    name, fault = DATABASE_WAYS[witness.tally.tries % len(DATABASE_WAYS)]
    path = witness.state / name
    if path.name == SHOWN_NAME:
        ShownCounts(witness.state).add({})  # the last try may have deleted it, and nothing been shown since
    with broken_database(path, fault, witness.chance):
        yield f"{path.name} was {fault}"
    if path.name == SHOWN_NAME:
        path.unlink()  # as the message says


def shifted_clock(offset: timedelta) -> AbstractContextManager[None]:
    """The wall clock of the night, put on or back."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset

    real = time.time

    @contextmanager
    def shifted() -> Iterator[None]:
        with (
            mock.patch("indexer.nightly.datetime", Shifted),
            mock.patch("indexer.repository_night.datetime", Shifted),
            mock.patch("index_store.writer.datetime", Shifted),
            mock.patch("time.time", side_effect=lambda: real() + offset.total_seconds()),
        ):
            yield

    return shifted()


@contextmanager
def a_clock_that_is_wrong(witness: Witness) -> Iterator[str]:
    offset = timedelta(hours=witness.chance.choice([-1, 1, -24 * 365, 24 * 365]))
    with shifted_clock(offset):
        yield f"the clock was {offset} off"


@contextmanager
def a_repository_that_is_gone(witness: Witness) -> Iterator[str]:
    repo = witness.chance.choice(REPOSITORIES)
    folder = witness.world.folder(repo)
    aside = folder.with_name("aside")
    how = witness.chance.choice(["deleted", "unmounted", "without a HEAD"])
    folder.rename(aside)
    if how == "unmounted":
        folder.mkdir()
    elif how == "without a HEAD":
        shutil.copytree(aside, folder)
        (folder / ".git" / "HEAD").write_bytes(b"\0")
    try:
        yield f"{repo} was {how}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)


@contextmanager
def repositories_that_vanish_together(witness: Witness) -> Iterator[str]:
    gone = witness.chance.sample(REPOSITORIES, SEVERAL)
    with contextlib.ExitStack() as back:
        for repo in gone:
            folder = witness.world.folder(repo)
            aside = folder.with_name(f"aside-{repo}")
            folder.rename(aside)
            back.callback(aside.rename, folder)
        yield f"{gone} were gone at once"


@contextmanager
def a_push_by_force(witness: Witness) -> Iterator[str]:
    repo = witness.chance.choice(REPOSITORIES)
    witness.change(repo)
    witness.force_push(repo)
    yield f"{repo} went back by one commit"


@contextmanager
def pruning_that_fails(witness: Witness) -> Iterator[str]:
    superseded = time.time() - PRUNE_AFTER_SECONDS - 1
    for generation in list_generations(witness.state):
        os.utime(generation_dir(witness.state, generation), (superseded, superseded))
    call = witness.chance.choice(["rename", "unlink", "rmdir"])
    at = witness.chance.randint(1, 10)
    with failing(witness.state, call, at, witness.chance.choice(ERRORS)):
        yield f"{call} number {at} failed while old generations were deleted"


@contextmanager
def a_newer_format(witness: Witness) -> Iterator[str]:
    """Another machine's newer nightdex published; the user goes back by hand."""
    current = current_generation(witness.state)
    newer = generation_dir(witness.state, current + 1)
    shutil.copytree(generation_dir(witness.state, current), newer)
    manifest = newer / "manifest.json"
    body = json.loads(manifest.read_bytes())
    body["manifest"]["format_version"] = 99
    manifest.write_text(json.dumps(body))
    (witness.state / "CURRENT").write_text(f"{current + 1}\n")
    yield "a newer nightdex had published"
    (witness.state / "CURRENT").write_text(f"{current}\n")
    shutil.rmtree(newer)


@contextmanager
def a_step_that_raises(witness: Witness) -> Iterator[str]:
    """Whatever stops a night in an orderly way: its steps end with an exception."""
    struck = witness.chance.randint(1, 40)
    passed = 0

    def strike(step: str) -> None:
        nonlocal passed
        passed += 1
        if passed == struck:
            raise KeyboardInterrupt(step)

    with mock.patch.object(witness, "failpoint", strike):
        yield f"the night was interrupted at its step {struck}"


MISHAPS: tuple[Mishap, ...] = (
    a_call_that_fails,
    a_full_disk,
    a_damaged_file,
    a_bad_current,
    a_bad_database,
    a_clock_that_is_wrong,
    a_repository_that_is_gone,
    repositories_that_vanish_together,
    a_push_by_force,
    pruning_that_fails,
    a_newer_format,
    a_step_that_raises,
)


def survive(witness: Witness, mishap: Mishap) -> str:
    """Change something, let the mishap happen, run a night into it, then one that nothing disturbs."""
    witness.change()
    with mishap(witness) as what:
        ended = "the night ended well"
        try:
            witness.night()
        except KeyboardInterrupt:
            ended = "the night was interrupted"
        except Exception as error:  # noqa: BLE001 - which ones may come is asked here
            ended = f"the night ended with {type(error).__name__}: {error}"
            if not isinstance(getattr(error, "code", None), str):
                witness.tally.add("wrong", [f"no error for people: {error!r}"], what)
        witness.ask(what)
    witness.judge_after_clean_night(what)
    witness.tally.tries += 1
    return f"{what}; {ended}"
