"""The text that is embedded: a header of names, then the code. Indexing and training share these functions.

The names come first and split into words because questions are asked in words (ColGREP's structured header).
"""

from __future__ import annotations

import re

from model_chain.protocol import CodeUnit, Description
from model_chain.words import path_words, split_identifier

# Beyond this a chunk's tail drowns its names in a mean of token vectors.
MAX_CODE_CHARACTERS = 3000

# In a mean of token vectors a name weighs as much as it is repeated: three times instead of once gained .06
# NDCG@10 dense-only on the first ten repositories of the development split; a transformer loses few tokens.
NAME_REPEATS = 3

# A doc comment opens with what the thing does; parameters and examples follow.
MAX_DOC_CHARACTERS = 300

_PARAGRAPH_END = re.compile(r"\n\s*\n|\n\s*[@:\\](?:param|return|throws|brief)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])")


def code_document(unit: CodeUnit) -> str:
    """Text of one chunk for its code vector. Depends on no path component but the last two."""
    names = [_names(unit)] * NAME_REPEATS
    code = unit.text[:MAX_CODE_CHARACTERS]
    return _lines(*names, unit.signature, first_sentences(unit.doc), code)


def summary_document(unit: CodeUnit, description: Description) -> str:
    """Text of one chunk for its description vector: the same names, then the description."""
    return _lines(_names(unit), unit.signature, description.text)


def first_sentences(doc: str) -> str:
    """The opening paragraph of a doc comment on one line: whole sentences, at most MAX_DOC_CHARACTERS."""
    text = " ".join(_PARAGRAPH_END.split(doc.strip(), maxsplit=1)[0].split())
    if len(text) <= MAX_DOC_CHARACTERS:
        return text
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        if kept and len(kept) + len(sentence) > MAX_DOC_CHARACTERS:
            break
        kept = f"{kept} {sentence}".strip()
    return kept[:MAX_DOC_CHARACTERS]


def first_sentence(doc: str) -> str:
    """The first sentence of a doc comment on one line, "" where there is none."""
    return _SENTENCE_END.split(first_sentences(doc), maxsplit=1)[0]


def _names(unit: CodeUnit) -> str:
    return f"{path_words(unit.path)} {split_identifier(unit.symbol)}".strip()


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
