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
└── ModelUnavailable  the runtime cannot be reached or is failing
"""

from __future__ import annotations


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
