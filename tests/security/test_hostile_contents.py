"""What repositories hold: names that are no files, names that drive terminals, what unfolds without end."""

from __future__ import annotations

import io
import os
import resource
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.errors import SourceUnreadable
from indexer.git.commits import resolve_commit
from indexer.git.objects import blobs_at, list_tree, read_objects
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from model_chain.testing import FakeEmbedder
from nightdex import night
from nightdex.cli import _run
from nightdex.night import summary
from search_api.cli import Output, search_command
from search_api.query import parse_query
from tests import packs
from tests import repositories as made
from tests.nights import World
from tests.repositories import git

CODE = b"def greet(name):\n    return 'hello ' + name\n"

# Each would leave the folder, reach into git's own, break a line, or drive a terminal, as a path.
UNSAFE = [
    b"../../escape.py", b"..", b"/etc/cron.d/evil.py", b".git", b".GIT", b".git/hooks/post-checkout.py",
    b"a/../../b.py", b"./c.py", b"new\nline.py", b"tab\tbed.py", b"\x1b]0;owned\x07.py", b"\x1b[2J.py",
    b"back\x08space.py", "next\u0085line.py".encode(), "line\u2028separator.py".encode(),
    b"x" * 5_000 + b".py",
]  # fmt: skip
# These are unusual, and files like any other.
SAFE = [
    b"-rf.py", b"--output=owned.py", b":(glob)*.py", b"$(touch owned).py", b"`id`.py", b";id;.py", b"%n.py",
    b"a b.py", b"'.py", b'".py', b"CASE.py", b"case.py", "caf\u00e9.py".encode(), "cafe\u0301.py".encode(),
    b"back\\slash.py", b"latin\xe9.py", "\u202egnp.py".encode(), b"CON.py", b"git~1.py",
]  # fmt: skip


def commit_named(folder: Path, names: list[bytes]) -> None:
    """Commit files that git itself would refuse to add, each with code of its own."""
    made.empty_repository(folder)
    entries = [
        (b"100644", name, made.blob(folder, CODE.replace(b"greet", b"greet_%d" % number)))
        for number, name in enumerate(names)
    ]
    made.commit_tree(folder, made.raw_tree(folder, sorted(entries, key=lambda entry: entry[1])))


def found(world: World, query: str) -> str:
    """What a search shows a person and an editor; JSON escapes what a terminal would obey by itself."""
    shown = io.StringIO()
    for output in (Output.HUMAN, Output.VIMGREP):
        search_command(parse_query(query, limit=50), world.state, lambda _: FakeEmbedder(), output, to=shown)
    return shown.getvalue()


def test_names_that_are_no_files_are_left_out_and_the_others_are_indexed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path)
    world.names.append("odd")
    commit_named(world.folder("odd"), [*UNSAFE, *SAFE])
    report = world.night()
    (odd,) = report.repositories
    assert odd.skipped == {"unsafe_path": len(UNSAFE)}
    assert odd.chunked == len(SAFE)
    assert {symbol for _, _, symbol in world.symbols()} == {
        f"greet_{number + len(UNSAFE)}" for number in range(len(SAFE))
    }
    said = found(world, "greet") + summary(report) + "".join(capfd.readouterr())
    assert "CASE.py" in said
    assert {mark for mark in said if not mark.isprintable()} <= {"\n"}
    assert not (tmp_path / "owned").exists()


def test_a_path_is_no_option_and_no_pattern_of_git(tmp_path: Path) -> None:
    commit_named(tmp_path / "r", SAFE)
    git_dir = tmp_path / "r/.git"
    commit = resolve_commit(git_dir, "")
    assert commit is not None
    expected = {entry.path: entry.blob_id for entry in list_tree(git_dir, commit.id)}
    assert blobs_at(git_dir, commit.id, expected) == expected
    for path, blob_id in expected.items():
        assert blobs_at(git_dir, commit.id, [path]) == {path: blob_id}
    assert not (tmp_path / "owned.py").exists()


def test_code_that_drives_a_terminal_is_spelled_out(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit(
        "odd", {"a.py": 'def greet():\n    """\x1b]0;owned\x07 \u202eevil"""\n    return "\x1b[2J"\n'}
    )
    world.night()
    said = found(world, "greet")
    assert "<U+001B>]0;owned" in said
    assert "<U+202E>evil" in said
    assert {mark for mark in said if not mark.isprintable()} <= {"\n"}


def test_a_folder_whose_name_drives_a_terminal_is_spelled_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = made.repository(tmp_path / "code/good")
    for name in ("\x1b]0;owned\x07", "\u202eevil"):
        broken = made.repository(tmp_path / "code" / name)
        (broken / ".git/HEAD").write_text("garbage\n")
    (tmp_path / "repos.toml").write_text('[index]\nstate_dir = "state"\n[[repo]]\nglob = "code/*"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(night, "night_embedder", lambda *_: FakeEmbedder())
    assert _run(["run"]) == 3
    assert _run(["status"]) == 3
    for name in ("a", "b"):
        other = tmp_path / name / "\x1b[2Jtwin"
        other.parent.mkdir()
        good.rename(other) if name == "a" else made.repository(other)
    (tmp_path / "repos.toml").write_text('[[repo]]\nglob = "a/*"\n[[repo]]\nglob = "b/*"\n')
    assert _run(["run"]) == 12
    said = "".join(capsys.readouterr())
    assert r"\x1b]0;owned" in said
    assert "two repositories are called" in said
    assert {mark for mark in said if not mark.isprintable()} <= {"\n"}


def test_links_and_folders_elsewhere_lead_nowhere(tmp_path: Path) -> None:
    outside = made.repository(tmp_path / "outside", {"private.py": "key = 1\n"})
    repo = made.repository(tmp_path / "r")
    (repo / "file.py").symlink_to(outside / "private.py")
    (repo / "folder").symlink_to(outside)
    (repo / "all.py").symlink_to("/proc/self/environ")
    made.commit(repo, {})
    git(repo, "config", "core.worktree", str(outside))
    assert "private.py" in git(repo, "ls-files", "--others")
    for worktree in (False, True):
        definition = SourceDefinition("v", SourceKind.REPOSITORY, str(repo), worktree=worktree)
        source = open_source(definition, tmp_path)
        read = {
            entry.path: data for entry, data in source.read(source.snapshot().entries) if entry.kind == "file"
        }
        assert read == {"a.py": b"a = 1\n", "lib/b.py": b"b = 2\n", "z.py": b"z = 3\n"}


@dataclass(frozen=True)
class Bomb:
    """A repository of a megabyte whose small files are differences, by turns, from two of 128 MB."""

    git_dir: Path
    blobs: list[str]


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Bomb:
    repo = made.repository(tmp_path_factory.mktemp("bomb") / "r")
    one, other = (packs.add_differences_from_zeros(repo, size << 20, 5) for size in (128, 129))
    return Bomb(repo / ".git", [blob for pair in zip(one, other, strict=True) for blob in pair])


def children_peak() -> int:
    """Bytes of memory that the largest child of this process has ever held."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def test_a_small_pack_that_unfolds_in_memory_ends_git_and_not_the_machine(
    bomb: Bomb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.git.command.MAX_GIT_MEMORY", 64 << 20)
    with pytest.raises(SourceUnreadable, match="git cat-file failed"):
        list(read_objects(bomb.git_dir, bomb.blobs))
    monkeypatch.setattr("indexer.git.command.MAX_GIT_MEMORY", 512 << 20)
    assert [data is not None for data in read_objects(bomb.git_dir, bomb.blobs)] == [True] * 10
    assert children_peak() > 128 << 20


def test_a_pack_that_takes_for_ever_ends_git_and_not_the_night(
    bomb: Bomb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.git.command.MAX_GIT_CPU_SECONDS", 1)
    with pytest.raises(SourceUnreadable, match="killed by signal"):
        for _ in read_objects(bomb.git_dir, bomb.blobs * 200):
            pass


def test_a_file_that_git_writes_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = made.repository(tmp_path / "remote", {"big.bin": os.urandom(2_000_000)})
    source = open_source(SourceDefinition("v", SourceKind.MIRROR, f"file://{remote}"), tmp_path / "mirrors")
    monkeypatch.setattr("indexer.git.command.MAX_GIT_FILE_BYTES", 1_000_000)
    with pytest.raises(SourceUnreadable, match="cannot be fetched"):
        source.snapshot()
    assert list((tmp_path / "mirrors").iterdir()) == []
    monkeypatch.setattr("indexer.git.command.MAX_GIT_FILE_BYTES", 10_000_000)
    assert source.snapshot().commit


def test_folders_without_end_cost_one_repository(tmp_path: Path) -> None:
    repo = made.repository(tmp_path / "r")
    packs.commit_folders(repo, 60_000)
    with pytest.raises(SourceUnreadable, match="git ls-tree failed"):
        open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(repo)), tmp_path).snapshot()


def test_a_git_file_of_any_size_is_looked_at_and_not_held(tmp_path: Path) -> None:
    repo = tmp_path / "r"
    repo.mkdir()
    with (repo / ".git").open("wb") as file:
        file.write(b"gitdir: /nowhere")
        file.truncate(1 << 40)
    tracemalloc.start()
    try:
        with pytest.raises(SourceUnreadable, match="does not name a git directory"):
            open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(repo)), tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
