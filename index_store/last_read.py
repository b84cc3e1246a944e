"""When every file of a generation was last read whole and found to hold what it should.

A disk that loses bits changes no file's times, so reading is repeated; but not by each of many nights a day.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from index_store.durable import write_durably
from index_store.limits import REREAD_AFTER_SECONDS
from index_store.log import Log
from index_store.manifest import FileMark, file_marks, file_problems
from index_store.schema import Manifest

log = Log(__name__)

LAST_READ_NAME = "last_read.json"


def unread_problems(state_dir: Path, folder: Path, manifest: Manifest) -> list[str]:
    """As `file_problems`; what was read within REREAD_AFTER_SECONDS and not touched since is not read."""
    now = time.time()
    read_at = {mark: at for mark, at in _load(state_dir).items() if now - REREAD_AFTER_SECONDS < at <= now}
    problems = file_problems(folder, manifest, known=read_at.keys())
    if not problems:
        whole = {mark: read_at.get(mark, now) for mark in file_marks(folder, manifest)}
        if whole != read_at:
            _save(state_dir, whole)
    return problems


def read_anew(state_dir: Path) -> None:
    """Let the next night read everything: a file was found not to hold what it should."""
    try:
        (state_dir / LAST_READ_NAME).unlink(missing_ok=True)
    except OSError as error:
        log.warning("the next night reads no more than it would have", reason=str(error))


def _load(state_dir: Path) -> dict[FileMark, float]:
    try:
        listed = json.loads((state_dir / LAST_READ_NAME).read_bytes())
        return {(device, inode, size, mtime): at for device, inode, size, mtime, at in listed}
    except (OSError, ValueError, TypeError):
        return {}


def _save(state_dir: Path, read_at: dict[FileMark, float]) -> None:
    """Keep it; where that fails everything is read again the next time."""
    try:
        listed = [[*mark, at] for mark, at in sorted(read_at.items())]
        write_durably(state_dir / LAST_READ_NAME, json.dumps(listed).encode())
    except OSError as error:
        log.warning("when the index was last read was not saved", reason=str(error))
