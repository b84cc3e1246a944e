"""A served shop whose code lies on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index_store.testing import states_of
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import REFRESH, publish, serving, shop_rows


@pytest.fixture(scope="session")
def shop_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the repository shop; beside it the state directory."""
    code = tmp_path_factory.mktemp("shop") / "code of mine"
    (code / "src").mkdir(parents=True)
    (code / "src" / "session.py").write_text("\n" * 40 + REFRESH)
    states = tuple(
        replace(state, location=str(code) if state.name == "shop" else "") for state in states_of(shop_rows())
    )
    publish(code.parent / "state", shop_rows(), states)
    return code


@pytest.fixture(scope="session")
def shop_api(shop_code: Path) -> Iterator[str]:
    with serving(create_app(shop_code.parent / "state", lambda _: FakeEmbedder())) as address:
        yield address
