"""(question, document) pairs mined from chunks: what people wrote about a piece of code, and that code."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.chunking.chunk import Kind
from model_chain.document import code_document, first_sentence
from model_chain.protocol import CodeUnit
from model_chain.words import path_words, split_identifier
from training.sources import SourceChunk

MIN_QUESTION_WORDS = 3
MIN_CODE_CHARACTERS = 40
NAMELESS_SHARE = 0.25
NAME_SHARE = 0.35
FILE_SHARE = 0.5
CHUNKS_PER_FILE_PAIR = 3

_MARKS = re.compile(r"^[\s/*#;!\"'<>{%|=-]+|[\s*/\"']+$")
_DOC_ATTRIBUTE = re.compile(r"^\s*@(?:module|type)?doc\b")
_BOILERPLATE = re.compile(
    r"copyright|licen[sc]e|all rights reserved|inheritdoc|auto-?generated|todo|eslint|pylint|@see\b",
    re.IGNORECASE,
)
_NOT_PROSE = re.compile(r"@\w+|\{@\w+\s+([^}]*)\}|<[^>]+>|``?|:\w+:`|\\\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the document that answers it. `kind`: doc, name, file or section."""

    question: str
    document: str
    kind: str
    language: str
    package: str


def mine_pairs(chunks: Sequence[SourceChunk], seed: str) -> Iterator[Pair]:
    """Every doc and section pair of one package, and a share of its name and file pairs, drawn by seed."""
    rng = random.Random(seed)
    for source in chunks:
        if len(source.chunk.text) < MIN_CODE_CHARACTERS or source.chunk.kind is Kind.WINDOW:
            continue
        if source.chunk.kind is Kind.SECTION:
            yield from _section_pair(source)
        else:
            yield from _doc_pair(source, rng)
            yield from _name_pair(source, rng)
    yield from _file_pairs(chunks, rng)


def unit_of(source: SourceChunk, *, text: str, doc: str = "", symbol: str | None = None) -> CodeUnit:
    """What the indexer would embed of this chunk, with parts taken out."""
    chunk = source.chunk
    return CodeUnit(
        language=source.language,
        kind=chunk.kind.value,
        symbol=chunk.symbol if symbol is None else symbol,
        signature=chunk.signature if symbol is None else "",
        doc=doc,
        calls=chunk.calls,
        path=source.path,
        text=text,
    )


def question_of(doc: str) -> str:
    """The first sentence of a doc comment as a question, "" where it is not prose about this code."""
    sentence = " ".join(_NOT_PROSE.sub(r" \1 ", first_sentence(doc)).split())
    if _BOILERPLATE.search(sentence) or len(sentence.split()) < MIN_QUESTION_WORDS:
        return ""
    return sentence


def without_doc(text: str, doc: str) -> str:
    """The code with the lines of its doc comment or docstring taken out."""
    doc_lines = {_MARKS.sub("", line) for line in doc.splitlines()}
    kept = []
    for line in text.splitlines():
        bare = _MARKS.sub("", _DOC_ATTRIBUTE.sub("", line))
        is_doc = bare in doc_lines if bare else not any(character in line for character in "{}()[]")
        if not is_doc:
            kept.append(line)
    return "\n".join(kept)


def _doc_pair(source: SourceChunk, rng: random.Random) -> Iterator[Pair]:
    chunk = source.chunk
    question = question_of(chunk.doc) if chunk.doc and chunk.part == 0 else ""
    body = without_doc(chunk.text, chunk.doc) if question else ""
    if len(body) < MIN_CODE_CHARACTERS:
        return
    # Real documents have names; a share without them teaches what the body is about.
    bare = rng.random() < NAMELESS_SHARE
    unit = unit_of(source, text=body, symbol="" if bare else None)
    yield Pair(question, code_document(unit), "doc", source.language, source.package)


def _name_pair(source: SourceChunk, rng: random.Random) -> Iterator[Pair]:
    chunk = source.chunk
    words = split_identifier(chunk.symbol)
    if chunk.part or len(words.split()) < 2 or rng.random() > NAME_SHARE:
        return
    name = chunk.symbol.rpartition(".")[2]
    document = code_document(unit_of(source, text=chunk.text.replace(name, ""), symbol=""))
    yield Pair(words, document, "name", source.language, source.package)


def _section_pair(source: SourceChunk) -> Iterator[Pair]:
    heading = " ".join(source.chunk.breadcrumb[-1:]) or source.chunk.symbol
    question = " ".join(dict.fromkeys([*heading.split(), *source.chunk.symbol.rpartition(".")[2].split()]))
    _, _, text = source.chunk.text.partition("\n")
    if question and len(text) >= MIN_CODE_CHARACTERS:
        unit = unit_of(source, text=text, symbol="")
        yield Pair(question, code_document(unit), "section", source.language, source.package)


def _file_pairs(chunks: Sequence[SourceChunk], rng: random.Random) -> Iterator[Pair]:
    """(path words, some chunk of that file, without its path)."""
    by_path: dict[str, list[SourceChunk]] = {}
    for source in chunks:
        if source.chunk.kind is not Kind.SECTION and len(source.chunk.text) >= MIN_CODE_CHARACTERS:
            by_path.setdefault(source.path, []).append(source)
    for path, sources in by_path.items():
        words = path_words(path)
        if len(words.split()) < 2 or rng.random() > FILE_SHARE:
            continue
        for source in rng.sample(sources, min(CHUNKS_PER_FILE_PAIR, len(sources))):
            document = code_document(replace(unit_of(source, text=source.chunk.text), path=""))
            yield Pair(words, document, "file", source.language, source.package)
