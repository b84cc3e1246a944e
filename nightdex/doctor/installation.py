"""Whether this installation is whole: grammars, locale, what tells of failed nights, the guard."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok
from nightdex.notices import url_of

GUARD = "nightdex-guard"

# Where each agent says which hooks it asks: its variable, its folder, the files.
_AGENTS = (
    ("Claude Code", "CLAUDE_CONFIG_DIR", ".claude", ("settings.json", "settings.local.json"), "claude-code"),
    ("Codex", "CODEX_HOME", ".codex", ("hooks.json",), "codex"),
)


def check_grammars(_: Configuration) -> Iterator[Finding]:
    """Whether every grammar loads; a language without one is searched as windows of lines."""
    from indexer.chunking.grammar import GRAMMARS, grammar_of  # noqa: PLC0415 - a second of loading

    missing = {}
    for name in GRAMMARS:
        try:
            grammar_of(name)
        except Exception as failed:  # noqa: BLE001 - whatever a wheel of somebody else raises
            missing[name] = f"{type(failed).__name__}: {failed}"
    if missing:
        found = f"{', '.join(missing)} cannot be loaded: {next(iter(missing.values()))}"
        yield error(found, "install nightdex again, with the wheels that it names", missing=missing)
    else:
        yield ok(f"all {len(GRAMMARS)} load")


def check_locale(_: Configuration) -> Iterator[Finding]:
    """Whether names that are not ASCII can be shown and opened."""
    encodings = {sys.getfilesystemencoding().lower(), locale.getpreferredencoding(do_setlocale=False).lower()}
    if encodings <= {"utf-8", "utf8"}:
        yield ok("UTF-8")
    else:
        found = f"text here is {', '.join(sorted(encodings))}: names that are not ASCII are shown escaped"
        yield note(found, "set LANG=C.UTF-8, or another UTF-8 locale")


def check_notify(configuration: Configuration) -> Iterator[Finding]:
    """Whether somebody is told of a night that failed; nobody is told now."""
    settings = configuration.settings.notify
    channels = ["a webhook"] if url_of(settings) else []
    if settings.command:
        if shutil.which(settings.command[0]) is None:
            found = f"the command of [notify] is not there: {settings.command[0]}"
            yield error(found, "name a program that is, and try it with `nightdex notify --test`")
            return
        channels.append(settings.command[0])
    if channels:
        yield ok(f"nights that fail are told to {' and '.join(channels)}; `nightdex notify --test` tries it")
    else:
        yield note("nobody is told when a night fails", "give [notify] a url or a command")


def check_guard(_: Configuration) -> Iterator[Finding]:
    """Whether the agents of this user ask the guard, and it is there to be asked."""
    for agent, variable, folder, files, manual in _AGENTS:
        home = Path(os.environ.get(variable) or Path.home() / folder)
        if not home.is_dir():
            continue
        if not any(_names_guard(home / name) for name in files):
            remedy = f"integrations/{manual}/README.md says how, if it should"
            yield note(f"{agent} runs shell commands without asking {GUARD}", remedy, agent=agent)
        elif shutil.which(GUARD) is None:
            found = f"{agent} asks {GUARD}, which is not on PATH: it blocks every shell command"
            yield error(found, f"put {GUARD} on the PATH that {agent} sees", agent=agent)
        else:
            yield ok(f"{agent} asks {GUARD}", agent=agent)


def _names_guard(file: Path) -> bool:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return False
    return GUARD in text or '"nightdex@nightdex": true' in text
