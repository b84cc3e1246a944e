"""`nightdex-guard`: a PreToolUse hook for Claude Code and Codex.

Reads the hook's JSON on standard input and answers on standard output: exit status 0 with a decision or `{}`
(no opinion: the caller's own permission rules apply). Anything that goes wrong denies: exit status 2 and a
reason on standard error, which both callers treat as a block. Only light modules are imported, so that an
answer takes less than a tenth of a second.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys

from model_chain.guard.limits import ANSWER_SECONDS
from model_chain.guard.policy import PASS, POLICIES, Caller, Verdict, judge_command, judge_tool
from model_chain.guard.shell import read_command

RECURSION_VARIABLE = "NIGHTDEX_CHAIN_DEPTH"  # set by the chain for every model process it starts
# The second is what Claude Code makes of the plugin's own setting.
POLICY_VARIABLES = ("NIGHTDEX_GUARD_POLICY", "CLAUDE_PLUGIN_OPTION_POLICY")
USAGE = f"""\
usage: nightdex-guard [--policy {"|".join(POLICIES)}]

Reads the hook's JSON on standard input. Without --policy, ${POLICY_VARIABLES[0]} decides, else strict."""
_CODER = re.compile(r"(^|[^A-Za-z])coder$")
_SHELL_TOOLS = ("Bash", "shell", "local_shell", "exec_command", "unified_exec")


class BadRequest(Exception):
    """The hook's input is not what Claude Code or Codex send; check the hook's configuration."""


def decide(
    request: object, policy: str, environment: dict[str, str] | None = None, *, here: bool = True
) -> Verdict:
    """Judge one PreToolUse request; `here` says that the caller shares this machine and our files.

    Raises:
        BadRequest: the request has no tool name, or a shell tool has no command.
        TooComplex: the command is too long or too deep to be read.
    """
    if policy not in POLICIES:
        raise BadRequest(f"unknown policy {policy!r}; choose one of {', '.join(POLICIES)}")
    if not isinstance(request, dict) or not isinstance(request.get("tool_name"), str):
        raise BadRequest("the hook input has no tool_name")
    if policy == "off" or _is_coder(request, os.environ if environment is None else environment):
        return PASS
    tool, tool_input = request["tool_name"], request.get("tool_input")
    if tool in ("Grep", "Glob"):
        pattern = tool_input.get("pattern", "") if isinstance(tool_input, dict) else ""
        return judge_tool(tool, str(pattern), policy)
    if tool not in _SHELL_TOOLS:
        return PASS
    command = _command(tool_input)
    caller = Caller(
        nightdex=_nightdex() if here else "nightdex",
        in_repository=not here or _in_repository(str(request.get("cwd") or "")),
        is_codex="turn_id" in request,
    )
    return judge_command(command, read_command(command), policy, caller)


def refusal(cause: BaseException) -> Verdict:
    """The verdict on a request that could not be judged."""
    reason = str(cause) or (cause.__doc__ or "").partition("\n")[0]
    return Verdict("deny", f"nightdex-guard blocked this call: {type(cause).__name__}: {reason}")


def answer(verdict: Verdict, request: object) -> dict[str, object]:
    """The verdict in the callers' own format; `{}` when the guard has no opinion."""
    if verdict.decision == "pass":
        return {}
    output: dict[str, object] = {
        "hookEventName": "PreToolUse",
        "permissionDecision": verdict.decision,
        "permissionDecisionReason": verdict.reason,
    }
    if verdict.command and isinstance(request, dict):
        output["updatedInput"] = {**request["tool_input"], "command": verdict.command}
    if verdict.context:
        output["additionalContext"] = verdict.context
    return {"hookSpecificOutput": output}


def main(arguments: list[str] | None = None) -> int:
    """Answer one hook call; the exit status (0 answered, 2 blocked because something failed)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if "-h" in arguments or "--help" in arguments:
            print(USAGE)  # noqa: T201 (a command's answer)
            return 0
        policy = _policy(arguments, os.environ)
        # A caller that gives up waiting runs the command; SIGALRM ends us first, and a dead guard blocks.
        signal.alarm(ANSWER_SECONDS)
        request = json.loads(sys.stdin.buffer.read())
        verdict = decide(request, policy)
        reply = json.dumps(answer(verdict, request))
        _record(request, policy, verdict)
        sys.stdout.write(reply + "\n")
        sys.stdout.flush()
    except (Exception, RecursionError) as cause:  # noqa: BLE001 (fails closed, whatever happened)
        sys.stderr.write(refusal(cause).reason + "\n")
        return 2
    finally:
        signal.alarm(0)
    return 0


def _policy(arguments: list[str], environment: os._Environ[str] | dict[str, str]) -> str:
    match arguments:
        case []:
            chosen = (environment.get(name) for name in POLICY_VARIABLES)
            return next((policy for policy in chosen if policy), "strict")
        case ["--policy", policy]:
            return policy
        case [option] if option.startswith("--policy="):
            return option.partition("=")[2]
    raise BadRequest(USAGE)


def _is_coder(request: dict[str, object], environment: os._Environ[str] | dict[str, str]) -> bool:
    if environment.get(RECURSION_VARIABLE, "0") not in ("", "0"):
        return True
    agent = request.get("agent_type")
    return isinstance(agent, str) and _CODER.search(agent) is not None


def _command(tool_input: object) -> str:
    command = tool_input.get("command", tool_input.get("cmd")) if isinstance(tool_input, dict) else None
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        import shlex  # noqa: PLC0415 (Codex's list form is rare)

        return shlex.join(command)
    if not isinstance(command, str):
        raise BadRequest("the shell tool's input has no command")
    return command


def _in_repository(folder: str) -> bool:
    while folder.startswith("/"):
        if os.path.exists(folder + "/.git"):  # noqa: PTH110 (pathlib costs start-up time)
            return True
        parent = os.path.dirname(folder)  # noqa: PTH120 (as above)
        if parent == folder:
            return False
        folder = parent
    return False


def _nightdex() -> str:
    """The CLI as the caller's shell will find it: the one beside this guard, when there is one."""
    beside = os.path.join(os.path.dirname(sys.executable), "nightdex")  # noqa: PTH118, PTH120 (start-up time)
    return beside if os.access(beside, os.X_OK) else "nightdex"


def _record(request: object, policy: str, verdict: Verdict) -> None:
    from model_chain.guard.journal import append  # noqa: PLC0415 (sqlite3 only when there is something to write)

    assert isinstance(request, dict)  # noqa: S101 (decide() has checked it)
    append(request, policy, verdict)


if __name__ == "__main__":
    sys.exit(main())
