"""Real git repositories for tests, whole and damaged: made and broken by git itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
    "GIT_ALLOW_PROTOCOL": "file",
    "PATH": os.environ["PATH"],
}
COMMITTED_AT = 1_700_000_000


def git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    """Run git for real and return what it printed."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=GIT_ENVIRONMENT,
        capture_output=True,
        check=False,
        input=given,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def empty_repository(folder: Path, *, bare: bool = False) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *(["--bare"] if bare else []))
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes | None]) -> str:
    """Write (or with None remove) files and commit them; creates the repository when there is none."""
    if not folder.exists():
        empty_repository(folder)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str | bytes | None] | None = None) -> Path:
    commit(folder, files or {"a.py": "a = 1\n", "lib/b.py": "b = 2\n", "z.py": "z = 3\n"})
    return folder


def commit_tree(folder: Path, tree: str) -> str:
    """Make a commit of a tree and check it out as main, without touching files."""
    commit_id = git(folder, "commit-tree", tree, "-m", "made by hand")
    git(folder, "update-ref", "refs/heads/main", commit_id)
    return commit_id


def raw_tree(folder: Path, entries: list[tuple[bytes, bytes, str]]) -> str:
    """Write a tree object that git would refuse to make: (mode, name, object id) as given."""
    data = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
    return git(folder, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=data)


def blob(folder: Path, data: bytes) -> str:
    return git(folder, "hash-object", "-w", "--stdin", given=data)


def loose_object(folder: Path, object_id: str) -> Path:
    git_dir = Path(git(folder, "rev-parse", "--absolute-git-dir"))
    return git_dir / "objects" / object_id[:2] / object_id[2:]


def lose_object(folder: Path, name: str) -> None:
    """Delete the object that a name such as "HEAD:a.py" stands for."""
    loose_object(folder, git(folder, "rev-parse", name)).unlink()


def corrupt_pack(folder: Path) -> None:
    """Pack everything, then overwrite the middle of the pack, as a bad disk would."""
    git(folder, "repack", "-a", "-d", "-q")
    (pack,) = Path(git(folder, "rev-parse", "--absolute-git-dir")).glob("objects/pack/*.pack")
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 4 : len(data) * 3 // 4] = b"\xff" * (len(data) * 3 // 4 - len(data) // 4)
    pack.write_bytes(data)


def as_nobody(code: str, *arguments: str) -> str:
    """Run Python code as an ordinary user even when the tests run as root; return what it printed."""
    drop = "import os, sys\nif os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    root = str(Path(__file__).parents[1])
    # Imports come first: the checkout itself may lie where an ordinary user cannot go.
    imports = "from pathlib import Path\nfrom indexer.sources.opening import open_source\n"
    imports += "from indexer.sources.definition import SourceDefinition, SourceKind\n"
    imports += "from indexer.errors import SourceError\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + drop + code, *arguments],
        env={"PYTHONPATH": root, "PATH": os.environ["PATH"], "TMPDIR": "/tmp"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
