from __future__ import annotations

from collections.abc import Iterator

import pytest

from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser
from tests.servers.scripted_ollama import CHAT_MODEL, EMBED_MODEL, IMPATIENT, ScriptedOllama


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        yield running


@pytest.fixture
def embedder(server: ScriptedOllama) -> Iterator[OllamaEmbedder]:
    with OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT) as one:
        yield one


@pytest.fixture
def summariser(server: ScriptedOllama) -> Iterator[OllamaSummariser]:
    with OllamaSummariser(CHAT_MODEL, [server.url], IMPATIENT) as one:
        yield one
