"""Checks of the index: whether it is whole, fresh, and whether its embedder is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from index_store.errors import FormatTooNew, IndexDamaged, NoIndex
from index_store.generations import current_generation, generation_dir, serving_manifest
from index_store.manifest import file_problems, read_manifest
from indexer.night_report import last_report
from model_chain.errors import ModelError
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok, warning
from nightdex.doctor.limits import OLDEST_NIGHT_HOURS
from nightdex.models import embedders_of
from nightdex.standing import age
from nightdex.status import embedder_name
from search_api.limits import EMBEDDER_DEADLINE_S

_PROBES = ("where are sessions refreshed", "how is a token exchanged")


def check_index(configuration: Configuration) -> Iterator[Finding]:
    """Whether an index is published and its files have their sizes; `nightdex check` reads every byte."""
    state_dir = configuration.state_dir
    try:
        number = current_generation(state_dir)
        manifest = read_manifest(generation_dir(state_dir, number))
    except NoIndex:
        yield warning("no index is published yet", "run `nightdex run`")
        return
    except (IndexDamaged, FormatTooNew) as damaged:
        yield error(str(damaged), "run `nightdex rollback`, or `nightdex run` to build a new generation")
        return
    problems = file_problems(generation_dir(state_dir, number), manifest, contents=False)
    if problems:
        found = f"generation {number} is damaged: {problems[0]}"
        yield error(found, "`nightdex rollback` goes back to the one before", problems=problems)
        return
    found = f"generation {number} has {manifest.chunks} chunks and all its files"
    yield ok(found, generation=number, chunks=manifest.chunks, built_at=manifest.built_at)


def check_nights(configuration: Configuration) -> Iterator[Finding]:
    """Whether nights run, and how the last one went."""
    night = last_report(configuration.state_dir)
    if night is None:
        return
    now = datetime.now(UTC)
    began = str(night["started_at"])
    ago = age(datetime.fromisoformat(began), now)
    if now - datetime.fromisoformat(began) > timedelta(hours=OLDEST_NIGHT_HOURS):
        remedy = "see that what starts `nightdex run` every night is alive; run it once by hand"
        yield warning(f"the last night began {ago} ago", remedy, started_at=began)
    elif night.get("outcome") == "failed":
        found = f"the last night, {ago} ago, published nothing: {night.get('reason')}"
        yield error(found, "mend what it names, then run `nightdex run`", started_at=began)
    elif night.get("outcome") == "partial":
        found = f"the last night, {ago} ago, left something undone: {night.get('reason')}"
        yield warning(found, "the next night tries again, once what it names is mended", started_at=began)
    else:
        yield ok(f"the last night began {ago} ago", started_at=began)


def check_repositories(configuration: Configuration) -> Iterator[Finding]:
    """Whether every indexed repository could be read last night."""
    manifest = serving_manifest(configuration.state_dir)
    if manifest is None:
        return
    stale = [state for state in manifest.repositories if state.stale]
    for state in stale:
        found = f"{state.name} is stale, its chunks are from an earlier night: {state.stale_reason}"
        yield warning(found, f"make it readable, then run `nightdex run --repo {state.name}`")
    fresh = len(manifest.repositories) - len(stale)
    yield ok(f"{fresh} of {len(manifest.repositories)} repositories are fresh")


def check_embedder(configuration: Configuration) -> Iterator[Finding]:
    """Whether a query gets a vector of the index's own model, in the time a search waits for one."""
    manifest = serving_manifest(configuration.state_dir)
    if manifest is None:
        return
    record = manifest.embedder
    name = embedder_name(manifest)
    try:
        with closing(embedders_of(configuration.settings.embedding)(record)) as embedder:
            embedder.embed_query(_PROBES[0])  # loads the model, if it has to be
            began = time.perf_counter()
            embedder.embed_query(_PROBES[1])
            seconds = time.perf_counter() - began
    except ModelError as missing:
        yield error(f"searches do without the index's vectors ({name})", str(missing), embedder=name)
        return
    if seconds > EMBEDDER_DEADLINE_S:
        found = f"{name} needs {seconds:.2f} s for a query; a search waits {EMBEDDER_DEADLINE_S:g} s for it"
        yield warning(found, "see what else keeps its host busy", embedder=name, seconds=seconds)
    else:
        yield ok(f"{name} embeds a query in {seconds * 1000:.0f} ms", embedder=name, seconds=seconds)
    wanted = configuration.settings.embedding
    if wanted.provider not in {"auto", record.provider}:
        found = f"the index holds vectors of {name}, and repos.toml asks for {wanted.provider}"
        yield note(found, "the next night builds the index anew")
