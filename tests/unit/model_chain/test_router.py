from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import routing
from model_chain.router.decision import route
from model_chain.router.rules import QUERY_LABELS, TASK_LABELS, Kind
from model_chain.router.semantic import read_examples

TEST_PART = routing.CASES / "routing-test.jsonl"


def test_the_test_part_meets_its_targets() -> None:
    cases = routing.read_cases(TEST_PART)
    tasks, queries = routing.score("router", "task", cases), routing.score("router", "query", cases)
    assert tasks.accuracy >= 0.9
    assert tasks.thinking_sent_down <= 0.03 * tasks.thinking
    assert queries.accuracy >= 0.9


def test_the_router_beats_every_baseline_in_accuracy_and_regret() -> None:
    cases = routing.read_cases(TEST_PART)
    kinds: tuple[Kind, ...] = ("task", "query")
    for kind in kinds:
        router, *baselines = (routing.score(name, kind, cases) for name in routing.ROUTERS)
        assert all(router.accuracy > other.accuracy and router.regret < other.regret for other in baselines)


def test_thinking_dressed_as_scanning_is_not_sent_down() -> None:
    """Tasks that begin with list, check, read or find, and ask for judgement."""
    cases = routing.read_cases(routing.CASES / "routing-fresh.jsonl")
    assert routing.score("router", "task", cases).thinking_sent_down <= 1


def test_no_test_case_is_among_the_shipped_examples() -> None:
    known = {example.text for example in read_examples()}
    assert known.isdisjoint(case.text for case in routing.read_cases(TEST_PART))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("git log --oneline -5", "haiku"),
        ("implement the export endpoint per docs/prd-export.md", "codex"),
        ("why does the job run twice, and should we make it idempotent?", "opus"),
        ("summarise the release notes", "local"),
    ],
)
def test_a_decision_names_the_rule_that_made_it(text: str, label: str) -> None:
    decision = route(text)
    assert decision.label == label
    assert decision.reason.startswith(f"{label}: ")
    assert decision.signals


@pytest.mark.parametrize(("kind", "top"), [("task", "opus"), ("query", "reasoning")])
def test_nothing_to_go_by_is_routed_up(kind: Kind, top: str) -> None:
    decision = route("  ", kind)
    assert (decision.label, decision.abstained) == (top, True)


def test_a_close_call_goes_to_the_costlier_tier() -> None:
    decision = route("list the modules, explain why they exist")
    assert decision.label == "opus"


@given(st.text(max_size=200), st.sampled_from(["task", "query"]))
def test_any_text_is_routed_somewhere(text: str, kind: Kind) -> None:
    assert route(text, kind).label in (TASK_LABELS if kind == "task" else QUERY_LABELS)


def test_the_benchmark_reads_a_case_file_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"text": "why?", "kind": "task", "label": "opus"}) + "\n")
    assert routing.main(["--cases", str(cases), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["router"] for row in rows] == list(routing.ROUTERS)
    assert rows[0]["accuracy"] == 1.0
