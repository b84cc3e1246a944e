"""What the guard answers to a command it has read: pass, deny with the delegation to use, or rewrite.

strict   every mechanical command is denied
rewrite  it runs through the coder tier instead, in one turn: `nightdex chain run --tier haiku --command C`
         runs exactly C in the same directory, prints its result (condensed by the tier when it is long, never
         empty when C printed something) and exits with C's own exit status. The answer is "allow" only when
         the whole command can do nothing but read, else "ask"
smart    filters behind real work (`npm test | tail`) and heredoc writers (`cat > f <<EOF`) pass, not the rest
off      everything passes
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from model_chain.guard.shell import Invocation, Reading

POLICIES = ("strict", "rewrite", "smart", "off")

_RECURSIVE = ("-r", "-R", "--recursive", "--dereference-recursive")
_FILTERS = frozenset(("grep", "head", "tail", "wc", "awk", "sed", "rg", "cat"))
_PATTERN_FIRST = frozenset(("grep", "rg", "awk", "sed"))  # filters whose first operand is not a file
_HARMLESS = frozenset(
    (
        "cd", "echo", "printf", "true", "false", "test", "[", "sort", "uniq", "cut", "tr", "nl", "pwd", "set",
        "wait", "env", "timeout", "nice", "ionice", "stdbuf", "nohup", "time", "command", "xargs", "basename",
        "dirname",
    )
)  # fmt: skip
_STATEFUL = frozenset(("cd", "pushd", "popd", "export", "source", ".", "set", "alias"))
_WRITING_FLAGS = {
    "sed": ("-i", "--in-place"),
    "find": ("-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls"),
    "fd": ("-x", "-X", "--exec", "--exec-batch"),
    "tree": ("-o",),
    "rg": ("--pre",),
}


class Verdict(NamedTuple):
    """The guard's answer; `decision` is pass, deny, allow (rewritten) or ask (rewritten, may write)."""

    decision: str
    reason: str = ""
    command: str = ""  # the rewritten command
    words: tuple[str, ...] = ()
    context: str = ""  # what the model should know beside the rewritten command's output


PASS = Verdict("pass")


class Caller(NamedTuple):
    """Who asks. Codex has no `coder` agent, and runs a command unchanged when a hook answers "ask"."""

    nightdex: str = "nightdex"  # the CLI, as the caller's shell finds it
    in_repository: bool = False  # then the reason offers code search
    is_codex: bool = False


def judge_command(command: str, reading: Reading, policy: str, caller: Caller) -> Verdict:
    """Judge a shell command."""
    if policy == "off":
        return PASS
    stopped = [found for found in reading.mechanical if policy != "smart" or not _serves_real_work(found)]
    if not stopped:
        return PASS
    words = tuple(dict.fromkeys(found.word for found in stopped))
    delegated = f"{shlex.quote(caller.nightdex)} chain run --tier haiku --command {shlex.quote(command)}"
    pattern = next(filter(None, map(_searched_for, stopped)), "") if caller.in_repository else ""
    if policy == "rewrite":
        reason = f"Runs on the coder tier: {', '.join(words)} is mechanical work."
        stateful = any(found.argv[0] in _STATEFUL for found in reading.invocations)
        context = "It ran in a shell of its own: its cd and variables are gone." if stateful else ""
        if _only_reads(reading):
            return Verdict("allow", reason, delegated, words, context)
        if not caller.is_codex:
            return Verdict("ask", reason, delegated, words, context)
    return Verdict("deny", _instead(words, delegated, pattern, is_codex=caller.is_codex), words=words)


def judge_tool(tool: str, pattern: str, policy: str) -> Verdict:
    """Judge the Grep and Glob tools; there is no command to rewrite, so every policy but off denies."""
    if policy == "off":
        return PASS
    word = "grep" if tool == "Grep" else "find"
    return Verdict("deny", _instead((word,), "", pattern if tool == "Grep" else ""), words=(word,))


def _instead(words: tuple[str, ...], delegated: str, pattern: str, *, is_codex: bool = False) -> str:
    task = f"run `{delegated}`" if delegated else ""
    if not is_codex:
        agent = "delegate it to the `coder` agent, saying what you want to know and in which files"
        task = f"{agent} (or {task})" if task else agent
    search = f" To search code, call the search_code tool with query {pattern!r}." if pattern else ""
    return f"{', '.join(words)}: mechanical work belongs to the coder tier; {task}.{search}"


def _serves_real_work(found: Invocation) -> bool:
    if found.heredoc:
        return found.word == "cat" and not _operands(found)
    if not found.piped_from or found.word not in _FILTERS or _feeds_on_scanning(found.piped_from):
        return False
    recursive = any(
        flag in _RECURSIVE or flag.startswith("-r") for flag in found.argv[1:] if flag.startswith("-")
    )
    return not recursive and len(_operands(found)) <= (found.word in _PATTERN_FIRST)


def _feeds_on_scanning(writer: tuple[str, ...]) -> bool:
    return writer[0].rsplit("/", 1)[-1] in ("find", "ls", "cat", "tree", "fd", "rg") or (
        writer[0] in ("grep", "head", "tail", "sed", "awk") and len(writer) > 2
    )


def _operands(found: Invocation) -> list[str]:
    valued = {
        "head": ("-n", "-c"),
        "tail": ("-n", "-c"),
        "grep": ("-A", "-B", "-C", "-m", "-e"),
        "sed": ("-e",),
    }
    operands, skip = [], False
    for word in found.argv[1:]:
        if skip:
            skip = False
        elif word in valued.get(found.word, ()) or (found.word == "awk" and word in ("-F", "-v")):
            skip = True
        elif not word.startswith("-") or word == "-":
            operands.append(word)
    return [word for word in operands if word != "-"]


def _searched_for(found: Invocation) -> str:
    """The pattern of a search over code, or ""."""
    operands = _operands(found)
    if found.word == "rg" and operands and not found.piped_from:
        return operands[0]
    if found.word == "grep" and operands and not found.piped_from:
        flags = [word for word in found.argv[1:] if word.startswith("-")]
        recursive = any(f in _RECURSIVE or (not f.startswith("--") and set(f) & set("rR")) for f in flags)
        return operands[0] if recursive or len(operands) > 2 else ""
    return ""


def _only_reads(reading: Reading) -> bool:
    """True when the whole command can change nothing, so that allowing it skips no question worth asking."""
    return not reading.writes and all(_reads(found) for found in reading.invocations)


def _reads(found: Invocation) -> bool:
    if not found.word:
        return found.argv[0].rsplit("/", 1)[-1] in _HARMLESS
    flags = _WRITING_FLAGS.get(found.word, ())
    if any(word == flag or word.startswith(flag + "=") for word in found.argv[1:] for flag in flags):
        return False
    if found.word == "sed":
        return not any(w.startswith("-i") for w in found.argv) and not _runs_or_writes(
            found.argv[1:], ("e", "w")
        )
    return found.word != "awk" or not any(
        mark in w for w in found.argv for mark in ("system", ">", "|", "-i")
    )


def _runs_or_writes(scripts: tuple[str, ...], commands: tuple[str, ...]) -> bool:
    """Whether a sed script may hold an `e` or `w` command; unsure counts as yes."""
    return any(
        f"{mark}{letter}" in script
        for script in scripts
        for letter in commands
        for mark in ("/", ";", "}", "p ")
    )
