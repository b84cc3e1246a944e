"""Mode exact beside ripgrep: the same words in the same texts, which ripgrep finds in files."""

from __future__ import annotations

import re
import subprocess
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model_chain.backends.embedded import EmbeddedEmbedder
from search_api.query import parse_query
from search_api.search import searching

if TYPE_CHECKING:
    from index_store.reader import Reader

WORDS = 50
# Chunks are written in pieces of this many.
BLOCK = 4_096

_WORD = re.compile(r"[A-Za-z_]\w{5,40}")


async def measure_literal(state: Path, ripgrep: str) -> dict[str, float]:
    """Milliseconds of a word, the medians. Of ripgrep it is a command from its start to its end.

    Raises:
        SystemExit: ripgrep does not find what the index holds.
    """
    embedder = EmbeddedEmbedder()
    exact, grep = [], []
    async with searching(state, lambda _: embedder) as searcher:
        reader = searcher.serving.current().reader
        await _write_texts(reader, state / "texts")
        for word in await _words(reader):
            began = time.perf_counter()
            answer = await searcher.search(parse_query(word, mode="exact"))
            between = time.perf_counter()
            lines = _grep(ripgrep, word, state / "texts")
            grep.append(time.perf_counter() - between)
            exact.append(between - began)
            if not (answer.hits and lines):
                raise SystemExit(f"{word}: {len(answer.hits)} hits, and {lines} lines by ripgrep")
    return {"exact": float(np.median(exact)) * 1000, "ripgrep": float(np.median(grep)) * 1000}


async def _write_texts(reader: Reader, folder: Path) -> None:
    """Every chunk's text, those of a file in one, unless they are there."""
    done = folder / "done"
    if done.exists():
        return
    catalogue = reader.catalogue
    for start in range(0, len(catalogue), BLOCK):
        rows = range(len(catalogue))[start : start + BLOCK]
        shown = zip(rows, await reader.shown_texts(rows), strict=True)
        places = groupby(shown, key=lambda one: (catalogue.repo[one[0]], catalogue.path[one[0]]))
        for (repo, path), texts in places:
            file = folder / repo / f"{path}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as out:
                out.writelines(f"{one.text}\n" for _, one in texts)
    done.touch()


async def _words(reader: Reader) -> list[str]:
    """A word of each of some chunks."""
    random = np.random.default_rng(11)
    rows = random.choice(len(reader.catalogue), min(2 * WORDS, len(reader.catalogue)), replace=False).tolist()
    texts = [one.text for one in await reader.shown_texts(rows)]
    return [words[len(words) // 2] for text in texts if (words := _WORD.findall(text))][:WORDS]


def _grep(ripgrep: str, word: str, folder: Path) -> int:
    """How many lines it prints."""
    command = [ripgrep, "--no-config", "--no-ignore", "--hidden", "--fixed-strings", "--line-number"]
    done = subprocess.run([*command, "--", word, str(folder)], capture_output=True, check=False)
    return done.stdout.count(b"\n")
