"""A real server in a process of its own, for tests that load it or leave it behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVER = """
import sys
from pathlib import Path
from model_chain.testing import FakeEmbedder
from nightdex.logs import configure_logs
from search_api.server import ServiceOptions, serve
configure_logs()
options = ServiceOptions(Path(sys.argv[1]), lambda _: FakeEmbedder(), port=0)
serve(options, announce=lambda address: print(address, flush=True))
"""


@contextmanager
def server(state_dir: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a state directory, for the length of the block; its address and its process."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(state_dir)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()
