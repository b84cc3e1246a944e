"""A machine as `nightdex doctor` finds it: a repos.toml, a repository, a state directory, maybe an Ollama."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index_store.schema import EmbedderRecord, Manifest, SummariserRecord
from index_store.testing import build_generation, make_row
from model_chain.backends.embedded import EmbeddedEmbedder
from tests.repositories import commit
from tests.servers.scripted_ollama import DIMENSION, EMBED_MODEL, NOMIC

# Somebody is told of nights that fail.
NOTIFY = '[notify]\ncommand = ["true"]\n'

# One finding as `--json` has it.
Told = dict[str, Any]


class Machine:
    """A folder with a repos.toml, one repository and a state directory, examined by the real command."""

    def __init__(self, root: Path, run: Callable[..., tuple[int, str, str]]) -> None:
        self.root = root
        self.state = root / "state"
        self.run = run
        self.extra = f'[embedding]\nprovider = "embedded"\n[summaries]\nprovider = "extractive"\n{NOTIFY}'
        self.scheduled = True
        commit(root / "shop", {"cart.py": "def total(): pass\n"})

    def configure(self, extra: str | None = None, repo: str = "shop", state: str = "state") -> None:
        tables = self.extra if extra is None else extra
        text = f'[index]\nstate_dir = "{state}"\n{tables}\n[[repo]]\npath = "{repo}"\n'
        (self.root / "repos.toml").write_text(text)

    def use_ollama(self, *hosts: str, provider: str = "ollama") -> None:
        self.configure(f'[embedding]\nprovider = "{provider}"\nhosts = {json.dumps(hosts)}\n{NOTIFY}')

    def publish(self, record: EmbedderRecord, summariser: SummariserRecord | None = None) -> Manifest:
        row = make_row(vector_code=None, vector_summary=None)
        return build_generation(self.state, [row], embedder=record, summariser=summariser)

    def examine(self, *options: str) -> tuple[int, list[Told]]:
        status, out, _ = self.run("doctor", "--json", *options)
        told = json.loads(out)
        assert told["healthy"] is (status == 0)
        return status, told["findings"]

    def findings(self, check: str, *options: str) -> list[Told]:
        return [one for one in self.examine(*options)[1] if one["check"] == check]

    def finding(self, check: str) -> Told:
        (one,) = self.findings(check)
        return one


OLLAMA = EmbedderRecord("ollama", EMBED_MODEL, NOMIC.digest, DIMENSION, "nomic@1")


def embedded_record() -> EmbedderRecord:
    have = EmbeddedEmbedder().fingerprint
    return EmbedderRecord(have.provider, have.model, have.digest, have.dimension, have.prefix_scheme)
