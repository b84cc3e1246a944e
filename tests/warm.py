"""A server whose own user's commands it answers, for tests of what they print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from model_chain.backends.embedded import EmbeddedEmbedder
from nightdex.answering import Answering
from nightdex.configuration import load_configuration
from nightdex.models import embedders_of
from nightdex.warm import installation
from search_api.app import create_app
from search_api.options import ApiOptions
from tests.pages import serving
from tests.shop import ROWS, publish, shop_states

if TYPE_CHECKING:
    from search_api.retrieval.vector import EmbedderFor


def publish_embedded(state_dir: Path) -> None:
    """The shop, with vectors of the model in the package, so that every command can search it."""
    # The shop's folder is on this machine, the bank's is not.
    folder = state_dir.parent / "code" / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    states = [
        replace(state, location=str(folder)) if state.name == "shop" else state for state in shop_states()
    ]
    publish(state_dir, ROWS, states, EmbeddedEmbedder())


def configure(folder: Path) -> Path:
    """A repos.toml for the state directory beside it."""
    file = folder / "repos.toml"
    file.write_text('[index]\nstate_dir = "state"\n')
    return file


@contextmanager
def answering(
    file: Path, options: ApiOptions | None = None, embedder_for: EmbedderFor | None = None
) -> Iterator[str]:
    """A server that goes by a repos.toml, ready; its address."""
    configuration = load_configuration(file)
    app = create_app(
        configuration.state_dir,
        embedder_for or embedders_of(configuration.settings.embedding),
        replace(options or ApiOptions(), answer_command=Answering(configuration, installation())),
    )
    with serving(app) as address:
        assert httpx.get(f"{address}/readyz", timeout=20).status_code == 200
        yield address
