"""The seams of the model chain: what each kind of model promises, whatever runs behind it.

Backends live in `model_chain.backends`; the fakes in `model_chain.testing` are real backends too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from model_chain.limits import AGENT_TURNS, ANSWER_TOKENS
from model_chain.usage import ModelUse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The provider of embedders that are a table in this process: they wait for nothing.
IN_PROCESS = "embedded"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that must be equal for two vectors to be comparable."""

    provider: str
    model: str
    digest: str
    dimension: int
    prefix_scheme: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}@{self.digest[:12]}"


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Vectors for a batch of texts, and the texts that could not be embedded.

    `vectors` is float32 of shape (len(texts), dimension), L2-normalised, finite; the rows named in
    `failures` (index -> cause, one sentence) are zero and must not be stored.
    """

    vectors: NDArray[np.float32]
    failures: Mapping[int, str]


class Embedder(Protocol):
    """Turns texts into comparable vectors. Thread-safe."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What the vectors of this embedder may be compared with."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed texts for storage; one bad text fails alone.

        Raises:
            ModelError: nothing could be embedded (the runtime is gone, the model is missing).
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query: float32 of shape (dimension,), L2-normalised, finite.

        Raises:
            ModelError: no usable vector came back.
        """
        ...

    def close(self) -> None:
        """Let go of connections; the embedder is not used after this."""
        ...


@dataclass(frozen=True, slots=True)
class CodeUnit:
    """What a summariser may look at: one chunk, without its surroundings."""

    language: str
    kind: str
    symbol: str
    signature: str
    doc: str
    calls: tuple[str, ...]
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Description:
    """One description and who wrote it, e.g. "extractive@1" or "qwen2.5:14b@7cdf5a0187d5"."""

    text: str
    source: str


class Summariser(Protocol):
    """Describes code in a sentence or two. Thread-safe."""

    @property
    def source(self) -> str:
        """Names the writer and its version; part of every cache key."""
        ...

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit.

        Raises:
            ModelError: no acceptable description came back.
        """
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of retrieved text that a reasoner may read and cite: data, never instructions.

    A citation names whole blocks, so a source is cut into as many as should be told apart.
    """

    name: str
    title: str
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a reasoner is asked. `instructions` are ours; nothing retrieved goes there."""

    text: str
    instructions: str
    sources: tuple[Source, ...] = ()
    max_tokens: int = ANSWER_TOKENS


@dataclass(frozen=True, slots=True)
class TextPiece:
    """The next piece of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What the text before it rests on, as the model says: blocks [first_block, end_block) of a source."""

    source: str
    source_index: int
    first_block: int
    end_block: int
    cited_text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The provider began anew: every piece so far is void."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is whole. `cut_off`: it reached its length limit."""

    uses: tuple[ModelUse, ...]
    session: str = ""
    cut_off: bool = False


Piece = TextPiece | Citation | Restarted | Finished


class Reasoner(Protocol):
    """Answers one question from what it is given; it has no tools."""

    def reason(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Answer in pieces; `Finished` comes last. Closing the iterator ends the call.

        Raises:
            TierError: with the provider's words, and what was used up to then.
        """
        ...


@dataclass(frozen=True, slots=True)
class CodeTask:
    """What a code agent is to do in a folder.

    Attributes:
        writable: it may change files below the folder; otherwise it can only read.
        budget: what the task may cost (US dollars); backends that can hand it on do.
    """

    instruction: str
    folder: Path
    writable: bool = False
    max_turns: int = AGENT_TURNS
    budget: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What an agent says it did, which files it changed (as it says), and what it used.

    `denied` are the actions it was not allowed to take.
    """

    text: str
    uses: tuple[ModelUse, ...]
    changed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    session: str = ""


class CodeAgent(Protocol):
    """Works in a folder with tools of its own. Cancelling a call ends the agent and what it started."""

    async def work(self, task: CodeTask) -> CodeResult:
        """Do a task.

        Raises:
            TierError: with the provider's words, and what was used up to then.
        """
        ...

    async def review(self, folder: Path, instruction: str) -> CodeResult:
        """Review the uncommitted changes in a folder, reading only.

        Raises:
            TierError: as above.
        """
        ...
