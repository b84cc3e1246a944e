"""How often the rules for secrets strike in published code, and what they cost of a night.

`python -m benchmarks.secrets --repos DIR... [--show] [--json FILE]` takes every git repository directly below
each DIR and gives each file of its HEAD that a night would read to the rules. Published code holds made-up
keys in tests and examples, and hardly any that still works: nearly all of what is counted was taken out for
nothing, and is the price of not asking anybody whether a key works.

Then a whole night is run over the same repositories, without a model server. Processor time of the rules is
given as a share of that of the night's own process, in which they run; its workers are not counted.

`--show` prints each place as the index has it: the mark stands where the secret stood.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from indexer.intake.admit import admit
from indexer.intake.decode import decode
from indexer.intake.secrets import holds_secret, redact
from indexer.intake.skip import SkipReason
from indexer.night_options import NightOptions
from indexer.nightly import run_night
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from indexer.sources.paths import displayed_path
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser

SHOWN_WIDTH = 100


@dataclass(slots=True)
class Alarms:
    """What the rules found in one repository, or in all; `seconds` is processor time."""

    name: str
    files: int = 0
    megabytes: float = 0.0
    struck: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def per_megabyte(self) -> float:
        """Alarms in a megabyte of text."""
        return self.rules.total() / self.megabytes if self.megabytes else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, run a night, and print both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repos", type=Path, nargs="+", required=True)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    definitions = [
        _definition(path.absolute()) for folder in options.repos for path in sorted(folder.iterdir())
    ]
    rows = [measure(definition, show=options.show) for definition in definitions]
    rows.append(together(rows))
    _print(rows)
    night = night_seconds(definitions)
    rules = rows[-1].seconds
    print(f"rules {rules:.1f} s, the night's own process {night:.1f} s: {rules / night:.1%}")
    if options.json:
        told = {
            "repositories": [{**asdict(row), "rules": dict(row.rules)} for row in rows],
            "night_seconds": night,
        }
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


def _definition(path: Path) -> SourceDefinition:
    return SourceDefinition(path.name.removesuffix(".git"), SourceKind.REPOSITORY, str(path))


def measure(definition: SourceDefinition, *, show: bool = False) -> Alarms:
    """Give every text of a repository to the rules, and every path."""
    row = Alarms(definition.name)
    for path, text in _texts(definition):
        began = time.process_time()
        holds_secret(path)
        redacted = redact(text)
        row.seconds += time.process_time() - began
        row.files += 1
        row.megabytes += len(text.encode()) / 1e6
        row.rules.update(redacted.found)
        row.struck += bool(redacted.found)
        if show and redacted.found:
            _show(f"{definition.name}/{path}", text, redacted.text)
    return row


def _texts(definition: SourceDefinition) -> Iterator[tuple[str, str]]:
    source = open_source(definition, Path("/nowhere"))
    entries = [entry for entry in source.snapshot().entries if admit(entry, definition) is None]
    for entry, data in source.read(entries):
        text = SkipReason.MISSING_OBJECT if data is None else decode(entry, data)
        if not isinstance(text, SkipReason):
            yield displayed_path(entry.path), text


def _show(where: str, before: str, after: str) -> None:
    for number, (old, new) in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), start=1):
        if old != new:
            print(f"{where}:{number}: {new.strip()[:SHOWN_WIDTH]!a}")


def together(rows: Sequence[Alarms]) -> Alarms:
    """All repositories as one."""
    whole = Alarms("together")
    for row in rows:
        whole.files += row.files
        whole.megabytes += row.megabytes
        whole.struck += row.struck
        whole.rules.update(row.rules)
        whole.seconds += row.seconds
    return whole


def night_seconds(definitions: Sequence[SourceDefinition]) -> float:
    """Processor time that a first night over the repositories takes in its own process."""
    with tempfile.TemporaryDirectory(prefix="nightdex-secrets-") as state:
        began = time.process_time()
        run_night(NightOptions(Path(state), tuple(definitions)), EmbeddedEmbedder(), ExtractiveSummariser())
        return time.process_time() - began


def _print(rows: Sequence[Alarms]) -> None:
    print(
        f"{'repository':16}{'files':>8}{'MB':>8}{'alarms':>8}{'per MB':>8}{'files hit':>11}{'ms per MB':>11}"
    )
    for row in rows:
        speed = 1e3 * row.seconds / row.megabytes if row.megabytes else 0.0
        hit = f"{100 * row.struck / row.files:.2f} %" if row.files else ""
        print(
            f"{row.name:16}{row.files:8,}{row.megabytes:8.1f}{row.rules.total():8,}{row.per_megabyte:8.2f}"
            f"{hit:>11}{speed:11.1f}"
        )
    whole = rows[-1]
    print("by rule: " + ", ".join(f"{name} {count}" for name, count in whole.rules.most_common()))


if __name__ == "__main__":
    sys.exit(main())
