"""Run a shell command where every program is a stub that writes down its own name: the guard's oracle.

The command runs under the real bash, in a throw-away directory, in its own mount, process and network
namespaces. `PATH` is one directory: logging stubs, real launchers (env, xargs, timeout, nohup ...) and small
stand-ins for launchers a machine may lack (sudo, parallel, busybox ...), which do execute their arguments.
Stubs and stand-ins also cover /usr/bin, so an absolute path is seen too.

Which programs run can depend on what others answer. Each command therefore runs in several worlds (stubs
succeed and print file names, or fail silently; the project has files, or is empty); a program counts as run
if it ran in any. A branch that is dead in all of them (`false && ls`) is outside what the cases ask.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from model_chain.guard.shell import MECHANICAL

RUN_SECONDS = 6.0
BACKGROUND_TURNS = 20  # of 0.05 s
REAL_LAUNCHERS = (
    "bash", "sh", "dash", "env", "xargs", "timeout", "nice", "ionice", "stdbuf", "nohup", "setsid", "flock",
    "taskset", "seq", "basename", "dirname", "mkdir", "touch", "tee", "mktemp", "chmod", "true",
    "false", "test",
)  # fmt: skip
LISTING = "src/main.py\nREADME.md\n"
SEEDED = ("src/main.py", "README.md", "package.json", "a.txt", "b.txt", "data.csv", "build.log", "list.txt")
SCRIPTS = ("find.sh", "gradlew", "configure", "scripts/grep", "scripts/tail.sh", "server")

_DROP_OPTIONS = """
while [ $# -gt 0 ]; do
  case "$1" in
    --) shift; break;;
    {valued}) shift 2;;
    -*) shift;;
    *=*) export "$1"; shift;;
    *) break;;
  esac
done
"""
_STAND_INS = {
    "sudo": _DROP_OPTIONS.replace("{valued}", "-u|-g|-p|-C|-h|-D") + 'exec "$@"\n',
    "doas": _DROP_OPTIONS.replace("{valued}", "-u|-C") + 'exec "$@"\n',
    "time": _DROP_OPTIONS.replace("{valued}", "-f|-o") + 'exec "$@"\n',
    "busybox": 'exec "$@"\n',
    "zsh": 'exec bash "$@"\n',
    "watch": _DROP_OPTIONS.replace("{valued}", "-n|--interval") + 'exec sh -c "$*"\n',
    "which": 'for w in "$@"; do type -P "$w"; done\n',
    "sleep": "exit 0\n",
    "chroot": 'shift; exec "$@"\n',
    "chrt": _DROP_OPTIONS.replace("{valued}", "-T|-P|-D") + 'shift; exec "$@"\n',
    "numactl": _DROP_OPTIONS.replace("{valued}", "-N|-C|-m") + 'exec "$@"\n',
    "strace": _DROP_OPTIONS.replace("{valued}", "-o|-e|-p") + 'exec "$@"\n',
    "direnv": '[ "$1" = exec ] && { shift 2; exec "$@"; }\n',
    "bundle": '[ "$1" = exec ] && { shift; exec "$@"; }\n',
    **dict.fromkeys(("uv", "poetry"), '[ "$1" = run ] && { shift; exec "$@"; }\n'),
    **dict.fromkeys(
        ("unshare", "ltrace", "valgrind", "entr", "systemd-run", "prlimit", "torsocks"),
        _DROP_OPTIONS.replace("{valued}", "--none") + 'exec "$@"\n',
    ),
    **dict.fromkeys(
        ("su", "runuser", "script"),
        'while [ $# -gt 0 ]; do [ "$1" = -c ] && exec sh -c "$2"; shift; done\n',
    ),
    "parallel": _DROP_OPTIONS.replace("{valued}", "-j|--jobs")
    + """
template=(); inputs=()
while [ $# -gt 0 ] && [ "$1" != ::: ]; do template+=("$1"); shift; done
if [ "$1" = ::: ]; then shift; inputs=("$@"); else mapfile -t inputs; fi
line="${template[*]}"
case "$line" in *{}*) ;; *) line="$line {}";; esac
for input in "${inputs[@]}"; do bash -c "${line//\\{\\}/$input}"; done
""",
}


@dataclass(frozen=True, slots=True)
class World:
    """What the stubs answer and whether the project directory holds files."""

    status: int
    output: str
    seeded: bool


WORLDS = (
    World(0, LISTING, seeded=True),
    World(1, "", seeded=True),
    World(0, "", seeded=False),
    World(1, LISTING, seeded=False),
)


def available() -> bool:
    """Say whether this machine lets us make the namespaces the sandbox needs."""
    if shutil.which("unshare") is None or shutil.which("bash") is None:
        return False
    probe = subprocess.run([*_unshare(), "true"], capture_output=True, check=False, timeout=RUN_SECONDS)
    return probe.returncode == 0


def programs_run(commands: Sequence[str], workers: int = 2) -> list[frozenset[str]]:
    """Execute each command in every world; the names of the stubs that ran, one set a command."""
    names = sorted(_program_names(commands))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        per_world = list(pool.map(lambda world: _run_all(commands, names, world), WORLDS))
    return [frozenset().union(*runs) for runs in zip(*per_world, strict=True)]


def _run_all(commands: Sequence[str], names: Sequence[str], world: World) -> list[frozenset[str]]:
    with tempfile.TemporaryDirectory(prefix="nightdex-guard-") as root:
        room = Path(root)
        _furnish(room, names, world)
        return [_run_one(room, command, world) for command in commands]


def _run_one(room: Path, command: str, world: World) -> frozenset[str]:
    log, project = room / "log", room / "project"
    log.write_text("")
    shutil.rmtree(project, ignore_errors=True)
    _seed(project, seeded=world.seeded, stub=room / "bin" / "_stub")
    script = f'mount --bind /usr/bin "{room}/real"; mount --bind "{room}/system" /usr/bin; '
    script += f'mount --bind "{room}/bin" /usr/local/bin; cd "{project}"; '
    script += f'env -i HOME="{project}" PATH="{room}/bin" bash -c "$1"'
    if "&" in command or "coproc" in command:  # the namespace ends with us: wait for background work
        script += f"; n=0; while kill -0 -1 2>/dev/null && [ $n -lt {BACKGROUND_TURNS} ]; "
        script += "do sleep 0.05; n=$((n+1)); done"
    process = subprocess.Popen(
        [*_unshare(), "sh", "-c", script, "sh", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        process.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # --kill-child ends everything inside the process namespace
        process.communicate()
    return frozenset(log.read_text().split())


def _unshare() -> list[str]:
    return ["unshare", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child"]


def _furnish(room: Path, names: Iterable[str], world: World) -> None:
    bin_dir = room / "bin"
    bin_dir.mkdir()
    bash = shutil.which("bash") or "/bin/bash"
    answer = f"printf '%s' '{world.output}'\n" if world.output else ""
    _script(bin_dir / "_stub", bash, f'echo "${{0##*/}}" >> "{room}/log"\n{answer}exit {world.status}\n')
    for name, body in _STAND_INS.items():
        _script(bin_dir / name, bash, body)
    for name in REAL_LAUNCHERS:
        real = shutil.which(name)
        if real:
            (bin_dir / name).symlink_to(real)
    for name in (*names, *sorted(MECHANICAL)):
        path = bin_dir / name
        if not path.is_symlink() and not path.exists():
            path.symlink_to("_stub")
    (room / "real").mkdir()
    system = room / "system"  # what /usr/bin shows inside: the machine's programs, ours where ours exist
    system.mkdir()
    for entry in Path("/usr/bin").iterdir():
        (system / entry.name).symlink_to(room / "real" / entry.name)
    for name in (*MECHANICAL, *_STAND_INS):
        (system / name).unlink(missing_ok=True)
        (system / name).symlink_to(bin_dir / name)


def _seed(project: Path, *, seeded: bool, stub: Path) -> None:
    project.mkdir()
    (project / "src").mkdir()
    if not seeded:
        return
    (project / "services" / "api").mkdir(parents=True)
    for name in SEEDED:
        (project / name).write_text(LISTING)
    for name in SCRIPTS:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!{shutil.which("bash")}\necho "script:{name}" >> "{stub.parent.parent}/log"\n')
        path.chmod(0o755)


def _script(path: Path, bash: str, body: str) -> None:
    path.write_text(f"#!{bash}\n{body}")
    path.chmod(0o755)


def _program_names(commands: Iterable[str]) -> Iterator[str]:
    """Every bare word of the commands, so that whatever they call has a stub."""
    words = {word for command in commands for word in re.findall(r"[A-Za-z_][\w.+-]*", command)}
    yield from words - set(REAL_LAUNCHERS) - set(_STAND_INS)


def record(path: Path) -> int:
    """Write what really ran into a case file, one JSON object a line; the number of cases."""
    cases = [json.loads(line) for line in path.read_text().splitlines()]
    for case, ran in zip(cases, programs_run([case["command"] for case in cases]), strict=True):
        case["ran"] = sorted(ran & MECHANICAL)
    draft = path.with_suffix(".tmp")
    draft.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases))
    draft.replace(path)
    return len(cases)
