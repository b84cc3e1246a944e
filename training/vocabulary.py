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
MAX_WORD_CHARACTERS = 40
UNKNOWN = "[UNK]"

# Words with any other letter are unknown: no trainable text is written in it.
ALPHABET = (
    "0123456789abcdefghijklmnopqrstuvwxyzµßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿčěšžłńśźż"
    "αβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюя"
)
_CONTINUING = "##"

_CAMEL_BOUNDARY = r"(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})"
_WORD = r"\p{L}+|\p{N}+"


def train_tokenizer(texts: Iterable[str], size: int = VOCABULARY_SIZE) -> Tokenizer:
    """Learn a WordPiece vocabulary. The same texts, in whatever order, give the same bytes.

    The trainer numbers continuing letters in the order of a randomly seeded hash map, and breaks ties by
    number. As special tokens they come first, in order; the model is then rebuilt without special tokens.
    """
    letters = [_CONTINUING + letter for letter in ALPHABET]
    tokenizer = _tokenizer({})
    trainer = WordPieceTrainer(
        vocab_size=size,
        special_tokens=[UNKNOWN, *letters],
        initial_alphabet=list(ALPHABET),
        limit_alphabet=len(ALPHABET),
        min_frequency=MIN_COUNT,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _tokenizer(tokenizer.get_vocab())


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    model = WordPiece(vocab=vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=MAX_WORD_CHARACTERS)
    tokenizer = Tokenizer(model)
    boundaries = normalizers.Replace(Regex(_CAMEL_BOUNDARY), " ")
    tokenizer.normalizer = normalizers.Sequence([boundaries, normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), "removed", invert=True)
    return tokenizer
