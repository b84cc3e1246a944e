"""A folder with a repos.toml and repositories, for tests of the whole command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.repositories import commit

MODELS = '[embedding]\nprovider = "embedded"\n[summaries]\nprovider = "extractive"\n'


@dataclass
class Place:
    """A folder with a repos.toml and repositories below code/, and the command run in it, in this process."""

    root: Path
    run: Callable[..., tuple[int, str, str]]

    @property
    def state(self) -> Path:
        return self.root / "state"

    def commit(self, name: str, files: Mapping[str, str | bytes | None]) -> str:
        return commit(self.root / "code" / name, files)

    def configure(self, extra: str = "", repos: str = '[[repo]]\nglob = "code/*"\n') -> Path:
        file = self.root / "repos.toml"
        file.write_text(f'[index]\nstate_dir = "state"\n{MODELS}{extra}\n{repos}')
        return file

    def json(self, *arguments: str) -> Any:
        status, out, err = self.run(*arguments, "--json")
        assert out, (status, err)
        return json.loads(out)

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nightdex", *arguments]
        return subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, timeout=120
        )
