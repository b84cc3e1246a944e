"""A state directory that cannot be one is the configuration's fault, and said so in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import StateDirUnusable
from tests.nights import World


def test_a_state_directory_that_is_a_file_is_named_with_what_to_correct(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.state.write_text("a file")
    with pytest.raises(StateDirUnusable, match=r"state_dir in repos\.toml") as raised:
        world.night()
    assert raised.value.exit_status == 12
