"""Which chunks a language model describes, and what stands beside the others without asking it."""

from __future__ import annotations

import re
import sqlite3

from indexer.chunking.chunk import Kind
from indexer.limits import TRIVIAL_WORDS
from indexer.night_report import DescriptionReport
from model_chain.protocol import CodeUnit, Description, Summariser
from model_chain.summary_cache import CachedSummariser

# Prose, settings and what is left between definitions say what they are in their own words.
_DESCRIBED_KINDS = frozenset(
    {
        Kind.FUNCTION,
        Kind.METHOD,
        Kind.CLASS,
        Kind.INTERFACE,
        Kind.STRUCT,
        Kind.ENUM,
        Kind.TRAIT,
        Kind.IMPL,
        Kind.MACRO,
        Kind.TEST,
        Kind.TABLE,
        Kind.RESOURCE,
    }
)
_WORD = re.compile(r"\w+")

# Beyond this many characters the words need not be counted.
_LONGEST_TRIVIAL = 2_000


def is_definition(kind: str) -> bool:
    """Whether chunks of this kind are described by a model at all."""
    return kind in _DESCRIBED_KINDS


def is_trivial(unit: CodeUnit) -> bool:
    """Whether a body is so short that its name, signature and comment already say what it does.

    Getters, setters, delegating one-liners and empty classes. Counted in words, not lines, so that it does
    not depend on how the code is laid out; neither signature nor comment counts.
    """
    room = TRIVIAL_WORDS + len(_WORD.findall(unit.signature)) + len(_WORD.findall(unit.doc))
    if len(unit.text) > _LONGEST_TRIVIAL:
        return False
    return len(_WORD.findall(unit.text)) <= room


class KnownDescriptions:
    """What is known without asking a model: its earlier words about the same code, else an extract."""

    def __init__(self, extractive: Summariser, cached: CachedSummariser, report: DescriptionReport) -> None:
        self._extractive = extractive
        self._cached = cached
        self._report = report
        self._readable = True

    @property
    def source(self) -> str:
        """That of the extracts."""
        return self._extractive.source

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit at once."""
        if self._readable and is_definition(unit.kind) and not is_trivial(unit):
            try:
                known = self._cached.cached(unit)
            except sqlite3.Error as error:
                self._readable, known = False, None
                self._report.record_failure("summary_cache", "the first publish", str(error))
            if known is not None and known.text:
                self._report.from_cache += 1
                return Description(known.text, self._cached.source)
        return self._extractive.summarise(unit)
