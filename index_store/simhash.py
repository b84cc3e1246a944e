"""Fingerprints of texts that differ in few bits where the texts differ in few words.

Source: Charikar, STOC 2002; Manku, Jain, Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007,
whose 64 bits and 3 bits of difference are taken over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from index_store.identifiers import words

BITS = 64
NEAR_BITS = 3

# Texts counted at a time: so few that the table of their words stays in a core's own cache.
_TEXTS_PER_BLOCK = 16


def simhashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """One fingerprint a text, by its words and how often each occurs; layout and order do not count.

    A text without a word has the fingerprint of its characters.
    """
    blocks = [
        _block(texts[start : start + _TEXTS_PER_BLOCK]) for start in range(0, len(texts), _TEXTS_PER_BLOCK)
    ]
    return np.concatenate([np.zeros(0, np.uint64), *blocks])


def _block(texts: Sequence[str]) -> NDArray[np.uint64]:
    found = [words(text) or [text] for text in texts]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(chain.from_iterable(found)))}
    digests = b"".join(
        hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=BITS // 8).digest()
        for word in vocabulary
    )
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(-1, BITS // 8), axis=1)
    occurrences = np.fromiter(map(vocabulary.__getitem__, chain.from_iterable(found)), np.int64)
    text_of = np.repeat(np.arange(len(texts)), [len(run) for run in found])
    size = len(texts), len(vocabulary)
    counts = np.bincount(text_of * size[1] + occurrences, minlength=size[0] * size[1]).reshape(size)
    # Not by BLAS, whose threads spin longer than such a product takes one of them.
    votes = np.einsum("ij,jk->ik", counts.astype(np.float32), bits.astype(np.float32) * 2 - 1)
    return np.packbits(votes > 0, axis=1).view(">u8")[:, 0].astype(np.uint64)
