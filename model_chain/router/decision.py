"""The routing decision: thinking or scanning? Every decision says why.

Rules speak first. Where none holds, or two disagree, the classifier gives each label a probability, and the
label with the least expected regret wins: a thinking task sent down costs a wrong answer, any other mistake
costs cents. So a text that is unclear, or like nothing known, abstains upwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model_chain.router.classifier import Classifier, Opinion, classifier_of
from model_chain.router.labels import Kind, labels_of
from model_chain.router.rules import rules_that_hold

# What sending a thinking text down costs, any other mistake being 1; chosen on the tune parts (see
# benchmarks/README.md): the least that keeps thinking texts sent down within 3 % there.
SENT_DOWN = 2.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a text goes, and why. `label` is a tier for tasks, a search mode for queries.

    `scores` are probabilities; `abstained` says that a cheaper label was likelier and not likely enough.
    """

    kind: Kind
    label: str
    reason: str
    signals: tuple[str, ...]
    scores: tuple[tuple[str, float], ...]
    abstained: bool = False


def route(text: str, kind: Kind = "task", classifier: Classifier | None = None) -> Decision:
    """Decide which tier does a task, or how a search query is answered."""
    labels = labels_of(kind)
    held = rules_that_hold(text.strip(), kind)
    opinion = (classifier or classifier_of(kind)).opinion(text)
    signals = (*(f"{rule.label}: {rule.name}" for rule in held), *_told(opinion, labels))
    scores = tuple((label, round(opinion.probabilities[label], 3)) for label in labels)
    settled = {rule.label for rule in held}
    if len(settled) == 1:
        return Decision(kind, held[0].label, f"{held[0].label}: {held[0].name}", signals, scores)
    likeliest = max(labels, key=lambda label: opinion.probabilities[label])
    label = least_regret(opinion.probabilities, kind) if text.strip() else labels[-1]
    if label == likeliest and text.strip():
        words = ", ".join(repr(word) for word in opinion.words[label])
        reason = f"{label}: {opinion.probabilities[label]:.0%} by its wording" + (words and f" ({words})")
        return Decision(kind, label, reason, signals, scores)
    reason = f"{likeliest} is not likely enough ({opinion.probabilities[likeliest]:.0%}); {label} is safe"
    return Decision(kind, label, reason, signals, scores, abstained=True)


def least_regret(probabilities: Mapping[str, float], kind: Kind, sent_down: float = SENT_DOWN) -> str:
    """The label with the least expected regret; of equals the costlier one."""
    labels = labels_of(kind)

    def regret(chosen: str) -> float:
        return sum(
            share * (sent_down if label == labels[-1] else 1.0)
            for label, share in probabilities.items()
            if label != chosen
        )

    return min(reversed(labels), key=regret)


def _told(opinion: Opinion, labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{label}: {word!r}" for label in labels for word in opinion.words[label][:1])
