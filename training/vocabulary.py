"""Our own sub-word vocabulary: identifiers are split at case and underscores first, then lowercased.

Questions and code go through the same steps, so "session refresh" and `refreshSession` share their tokens.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

VOCABULARY_SIZE = 36_000
MIN_COUNT = 3
MAX_ALPHABET = 200
MAX_WORD_CHARACTERS = 40
UNKNOWN = "[UNK]"

_CAMEL_BOUNDARY = r"(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})"
_WORD = r"\p{L}+|\p{N}+"


def train_tokenizer(texts: Iterable[str], size: int = VOCABULARY_SIZE) -> Tokenizer:
    """Learn a WordPiece vocabulary. The same texts give the same vocabulary."""
    tokenizer = Tokenizer(
        WordPiece(vocab={}, unk_token=UNKNOWN, max_input_chars_per_word=MAX_WORD_CHARACTERS)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(_CAMEL_BOUNDARY), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), "removed", invert=True)
    trainer = WordPieceTrainer(
        vocab_size=size,
        special_tokens=[UNKNOWN],
        limit_alphabet=MAX_ALPHABET,
        min_frequency=MIN_COUNT,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
