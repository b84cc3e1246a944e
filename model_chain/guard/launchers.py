"""Programs that start other programs: what, after their own options, do they run?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model_chain.guard.words import UNKNOWN, Fields


class Launch(NamedTuple):
    """What a launcher runs: `argv`, or `script` as shell source with `argv` as its $0, $1 ...

    `external` says that shell functions cannot answer; `from_stdin` that the source arrives on standard
    input; `appends` (the text they replace, or "" for the end) that further arguments arrive there.
    """

    argv: Fields = ()
    script: str | None = None
    external: bool = True
    from_stdin: bool = False
    appends: str | None = None
    same_shell: bool = False


class _Options(NamedTuple):
    short: str = ""  # options with a value, as letters
    long: tuple[str, ...] = ()  # long options whose value is the next word
    operands: int = 0  # words of its own before the command
    assignments: bool = False
    inert: str = ""  # options under which nothing is run


_LAUNCHERS = {
    "sudo": _Options(
        "ugpChDRTUrtac",
        ("user", "group", "prompt", "close-from", "host", "chdir", "chroot", "command-timeout", "type"),
        assignments=True,
        inert="elvKV",
    ),
    "doas": _Options("uC", inert="Ls"),
    "env": _Options("uCS", ("unset", "chdir", "split-string"), assignments=True),
    "timeout": _Options("sk", ("signal", "kill-after"), operands=1),
    "nice": _Options("n", ("adjustment",)),
    "ionice": _Options("cnpPu", ("class", "classdata", "pid")),
    "stdbuf": _Options("ioe", ("input", "output", "error")),
    "nohup": _Options(),
    "setsid": _Options(),
    "time": _Options("fo", ("format", "output")),
    "command": _Options(inert="vV"),
    "builtin": _Options(),
    "exec": _Options("a"),
    "chrt": _Options("TPD", operands=1),
    "taskset": _Options(operands=1),
    "chroot": _Options(operands=1),
    "unshare": _Options(),
    "fakeroot": _Options("lsib"),
    "caffeinate": _Options("tw"),
    "prlimit": _Options(),
    "setpriv": _Options(),
    "numactl": _Options("NCmiplo"),
    "torsocks": _Options(),
    "xvfb-run": _Options("efnsw"),
    "systemd-run": _Options("puMHtE", ("property", "unit", "uid", "gid", "nice", "setenv", "slice")),
    "valgrind": _Options(),
    "ltrace": _Options("oepsuaFlxn"),
    "strace": _Options("oepsuEaISXOb"),
    "unbuffer": _Options(),
    "chronic": _Options(),
    "entr": _Options(),
    "flock": _Options("wE", ("timeout", "conflict-exit-code"), operands=1),
    "watch": _Options("nq", ("interval", "equexit")),
    "xargs": _Options(
        "adEILnPs", ("arg-file", "delimiter", "max-args", "max-procs", "max-chars", "process-slot-var")
    ),
    "parallel": _Options(
        "jPNnLadISsEC",
        (
            "jobs", "max-procs", "arg-file", "delimiter", "colsep", "results", "joblog", "timeout", "delay",
            "retries", "load", "memfree", "nice", "tagstring", "workdir", "tmpdir", "sshlogin", "halt",
            "max-args", "rpl",
        ),
    ),
}  # fmt: skip
SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash"))
_KEYWORDS = frozenset(("!", "{", "(", "then", "do", "else", "time", "coproc"))
_PROJECT_RUNNERS = {
    "uv": ("run", 0), "poetry": ("run", 0), "pipenv": ("run", 0), "pdm": ("run", 0), "bundle": ("exec", 0),
    "direnv": ("exec", 1),
}  # fmt: skip


def launches(argv: Fields) -> list[Launch] | None:  # noqa: PLR0911 (one return a family of launchers)
    """What this command line starts besides itself; None when it is no launcher."""
    name, args = argv[0].rsplit("/", 1)[-1], list(argv[1:])
    if argv[0] in _KEYWORDS and argv[0] != "time":
        named = (
            [Launch(tuple(args[1:]), external=False)] if argv[0] == "coproc" and args[1:2] == ["{"] else []
        )
        return [Launch(tuple(args), external=False), *named]
    if name in SHELLS:
        return _shell(args)
    if name == "eval":
        return [Launch(script=" ".join(args), same_shell=True)]
    if name == "trap":
        action = next((arg for arg in args if arg != "--"), "-")
        return [] if action.startswith("-") or len(args) < 2 else [Launch(script=action, same_shell=True)]
    if name == "busybox":
        return [Launch(tuple(args))]
    if name == "find":
        return _find(args)
    if name in ("su", "runuser", "script"):
        return _dash_c(args)
    if name in _PROJECT_RUNNERS and args[:1] == [_PROJECT_RUNNERS[name][0]]:
        return [Launch(tuple(_after(args[1:], _Options("p"))[_PROJECT_RUNNERS[name][1] :]))]
    if name in _LAUNCHERS:
        return _launcher(name, args)
    return None


def _launcher(name: str, args: list[str]) -> list[Launch]:  # noqa: PLR0911 (one return a special case)
    options = _LAUNCHERS[name]
    seen = _seen(args, options)
    if set(seen) & set(options.inert):
        return []
    rest = _after(args, options)
    if name == "env" and (split := _value(args, "S", "split-string")) is not None:
        return [Launch(script=" ".join([split, *rest]))]
    if name == "watch":
        return [Launch(tuple(rest))] if "x" in seen else [Launch(script=" ".join(rest))]
    if name == "flock" and rest[:1] in (["-c"], ["--command"]):
        return [Launch(script=" ".join(rest[1:]))]
    if name == "xargs":
        return [Launch(tuple(rest), appends=_value(args, "I", "replace") or "")] if rest else []
    if name == "parallel":
        return _parallel(rest)
    # `time` and `exec` given as words still look functions up only when bash itself reads the keyword
    return [Launch(tuple(rest), external=name != "time")]


def _parallel(rest: list[str]) -> list[Launch]:
    marks = [i for i, word in enumerate(rest) if word in (":::", "::::", ":::+", "::::+")]
    template = rest[: marks[0]] if marks else rest
    inputs = rest[marks[0] + 1 :] if marks and rest[marks[0]] == ":::" else [UNKNOWN]
    if not template:
        return [Launch(script=line) for line in inputs] if marks else [Launch(from_stdin=True)]
    line = " ".join(template)
    return [Launch(script=line.replace("{}", item)) for item in inputs]


def _shell(args: list[str]) -> list[Launch]:
    index, takes_script, reads_stdin = 0, False, False
    while index < len(args):
        arg = args[index]
        if arg == "--" or not arg.startswith(("-", "+")) or arg == "-":
            index += arg in ("--", "-")
            break
        if arg in ("--rcfile", "--init-file"):
            index += 1
        elif not arg.startswith("--"):
            takes_script |= "c" in arg
            reads_stdin |= "s" in arg
            index += arg[-1] in "oO"
        index += 1
    operands = args[index:]
    if takes_script:
        return [Launch(tuple(operands[1:]), script=operands[0])] if operands else []
    if reads_stdin or not operands or operands[0] == "/dev/stdin":
        return [Launch(tuple(operands), from_stdin=True)]
    return []


def _dash_c(args: list[str]) -> list[Launch]:
    for index, arg in enumerate(args[:-1]):
        if arg == "--command" or (arg.startswith("-") and not arg.startswith("--") and arg.endswith("c")):
            return [Launch(script=args[index + 1])]
    return []


def _find(args: list[str]) -> list[Launch]:
    found = []
    for index, arg in enumerate(args):
        if arg in ("-exec", "-execdir", "-ok", "-okdir"):
            rest = args[index + 1 :]
            end = next((i for i, word in enumerate(rest) if word in (";", "+")), len(rest))
            found.append(Launch(tuple(rest[:end])))
    return found


def _walk(args: Sequence[str], options: _Options) -> tuple[int, str]:
    """Step over a launcher's own options: where its operands begin, and which short options it had."""
    index, seen = 0, ""
    while index < len(args):
        arg = args[index]
        if arg == "--":
            return index + 1, seen
        if arg == "-":
            index += 1
        elif arg.startswith("--"):
            name, equals, _ = arg[2:].partition("=")
            index += 1 if equals or name not in options.long else 2
        elif arg.startswith("-"):
            valued = next((i for i, letter in enumerate(arg[1:], 1) if letter in options.short), None)
            seen += arg[1:] if valued is None else arg[1 : valued + 1]
            index += 2 if valued == len(arg) - 1 else 1
        else:
            break
    return index, seen


def _seen(args: Sequence[str], options: _Options) -> str:
    return _walk(args, options)[1]


def _after(args: Sequence[str], options: _Options) -> list[str]:
    rest = list(args[_walk(args, options)[0] :])
    if options.assignments:
        while rest and "=" in rest[0]:
            rest.pop(0)
    return rest[options.operands :]


def _value(args: Sequence[str], letter: str, long: str) -> str | None:
    for index, arg in enumerate(args):
        if arg in ("-" + letter, "--" + long):
            return args[index + 1] if index + 1 < len(args) else None
        if arg.startswith("--" + long + "="):
            return arg.partition("=")[2]
        if arg.startswith("-" + letter):
            return arg[2:]
    return None
