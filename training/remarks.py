"""Pairs from what people wrote inside code and beyond a doc comment's first sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from indexer.chunking.chunk import Kind
from model_chain.document import code_document, first_sentence
from training.pairs import (
    MIN_CODE_CHARACTERS,
    NAMELESS_SHARE,
    Pair,
    is_boilerplate,
    pair_of,
    question_of,
    unit_of,
    without_doc,
    without_markup,
)
from training.sources import SourceChunk

COMMENT_SHARE = 0.6
COMMENTS_PER_CHUNK = 2
STRING_SHARE = 0.35
FURTHER_SHARE = 0.6
FURTHER_SENTENCES = slice(1, 6)
CHUNKS_PER_FILE_DOC = 2
# A comment speaks of the lines around it.
LINES_BEFORE, LINES_AFTER = 8, 25

_MIN_WORDS, _MAX_WORDS = 4, 40
_WORD_LETTERS = 0.6
_COMMENT = re.compile(r"^\s*(?://+|#+|--+|\*)\s?(.*)$")
_DIRECTIVE = re.compile(r"\s*#\s*(?:include|define|if|endif|else|pragma|import|\[|!)")
_WORD = re.compile(r"[A-Za-z][a-z'-]+")
_STRING = re.compile(r'"([^"\\\n]{15,120})"|\'([^\'\\\n]{15,120})\'')
_PLACEHOLDER = re.compile(r"%[a-z]|\{[^}]*\}|\$\w+")
_CODE = re.compile(r"[;{}=<>]|\w\(|^\s*@|https?:")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])")


def mine_remarks(chunks: Sequence[SourceChunk], seed: str) -> Iterator[Pair]:
    """A share, drawn by seed, of a package's comments, texts in quotes, further doc sentences, file docs."""
    rng = Random(seed)
    for source in chunks:
        chunk = source.chunk
        if len(chunk.text) < MIN_CODE_CHARACTERS or chunk.kind in {Kind.WINDOW, Kind.SECTION}:
            continue
        if rng.random() < COMMENT_SHARE:
            yield from _comment_pairs(source, rng)
        if rng.random() < STRING_SHARE:
            yield from _string_pair(source, rng)
        if rng.random() < FURTHER_SHARE:
            yield from _further_pair(source, rng)
    yield from _file_doc_pairs(chunks, rng)


def reads_as_prose(text: str) -> bool:
    """Whether a comment or literal is a sentence about the code, rather than code or data."""
    words = _WORD.findall(text)
    letters = len(text.replace(" ", ""))
    return (
        _MIN_WORDS <= len(words) <= _MAX_WORDS
        and not _CODE.search(text)
        and not is_boilerplate(text)
        and sum(map(len, words)) > _WORD_LETTERS * letters
    )


def _comment_pairs(source: SourceChunk, rng: Random) -> Iterator[Pair]:
    """(comment, the code around it or the whole chunk, without it)."""
    lines = source.chunk.text.split("\n")
    blocks = _comment_blocks(lines)
    rng.shuffle(blocks)
    doc = " ".join(source.chunk.doc.split())
    found = 0
    for first, last, text in blocks:
        question = without_markup(first_sentence(text))
        if not reads_as_prose(question) or question[:40] in doc:
            continue
        around = [*lines[max(0, first - LINES_BEFORE) : first], *lines[last + 1 : last + LINES_AFTER]]
        code = around if rng.random() < 1 / 2 else [*lines[:first], *lines[last + 1 :]]
        if len("\n".join(around)) >= MIN_CODE_CHARACTERS:
            yield _bare_or_named(source, question, "\n".join(code), "comment", rng)
            found += 1
        if found == COMMENTS_PER_CHUNK:
            return


def _comment_blocks(lines: Sequence[str]) -> list[tuple[int, int, str]]:
    """(first row, last row, text) of each run of comment lines but one that opens the chunk."""
    blocks: list[tuple[int, int, str]] = []
    for row, line in enumerate(lines):
        match = None if _DIRECTIVE.match(line) else _COMMENT.match(line)
        if match and blocks and blocks[-1][1] == row - 1:
            first, _, text = blocks.pop()
            blocks.append((first, row, f"{text}\n{match[1]}"))
        elif match:
            blocks.append((row, row, match[1]))
    return [block for block in blocks if block[0] > 0]


def _string_pair(source: SourceChunk, rng: Random) -> Iterator[Pair]:
    """(a text in quotes, the code without it): what an error message is searched by."""
    chunk = source.chunk
    literals = list(_STRING.finditer(chunk.text))
    rng.shuffle(literals)
    for literal in literals:
        written = literal[1] or literal[2]
        question = " ".join(_PLACEHOLDER.sub(" ", written).split())
        if reads_as_prose(question) and written not in chunk.doc:
            code = f'{chunk.text[: literal.start()]}""{chunk.text[literal.end() :]}'
            yield _bare_or_named(source, question, code, "string", rng)
            return


def _further_pair(source: SourceChunk, rng: Random) -> Iterator[Pair]:
    """(a later sentence of the doc comment, the code without that doc)."""
    chunk = source.chunk
    if not chunk.doc or chunk.part:
        return
    sentences = _SENTENCE_END.split(" ".join(chunk.doc.split()))[FURTHER_SENTENCES]
    rng.shuffle(sentences)
    question = next(filter(reads_as_prose, map(without_markup, sentences)), "")
    code = without_doc(chunk.text, chunk.doc) if question else ""
    if len(code) >= MIN_CODE_CHARACTERS:
        symbol = "" if rng.random() < NAMELESS_SHARE else None
        document = code_document(unit_of(source, text=code, symbol=symbol))
        yield pair_of(source, question, document, "further")


def _file_doc_pairs(chunks: Sequence[SourceChunk], rng: Random) -> Iterator[Pair]:
    """(what a file's own doc opens with, some chunk of that file)."""
    by_path: dict[str, list[SourceChunk]] = {}
    for source in chunks:
        if source.chunk.kind is not Kind.SECTION:
            by_path.setdefault(source.path, []).append(source)
    for opening, *rest in by_path.values():
        is_file_doc = opening.chunk.kind is Kind.MODULE and opening.chunk.doc
        if question := question_of(opening.chunk.doc) if is_file_doc else "":
            long_enough = [source for source in rest if len(source.chunk.text) >= MIN_CODE_CHARACTERS]
            for source in rng.sample(long_enough, min(CHUNKS_PER_FILE_DOC, len(long_enough))):
                unit = unit_of(source, text=source.chunk.text, doc=source.chunk.doc)
                yield pair_of(source, question, code_document(unit), "about")


def _bare_or_named(source: SourceChunk, question: str, code: str, kind: str, rng: Random) -> Pair:
    symbol = "" if rng.random() < 1 / 2 else None
    return pair_of(source, question, code_document(unit_of(source, text=code, symbol=symbol)), kind)
