"""The plan of one repository is a pure function of the last inventory and the new listing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index_store.schema import FileRow
from indexer.intake.skip import SkipReason
from indexer.plan import plan_repository
from indexer.sources.source import Entry


def row(path: str, blob: str, *, chunks: int = 1, reason: str = "") -> FileRow:
    return FileRow("repo", path, blob, 10, "python", chunks, reason)


def admit_all(_: Entry) -> SkipReason | None:
    return None


def test_an_unchanged_file_is_kept_and_not_read() -> None:
    plan = plan_repository([Entry("a.py", "1", 10)], {"a.py": row("a.py", "1")}, admit_all)
    assert [r.path for r in plan.keep] == ["a.py"]
    assert plan.read == ()
    assert plan.drop == ()


def test_a_changed_file_is_read_and_its_old_chunks_dropped() -> None:
    plan = plan_repository([Entry("a.py", "2", 10)], {"a.py": row("a.py", "1")}, admit_all)
    assert [e.path for e in plan.read] == ["a.py"]
    assert plan.drop == ("a.py",)
    assert plan.changed == 1


def test_a_moved_file_is_counted_as_moved_and_not_as_gone_and_added() -> None:
    plan = plan_repository([Entry("b.py", "1", 10)], {"a.py": row("a.py", "1")}, admit_all)
    assert (plan.moved, plan.gone, plan.added) == (1, 0, 0)
    assert plan.drop == ("a.py",)


def test_a_file_that_is_gone_is_dropped() -> None:
    plan = plan_repository([], {"a.py": row("a.py", "1")}, admit_all)
    assert plan.drop == ("a.py",)
    assert plan.gone == 1


def test_a_new_exclude_drops_a_file_whose_content_did_not_change() -> None:
    plan = plan_repository(
        [Entry("a.py", "1", 10)], {"a.py": row("a.py", "1")}, lambda _: SkipReason.EXCLUDED
    )
    assert plan.drop == ("a.py",)
    assert [reason for _, reason in plan.skipped] == [SkipReason.EXCLUDED]


def test_a_binary_file_is_not_read_again_while_its_blob_stays() -> None:
    before = row("a.bin", "1", chunks=0, reason=SkipReason.BINARY)
    plan = plan_repository([Entry("a.bin", "1", 10)], {"a.bin": before}, admit_all)
    assert plan.keep == (before,)


def test_a_file_whose_object_was_missing_is_tried_again() -> None:
    before = row("a.py", "1", chunks=0, reason=SkipReason.MISSING_OBJECT)
    plan = plan_repository([Entry("a.py", "1", None)], {"a.py": before}, admit_all)
    assert [e.path for e in plan.read] == ["a.py"]


def test_a_file_whose_content_is_unknown_is_never_kept() -> None:
    plan = plan_repository([Entry("a.py", "", None)], {"a.py": row("a.py", "")}, admit_all)
    assert plan.keep == ()


PATHS = st.sampled_from(["a.py", "b.py", "c/d.py", "e.txt"])
LISTING = st.dictionaries(PATHS, st.sampled_from("123"))


@given(old=LISTING, new=LISTING, excluded=st.sets(PATHS))
def test_every_entry_is_kept_read_or_skipped_and_nothing_stored_is_orphaned(
    old: dict[str, str], new: dict[str, str], excluded: set[str]
) -> None:
    plan = plan_repository(
        [Entry(path, blob, 10) for path, blob in new.items()],
        {path: row(path, blob) for path, blob in old.items()},
        lambda entry: SkipReason.EXCLUDED if entry.path in excluded else None,
    )
    placed = [r.path for r in plan.keep] + [e.path for e, _ in plan.skipped] + [e.path for e in plan.read]
    assert sorted(placed) == sorted(new)
    assert plan.found == len(new)
    assert set(old) == {r.path for r in plan.keep} | set(plan.drop)
    assert plan.added + plan.changed + plan.moved == len(plan.read)
