from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.local_tier import LocalTier
from tests.nights import World
from tests.servers.scripted_ollama import NOMIC, QWEN, ScriptedOllama, ScriptedRuntime

FILES = {
    "session.py": "def refresh_session(token):\n    '''Swap an expired token.'''\n    return token\n",
    "cart.py": "def cart_total(items):\n    return sum(items)\n",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    runtime = ScriptedRuntime([replace(NOMIC, embedding_length=768), QWEN])
    with ScriptedOllama(runtime) as running:
        yield running


@pytest.fixture
def tier(tmp_path: Path, server: ScriptedOllama) -> LocalTier:
    """Indexed once by Ollama."""
    one = LocalTier(World(tmp_path), server)
    one.world.commit("shop", FILES)
    one.night()
    return one
