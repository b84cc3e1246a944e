from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import routing
from model_chain.router.classifier import trained_on
from model_chain.router.decision import least_regret, route
from model_chain.router.features import features
from model_chain.router.labels import Kind, labels_of
from model_chain.router.rules import rules_that_hold
from training.routing.__main__ import write
from training.routing.fit import fit_classifier
from training.routing.phrases import Example, digest, made, written

TEST_PART = routing.read_cases(routing.CASES / "routing.jsonl", "test")
KINDS: tuple[Kind, ...] = ("task", "query")


def test_the_test_part_meets_its_targets() -> None:
    tasks, queries = (routing.score("router", kind, TEST_PART) for kind in KINDS)
    assert tasks.accuracy >= 0.9
    assert tasks.thinking_sent_down <= 0.03 * tasks.thinking
    assert queries.accuracy >= 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_router_beats_every_baseline_in_accuracy_and_regret(kind: Kind) -> None:
    router, *baselines = (routing.score(name, kind, TEST_PART) for name in routing.ROUTERS)
    assert all(router.accuracy > other.accuracy and router.regret < other.regret for other in baselines)


def test_an_earlier_test_part_in_another_style_is_routed_as_well() -> None:
    cases = routing.read_cases(routing.CASES / "routing-first.jsonl")
    tasks, queries = (routing.score("router", kind, cases) for kind in KINDS)
    assert min(tasks.accuracy, queries.accuracy) >= 0.9
    assert tasks.thinking_sent_down <= 0.03 * tasks.thinking


def test_the_shipped_weights_were_fitted_on_the_examples_in_this_tree() -> None:
    assert trained_on() == digest(), "run `python -m training.routing`"


def test_no_test_case_is_among_the_training_texts() -> None:
    known = {example.text.lower() for kind in KINDS for example in written(kind)}
    earlier = routing.read_cases(routing.CASES / "routing-first.jsonl")
    assert known.isdisjoint(case.text.lower() for case in [*TEST_PART, *earlier])


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_that_settles_a_decision_holds_for_nearly_all_written_examples(kind: Kind) -> None:
    settled = [
        (example.label, rule.label)
        for example in written(kind)
        for rule in rules_that_hold(example.text, kind)
    ]
    assert sum(label == rule for label, rule in settled) >= 0.98 * len(settled)
    assert len(settled) > 10


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("git log --oneline -5", "haiku", "haiku: a git command"),
        ("implement the export endpoint per docs/prd-export.md", "codex", "codex: implement as specified"),
        ("why does the job run twice, and should we make it idempotent?", "opus", "opus: asks why"),
        ("summarise the release notes", "local", "local: "),
    ],
)
def test_a_decision_names_what_made_it(text: str, label: str, reason: str) -> None:
    decision = route(text)
    assert decision.label == label
    assert decision.reason.startswith(reason)
    assert decision.signals


@pytest.mark.parametrize(("kind", "top"), [("task", "opus"), ("query", "reasoning")])
@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_to_go_by_is_routed_up(kind: Kind, top: str, text: str) -> None:
    assert route(text, kind).label == top


def test_a_cheaper_label_must_be_likely_enough() -> None:
    shares = {"local": 0.0, "haiku": 0.6, "codex": 0.0, "opus": 0.4}
    assert least_regret(shares, "task", sent_down=1.0) == "haiku"
    assert least_regret(shares, "task", sent_down=2.0) == "opus"
    assert least_regret(dict.fromkeys(shares, 0.25), "task", sent_down=1.0) == "opus"


def test_an_abstention_says_what_was_likelier() -> None:
    abstained = [d for case in TEST_PART if (d := route(case.text, case.kind)).abstained]
    assert abstained
    assert all("not likely enough" in decision.reason for decision in abstained)


@given(st.text(max_size=200), st.sampled_from(KINDS))
def test_any_text_is_routed_somewhere(text: str, kind: Kind) -> None:
    assert route(text, kind).label in labels_of(kind)


def test_a_very_long_text_costs_no_more_than_its_ends() -> None:
    assert len(features("word other " * 100_000)) < 200
    assert route("why does it hang? " + "log line; " * 50_000).label == "opus"


def test_a_classifier_learns_from_a_handful_of_examples(tmp_path: Path) -> None:
    examples = [Example("count the lines", "haiku"), Example("why is it slow", "opus")] * 5
    classifier = fit_classifier("task", [], examples, seed=0)
    assert classifier.opinion("count the files").probabilities["haiku"] > 0.5
    write(dict.fromkeys(KINDS, classifier), tmp_path / "weights.npz")
    assert trained_on(tmp_path / "weights.npz") == digest()


def test_made_sentences_leave_no_slot_or_choice_open() -> None:
    for kind in KINDS:
        for example in made(kind, 200, seed=1):
            if example.label != "raw":  # code may hold brackets
                assert not set(example.text) & set("[]{}|"), example.text


def test_the_benchmark_reads_a_case_file_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"text": "why?", "kind": "task", "label": "opus"}) + "\n")
    assert routing.main(["--cases", str(cases), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["router"] for row in rows] == list(routing.ROUTERS)
    assert rows[0]["accuracy"] == 1.0
