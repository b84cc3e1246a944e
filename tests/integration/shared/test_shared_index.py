"""An index on an object store, written and read by several machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_store.check import check
from index_store.errors import (
    AlreadyIndexing,
    GenerationMissing,
    IndexDamaged,
    NoIndex,
    PublishedElsewhere,
)
from index_store.generations import current_generation, generation_dir, list_generations
from index_store.lease import Lease
from index_store.objects import Objects
from index_store.place import Place
from index_store.schema import ChunkRow, Manifest
from index_store.shared import FILES, SharedIndex, file_key, manifest_key
from index_store.shared_writer import SharedWriter, shared_writer
from index_store.testing import EMBEDDER, inventory_of, make_row, states_of
from index_store.writer import GenerationWriter

# Seconds after which a lock is over: every lock is older.
ANY_AGE = -0.001

Machines = Callable[[str], SharedIndex]


def rows(*names: str) -> list[ChunkRow]:
    return [
        make_row(repo="shop", path=f"src/{name}.py", symbol=name, text=f"def {name}(): ...") for name in names
    ]


def publish(
    writer: SharedWriter, shared: SharedIndex, wanted: list[ChunkRow], chunker: str = "testing@1"
) -> Manifest:
    """What the night does, without repositories."""
    generation = GenerationWriter.begin(
        shared.state_dir, embedder=EMBEDDER, chunker=chunker, publisher=writer
    )
    generation.delete_repository("shop")
    generation.add(wanted)
    for repo, files in inventory_of(wanted).items():
        generation.set_inventory(repo, files)
    return generation.publish(states_of(wanted))


def night(shared: SharedIndex, *names: str, chunker: str = "testing@1") -> Manifest:
    with shared_writer(shared) as writer:
        return publish(writer, shared, rows(*names), chunker)


def test_what_one_machine_publishes_another_one_reads(machine: Machines) -> None:
    writing, reading = machine("driver"), machine("api")
    with pytest.raises(NoIndex):
        reading.fetch()
    published = night(writing, "pay", "refund")
    assert reading.fetch() == published.generation == current_generation(reading.state_dir)
    assert check(reading.state_dir, published.generation) == []
    assert reading.problems(published.generation) == []


def test_a_new_generation_is_noticed_and_only_what_changed_is_fetched(machine: Machines) -> None:
    writing, reading = machine("driver"), machine("api")
    night(writing, "pay")
    first = reading.fetch()
    assert reading.fetch() == first
    second = night(writing, "pay", "refund")
    assert reading.fetch() == second.generation
    before, after = (generation_dir(reading.state_dir, number) for number in (first, second.generation))
    shared = [
        name for name in second.files if (before / name).exists() and (before / name).samefile(after / name)
    ]
    assert shared


def test_another_machine_goes_on_where_the_last_one_stopped(machine: Machines) -> None:
    first = night(machine("one"), "pay")
    second = night(machine("two"), "pay", "refund")
    assert second.generation == first.generation + 1
    assert machine("one").fetch() == second.generation


def test_only_one_machine_writes_at_a_time(machine: Machines) -> None:
    with (
        shared_writer(machine("one")),
        pytest.raises(AlreadyIndexing, match="process"),
        shared_writer(machine("two")),
    ):
        pass
    with shared_writer(machine("two")):
        pass  # the first one is done


def test_a_lock_that_nobody_renews_ends(place: Place) -> None:
    objects = Objects(place)
    dead = Lease(objects, "a machine that died", seconds=60)
    with dead:
        dead._done.set()  # it renews nothing any more
        with pytest.raises(AlreadyIndexing, match="a machine that died"), Lease(objects, "next", seconds=60):
            pass
        with Lease(objects, "next", seconds=ANY_AGE), pytest.raises(PublishedElsewhere):
            dead.renew()


def test_who_lost_the_lock_publishes_nothing(machine: Machines) -> None:
    writing = machine("one")
    night(writing, "pay")
    with (
        shared_writer(writing) as slow,
        Lease(writing.objects, "impatient", seconds=ANY_AGE),
        pytest.raises(PublishedElsewhere),
    ):
        publish(slow, writing, rows("refund"))
    assert machine("api").fetch() == 1
    assert current_generation(writing.state_dir) == 1


def test_two_machines_that_both_believe_they_may_write_do_not_overwrite_each_other(
    machine: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machine("one"), machine("two")
    night(one, "pay")
    with shared_writer(one) as slow:
        monkeypatch.setattr(slow._lease, "renew", lambda: None)
        with Lease(one.objects, "impatient", seconds=ANY_AGE) as lease:
            fast = SharedWriter(two, lease)
            fast.begin()
            number = slow.newest()
            winner = publish(fast, two, rows("refund"))
        monkeypatch.setattr(slow, "newest", lambda: number)  # it looked before the other one published
        with pytest.raises(PublishedElsewhere, match="nothing was published here"):
            publish(slow, one, rows("cancel"))
    reading = machine("api")
    assert reading.fetch() == winner.generation
    assert check(reading.state_dir, winner.generation) == []
    # The loser's next night throws its own generation of that number away.
    assert night(one, "cancel").generation == winner.generation + 1
    assert check(one.state_dir, winner.generation) == []


@pytest.mark.parametrize("step", ["verify", "share", "flip"])
def test_a_killed_night_leaves_the_old_index_serving_everywhere(machine: Machines, step: str) -> None:
    writing, reading = machine("driver"), machine("api")
    night(writing, "pay")

    class Killed(BaseException):
        pass

    def kill(reached: str) -> None:
        if reached == step:
            raise Killed

    with shared_writer(writing) as writer:
        generation = GenerationWriter.begin(
            writing.state_dir, embedder=EMBEDDER, chunker="testing@1", failpoint=kill, publisher=writer
        )
        generation.delete_repository("shop")
        with pytest.raises(Killed):
            generation.publish([])
    if step == "flip":  # the store has it: this machine, too, once it looks
        assert reading.fetch() == writing.fetch() == 2
    else:
        assert reading.fetch() == current_generation(writing.state_dir) == 1
    assert night(writing, "refund").generation == reading.fetch()


def test_going_back_is_for_every_machine(machine: Machines) -> None:
    writing, reading = machine("driver"), machine("api")
    night(writing, "pay")
    night(writing, "refund")
    assert reading.fetch() == 2
    with shared_writer(writing) as writer:
        assert writer.rollback(None) == 1
    assert reading.fetch() == 1
    assert night(writing, "cancel").generation == 3
    with shared_writer(writing) as writer, pytest.raises(GenerationMissing, match="1, 2, 3"):
        writer.rollback(7)


def test_a_damaged_object_is_found_and_never_served(machine: Machines, place: Place) -> None:
    writing = machine("driver")
    night(writing, "pay")
    second = night(writing, "pay", "refund")
    objects = Objects(place)
    digest = next(mark[1] for name, mark in second.files.items() if name == "inventory.parquet")
    objects.put(file_key(digest), b"something else")
    assert "was changed" in machine("api").problems(2)[0]
    with pytest.raises(IndexDamaged, match="SHA-256 differs"):
        machine("api").fetch()
    with shared_writer(writing) as writer:
        with pytest.raises(IndexDamaged, match="choose another one"):
            writer.rollback(2)
        assert writer.rollback(1) == 1
    assert machine("api").fetch() == 1


def test_a_lost_object_is_found(machine: Machines, place: Place) -> None:
    second = night(machine("driver"), "pay")
    digest = next(iter(second.files.values()))[1]
    Objects(place).delete([file_key(digest)])
    assert "is missing" in machine("api").problems(1)[0]
    with pytest.raises(IndexDamaged, match="has lost"):
        machine("api").fetch()


def test_the_next_night_puts_a_lost_object_back(machine: Machines, place: Place) -> None:
    writing = machine("driver")
    lost = {digest for _, digest in night(writing, "pay").files.values()}
    Objects(place).delete([file_key(digest) for digest in lost])
    second = night(writing, "pay", "refund")
    assert lost & {digest for _, digest in second.files.values()}
    assert writing.problems(second.generation) == []


def test_an_index_that_cannot_be_read_is_built_anew(machine: Machines, place: Place) -> None:
    night(machine("driver"), "pay")
    Objects(place).put(manifest_key(1), b"{}")
    assert night(machine("other"), "refund").generation == 2
    assert machine("api").fetch() == 2


def test_old_generations_and_their_files_go(
    machine: Machines, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.shared_writer.PRUNE_AFTER_SECONDS", -1)
    writing = machine("driver")
    for name in ("a", "b", "c", "d", "e"):
        night(writing, name)
    objects = Objects(place)
    objects.put(file_key("0" * 64), b"of a night that is uploading")
    with shared_writer(writing) as writer:
        assert writer.prune() == [1]
    assert writing.generations() == [2, 3, 4, 5]
    assert all(writing.problems(generation) == [] for generation in writing.generations())
    used = {digest for one in writing.generations() for _, digest in writing.manifest(one).files.values()}
    assert {one.key.rpartition("/")[2] for one in objects.list(FILES)} == {*used, "0" * 64}
    monkeypatch.setattr("index_store.shared_writer.UPLOAD_GRACE_SECONDS", -1)
    with shared_writer(writing) as writer:
        writer.prune()
    assert {one.key.rpartition("/")[2] for one in objects.list(FILES)} == used


def test_what_other_rules_let_in_goes_at_once(machine: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index_store.shared_writer.PURGE_AFTER_SECONDS", -1)
    writing = machine("driver")
    night(writing, "a")
    night(writing, "b", chunker="testing@2")
    with shared_writer(writing) as writer:
        assert writer.prune() == [1]
    assert writing.problems(2) == []


def test_reports_of_nights_are_seen_by_every_machine(machine: Machines, tmp_path: Path) -> None:
    report = tmp_path / "2026-01-01T04:00:00.000+00:00.json"
    report.write_text('{"generation": 1}')
    with shared_writer(machine("driver")) as writer:
        writer.put_report(report)
    reading = machine("api")
    reading.fetch_reports()
    assert (reading.state_dir / "nights" / report.name).read_text() == '{"generation": 1}'


def test_a_copy_keeps_few_generations(machine: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index_store.generations.PRUNE_AFTER_SECONDS", -1)
    writing, reading = machine("driver"), machine("api")
    for name in ("a", "b", "c", "d", "e"):
        night(writing, name)
        reading.fetch()
    assert list_generations(reading.state_dir) == [2, 3, 4, 5]
