"""Plain folders, working trees and cards: read as they stand, by .gitignore's rules, never outside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.intake.admit import admit
from indexer.intake.skip import SkipReason
from indexer.limits import MAX_FILE_BYTES
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from indexer.sources.source import Entry, EntryKind
from tests import repositories as made
from tests.repositories import git


def entries(
    path: Path, kind: SourceKind = SourceKind.REPOSITORY, *, worktree: bool = False
) -> dict[str, Entry]:
    source = open_source(SourceDefinition("shop", kind, str(path), worktree=worktree), path.parent)
    return {entry.path: entry for entry in source.snapshot().entries}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


IGNORING = {
    ".gitignore": "*.log\nbuild/\n/top.txt\n!keep.log\n!\n",
    "a.py": "a = 1\n",
    "x.log": "",
    "keep.log": "kept\n",
    "top.txt": "",
    "lib/top.txt": "t\n",
    "build/out.py": "",
    "lib/build/out.py": "",
    "lib/.gitignore": "*.tmp\r\n!x.log\r\nbui\\ ld\r\n",
    "lib/x.log": "let in again\n",
    "lib/y.tmp": "",
    "lib/deep/z.tmp": "",
    "lib/deep/ok.py": "ok = 1\n",
    "docs/**/x": "odd name\n",
}


def test_a_folder_without_git_is_listed_as_git_would_list_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", IGNORING)
    listed = set(entries(folder))
    made.empty_repository(tmp_path / "oracle")
    write(tmp_path / "oracle", IGNORING)
    assert listed == set(git(tmp_path / "oracle", "ls-files", "--others", "--exclude-standard").split("\n"))
    assert "lib/x.log" in listed
    assert "lib/deep/z.tmp" not in listed


def test_blob_ids_are_those_git_would_give(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n", "empty": ""})
    listed = entries(folder)
    for name, entry in listed.items():
        assert (
            entry.blob_id == subprocess.check_output(["git", "hash-object", folder / name], text=True).strip()
        )


def test_a_symlink_out_of_the_folder_is_listed_and_never_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"secret.py": "s = 1\n"})
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n"})
    (folder / "file").symlink_to(tmp_path / "outside" / "secret.py")
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / ".gitignore").symlink_to("/dev/zero")
    listed = entries(folder)
    assert set(listed) == {"a.py", "file", "folder", ".gitignore"}
    assert listed["file"].kind is listed["folder"].kind is EntryKind.SYMLINK


def test_a_folder_swapped_for_a_symlink_after_the_listing_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"x.py": "outside = 1\n"})
    folder = write(tmp_path / "plain", {"lib/x.py": "inside = 1\n"})
    source = open_source(SourceDefinition("s", SourceKind.FOLDER, str(folder)), tmp_path)
    snapshot = source.snapshot()
    (folder / "lib").rename(tmp_path / "moved")
    (folder / "lib").symlink_to(tmp_path / "outside")
    assert [data for _, data in source.read(snapshot.entries)] == [None]


def test_pipes_and_sockets_are_passed_over_and_block_nobody(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n"})
    os.mkfifo(folder / "pipe.py")
    assert set(entries(folder)) == {"a.py"}


def test_a_file_that_changed_since_the_listing_carries_the_id_of_what_was_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n"})
    source = open_source(SourceDefinition("s", SourceKind.FOLDER, str(folder)), tmp_path)
    snapshot = source.snapshot()
    (folder / "a.py").write_text("a = 22\n")
    ((entry, data),) = source.read(snapshot.entries)
    assert data == b"a = 22\n"
    assert (
        entry.blob_id == subprocess.check_output(["git", "hash-object", folder / "a.py"], text=True).strip()
    )


def test_names_that_are_not_utf8_are_read_back(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n"})
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.py"))).write_text("latin = 1\n")
    source = open_source(SourceDefinition("s", SourceKind.FOLDER, str(folder)), tmp_path)
    contents = {e.path: d for e, d in source.read(source.snapshot().entries)}
    assert contents["caf\udce9.py"] == b"latin = 1\n"


def test_what_may_not_be_read_is_recorded_and_the_rest_is_read(open_path: Path) -> None:
    folder = write(open_path / "plain", {"a.py": "a = 1\n", "locked.py": "l = 1\n", "shut/in.py": "i = 1\n"})
    (folder / "locked.py").chmod(0)
    (folder / "shut").chmod(0)
    code = """
source = open_source(SourceDefinition("s", SourceKind.FOLDER, sys.argv[1]), Path("/tmp"))
for entry, data in source.read(source.snapshot().entries):
    print(entry.path, entry.size, data)
"""
    said = made.as_nobody(code, str(folder))
    (folder / "shut").chmod(0o755)
    assert said.splitlines() == ["a.py 6 b'a = 1\\n'", "locked.py None None", "shut None None"]


def test_a_folder_that_is_gone_is_missing_and_a_file_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        entries(tmp_path / "nowhere", SourceKind.FOLDER)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceUnreadable, match="not a folder"):
        entries(tmp_path / "file", SourceKind.FOLDER)


def test_a_folder_deleted_while_it_is_read_is_missing(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n", "b.py": "b = 1\n"})
    source = open_source(SourceDefinition("s", SourceKind.FOLDER, str(folder)), tmp_path)
    reading = source.read(source.snapshot().entries)
    next(reading)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(SourceMissing):
        list(reading)


def test_a_huge_file_is_listed_by_its_size_and_not_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {})
    folder.mkdir()
    with (folder / "huge.js").open("wb") as file:
        file.truncate(10_000_000_000)  # sparse: reading it would take minutes and all memory
    (entry,) = entries(folder).values()
    assert (entry.size, entry.blob_id) == (10_000_000_000, "")
    definition = SourceDefinition("s", SourceKind.FOLDER, str(folder))
    assert admit(entry, definition) is SkipReason.TOO_LARGE
    ((_, data),) = open_source(definition, tmp_path).read([entry])
    assert data is not None
    assert len(data) == MAX_FILE_BYTES + 1


def test_a_working_tree_counts_tracked_and_new_files_but_not_ignored_ones(tmp_path: Path) -> None:
    repo = made.repository(
        tmp_path / "r", {"a.py": "old\n", "build/kept.py": "tracked, though ignored\n", "gone.py": "g\n"}
    )
    head = git(repo, "rev-parse", "HEAD")
    write(
        repo,
        {
            ".gitignore": "build/\n*.log\n",
            "a.py": "new\n",
            "fresh.py": "f = 1\n",
            "x.log": "",
            "build/o.py": "",
        },
    )
    (repo / "gone.py").unlink()
    source = open_source(SourceDefinition("r", SourceKind.REPOSITORY, str(repo), worktree=True), tmp_path)
    snapshot = source.snapshot()
    contents = {e.path: d for e, d in source.read(snapshot.entries)}
    assert contents.keys() == {".gitignore", "a.py", "build/kept.py", "fresh.py"}
    assert contents["a.py"] == b"new\n"
    assert (snapshot.commit, snapshot.committed_at) == (head, made.COMMITTED_AT)


def test_a_nested_repository_is_one_entry_like_a_submodule(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"a.py": "a = 1\n"})
    made.repository(folder / "inner")
    assert entries(folder)["inner"].kind is EntryKind.SUBMODULE
    assert set(entries(folder)) == {"a.py", "inner"}


def test_a_bare_repository_has_no_working_tree(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="bare"):
        entries(made.empty_repository(tmp_path / "r", bare=True), worktree=True)


def test_cards_are_the_markdown_files_below_a_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "cards", {"a.md": "# A\n", "deep/B.MD": "# B\n", "c.txt": "no card\n"})
    assert set(entries(folder, SourceKind.CARDS)) == {"a.md", "deep/B.MD"}


def test_a_folder_inside_a_repository_is_not_mistaken_for_that_repository(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "home")
    folder = write(repo / "notes", {"n.py": "n = 1\n"})
    assert set(entries(folder)) == {"n.py"}
