"""A real night under what nightdex-index.service is held to, where systemd itself does not run.

Read-only but for the state folder, no capability, no new privileges, and the system calls of the unit alone.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import current_generation
from tests.nights import World

HARDENING = Path(__file__).parents[3] / "systemd" / "hardening.conf"

pytestmark = pytest.mark.skipif(
    None in (shutil.which("systemd-analyze"), shutil.which("unshare"), find_library("seccomp"))
    or subprocess.run(["unshare", "--map-root-user", "--mount", "true"], check=False).returncode != 0,
    reason="no systemd-analyze, or no namespaces: nothing to hold a night to",
)

MOUNTS = """set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --bind "$1/state" "$1/state"
mount -t tmpfs tmpfs /var/tmp
mount -o remount,bind,ro "$1"
mount -o remount,bind,ro /
shift
export TMPDIR=/var/tmp
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""

NIGHT = """
import ctypes, errno, json, pathlib, sys
calls, file = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
REFUSED, ALLOWED = 0x00050000 | errno.EPERM, 0x7FFF0000
filter = ctypes.c_void_p(seccomp.seccomp_init(REFUSED))
for name in calls:
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert seccomp.seccomp_rule_add(filter, ALLOWED, number, 0) == 0, name
assert seccomp.seccomp_load(filter) == 0
try:
    file.write_text("")
except OSError as error:
    assert error.errno == errno.EROFS
else:
    raise SystemExit("not confined")
assert ctypes.CDLL(None).chroot(b"/") == -1
from nightdex.cli import main
main(["run", "--config", str(file)])
"""


def calls_of(group: str) -> set[str]:
    """The system calls of a group, by systemd's own list."""
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True, check=True
    )
    calls: set[str] = set()
    for member in re.findall(r"^    (@?[\w-]+)$", told.stdout, re.MULTILINE):
        calls |= calls_of(member) if member.startswith("@") else {member}
    return calls


def allowed() -> set[str]:
    kept: set[str] = set()
    refused: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", HARDENING.read_text(), re.MULTILINE):
        for group in line.removeprefix("~").split():
            (refused if line.startswith("~") else kept).update(calls_of(group))
    return kept - refused


def test_a_night_runs_under_what_its_service_is_held_to(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit("shop", {"cart.py": "def cart_total(items):\n    return sum(items)\n"})
    world.state.mkdir()
    file = tmp_path / "repos.toml"
    file.write_text(
        '[index]\nstate_dir = "state"\n[embedding]\nprovider = "embedded"\n'
        '[summaries]\nprovider = "extractive"\n[[repo]]\npath = "code/shop"\n'
    )
    calls = allowed()
    assert {"read", "execve"} <= calls
    assert not {"mount", "setpriority", "chroot"} & calls
    done = subprocess.run(
        [
            "unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTS, "sh", str(tmp_path),
            sys.executable, "-c", NIGHT, json.dumps(sorted(calls)), str(file),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("generation 1 published")
    assert check(world.state, current_generation(world.state)) == []
