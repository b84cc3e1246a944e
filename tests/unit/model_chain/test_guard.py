from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import guard as benchmark
from benchmarks import sandbox
from model_chain.guard.hook import POLICY_VARIABLES, answer, decide
from model_chain.guard.journal import LEDGER_VARIABLE
from model_chain.guard.shell import TooComplex, mechanical_word, read_command


def words(command: str) -> list[str]:
    return [found.word for found in read_command(command).mechanical]


def request(command: str, **more: object) -> dict[str, Any]:
    return {
        "session_id": "s",
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "x"},
        **more,
    }


def run_guard(stdin: str, ledger: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], LEDGER_VARIABLE: str(ledger), **more}
    return subprocess.run(
        [sys.executable, "-m", "model_chain.guard.hook", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=30,
    )


@pytest.mark.parametrize("part", ["tune", "test"])
def test_the_guard_flags_exactly_what_ran_when_the_cases_were_recorded(part: str) -> None:
    cases = benchmark.read_cases(benchmark.CASES / f"guard-{part}.jsonl")
    result = benchmark.score("guard", cases)
    assert result.missed == ()
    assert len(result.false_alarms) <= 0.01 * result.other


@pytest.mark.skipif(not sandbox.available(), reason="this machine allows no mount namespaces")
def test_the_oracle_still_sees_what_it_recorded() -> None:
    cases = benchmark.read_cases(benchmark.CASES / "guard-tune.jsonl")[:20]
    assert benchmark.executed(cases) == cases


@pytest.mark.parametrize(
    "command",
    [
        "{grep,-r,foo,.}",
        "T=grep; if x; then T=echo; fi; $T foo",
        "command -v rg || rg() { grep x; }; rg foo",
        'echo "ls -la" | xargs sh -c',
        "A=grep; B=A; ${!B} x",
        "$SUDO grep x",
        '"$HOME/.cargo/bin/rg" x',
        "/usr/bin/gre? x",
        "sudo -iu bob grep x",
        "echo `echo \\`ls\\``",
        '$(printf "%s" gr ep) x',
        "coproc P { tail -f x; }",
        "if true; then grep x",
        "parallel ::: 'grep x y' foo",
        'printf "%s\\n" "grep foo" | sh',
        "flock l -c 'ls'",
        "gre\\\np foo a.txt",
        "source <(echo ls)",
        'echo "${x:=`cat a.txt`}"',
        ": ${C:=ls}; $C",
        "c=LS; ${c,,}",
        "c=xls; ${c#x}",
        "c=lsx; ${c%%x}",
        "c=als; ${c:1}",
        "c=lx; ${c/x/s}",
        "printf -v c ls; $c",
        "read -r c <<< ls; $c",
        "read c < <(echo ls); $c",
        "mapfile -t c <<< ls; ${c[0]}",
        "declare -A m=([a]=ls); ${m[a]}",
        "IFS=,; x=ls,-la; $x",
        "builtin eval ls",
        "/???/cat a.txt",
        "declare -n r=c; c=ls; $r",
        "f() { local -rn r=$1; r=ls; }; f c; $c",
        "r=ls; if x; then typeset -n r=c; fi; $r",
    ],
)
def test_disguises_are_seen_through(command: str) -> None:
    assert words(command)


@pytest.mark.parametrize(
    "command",
    [
        "git grep foo",
        "docker exec c ls",
        "ssh h ls",
        "./find.sh",
        "echo $((ls + cat))",
        "sudo -l ls",
        "x='ls'",
        "command -v grep",
        "for ls in a b; do echo $ls; done",
        "grep() { :; }; grep x",
        "./node_modules/.bin/tree",
        "# find it \\\necho",
        "c=ls; ${c@Q}",
        "c=xls; ${c/y/}",
        "read -r c <<< xls; $c",
        "/???/share/cat a.txt",
        "declare -n r=r; $r",
        "declare -x r=c; c=ls; $r",
    ],
)
def test_words_that_only_look_like_programs_pass(command: str) -> None:
    assert words(command) == []


def test_a_relative_or_foreign_path_is_not_the_system_tool() -> None:
    assert mechanical_word("/usr/bin/grep") == "grep"
    assert mechanical_word("scripts/grep") == ""
    assert mechanical_word("/srv/scripts/find") == ""


def test_a_command_too_long_or_too_deep_to_read_is_refused() -> None:
    with pytest.raises(TooComplex):
        read_command("x" * 300_000)
    with pytest.raises(TooComplex):
        read_command("eval " * 5 + "true;" * 6_000)


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_command(text)


@pytest.mark.parametrize("character", ["\U0010e20e", "\U0010ffff", "\ud800", "\x00", "\x03e9\x04"])
def test_characters_that_end_the_parsers_process_are_kept_from_it(character: str) -> None:
    for place in ("{0}c{{{0}", "grep {0} f", "cat <<{0}\nx\n{0}", "{0}=1 ls", "grep '{0}' f; ls"):
        read_command(place.format(character))
    assert words(f"echo {character}; grep x f") == ["grep"]


def test_what_is_beyond_ascii_comes_back_as_it_was() -> None:
    assert read_command("grep -r 'größe 𝄞' src").mechanical[0].argv == ("grep", "-r", "größe 𝄞", "src")


@given(
    st.lists(
        st.sampled_from(["sudo -n", "env A=1", "timeout 5", "nice -n 3", "nohup", "command"]), max_size=5
    )
)
def test_launchers_nest_in_any_order(launchers: list[str]) -> None:
    assert words(" ".join([*launchers, "grep -r x ."])) == ["grep"]
    assert words(" ".join([*launchers, "make grep"])) == []


def test_strict_denies_with_the_delegation_and_offers_code_search_in_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    verdict = decide(request("grep -rn 'def login' src", cwd=str(tmp_path / "src")), "strict", {})
    assert verdict.decision == "deny"
    assert "chain run --tier haiku --command" in verdict.reason
    assert "search_code tool with query 'def login'" in verdict.reason


def test_rewrite_delegates_the_same_command_and_keeps_the_other_input() -> None:
    asked = request('grep -n "it\'s" a.txt')
    output: Any = answer(decide(asked, "rewrite", {}), asked)["hookSpecificOutput"]
    assert output["permissionDecision"] == "allow"
    assert output["updatedInput"]["description"] == "x"
    script = output["updatedInput"]["command"]
    echoed = subprocess.run(
        ["bash", "-c", f'set -- {script}; printf %s "${{@: -1}}"'], capture_output=True, text=True, check=True
    )
    assert echoed.stdout == asked["tool_input"]["command"]
    assert words(script) == []


def test_rewrite_tells_the_model_what_a_shell_of_its_own_does_not_keep() -> None:
    output: Any = answer(decide(asked := request("cd src && ls"), "rewrite", {}), asked)["hookSpecificOutput"]
    assert "cd and variables are gone" in output["additionalContext"]
    assert decide(request("ls src"), "rewrite", {}).context == ""


@pytest.mark.parametrize(
    "command",
    [
        "grep x f; rm -rf y",
        "sed -i s/a/b/ f",
        "find . -delete",
        "cat a > b",
        "sudo ls",
        "awk '{print > \"f\"}' a",
    ],
)
def test_rewrite_never_approves_what_may_change_something(command: str) -> None:
    assert decide(request(command), "rewrite", {}).decision == "ask"


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        ("npm test 2>&1 | tail -20", "pass"),
        ("make | grep -c error", "pass"),
        ("cat > f <<'E'\nx\nE", "pass"),
        ("cat <<E | kubectl apply -f -\nx\nE", "pass"),
        ("git log | head", "pass"),
        ("tail -20 f", "deny"),
        ("cat f | grep x", "deny"),
        ("make | grep x f", "deny"),
        ("git ls-files | xargs grep x", "deny"),
        ("ls", "deny"),
    ],
)
def test_smart_lets_filters_of_real_work_and_heredoc_writers_pass(command: str, decision: str) -> None:
    assert decide(request(command), "smart", {}).decision == decision


def test_the_coder_and_the_chain_itself_are_never_gated_but_other_agents_are() -> None:
    asked = request("grep x f")
    assert (
        decide({**asked, "agent_id": "a", "agent_type": "model-chain:coder"}, "strict", {}).decision == "pass"
    )
    assert decide({**asked, "agent_id": "a", "agent_type": "decoder"}, "strict", {}).decision == "deny"
    assert decide({**asked, "agent_id": "a", "agent_type": "Explore"}, "strict", {}).decision == "deny"
    assert decide(asked, "strict", {"NIGHTDEX_CHAIN_DEPTH": "1"}).decision == "pass"


@pytest.mark.parametrize("tool", ["Grep", "Glob"])
def test_the_search_tools_are_gated_and_reading_is_not(tool: str) -> None:
    assert decide({"tool_name": tool, "tool_input": {"pattern": "x"}}, "smart", {}).decision == "deny"
    assert decide({"tool_name": "Read", "tool_input": {"file_path": "x"}}, "strict", {}).decision == "pass"


def test_codex_is_never_asked_because_it_takes_that_for_yes() -> None:
    """A recorded Codex request has a turn_id; the delegation named there is the command, not an agent."""
    asked = request("sed -i s/a/b/ f", turn_id="t")
    assert decide(asked, "rewrite", {}).decision == "deny"
    assert decide(request("grep a f", turn_id="t"), "rewrite", {}).decision == "allow"
    assert "coder` agent" not in decide(request("ls", turn_id="t"), "strict", {}).reason


def test_codex_may_send_a_list_of_words() -> None:
    asked = {"tool_name": "shell", "tool_input": {"command": ["bash", "-lc", "ls -la"]}}
    assert decide(asked, "strict", {}).words == ("ls",)


@pytest.mark.parametrize(
    "stdin",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"tool_name": "Bash"}',
        '{"tool_name": "Bash", "tool_input": {"command": 3}}',
        "[" * 99_999,
    ],
)
def test_bad_input_blocks_with_exit_status_2(stdin: str, tmp_path: Path) -> None:
    ran = run_guard(stdin, tmp_path / "l.db")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "blocked" in ran.stderr


@pytest.mark.parametrize("variable", POLICY_VARIABLES)
def test_the_environment_chooses_the_policy_and_an_argument_overrides_it(
    variable: str, tmp_path: Path
) -> None:
    stdin, ledger = json.dumps(request("ls")), tmp_path / "l.db"
    assert json.loads(run_guard(stdin, ledger, **{variable: "off"}).stdout) == {}
    denied = run_guard(stdin, ledger, "--policy", "strict", **{variable: "off"})
    assert json.loads(denied.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert run_guard(stdin, ledger, **{variable: "lax"}).returncode == 2


def test_a_guard_that_would_answer_too_late_ends_itself() -> None:
    """A caller that gives up waiting would run the command."""
    code = "import sys, time; from model_chain.guard import hook; hook.ANSWER_SECONDS = 1; "
    code += "hook.decide = lambda *_: time.sleep(60); sys.exit(hook.main([]))"
    ran = subprocess.run(
        [sys.executable, "-c", code], input="{}", capture_output=True, text=True, check=False, timeout=30
    )
    assert (ran.returncode, ran.stdout) == (-signal.SIGALRM, "")


def test_an_unknown_policy_blocks(tmp_path: Path) -> None:
    assert run_guard(json.dumps(request("make")), tmp_path / "l.db", "--policy", "lax").returncode == 2


def test_no_opinion_leaves_the_callers_own_permissions_in_force(tmp_path: Path) -> None:
    ran = run_guard(json.dumps(request("rm -rf build")), tmp_path / "l.db")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {})


def test_every_decision_is_in_the_ledger_without_the_command(tmp_path: Path) -> None:
    ledger = tmp_path / "new" / "ledger.sqlite3"
    run_guard(json.dumps(request("grep SECRET=hunter2 f")), ledger)
    run_guard(json.dumps(request("make")), ledger)
    rows = (
        sqlite3.connect(ledger).execute("select decision, words from guard_decisions order by at").fetchall()
    )
    assert rows == [("deny", "grep"), ("pass", "")]
    assert b"hunter2" not in ledger.read_bytes()


def test_a_locked_or_broken_ledger_does_not_change_the_answer(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    ledger.write_bytes(b"not a database" * 100)
    ran = run_guard(json.dumps(request("ls")), ledger)
    assert json.loads(ran.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert "not in the ledger" in ran.stderr


def test_the_guard_starts_without_the_heavy_modules() -> None:
    heavy = "{'numpy', 'dataclasses', 'asyncio', 'sqlite3', 'pydantic', 'typer'}"
    code = f"import sys, model_chain.guard.hook; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
