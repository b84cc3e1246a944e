"""A process that is told to end does not wait for a model server that hangs. Real processes, real signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from index_store.generations import current_generation
from tests.local_tier import LocalTier
from tests.servers import scripted_ollama as scripted

# Far below the thirty seconds of a query's and the five minutes of a night's own patience.
AT_ONCE = 15.0


@dataclass
class CommandLine:
    """The real command in a folder whose repos.toml names the tier's Ollama."""

    tier: LocalTier

    @property
    def folder(self) -> Path:
        return self.tier.world.root

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "nightdex", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def command_line(tier: LocalTier) -> CommandLine:
    (tier.world.root / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nprovider = "ollama"\nhosts = ["{tier.server.url}"]\n'
        '[summaries]\nprovider = "extractive"\n[[repo]]\npath = "code/shop"\n'
    )
    return CommandLine(tier)


def test_a_search_is_over_once_it_is_answered(command_line: CommandLine) -> None:
    command_line.tier.server.fail_always("/api/embed", scripted.HANG)
    with command_line.start("search", "expired session token", "--json") as searching:
        assert searching.stdout is not None
        answer = json.loads(searching.stdout.readline())
        began = time.monotonic()
        searching.communicate(timeout=60)
    assert time.monotonic() - began < AT_ONCE
    assert "embedder timeout" in answer["degraded"][0]


def test_a_night_that_is_stopped_while_it_embeds_ends_at_once_and_changes_nothing(
    command_line: CommandLine,
) -> None:
    tier = command_line.tier
    before = current_generation(tier.world.state)
    tier.world.commit("shop", {"new.py": "def added(values):\n    return sorted(values)\n"})
    tier.server.fail_always("/api/embed", scripted.HANG)
    asked = tier.server.count("/api/embed")
    with command_line.start("run") as running:
        while tier.server.count("/api/embed") == asked:
            assert running.poll() is None
            time.sleep(0.05)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert time.monotonic() - began < AT_ONCE
    assert running.returncode == 143
    assert current_generation(tier.world.state) == before
