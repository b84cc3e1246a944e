"""A summariser with a model and a prompt, for plans that ask it nothing."""

from __future__ import annotations

from model_chain.testing import FakeSummariser


class Versioned(FakeSummariser):
    provider = "fake"
    model = "fake"
    digest = "d" * 64
    prompt_version = 1
    parallelism = 2

    def connect(self) -> None:
        """It is always there."""
