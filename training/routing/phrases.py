"""Training texts: written examples, and sentences made from templates.

A template is a line of text with `[choice|choice]` and `{slot}`; every label draws its nouns from the same
slots, so that what a sentence is about says nothing about the work it asks for.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.split import part_of
from model_chain.router.labels import Kind, labels_of

HERE = Path(__file__).parent
CASES = HERE.parent.parent / "benchmarks" / "cases" / "routing.jsonl"

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_STYLES = ("snake", "camel", "pascal", "const", "dotted", "scoped", "call")
_BEFORE = (
    "please ", "pls ", "can you ", "could you ", "hey, ", "ok now ", "i need you to ", "let's ", "quick: ",
    "hi, could you please ", "i'd like you to ", "we need to ", "bitte ", "kannst du ", "s'il te plaît ",
    "por favor ", "go ahead and ", "next: ", "just ",
)  # fmt: skip
_AFTER = (
    " please", " pls", " thanks", ".", "!", " today", " now", " for me", " when you can", "?", " asap",
)  # fmt: skip


class Example(NamedTuple):
    """One labelled text."""

    text: str
    label: str


def written(kind: Kind) -> list[Example]:
    """The examples somebody wrote: examples/<label>.txt, one a line, and the tune part of the cases."""
    found = [
        Example(line, label)
        for label in labels_of(kind)
        for line in (HERE / "examples" / f"{label}.txt").read_text(encoding="utf-8").splitlines()
    ]
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["kind"] == kind and part_of(case["text"]) == "tune":
            found.append(Example(case["text"], case["label"]))
    return found


def made(kind: Kind, per_label: int, seed: int) -> list[Example]:
    """Sentences from templates/<label>.txt, `per_label` of each, some with courtesies or typos."""
    rng = random.Random(seed)
    slots = read_slots()
    found = []
    for label in labels_of(kind):
        templates = (HERE / "templates" / f"{label}.txt").read_text(encoding="utf-8").splitlines()
        for index in range(per_label):
            text = fill(templates[index % len(templates)], slots, rng)
            found.append(Example(text if label == "raw" else vary(text, kind, rng), label))
    return found


def digest() -> str:
    """SHA-256 over everything the classifier is fitted on."""
    whole = hashlib.sha256()
    for path in sorted([*(HERE / "templates").glob("*.txt"), *(HERE / "examples").glob("*.txt")]):
        whole.update(path.read_bytes())
    for kind in ("task", "query"):
        whole.update(json.dumps(written(kind)).encode())
    return whole.hexdigest()


def read_slots() -> dict[str, list[str]]:
    """The words that fill `{slot}`, from templates/slots.txt."""
    lines = (HERE / "templates" / "slots.txt").read_text(encoding="utf-8").splitlines()
    named = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {name: words.split("|") for name, _, words in named}


def fill(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """One sentence of a template."""
    text = template
    while (match := _CHOICE.search(text)) is not None:
        text = text[: match.start()] + rng.choice(match[1].split("|")) + text[match.end() :]

    def word(match: re.Match[str]) -> str:
        if match[1] in slots:
            return rng.choice(slots[match[1]])
        return identifier(match[1], slots["word"], rng) if match[1] in ("ident", *_STYLES) else match[0]

    return re.sub(r" +", " ", _SLOT.sub(word, text)).strip()


def identifier(style: str, words: list[str], rng: random.Random) -> str:
    """A made-up name in one of the usual ways of writing names."""
    if style == "ident":
        style = rng.choice(_STYLES)
    parts = [rng.choice(words) for _ in range(rng.choice((2, 2, 2, 3)))]
    titled = "".join(part.title() for part in parts)
    return {
        "snake": "_".join(parts),
        "camel": parts[0] + titled[len(parts[0]) :],
        "pascal": titled,
        "const": "_".join(parts).upper(),
        "dotted": f"{titled}.{rng.choice(words)}",
        "scoped": f"{parts[0]}::{titled}",
        "call": "_".join(parts) + "()",
    }[style]


def vary(text: str, kind: Kind, rng: random.Random) -> str:
    """The same sentence as a hurried or a polite person writes it."""
    if kind == "task" and rng.random() < 0.2:
        text = rng.choice(_BEFORE) + text
    if rng.random() < 0.15:
        text += rng.choice(_AFTER) if kind == "task" else rng.choice("?.")
    if rng.random() < 0.12:
        text = mistype(text, rng)
    return text[:1].upper() + text[1:] if rng.random() < 0.25 else text


def mistype(text: str, rng: random.Random) -> str:
    """Drop, swap or double a letter inside one word."""
    words = text.split(" ")
    long = [index for index, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    index = rng.choice(long)
    word, at = words[index], rng.randrange(1, len(words[index]) - 1)
    words[index] = rng.choice(list(_typos(word, at)))
    return " ".join(words)


def _typos(word: str, at: int) -> Iterator[str]:
    yield word[:at] + word[at + 1 :]
    yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    yield word[:at] + word[at] + word[at:]
