"""The routing decision: thinking or scanning? Every decision says why.

Rules speak first. Where they are silent or disagree closely, the nearest labelled examples join in; where
that does not settle it either, the decision abstains upwards, to the tier (or mode) that thinks: a thinking
task sent down costs a wrong answer, a scanning task sent up costs cents.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_chain.router.rules import Kind, apply_rules, labels_of
from model_chain.router.semantic import Neighbours, neighbours_of

NEAREST = 7
# What unanimous neighbours are worth beside the rules' weights; tuned on the tune part of the cases.
NEIGHBOUR_WEIGHT = 2.0
ENOUGH = {"task": 3, "query": 0}  # rule weight without which a task never leaves the thinking tier
LEAST = 1.0  # total support under which nothing is known
CLEAR = 0.5  # lead of the best label over a costlier one


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a text goes, and why. `label` is a tier for tasks, a search mode for queries."""

    kind: Kind
    label: str
    reason: str
    signals: tuple[str, ...]
    scores: tuple[tuple[str, float], ...]
    abstained: bool = False


def route(text: str, kind: Kind = "task", neighbours: Neighbours | None = None) -> Decision:
    """Decide which tier does a task, or how a search query is answered."""
    labels = labels_of(kind)
    weights, fired = apply_rules(text, kind)
    votes, nearest = (neighbours or neighbours_of(kind)).votes(text, NEAREST)
    total = sum(votes.values()) or 1.0
    scores = {label: weights[label] + NEIGHBOUR_WEIGHT * votes.get(label, 0.0) / total for label in labels}
    best = max(labels, key=lambda label: scores[label])
    rivals = [label for label in labels[labels.index(best) + 1 :] if scores[best] - scores[label] < CLEAR]
    listed = tuple((label, round(scores[label], 2)) for label in labels)
    if not text.strip() or (best != labels[-1] and weights[best] < ENOUGH[kind]) or scores[best] < LEAST:
        return Decision(
            kind, labels[-1], "nothing clear speaks for a cheaper one", fired, listed, abstained=True
        )
    if rivals:
        reason = f"{best} and {rivals[-1]} are too close to call; the costlier one is the safe one"
        return Decision(kind, rivals[-1], reason, fired, listed, abstained=True)
    reason = "; ".join(name for name in fired if name.startswith(best + ":"))
    return Decision(kind, best, reason or f"nearest known example: {nearest!r}", fired, listed)
