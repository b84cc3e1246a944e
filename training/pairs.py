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
    """A question and the document that answers it.

    `kind` is doc, name, file, section (this module), comment, string, further or about (remarks.py). `chunk`
    names the chunk the document was made of: to another pair's question on it, it is no wrong answer.
    """

    question: str
    document: str
    kind: str
    language: str
    package: str
    chunk: str


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


def pair_of(source: SourceChunk, question: str, document: str, kind: str) -> Pair:
    """A pair that was made of this chunk."""
    chunk = f"{source.package}:{source.path}:{source.chunk.start_line}"
    return Pair(question, document, kind, source.language, source.package, chunk)


def question_of(doc: str) -> str:
    """The first sentence of a doc comment as a question, "" where it is not prose about this code."""
    sentence = without_markup(first_sentence(doc))
    if is_boilerplate(sentence) or len(sentence.split()) < MIN_QUESTION_WORDS:
        return ""
    return sentence


def without_markup(text: str) -> str:
    """Prose without the marks of doc generators, on one line."""
    return " ".join(_NOT_PROSE.sub(r" \1 ", text).split())


def is_boilerplate(text: str) -> bool:
    """Whether it speaks of anything but the code: its licence, its linter, work left to do."""
    return bool(_BOILERPLATE.search(text))


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
    yield pair_of(source, question, code_document(unit), "doc")


def _name_pair(source: SourceChunk, rng: random.Random) -> Iterator[Pair]:
    chunk = source.chunk
    words = split_identifier(chunk.symbol)
    if chunk.part or len(words.split()) < 2 or rng.random() > NAME_SHARE:
        return
    name = chunk.symbol.rpartition(".")[2]
    document = code_document(unit_of(source, text=chunk.text.replace(name, ""), symbol=""))
    yield pair_of(source, words, document, "name")


def _section_pair(source: SourceChunk) -> Iterator[Pair]:
    heading = " ".join(source.chunk.breadcrumb[-1:]) or source.chunk.symbol
    question = " ".join(dict.fromkeys([*heading.split(), *source.chunk.symbol.rpartition(".")[2].split()]))
    _, _, text = source.chunk.text.partition("\n")
    if question and len(text) >= MIN_CODE_CHARACTERS:
        unit = unit_of(source, text=text, symbol="")
        yield pair_of(source, question, code_document(unit), "section")


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
            yield pair_of(source, words, document, "file")
