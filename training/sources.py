"""The chunks of the training packages, cut by the indexer's own chunker in child processes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from indexer.chunking.chunk import Chunk
from indexer.chunking.languages import language_of
from indexer.chunking.worker import chunk_text
from training.packages import Package, fetch, read_files

# One giant package must not speak for its language.
MAX_BYTES_PER_PACKAGE = 6_000_000
MAX_FILE_BYTES = 200_000
MIN_FILE_BYTES = 200

# Prose and configuration have no (doc, code) pairs to learn from.
_LEFT_OUT_LANGUAGES = frozenset({"", "json", "yaml", "toml", "html", "css"})

# Copies of other people's code, among them of the repositories that the result is judged on.
_LEFT_OUT_FOLDERS = frozenset(
    {
        "_vendor",
        "vendor",
        "vendored",
        "third_party",
        "third-party",
        "thirdparty",
        "external",
        "extern",
        "deps",
    }
    | {"node_modules", "bower_components", "dist", "build", "generated", "locale", "i18n", "fixtures", "Pods"}
)
_JUDGED_ON = (
    *(
        "flask",
        "requests",
        "starlette",
        "express",
        "gin",
        "gson",
        "monolog",
        "sinatra",
        "exposed",
        "alamofire",
    ),
    *("zod", "plug", "serde", "fmt", "libuv", "bats", "xmonad", "lazy.nvim", "zig-clap", "dapper"),
)


@dataclass(frozen=True, slots=True)
class SourceChunk:
    """One chunk and where it came from."""

    package: str
    language: str
    path: str
    held_out: bool
    chunk: Chunk


def read_chunks(packages: list[Package], cache: Path, processes: int) -> Iterator[list[SourceChunk]]:
    """The chunks of each package, in the packages' order."""
    jobs = [(package, cache) for package in packages]
    with get_context("spawn").Pool(processes, maxtasksperchild=8) as pool:
        yield from pool.imap(_chunks_of, jobs)


def _chunks_of(job: tuple[Package, Path]) -> list[SourceChunk]:
    package, cache = job
    found: list[SourceChunk] = []
    for path, language, text in chosen_files(fetch(package, cache)):
        try:
            chunks = chunk_text(path, language, text)
        except Exception as error:  # noqa: BLE001 - one odd file in a thousand packages is no loss
            print(f"{package.name}: {path} left out: {error}")
            continue
        found += [SourceChunk(package.name, language, path, package.held_out, chunk) for chunk in chunks]
    return found


def chosen_files(archive: Path) -> list[tuple[str, str, str]]:
    """Files worth learning from, each content once, up to the package's share, in an order of no meaning."""
    chosen: dict[bytes, tuple[str, str, str]] = {}
    for path, content in read_files(archive):
        language = language_of(path)
        if language in _LEFT_OUT_LANGUAGES or not MIN_FILE_BYTES <= len(content) <= MAX_FILE_BYTES:
            continue
        if _is_left_out(path) or b"\0" in content or max(map(len, content.split(b"\n", 400)[:400])) > 2000:
            continue
        text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        chosen.setdefault(hashlib.sha256(content).digest(), (path, language, text))
    kept, size = [], 0
    for _, file in sorted(chosen.items()):
        size += len(file[2])
        if size > MAX_BYTES_PER_PACKAGE:
            break
        kept.append(file)
    return kept


def _is_left_out(path: str) -> bool:
    parts = path.split("/")
    stem = parts[-1].partition(".")[0].lower()
    folders = {part.lower() for part in parts[:-1]}
    return bool(folders & _LEFT_OUT_FOLDERS) or bool(folders & set(_JUDGED_ON)) or stem in _JUDGED_ON
