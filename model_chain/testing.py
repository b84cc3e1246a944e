"""Fakes that stand in for models in tests: real backends, deterministic, thread-safe, and able to fail."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_chain.errors import ModelError, ModelUnavailable, TierError
from model_chain.protocol import (
    CodeResult,
    CodeTask,
    CodeUnit,
    Description,
    EmbeddedBatch,
    Fingerprint,
    Finished,
    Piece,
    Question,
    TextPiece,
)
from model_chain.tiers import Tier
from model_chain.usage import ModelUse, Tokens
from model_chain.words import split_identifier

_WORD = re.compile(r"\w+")


class FakeEmbedder:
    """Embeds a text as the mean of its words' hashed vectors, so that texts that share words are near.

    Attributes:
        fail_on: a text that contains any of these fails alone (documents) or raises ModelError (queries).
        delay: seconds each call takes.
        down: every call raises ModelUnavailable, as when the runtime is gone.
        calls: the texts of each embed_documents call so far.
    """

    def __init__(
        self,
        dimension: int = 32,
        *,
        fail_on: Collection[str] = (),
        delay: float = 0.0,
        digest: str = "0" * 64,
        provider: str = "fake",
    ) -> None:
        self.fail_on = fail_on
        self.delay = delay
        self.down = False
        self.calls: list[tuple[str, ...]] = []
        self._fingerprint = Fingerprint(
            provider=provider,
            model="hashed-words",
            digest=digest,
            dimension=dimension,
            prefix_scheme="none@1",
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """Give another digest to play a changed model."""
        return self._fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed every text; those matching `fail_on` or without a word fail alone."""
        self._wait()
        self.calls.append(tuple(texts))
        vectors = np.zeros((len(texts), self._fingerprint.dimension), dtype=np.float32)
        failures: dict[int, str] = {}
        for index, text in enumerate(texts):
            try:
                vectors[index] = self._vector(text)
            except ModelError as error:
                failures[index] = str(error)
        return EmbeddedBatch(vectors=vectors, failures=failures)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one text, or raise as `fail_on` says."""
        self._wait()
        return self._vector(text)

    def close(self) -> None:
        """Nothing is held."""

    def _wait(self) -> None:
        if self.down:
            raise ModelUnavailable("The fake model runtime is down.")
        time.sleep(self.delay)

    def _vector(self, text: str) -> NDArray[np.float32]:
        if any(marker in text for marker in self.fail_on):
            raise ModelError("The fake embedder was told to fail for this text.")
        words = split_identifier(" ".join(_WORD.findall(text))).split()
        if not words:
            raise ModelError("The text holds no word to embed.")
        mean = np.mean([_word_vector(word, self._fingerprint.dimension) for word in words], axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


class FakeSummariser:
    """Describes a unit by its symbol or path; as slow and as unreliable as told.

    Attributes:
        fail_on: a unit whose text contains any of these raises ModelError.
        delay: seconds each call takes.
        calls: the symbols asked for so far.
    """

    def __init__(self, source: str = "fake@1", *, fail_on: Collection[str] = (), delay: float = 0.0) -> None:
        self.fail_on = fail_on
        self.delay = delay
        self.calls: list[str] = []
        self._source = source

    @property
    def source(self) -> str:
        """Names this writer; give another to play a changed prompt or model."""
        return self._source

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit, or raise as `fail_on` says."""
        time.sleep(self.delay)
        self.calls.append(unit.symbol)
        if any(marker in unit.text for marker in self.fail_on):
            raise ModelError("The fake summariser was told to fail for this unit.")
        return Description(text=f"Describes {unit.kind} {unit.symbol or unit.path}.", source=self._source)


def _word_vector(word: str, dimension: int) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension, dtype=np.float32)


class FakeReasoner:
    """Answers from a script, as slow and as unreliable as told.

    Attributes:
        script: pieces to give, then `Finished`; a TierError in it is raised there.
        delay: seconds before each piece.
        questions: what it was asked so far.
        closed: whether the last answer was read to its end or given up.
    """

    def __init__(self, *script: Piece | TierError, model: str = "fake-thinker", delay: float = 0.0) -> None:
        self.script = script or (TextPiece("Because."),)
        self.delay = delay
        self.questions: list[Question] = []
        self.closed = False
        self._model = model

    async def reason(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Play the script."""
        self.questions.append(question)
        self.closed = False
        try:
            for piece in self.script:
                await asyncio.sleep(self.delay)
                if isinstance(piece, TierError):
                    raise piece
                yield piece
            yield Finished((ModelUse(self._model, Tokens(input=1_000, output=100)),), session="fake-session")
        finally:
            self.closed = True


class FakeAgent:
    """Does a task by writing the files it was given, and says what it was told to say.

    Attributes:
        files: path below the folder -> content, written by every writable task.
        tasks: what it was asked to do so far.
    """

    def __init__(
        self, text: str = "done", files: Mapping[str, str] | None = None, model: str = "fake-coder"
    ) -> None:
        self.text = text
        self.files = dict(files or {})
        self.tasks: list[CodeTask] = []
        self._model = model

    async def work(self, task: CodeTask) -> CodeResult:
        """Write the files."""
        self.tasks.append(task)
        if task.writable:
            for path, content in self.files.items():
                (task.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (task.folder / path).write_text(content, encoding="utf-8")
        changed = tuple(self.files) if task.writable else ()
        return CodeResult(self.text, (ModelUse(self._model, Tokens(input=2_000, output=300)),), changed)

    async def review(self, folder: Path, instruction: str) -> CodeResult:
        """Find nothing; the use is unknown, as that of a real review is."""
        del instruction
        return CodeResult(f"No findings in {folder.name}.", (ModelUse(self._model, None),))


class FakeBackends:
    """Gives every tier the same fakes."""

    def __init__(self, reasoner: FakeReasoner | None = None, agent: FakeAgent | None = None) -> None:
        self.reasoning = reasoner or FakeReasoner()
        self.working = agent or FakeAgent()

    def reasoner(self, tier: Tier) -> FakeReasoner:
        """The fake reasoner."""
        del tier
        return self.reasoning

    def agent(self, tier: Tier) -> FakeAgent:
        """The fake agent."""
        del tier
        return self.working
