"""Under systemd every line that goes to the journal begins with its priority; nowhere else does any."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging, structlog
from nightdex.logs import configure_logs
configure_logs(logging.DEBUG)
log = structlog.get_logger()
for level in ("debug", "info", "warning", "error", "critical"):
    getattr(log, level)("happened")
"""


def lines(tmp_path: Path, *command: str, stream: str | None = None) -> list[str]:
    """What a program writes to standard error, where JOURNAL_STREAM is `stream`, or says that it is this."""
    with (tmp_path / "stderr").open("w+") as file:
        own = f"{os.fstat(file.fileno()).st_dev}:{os.fstat(file.fileno()).st_ino}"
        environment = {**os.environ, "JOURNAL_STREAM": own if stream is None else stream}
        subprocess.run([sys.executable, *command], stderr=file, env=environment, cwd=tmp_path, check=False)
        file.seek(0)
        return file.read().splitlines()


def test_each_level_has_its_priority(tmp_path: Path) -> None:
    told = lines(tmp_path, "-c", PROGRAM)
    assert [line[:4] for line in told] == ["<7>{", "<6>{", "<4>{", "<3>{", "<2>{"]


@pytest.mark.parametrize("stream", ["", "1:2"])
def test_a_stream_that_is_not_the_journal_s_has_none(tmp_path: Path, stream: str) -> None:
    assert {line[0] for line in lines(tmp_path, "-c", PROGRAM, stream=stream)} == {"{"}


def test_every_line_of_a_failure_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "repos.toml").write_text("[api]\nprot = 1\n[schedul]\n")
    told = lines(tmp_path, "-m", "nightdex", "status")
    assert told[0].startswith("<3>nightdex: repos.toml:2: unknown key 'prot'")
    assert told[1].startswith("<3>repos.toml:3: ")
