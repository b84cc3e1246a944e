"""Nights under a server that is searched all the while; each answer is held to the generation it names."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from search_api.query import Mode
from tests.answers import MODES, TEXTS
from tests.server_process import server
from tests.soak.witness import Tally, Witness

CLIENTS = 4
LIMIT = 50
LATE = ("exact: stopped after", "embedder timeout:")
SETTLED_AFTER = 200


@dataclass(slots=True)
class Heard:
    """What clients heard.

    Attributes:
        hits: (generation, repository, path, symbol, snippet) of every hit.
        exact: (generation, number of hits) of every search for a text that all functions hold.
        failures: what was no answer, or one that does without something.
    """

    hits: set[tuple[int, str, str, str, str]] = field(default_factory=set)
    exact: set[tuple[int, int]] = field(default_factory=set)
    generations: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    answers: int = 0


def nights_under_load(root: Path, chance: random.Random, tries: int) -> Tally:
    """Publish `tries` nights under a server that CLIENTS search without a pause."""
    witness = Witness(root, chance)
    witness.learn()
    heard = Heard()
    with server(witness.state) as (address, _), _searched(address, heard):
        for number in range(tries):
            witness.change()
            witness.night()
            witness.judge(f"night {number}")
            witness.tally.tries += 1
        _wait_for(address, witness.acknowledged, heard)
    tally = witness.tally
    tally.add("lost", heard.failures, "a search")
    for generation in heard.generations:
        texts = {piece[:3]: piece[3] for piece in witness.expected(generation)}
        wrong = [
            f"{found} of {len(texts)} functions were found in generation {number}"
            for number, found in heard.exact
            if number == generation and found != min(len(texts), LIMIT)
        ]
        wrong += [
            f"generation {generation} does not hold {repo}/{path} {symbol}"
            for number, repo, path, symbol, snippet in heard.hits
            if number == generation and snippet not in texts.get((repo, path, symbol), "")
        ]
        tally.add("wrong", wrong, "an answer under load")
    if len(heard.generations) < 2 or heard.answers < tries:
        tally.add("lost", [f"{heard.answers} answers of generations {heard.generations}"], "load")
    witness.judge_after_clean_night("after the load")
    return tally


@contextmanager
def _searched(address: str, heard: Heard) -> Iterator[None]:
    done = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as clients:
        working = [clients.submit(_client, address, heard, done, first) for first in range(CLIENTS)]
        try:
            yield
        finally:
            done.set()
            for one in working:
                one.result()


def _client(address: str, heard: Heard, done: threading.Event, number: int) -> None:
    with httpx.Client(timeout=60) as client:
        while not done.is_set():
            mode, text = MODES[number % len(MODES)], TEXTS[number // len(MODES) % len(TEXTS)]
            number += 1
            try:
                reply = client.get(
                    f"{address}/v1/search", params={"query": text, "mode": mode, "limit": LIMIT}
                )
            except httpx.HTTPError as error:
                heard.failures.append(repr(error))
                return
            told = reply.json()
            found, degraded = len(told.get("hits", ())), told.get("degraded", [])
            # On a machine with too much to do a scan ends at its deadline and says so: part of an answer.
            whole = not degraded
            late = all(reason.startswith(LATE) for reason in degraded)
            if reply.status_code != 200 or not late or not (found or mode is Mode.SYMBOL or degraded):
                heard.failures.append(f"{reply.status_code}: {reply.text[:200]}")
                return
            generation = told["index"]["generation"]
            heard.answers += 1
            if mode is Mode.EXACT and whole:
                heard.exact.add((generation, found))
            heard.generations.add(generation)
            heard.hits.update(
                (generation, hit["repo"], hit["path"], hit["symbol"], hit["snippet"]) for hit in told["hits"]
            )


def _wait_for(address: str, generation: int, heard: Heard) -> None:
    """Until the server has followed to the last night."""
    with httpx.Client(timeout=60) as client:
        for _ in range(SETTLED_AFTER):
            told = client.get(f"{address}/v1/search", params={"query": "total"}).json()
            if told["index"]["generation"] == generation:
                return
            threading.Event().wait(0.1)
    heard.failures.append(f"generation {generation} was never served")
