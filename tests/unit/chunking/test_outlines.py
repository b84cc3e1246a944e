"""Golden outlines: what comes out of a real-looking sample of each language.

After a change that is meant, write them anew and read the difference:

    NIGHTDEX_UPDATE_GOLDEN=1 pytest tests/unit/chunking/test_outlines.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.chunking.chunk import Chunk
from indexer.chunking.languages import LANGUAGES, language_of
from indexer.chunking.worker import chunk_text

GOLDEN = Path(__file__).parents[2] / "golden"
UPDATE = os.environ.get("NIGHTDEX_UPDATE_GOLDEN") == "1"


def outline_of(chunk: Chunk) -> str:
    lines = [f"{chunk.start_line}-{chunk.end_line} {chunk.kind} {chunk.symbol or '-'}"]
    if chunk.part:
        lines[0] += f" part {chunk.part}"
    for label, value in (
        ("in", " > ".join(chunk.breadcrumb)),
        ("signature", chunk.signature),
        ("doc", chunk.doc.replace("\n", "\\n")),
        ("calls", " ".join(chunk.calls)),
        ("members", ", ".join(chunk.members)),
    ):
        if value:
            lines.append(f"    {label}: {value}")
    return "\n".join(lines)


def outline(language: str) -> str:
    parts = []
    for path in sorted((GOLDEN / "samples" / language).iterdir()):
        text = path.read_text("utf-8")
        assert language_of(path.name, text) == language
        parts.append(f"# {path.name}\n")
        parts.extend(outline_of(chunk) + "\n" for chunk in chunk_text(path.name, language, text))
    return "".join(parts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_outline_of_each_language_is_the_golden_one(language: str) -> None:
    golden = GOLDEN / "outlines" / f"{language}.txt"
    if UPDATE:
        golden.write_text(outline(language), "utf-8")
    assert outline(language) == golden.read_text("utf-8")
