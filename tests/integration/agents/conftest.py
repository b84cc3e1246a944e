from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from search_api.keys import Keys
from search_api.options import ApiOptions
from tests.pages import serving
from tests.shop import CARDS, ROWS, publish, shop_states


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repositories of code, and one of cards."""
    folder = tmp_path_factory.mktemp("agents")
    publish(folder, [*ROWS, *CARDS], shop_states([*ROWS, *CARDS]))
    return folder


@pytest.fixture(scope="session")
def keys(state_dir: Path) -> Keys:
    return Keys(state_dir / "keys.sqlite")


@contextmanager
def shop_server(state_dir: Path, options: ApiOptions) -> Iterator[str]:
    with serving(create_app(state_dir, lambda _: FakeEmbedder(), options)) as address:
        yield f"{address}/mcp"


@pytest.fixture(scope="session")
def url(state_dir: Path, keys: Keys) -> Iterator[str]:
    """Where the tools are, on a real server."""
    with shop_server(state_dir, ApiOptions(keys=keys, memories=frozenset({"cards"}))) as address:
        yield address
