"""What /v1/ask and `nightdex ask` give back, exactly as their JSON has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from search_api.answer import Hit, IndexInfo
from search_api.context_pack import ContextPack


class Action(StrEnum):
    """What is done with a question that needs thinking."""

    HANDBACK = "handback"  # the caller is a model that can think: it gets the pack
    ANSWER = "answer"  # the thinking tier answers from the pack
    NEVER = "never"  # a plain search


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """A place in the pack that the answer rests on; `at` is how many characters of the answer precede it."""

    source: str
    id: str
    repo: str
    path: str
    start_line: int
    end_line: int
    cited_text: str
    at: int


@dataclass(frozen=True, slots=True)
class RejectedCitation:
    """A citation that points at nothing in the pack: what it rests on cannot be trusted."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """An answer from the thinking tier.

    Attributes:
        cut_off: it reached its length limit.
        cost_usd: at list price; None where it is unknown. `marginal_usd` is what it added to the bill.
    """

    text: str
    citations: tuple[CheckedCitation, ...]
    rejected_citations: tuple[RejectedCitation, ...]
    cut_off: bool
    tier: str
    model: str
    cost_usd: float | None
    marginal_usd: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the thinking tier gave no answer; `detail` has the provider's words, `retry_after` is seconds."""

    code: str
    detail: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was dealt with.

    Attributes:
        action: what was done; after a failure `handback`, whatever was asked for.
        reason: why that.
        degraded: what the search did without, one sentence each.
        pack: None where nothing was deferred.
        hits: where nothing was deferred.
        failure: why there is no answer although one was asked for.
    """

    query: str
    action: Action
    reason: str
    took_ms: float
    index: IndexInfo
    degraded: tuple[str, ...]
    pack: ContextPack | None = None
    hits: tuple[Hit, ...] = ()
    answer: Written | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Began:
    """The pack is there; an answer will follow in pieces."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class Said:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Voided:
    """The provider began anew: every piece and citation so far is void."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything is there; nothing follows."""

    asked: Asked


Event = Began | Said | CheckedCitation | RejectedCitation | Voided | Ended
EVENT_NAMES: dict[type, str] = {
    Began: "began",
    Said: "text",
    CheckedCitation: "citation",
    RejectedCitation: "citation-rejected",
    Voided: "voided",
    Ended: "ended",
}
