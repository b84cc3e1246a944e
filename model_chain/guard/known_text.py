"""Text that a command line itself determines: what its builtins print, read and hand on."""

from __future__ import annotations

import re

from model_chain.guard.words import Fields, Scope


def read_into(scope: Scope, argv: Fields, stdin: str) -> None:
    """`read a b`, `read -a c` and `mapfile c` from text that is known."""
    names = [word for word in argv[1:] if not word.startswith("-")]
    lines = stdin.splitlines()
    if argv[0] != "read":
        scope.assign(names[-1] if names else "MAPFILE", [tuple(lines)])
        return
    fields = tuple((lines or [""])[0].split())
    if any(word.startswith("-") and word.endswith("a") for word in argv[1:]):
        scope.assign(names[-1] if names else "REPLY", [fields])
        return
    for position, name in enumerate(names or ["REPLY"]):
        last = position == len(names or ["REPLY"]) - 1
        scope.assign(
            name, [(" ".join(fields[position:]) if last else "".join(fields[position : position + 1]),)]
        )


def with_input(argv: Fields, replace: str, text: str) -> Fields:
    """The command line that xargs makes of the text; `replace` is what -I names, or ""."""
    fields = tuple(text.split())
    if not replace:
        return (*argv, *fields)
    return tuple(word.replace(replace, fields[0] if fields else "") for word in argv)


def printed(argv: Fields) -> str | None:
    """What echo, printf, which or `command -v` print; None for any other program."""
    name, args = argv[0], argv[1:]
    if name == "echo":
        while args and re.fullmatch(r"-[neE]+", args[0]):
            args = args[1:]
        return " ".join(args) + "\n"
    if name == "printf" and args:
        pattern = args[0].replace("\\n", "\n")
        return "".join(pattern.replace("%s", arg) for arg in args[1:]) if "%s" in pattern else pattern
    if name == "which" or (name in ("command", "type") and args[:1] in (("-v",), ("-p",), ("-P",))):
        names = [word for word in args if not word.startswith("-")]
        return "\n".join(names) + "\n"
    return None
