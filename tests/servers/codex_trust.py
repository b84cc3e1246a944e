"""Trust hooks in a scratch CODEX_HOME as Codex's own review screen does: through `codex app-server`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from tests.servers.real_cli import codex_binary


def trust_hooks(project: Path, environment: Mapping[str, str]) -> list[str]:
    """Trust every hook that Codex finds for a project; the keys it trusts afterwards."""
    server = subprocess.Popen(
        [str(codex_binary()), "app-server"],
        cwd=project,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        ask = _Asking(server.stdin, server.stdout)
        ask("initialize", {"clientInfo": {"name": "tests", "version": "1"}})
        state = {
            hook["key"]: {"trusted_hash": hook["currentHash"], "enabled": True}
            for hook in _hooks(ask, project)
        }
        edit = {"keyPath": "hooks.state", "value": state, "mergeStrategy": "upsert"}
        ask("config/batchWrite", {"edits": [edit]})
        return [hook["key"] for hook in _hooks(ask, project) if hook["trustStatus"] == "trusted"]
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait(10)


class _Asking:
    def __init__(self, to: IO[str], from_: IO[str]) -> None:
        self._to, self._from, self._number = to, from_, 0

    def __call__(self, method: str, parameters: Mapping[str, Any]) -> Any:
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}
        self._to.write(json.dumps(request) + "\n")
        self._to.flush()
        for line in self._from:
            reply = json.loads(line)
            if reply.get("id") == self._number:
                return reply["result"]
        raise AssertionError(f"codex app-server ended before it answered {method}")


def _hooks(ask: _Asking, project: Path) -> list[dict[str, Any]]:
    return [hook for entry in ask("hooks/list", {"cwds": [str(project)]})["data"] for hook in entry["hooks"]]
