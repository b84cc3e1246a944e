"""Input that breaks indexers: the night ends well, says what it met, and loses nothing else."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import current_generation
from indexer.night_report import Outcome, RepositoryReport
from tests.nights import World
from tests.repositories import blob, commit_tree, git, loose_object, raw_tree

GOOD = {"good.py": "def good():\n    return 1\n"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("repo", GOOD)
    return world


def night(world: World) -> RepositoryReport:
    (report,) = world.night().repositories
    assert report.adds_up
    assert ("repo", "good.py", "good") in world.symbols()
    return report


def test_a_single_line_of_100_mb_is_skipped_by_size_without_being_read(world: World) -> None:
    world.commit("repo", {"huge.js": b"x" * 100_000_000})
    report = night(world)
    assert report.skipped == {"too_large": 1}
    assert report.bytes_read < 1_000


def test_nesting_100_000_deep_is_cut_and_the_night_goes_on(world: World) -> None:
    # A line each: what stands on one line alone is taken for minified code, and left out.
    deep = "x = " + "(\n" * 100_000 + "1" + ")\n" * 100_000
    world.commit("repo", {"deep.py": deep, "deep.c": "{[\n" * 100_000})
    report = night(world)
    assert (report.found, report.chunked) == (3, 3)


@pytest.mark.timeout(600)
def test_50_000_files_are_indexed_and_counted(world: World) -> None:
    # fast-import writes the tree without 50,000 files on disk
    stream = ["commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 0\n\n"]
    for i in range(50_000):
        text = f"def f{i}():\n    return {i}\n"
        stream.append(f"M 644 inline d{i % 250}/f{i}.py\ndata {len(text)}\n{text}\n")
    stream.append("M 644 inline good.py\ndata 28\ndef good():\n    return 100\n\n")
    folder = world.folder("repo")
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet", "--force"],
        input="".join(stream).encode(),
        check=True,
    )
    report = night(world)
    assert report.found == report.chunked == 50_001
    assert report.chunks == 50_001


def test_a_repository_deleted_in_the_middle_of_its_night_keeps_its_old_chunks(world: World) -> None:
    import shutil

    world.commit("other", {"o.py": "def other():\n    return 1\n"})
    world.night()
    world.commit("repo", {f"n{i}.py": f"def n{i}():\n    return 1\n" for i in range(50)})

    def delete(step: str) -> None:
        if step == "repository:repo":
            shutil.rmtree(world.folder("repo"))

    report = world.night(failpoint=delete)
    assert report.outcome == "partial"
    assert {s[2] for s in world.symbols() if s[2]} == {"good", "other"}


def test_a_repository_that_breaks_off_half_way_reports_nothing_that_was_rolled_back(world: World) -> None:
    folder = world.folder("repo")
    world.commit("repo", {f"n{i}.py": f"def n{i}():\n    return {i}\n" for i in range(20)} | {"l.png": b"\0"})
    broken = loose_object(folder, git(folder, "rev-parse", "HEAD:n9.py"))
    broken.chmod(0o644)
    packed = broken.read_bytes()
    broken.write_bytes(packed[:12] + b"\xff" * (len(packed) - 12))
    report = world.night()
    (repository,) = report.repositories
    assert repository.outcome is Outcome.FAILED
    assert repository.adds_up
    assert report.totals()["embedded"] == report.totals()["skipped"] == 0


def test_names_that_are_not_utf8_and_paths_that_climb_out_are_survived(world: World) -> None:
    folder = world.folder("repo")
    blob = git(folder, "rev-parse", "HEAD:good.py")
    names = (b"caf\xe9.py", b"good.py", b"../../escaped.py")
    tree = raw_tree(folder, [(b"100644", name, blob) for name in names])
    commit_tree(folder, tree)
    report = night(world)
    assert report.chunked == 2
    assert report.skipped == {"unsafe_path": 1}
    assert {s[1] for s in world.symbols()} == {r"caf\xe9.py", "good.py"}


def test_a_tree_that_lists_a_path_twice_is_indexed_once_and_stops_nobody(world: World) -> None:
    world.commit("other", {"o.py": "def other():\n    return 1\n"})
    folder = world.folder("repo")
    first = git(folder, "rev-parse", "HEAD:good.py")
    twin = blob(folder, b"def twin():\n    return 2\n")
    commit_tree(folder, raw_tree(folder, [(b"100644", b"good.py", name) for name in (first, twin)]))
    (report, other) = world.night().repositories
    assert (report.found, report.chunked, report.skipped) == (2, 1, {"unsafe_path": 1})
    assert other.chunked == 1
    assert {s[2] for s in world.symbols()} == {"good", "other"}


def test_a_full_disk_ends_the_night_and_the_old_index_keeps_serving(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(state), b"tmpfs", 0, b"size=6m") != 0:
        assert ctypes.get_errno() in {errno.EPERM, errno.EACCES}
        _full_disk_by_file_size_limit(tmp_path)
        return
    try:
        world = World(tmp_path)
        world.commit("repo", GOOD)
        first = world.night().generation
        big = "\n".join(f"def f{i}():\n    return '{os.urandom(300).hex()}'\n" for i in range(2_500))
        world.commit("repo", {f"big{i}.py": big.replace("def f", f"def g{i}_") for i in range(6)})
        with pytest.raises(Exception, match=r"(?i)space|storage|size"):
            world.night()
        assert current_generation(world.state) == first
        assert check(world.state, first) == []
        assert ("repo", "good.py", "good") in world.symbols()
        world.commit("repo", {f"big{i}.py": None for i in range(6)})
        world.night()
        assert ("repo", "good.py", "good") in world.symbols()
    finally:
        assert libc.umount2(os.fsencode(state), 2) == 0


LIMITED = """
import resource, signal, sys
from pathlib import Path
from tests.nights import World
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
World(Path(sys.argv[1]), names=["repo"]).night()
"""


def _full_disk_by_file_size_limit(tmp_path: Path) -> None:
    """Where mounting is not allowed, the kernel refuses writes past a size instead."""
    world = World(tmp_path)
    world.commit("repo", GOOD)
    first = world.night().generation
    world.commit("repo", {"big.py": "\n".join(f"def f{i}():\n    return {i}\n" for i in range(40_000))})
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], cwd=root, check=False, capture_output=True
    )
    assert done.returncode != 0
    assert current_generation(world.state) == first
    assert check(world.state, first) == []
