"""Whether the golden queries find their answers in what serves now, and whether something is held back."""

from __future__ import annotations

from collections.abc import Iterator

from index_store.errors import IndexStoreError
from index_store.generations import current_generation, waiting_generation
from indexer.golden import Verdict
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, ok, warning
from nightdex.golden import inspector


def check_golden(configuration: Configuration) -> Iterator[Finding]:
    """Ask every golden query of the index that serves."""
    if held := waiting_generation(configuration.state_dir):
        found = f"generation {held.generation} is held back: {'; '.join(held.reasons)}"
        remedy = "mend what moved it and run again, or let it serve: `nightdex run --accept-golden`"
        yield error(found, remedy, generation=held.generation)
    ask = inspector(configuration)
    if ask is None:
        yield ok("repos.toml has none")
        return
    try:
        results = ask(current_generation(configuration.state_dir), frozenset())
    except IndexStoreError:
        return  # the index is a finding already
    for result in results:
        if result.verdict is not Verdict.FOUND:
            yield warning(str(result), "correct the entry in repos.toml, or find out what moved its answer")
    found_count = sum(result.verdict is Verdict.FOUND for result in results)
    yield ok(f"{found_count} of {len(results)} find what they must")
