"""Every check, in the order in which they are shown. A part of nightdex that can be ill adds its own here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from nightdex.configuration import load_configuration, load_sources
from nightdex.doctor.clock import check_clock
from nightdex.doctor.databases import check_databases, check_keys
from nightdex.doctor.finding import Check, Finding, error, ok
from nightdex.doctor.golden import check_golden
from nightdex.doctor.index import check_embedder, check_index, check_nights, check_repositories
from nightdex.doctor.installation import check_grammars, check_guard, check_locale, check_notify
from nightdex.doctor.ledger import check_ledger
from nightdex.doctor.machine import check_disk, check_git, check_state_dir
from nightdex.doctor.models import check_ollama
from nightdex.doctor.owners import check_owners
from nightdex.doctor.service import check_address
from nightdex.doctor.sources import check_sources
from nightdex.doctor.store import check_store
from nightdex.doctor.tiers import check_tiers
from nightdex.errors import ConfigurationError, ConfigurationInvalid
from nightdex.failures import keep_traceback
from nightdex.night import indexed_names

CONFIGURATION = "configuration"

CHECKS: Mapping[str, Check] = {
    "git": check_git,
    "grammars": check_grammars,
    "locale": check_locale,
    "clock": check_clock,
    "state_dir": check_state_dir,
    "disk": check_disk,
    "databases": check_databases,
    "store": check_store,
    "index": check_index,
    "nights": check_nights,
    "schedule": check_owners,
    "notify": check_notify,
    "sources": check_sources,
    "repositories": check_repositories,
    "embedder": check_embedder,
    "golden": check_golden,
    "ollama": check_ollama,
    "tiers": check_tiers,
    "guard": check_guard,
    "ledger": check_ledger,
    "keys": check_keys,
    "address": check_address,
}


def examine(file: Path, checks: Mapping[str, Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Run every check, each finding with the name of its check; one that fails is a finding itself.

    Without a repos.toml that can be read the configuration is all there is to tell of.
    """
    for finding in check_configuration(file):
        yield CONFIGURATION, finding
    try:
        configuration = load_configuration(file)
    except ConfigurationError:
        return
    for name, check in checks.items():
        try:
            for finding in check(configuration):
                yield name, finding
        except Exception as failed:  # noqa: BLE001 - a check that breaks must not hide what the others find
            found = f"could not be checked: {type(failed).__name__}: {failed}"
            yield (
                name,
                error(found, f"this is a fault of nightdex; the traceback is in {keep_traceback(failed)}"),
            )


def check_configuration(file: Path) -> Iterator[Finding]:
    """Whether repos.toml holds, and everything it names is there."""
    try:
        _, sources = load_sources(file, known=indexed_names)
    except ConfigurationInvalid as invalid:
        for problem in invalid.problems:
            yield error(problem, "correct that line; docs/CONFIGURATION.md has every key")
    except ConfigurationError as missing:
        yield error(str(missing), "write a repos.toml; the one of the repository is an example")
    else:
        yield ok(f"{file} names {len(sources)} source{'s' * (len(sources) != 1)}", sources=len(sources))
