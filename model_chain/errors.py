"""Errors of the model chain.

ModelError
├── ModelMissing      the runtime is there, the model is not
├── NothingToEmbed    the text holds nothing the model knows
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


class NothingToEmbed(ModelError):
    """The text holds nothing the model knows: it is empty, or has no word in it."""

    code = "nothing_to_embed"


class ModelUnavailable(ModelError):
    """The model runtime cannot be reached, or keeps failing."""

    code = "model_unavailable"
