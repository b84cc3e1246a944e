"""What other rules let in goes: descriptions, words in reports, files of repositories that cannot be read."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from index_store.durable import write_durably
from index_store.log import Log
from index_store.stored_rows import StoredRows
from index_store.writer import GenerationWriter
from indexer.describer import CACHE_NAME
from indexer.intake.secrets import holds_secret, redact
from indexer.intake.skip import SkipReason
from indexer.night_report import REPORTS
from indexer.rows import unit_of
from indexer.rules import CHUNKER
from model_chain.summary_cache import SummaryCache, content_hash

log = Log(__name__)


def drop_files_with_secrets(writer: GenerationWriter, state_dir: Path, repo: str) -> int:
    """Leave out what a repository keeps from other rules and these forbid; returns how many files that is.

    Whole files: what is left of a private key after its first chunk does not look like one.
    """
    if writer.base is None or writer.base.chunker == CHUNKER:
        return 0
    rows = StoredRows(state_dir, writer.base.generation).scan()
    paths = {row.path for row in rows if row.repo == repo and holds_secret(row.text)}
    writer.delete_files(repo, paths)
    files = [
        replace(row, chunks=0, skip_reason=SkipReason.SECRET_FILE.value) if row.path in paths else row
        for row in writer.base_files(repo).values()
    ]
    writer.set_inventory(repo, files)
    return len(paths)


def redact_reports(state_dir: Path) -> None:
    """Take secrets out of the reports of earlier nights: they name paths, and quote what a model said."""
    for path in (state_dir / REPORTS).glob("*.json"):
        written = path.read_bytes()
        try:
            report = json.loads(written)
        except ValueError:  # cut short: nobody reads it as a report, but it is there
            redacted = redact(written.decode("utf-8", "replace"))
            if redacted.found:
                write_durably(path, redacted.text.encode())
            continue
        if (clean := _redacted(report)) != report:
            write_durably(path, json.dumps(clean, indent=1).encode())


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    return {key: _redacted(one) for key, one in value.items()} if isinstance(value, dict) else value


def forget_old_descriptions(state_dir: Path, generation: int) -> int:
    """Keep only descriptions of what a generation of these rules holds; returns how many went.

    Once for each change of the rules: a description of a text that the rules changed may repeat a secret.
    """
    path = state_dir / CACHE_NAME
    if not path.exists():
        return 0
    try:
        with SummaryCache(path) as cache:
            if cache.rules == CHUNKER:
                return 0
            rows = StoredRows(state_dir, generation).scan()
            return cache.retain((content_hash(unit_of(row)) for row in rows), CHUNKER)
    except (OSError, sqlite3.Error) as error:
        log.warning("descriptions made under older rules were not deleted", reason=str(error))
        return 0
