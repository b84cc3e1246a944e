"""Every kind of repository, and every kind of damage, through the sources the night uses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.intake.admit import admit
from indexer.intake.decode import decode
from indexer.intake.skip import SkipReason
from indexer.limits import MAX_FILE_BYTES
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from indexer.sources.source import Entry, EntryKind, Snapshot
from tests import repositories as made
from tests.repositories import git

THREE = {"a.py": b"a = 1\n", "lib/b.py": b"b = 2\n", "z.py": b"z = 3\n"}


def definition(path: Path, branch: str = "", *, worktree: bool = False) -> SourceDefinition:
    return SourceDefinition("shop", SourceKind.REPOSITORY, str(path), branch, worktree=worktree)


def read_all(path: Path, branch: str = "") -> tuple[Snapshot, dict[str, bytes | None]]:
    source = open_source(definition(path, branch), path.parent / "mirrors")
    snapshot = source.snapshot()
    contents = {entry.path: data for entry, data in source.read(snapshot.entries)}
    source.close()
    return snapshot, contents


def test_a_clone_gives_its_commit_time_sizes_and_bytes(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    snapshot, contents = read_all(repo)
    assert (snapshot.commit, snapshot.committed_at) == (git(repo, "rev-parse", "HEAD"), made.COMMITTED_AT)
    assert contents == THREE
    assert [e.size for e in snapshot.entries] == [6, 6, 6]
    assert snapshot.entries[0].blob_id == git(repo, "rev-parse", "HEAD:a.py")


def test_the_working_tree_is_never_looked_at(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    (repo / "a.py").write_text("uncommitted\n")
    (repo / "lib" / "b.py").unlink()
    assert read_all(repo)[1] == THREE


def test_a_bare_clone_reads_the_same(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(tmp_path / "bare"))
    assert read_all(tmp_path / "bare")[1] == THREE


def test_a_linked_worktree_reads_its_own_branch(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    made.commit(tmp_path / "linked", {"side.py": "s = 1\n"})
    assert "side.py" in read_all(tmp_path / "linked")[1]
    assert "side.py" not in read_all(repo)[1]


def test_a_worktree_whose_repository_moved_away_says_so(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    git(repo, "worktree", "add", "-q", str(tmp_path / "linked"))
    shutil.rmtree(repo)
    with pytest.raises(SourceUnreadable, match="is gone"):
        read_all(tmp_path / "linked")


def test_a_detached_head_is_a_commit_like_any_other(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    first = git(repo, "rev-parse", "HEAD")
    made.commit(repo, {"later.py": "x = 1\n"})
    git(repo, "checkout", "-q", "--detach", first)
    snapshot, contents = read_all(repo)
    assert snapshot.commit == first
    assert contents == THREE


def test_a_shallow_clone_reads_its_one_commit(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    made.commit(repo, {"later.py": "x = 1\n"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo}", str(tmp_path / "shallow"))
    assert read_all(tmp_path / "shallow")[1].keys() == {*THREE, "later.py"}


@pytest.mark.parametrize("bare", [False, True])
def test_an_empty_repository_has_no_entries_and_no_commit(tmp_path: Path, bare: bool) -> None:  # noqa: FBT001 - a parameter of the test
    snapshot, contents = read_all(made.empty_repository(tmp_path / "r", bare=bare))
    assert (snapshot.commit, snapshot.committed_at, contents) == ("", 0, {})


def test_branches_tags_remote_branches_and_commits_are_found_by_name(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    first = git(repo, "rev-parse", "HEAD")
    git(repo, "tag", "-a", "v1", "-m", "one")
    git(repo, "checkout", "-q", "-b", "topic/x")
    second = made.commit(repo, {"topic.py": "t = 1\n"})
    git(repo, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", str(repo), str(tmp_path / "clone"))
    assert read_all(repo, "topic/x")[0].commit == second
    assert read_all(tmp_path / "clone", "topic/x")[0].commit == second
    for name in ("v1", first, first[:10], "main"):
        assert read_all(repo, name)[0].commit == first


def test_a_branch_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"no branch, tag or commit 'gone'"):
        read_all(made.repository(tmp_path / "r"), "gone")


def test_a_checked_out_branch_without_commits_is_not_taken_for_an_empty_repository(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    git(repo, "checkout", "-q", "--orphan", "fresh")
    with pytest.raises(SourceUnreadable, match="branch without commits"):
        read_all(repo)


def test_a_branch_cut_to_zero_bytes_by_a_power_loss_is_not_taken_for_an_empty_repository(
    tmp_path: Path,
) -> None:
    repo = made.repository(tmp_path / "r")
    (repo / ".git" / "refs" / "heads" / "main").write_bytes(b"")
    with pytest.raises(SourceUnreadable, match="broken ref"):
        read_all(repo)


def test_a_lost_commit_is_told_in_gits_words(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    made.lose_object(repo, "HEAD")
    with pytest.raises(SourceUnreadable, match="git "):
        read_all(repo)


def test_a_git_folder_that_is_none_is_unreadable_and_not_a_plain_folder(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    (repo / ".git" / "HEAD").write_text("garbage\n")
    with pytest.raises(SourceUnreadable, match="not a git repository"):
        read_all(repo)


def test_a_missing_object_costs_that_file_only(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    made.lose_object(repo, "HEAD:lib/b.py")
    snapshot, contents = read_all(repo)
    assert contents == {**THREE, "lib/b.py": None}
    assert [e.size for e in snapshot.entries] == [6, None, 6]


def test_a_missing_tree_makes_the_repository_unreadable(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    made.lose_object(repo, "HEAD:lib")
    with pytest.raises(SourceUnreadable, match="ls-tree"):
        read_all(repo)


def test_a_corrupt_pack_is_unreadable_in_gits_own_words(tmp_path: Path) -> None:
    noise = {f"{i}.py": f"x = {i}\n" * (i + 50) for i in range(200)}
    repo = made.repository(tmp_path / "r", noise)
    made.corrupt_pack(repo)
    with pytest.raises(SourceUnreadable, match=r"failed in .*: (fatal|error): "):
        read_all(repo)


def test_a_path_that_is_gone_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="does not exist"):
        read_all(tmp_path / "nowhere")


def test_a_repository_deleted_while_it_is_read_is_missing_and_not_empty(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r", {f"{i}.txt": "x" * 10_000 + str(i) for i in range(300)})
    source = open_source(definition(repo), tmp_path)
    entries = source.snapshot().entries
    reading = source.read(entries)
    next(reading)
    shutil.rmtree(repo)
    with pytest.raises(SourceMissing, match="is gone"):
        list(reading)


def test_objects_deleted_under_a_reader_are_not_taken_for_a_few_missing_ones(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r", {f"{i}.txt": "x" * 10_000 + str(i) for i in range(300)})
    source = open_source(definition(repo), tmp_path)
    reading = source.read(source.snapshot().entries)
    next(reading)
    shutil.rmtree(repo / ".git" / "objects")
    (repo / ".git" / "objects").mkdir()
    with pytest.raises(SourceUnreadable, match="cat-file"):
        list(reading)


def children() -> set[str]:
    """Process ids of this process's children."""
    return {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


def test_a_reader_that_stops_early_leaves_no_process_behind(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r", {f"{i}.txt": "x" * 100_000 + str(i) for i in range(50)})
    source = open_source(definition(repo), tmp_path)
    before = children()
    reading = source.read(source.snapshot().entries)
    next(reading)
    assert children() > before
    reading.close()  # type: ignore[attr-defined]  # sources read with generators
    assert children() <= before


def test_a_permission_denied_is_unreadable(open_path: Path) -> None:
    repo = made.repository(open_path / "r")
    (repo / ".git").chmod(0o700 if (repo / ".git").owner() == "root" else 0)
    code = """
try:
    print(open_source(SourceDefinition("r", SourceKind.REPOSITORY, sys.argv[1]), Path("/tmp")).snapshot())
except SourceError as error:
    print(error.code, error)
"""
    said = made.as_nobody(code, str(repo))
    (repo / ".git").chmod(0o755)
    assert said.startswith("source_unreadable "), said


def test_another_users_repository_is_read_all_the_same(open_path: Path) -> None:
    repo = made.repository(open_path / "r")
    code = """
source = open_source(SourceDefinition("r", SourceKind.REPOSITORY, sys.argv[1]), Path("/"))
print(len(source.snapshot().entries))
"""
    assert made.as_nobody(code, str(repo)) == "3\n"


def test_a_hundred_megabyte_line_is_too_large_and_never_held(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r", {"a.py": "a = 1\n", "huge.js": b"x" * 100_000_000})
    source = open_source(definition(repo), tmp_path)
    entries = source.snapshot().entries
    huge = entries[1]
    assert huge.size == 100_000_000
    assert admit(huge, definition(repo)) is SkipReason.TOO_LARGE
    # Even a reader that asks for it gets no more than is needed to see that it is too large.
    contents = {e.path: d for e, d in source.read([huge, entries[0]])}
    data = contents["huge.js"]
    assert data is not None
    assert len(data) == MAX_FILE_BYTES + 1
    assert decode(huge, data) is SkipReason.TOO_LARGE
    assert contents["a.py"] == b"a = 1\n"


def test_names_that_are_not_utf8_come_back_byte_for_byte(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    tree = made.raw_tree(repo, [(b"100644", b"caf\xe9.py", made.blob(repo, b"latin = 1\n"))])
    made.commit_tree(repo, tree)
    snapshot, contents = read_all(repo)
    assert contents == {"caf\udce9.py": b"latin = 1\n"}
    assert snapshot.entries[0].path.encode("utf-8", "surrogateescape") == b"caf\xe9.py"


@pytest.mark.parametrize("name", [b"../../x", b"..", b"a\nb.py", b".git", b".GIT", b"/etc/passwd"])
def test_a_tree_entry_that_would_leave_the_tree_is_listed_and_refused(tmp_path: Path, name: bytes) -> None:
    repo = made.repository(tmp_path / "r")
    made.commit_tree(repo, made.raw_tree(repo, [(b"100644", name, made.blob(repo, b"x\n"))]))
    (entry,) = open_source(definition(repo), tmp_path).snapshot().entries
    assert entry.path == name.decode()
    assert admit(entry, definition(repo)) is SkipReason.UNSAFE_PATH


def test_symlinks_submodules_and_lfs_pointers_are_told_apart(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
    inner = made.repository(tmp_path / "inner")
    repo = made.repository(tmp_path / "r", {"model.py": pointer})
    (repo / "out").symlink_to("/etc/passwd")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    made.commit(repo, {})
    snapshot, contents = read_all(repo)
    kinds = {e.path: e.kind for e in snapshot.entries}
    assert kinds["out"] is EntryKind.SYMLINK
    assert kinds["sub"] is EntryKind.SUBMODULE
    assert {admit(e, definition(repo)) for e in snapshot.entries if e.path in ("out", "sub")} == {
        SkipReason.SYMLINK,
        SkipReason.SUBMODULE,
    }
    assert decode(Entry("model.py", "", None), contents["model.py"] or b"") is SkipReason.LFS_POINTER


def test_a_tree_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.git.objects.MAX_LISTING_BYTES", 5_000_000)
    repo = made.repository(tmp_path / "r")
    tree = made.raw_tree(repo, [(b"100644", b"f", made.blob(repo, b"x\n"))])
    for _ in range(12):
        tree = made.raw_tree(repo, [(b"40000", b"d%d" % i, tree) for i in range(10)])
    made.commit_tree(repo, tree)
    with pytest.raises(SourceUnreadable, match="larger than 5,000,000 bytes"):
        read_all(repo)
