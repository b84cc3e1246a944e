"""Functions with a doc comment, out of real repositories, and copies of their files without any."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.chunking.chunk import Chunk, Kind
from indexer.chunking.languages import language_of
from indexer.chunking.parse import ParseTimeout
from indexer.chunking.syntax import NoStructure
from indexer.chunking.worker import chunk_text
from training.packages import Package, fetch
from training.pairs import MIN_CODE_CHARACTERS, question_of, without_doc
from training.sources import chosen_files

# Prose and data hold no functions.
_NO_FUNCTIONS = frozenset({"", "markdown", "json", "yaml", "toml", "html", "css"})
_MAX_FILE_BYTES = 1_000_000
# Path, language, text.
_File = tuple[str, str, str]
_FUNCTIONS = frozenset({Kind.FUNCTION, Kind.METHOD})


@dataclass(frozen=True, slots=True)
class DocPair:
    """What was written above a function, and the function."""

    repo: str
    language: str
    question: str
    path: str
    symbol: str


def strip_repository(name: str, checkout: Path, folder: Path) -> list[DocPair]:
    """Write the code at HEAD into `folder` without its doc comments; what their functions were described as.

    A sentence that describes two functions of the repository asks for neither.
    """
    return _strip(name, _source_files(checkout), folder)


def strip_package(package: Package, cache: Path, folder: Path) -> list[DocPair]:
    """The same for a package, which is fetched unless `cache` holds it."""
    files = (file for file in chosen_files(fetch(package, cache)) if file[1] not in _NO_FUNCTIONS)
    return _strip(folder.name, files, folder)


def _strip(name: str, files: Iterable[_File], folder: Path) -> list[DocPair]:
    pairs: list[DocPair] = []
    for path, language, text in files:
        try:
            chunks = chunk_text(path, language, text)
        except (NoStructure, ParseTimeout):
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_without_docs(text, chunks), encoding="utf-8")
        pairs += _pairs(name, path, language, chunks)
    asked = Counter(pair.question for pair in pairs)
    return [pair for pair in pairs if asked[pair.question] == 1]


def _pairs(repo: str, path: str, language: str, chunks: Iterable[Chunk]) -> Iterator[DocPair]:
    for chunk in chunks:
        if chunk.kind not in _FUNCTIONS or chunk.part or not chunk.doc:
            continue
        question = _without_name(question_of(chunk.doc), chunk.symbol.rpartition(".")[2])
        if question and len(without_doc(chunk.text, chunk.doc)) >= MIN_CODE_CHARACTERS:
            yield DocPair(repo, language, question, path, chunk.symbol)


def _without_name(sentence: str, name: str) -> str:
    """A sentence that opens with the function's own name, as Go's do, would be answered by a look-up."""
    first, _, rest = sentence.partition(" ")
    return rest if first.strip("`*:()").casefold() == name.casefold() else sentence


def _without_docs(text: str, chunks: Iterable[Chunk]) -> str:
    lines = text.split("\n")
    kept: list[str] = []
    position = 0
    for chunk in chunks:
        kept += lines[position : chunk.start_line - 1]
        kept.append(without_doc(chunk.text, chunk.doc) if chunk.doc else chunk.text)
        position = chunk.end_line
    return "\n".join([*kept, *lines[position:]])


def _source_files(checkout: Path) -> Iterator[_File]:
    """Every file of code at HEAD."""
    archive = subprocess.run(
        ["git", "-C", str(checkout), "archive", "HEAD"], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tarball:
        for member in tarball:
            language = language_of(member.name)
            content = tarball.extractfile(member) if member.isfile() else None
            if content is None or language in _NO_FUNCTIONS or member.size > _MAX_FILE_BYTES:
                continue
            data = content.read()
            if b"\0" not in data:
                yield member.name, language, data.decode("utf-8", "replace").replace("\r\n", "\n")
