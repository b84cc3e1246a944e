"""What the browser tests share: an index to look at, a served application, and axe-core."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from index_store.schema import ChunkRow, EmbedderRecord, RepositoryState
from index_store.testing import build_generation, make_row
from model_chain.testing import FakeEmbedder

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Locator, Page

AXE = Path(__file__).parent / "ui" / "node_modules" / "axe-core" / "axe.min.js"

REFRESH = "\n".join(
    ["def refresh(self, token):", "    # Exchange an expired token for a new one."]
    + [f"    step_{number} = self.store.exchange(token)" for number in range(20)]
    + ["    return step_19"]
)


def publish(state_dir: Path, rows: list[ChunkRow], states: tuple[RepositoryState, ...] | None = None) -> None:
    """A generation whose vectors are the fake embedder's."""
    fake = FakeEmbedder()
    have = fake.fingerprint
    embedded = [
        replace(row, vector_code=fake.embed_query(row.text), vector_summary=fake.embed_query(row.summary))
        for row in rows
    ]
    record = EmbedderRecord(have.provider, have.model, have.digest, have.dimension, have.prefix_scheme)
    build_generation(state_dir, embedded, states, embedder=record)


def shop_rows() -> list[ChunkRow]:
    """Enough for several pages of hits, in two repositories and three languages."""
    rows = [
        make_row(path="src/session.py", symbol="Session.refresh", kind="method", start_line=41, text=REFRESH,
                 summary="Exchanges an expired token for a fresh one.", calls=("exchange",)),
        make_row(path="docs/guide.md", symbol="Sessions", kind="section", language="markdown",
                 text="# Sessions\nHow a token is refreshed.", summary="How sessions work."),
        make_row(repo="bank", path="vault.go", symbol="OpenVault", language="go", start_line=9,
                 text="func OpenVault(token string) error {\n\treturn unlock(token)\n}",
                 summary="Opens the vault with a token."),
    ]  # fmt: skip
    rows += [
        make_row(path=f"src/step_{n}.py", symbol=f"step_{n}", start_line=n + 1,
                 text=f"def step_{n}(token):\n    return token + {n}", summary=f"Step {n} of a token.")
        for n in range(15)
    ]  # fmt: skip
    return rows


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine, in a thread of its own; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, a line each."""
    if not AXE.exists():
        pytest.skip("no axe-core: `npm ci` in tests/ui")
    # Through the debugger, where the page's own policy does not hold.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]


def text(page: Page | Locator, selector: str) -> str:
    """The text of the first element that fits."""
    found = page.locator(selector).first.text_content()
    assert found is not None
    return found
