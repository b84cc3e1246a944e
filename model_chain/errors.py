"""Errors of the model chain.

ModelError
├── ModelMissing      the runtime is there, the model is not
├── ModelChanged      the model is no longer the one that was asked for
├── NothingToEmbed    the text holds nothing the model knows
├── InputTooLong      the text does not fit the model's context
├── BadReply          the reply breaks the runtime's own contract
├── DescriptionRejected  the model answered, with something that is no description
├── ModelRefused      the runtime will not do this, however often it is asked
├── PullFailed        the runtime could not fetch a model
├── ModelUnavailable  the runtime cannot be reached or is failing
└── TierError         a tier of the chain gave no answer; the message has the provider's words
    ├── Transient     worth another try later, by itself
    │   ├── RateLimited     the provider asks for a pause; `retry_after` says how long where it said so
    │   ├── UsageLimit      the plan is used up for now
    │   └── DeadlineExceeded  it took longer than the tier may
    ├── Permanent     another try fails the same way until a person changes something
    │   ├── CliMissing      the tier's program is not installed
    │   ├── NotLoggedIn     neither a login nor a key, or one that is refused
    │   ├── TurnLimit       the agent did not finish within its turns
    │   └── ChainRecursion  a model that the chain started asks the chain
    └── Refused       the model declines to answer this
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_chain.usage import ModelUse


class ModelError(Exception):
    """A model call gave nothing usable. The message is one actionable sentence."""

    code = "model_error"
    exit_status = 1


class ModelMissing(ModelError):
    """The model is not installed, or its files do not match what was recorded."""

    code = "model_missing"


class ModelChanged(ModelError):
    """The model's digest is no longer the recorded one; its vectors cannot be compared with the old ones."""

    code = "model_changed"


class NothingToEmbed(ModelError):
    """The text holds nothing the model knows: it is empty, or has no word in it."""

    code = "nothing_to_embed"


class InputTooLong(ModelError):
    """The text does not fit the model's context; cut it and ask again."""

    code = "input_too_long"


class BadReply(ModelError):
    """The reply breaks the runtime's own contract: too few vectors, another dimension, NaN, a zero norm."""

    code = "bad_model_reply"


class DescriptionRejected(ModelError):
    """The model answered, with something that is no description of the code."""

    code = "description_rejected"


class ModelRefused(ModelError):
    """The runtime will not do this, however often it is asked: wrong kind of model, or no permission."""

    code = "model_refused"


class PullFailed(ModelError):
    """The runtime could not fetch a model: the registry has none of that name, or the download broke off."""

    code = "pull_failed"


class ModelUnavailable(ModelError):
    """The model runtime cannot be reached, or keeps failing."""

    code = "model_unavailable"


class TierError(ModelError):
    """A tier of the chain gave no answer. The message has the provider's words.

    Attributes:
        uses: what was paid for all the same; tokens None where the provider did not say.
        retry_after: seconds the provider asks to wait, where it said so.
    """

    code = "tier_failed"

    def __init__(
        self, message: str, *, uses: tuple[ModelUse, ...] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.uses = uses
        self.retry_after = retry_after


class Transient(TierError):
    """The tier cannot answer now; the same call may work later."""

    code = "tier_unavailable"


class RateLimited(Transient):
    """The provider asks for a pause longer than a caller waits."""

    code = "rate_limited"


class UsageLimit(Transient):
    """The plan is used up for now."""

    code = "usage_limit"


class DeadlineExceeded(Transient):
    """The tier took longer than it may; raise its `deadline` in repos.toml, or ask for less."""

    code = "tier_deadline"


class Permanent(TierError):
    """The tier will fail the same way until somebody changes something."""

    code = "tier_failed"


class CliMissing(Permanent):
    """The tier's program is not installed, or not on PATH."""

    code = "cli_missing"


class NotLoggedIn(Permanent):
    """There is neither a login nor a key for the tier, or the provider refuses it."""

    code = "not_logged_in"


class TurnLimit(Permanent):
    """The agent did not finish within its turns."""

    code = "max_turns"


class ChainRecursion(Permanent):
    """A model that the chain started asks the chain."""

    code = "chain_recursion"


class Refused(TierError):
    """The model declines to answer this."""

    code = "refused"
