"""Whether tonight's repositories can be read, before the night finds out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from indexer.errors import SourceError
from indexer.nightly import MIRRORS
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from nightdex.configuration import Configuration, load_sources
from nightdex.doctor.finding import Finding, error, ok
from nightdex.doctor.limits import SOURCES_AT_ONCE
from nightdex.errors import ConfigurationError
from nightdex.night import indexed_names


def check_sources(configuration: Configuration) -> Iterator[Finding]:
    """Whether every local source can be listed at its branch; what lies elsewhere is not fetched for it."""
    try:
        _, sources = load_sources(configuration.path, known=indexed_names)
    except ConfigurationError:
        return  # the configuration's own findings say why
    local = [one for one in sources if one.kind is not SourceKind.MIRROR]
    with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
        problems = list(pool.map(lambda one: _problem(configuration, one), local))
    for definition, problem in zip(local, problems, strict=True):
        if problem:
            found, _, remedy = problem.rpartition(": ")
            yield error(
                f"{definition.name} cannot be read: {found or problem}",
                (found and remedy) or f"see what `git -C {definition.location} log -1` says",
                source=definition.name,
            )
    readable = len(local) - sum(map(bool, problems))
    if readable:
        mirrors = len(sources) - len(local)
        beside = f"; {mirrors} with a url are fetched at night" if mirrors else ""
        yield ok(f"{readable} of {len(local)} can be read{beside}", readable=readable)


def _problem(configuration: Configuration, definition: SourceDefinition) -> str:
    try:
        source = open_source(definition, configuration.state_dir / MIRRORS)
        try:
            source.snapshot()
        finally:
            source.close()
    except SourceError as unreadable:
        return str(unreadable)
    return ""
