"""Text made to fit a model's context: an estimate of its tokens, and a cut that keeps both ends."""

from __future__ import annotations

from model_chain.limits import CHARACTERS_PER_TOKEN

# The head holds the names and the signature, the tail the result; the middle says least.
_HEAD_SHARE = 2 / 3
_GAP = "\n…\n"


def estimated_tokens(text: str) -> int:
    """About how many tokens a text comes to, rather too many than too few."""
    wide = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return wide + (len(text) - wide) // CHARACTERS_PER_TOKEN + 1


def cut_to_tokens(text: str, tokens: int) -> str:
    """The text if it is estimated to fit, otherwise its head and its tail."""
    estimate = estimated_tokens(text)
    return text if estimate <= tokens else cut_middle(text, len(text) * tokens // estimate)


def cut_middle(text: str, characters: int) -> str:
    """At most `characters` characters of a text: two thirds from its head, one from its tail."""
    if len(text) <= characters:
        return text
    room = characters - len(_GAP)
    if room < 2:
        return text[: max(characters, 0)]
    head = int(room * _HEAD_SHARE)
    return f"{text[:head]}{_GAP}{text[len(text) - (room - head) :]}"


def encodable(text: str) -> str:
    """Lone surrogates, which no request can carry, become "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
