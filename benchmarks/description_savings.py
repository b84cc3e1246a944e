"""How many questions to the chat model a night saves, on real repositories.

`python -m benchmarks.description_savings --repos DIR... [--commits N] [--json FILE]` takes every git
repository directly below each DIR and cuts its HEAD, and the commit N before it, as the night does. No model
is asked.

- definitions: chunks that a model describes at all (functions, methods, types, tests, tables)
- trivial: of those, the ones whose name, signature and comment already say what they do
- identical: chunks with the same content as another one, in whatever repository
- first night: questions that are left
- later night: of those, the ones that were not known N commits earlier
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from indexer.descriptions import is_definition, is_trivial
from indexer.forecast import forecast_night
from indexer.night_options import NightOptions
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.protocol import CodeUnit, Description
from model_chain.summary_cache import content_hash

COMMITS = 100


@dataclass(slots=True)
class Savings:
    """One repository, or all of them together; `later` is None where there are too few commits."""

    name: str
    chunks: int = 0
    definitions: int = 0
    trivial: int = 0
    identical: int = 0
    first_night: int = 0
    later_night: int | None = None


@dataclass(slots=True)
class _Recorder:
    """Stands where the night's summariser stands, and remembers what a model would be asked about."""

    chunks: int = 0
    definitions: int = 0
    trivial: int = 0
    questions: Counter[str] = field(default_factory=Counter)
    extractive: ExtractiveSummariser = field(default_factory=ExtractiveSummariser)

    @property
    def source(self) -> str:
        return self.extractive.source

    def summarise(self, unit: CodeUnit) -> Description:
        self.chunks += 1
        if is_definition(unit.kind):
            self.definitions += 1
            if is_trivial(unit):
                self.trivial += 1
            else:
                self.questions[content_hash(unit)] += 1
        return Description("", self.source)


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, and print a line a repository and one for all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repos", type=Path, nargs="+", required=True)
    parser.add_argument("--commits", type=int, default=COMMITS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    rows = measure([path.resolve() for path in options.repos], options.commits)
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0


def measure(folders: Sequence[Path], commits: int) -> list[Savings]:
    """Every repository below the folders, and a last row that takes them together."""
    rows: list[Savings] = []
    together, before = _Recorder(), _Recorder()
    for repository in sorted(path for folder in folders for path in folder.iterdir() if _is_repository(path)):
        now = _recorded(repository, "")
        commit = _commit(repository, f"HEAD~{commits}")
        earlier = _recorded(repository, commit) if commit else None
        rows.append(_row(repository.name, now, earlier))
        print(f"{repository.name}: {now.chunks} chunks", file=sys.stderr, flush=True)
        for part, whole in ((now, together), (earlier or now, before)):
            whole.chunks += part.chunks
            whole.definitions += part.definitions
            whole.trivial += part.trivial
            whole.questions.update(part.questions)
    rows.append(_row("together", together, before))
    return rows


def _row(name: str, now: _Recorder, earlier: _Recorder | None) -> Savings:
    return Savings(
        name,
        now.chunks,
        now.definitions,
        now.trivial,
        now.questions.total() - len(now.questions),
        len(now.questions),
        len(now.questions.keys() - earlier.questions.keys()) if earlier else None,
    )


def _recorded(repository: Path, revision: str) -> _Recorder:
    recorder = _Recorder()
    definition = SourceDefinition(repository.name, SourceKind.REPOSITORY, str(repository), branch=revision)
    with tempfile.TemporaryDirectory(prefix="nightdex-savings-") as state:
        forecast = forecast_night(NightOptions(Path(state), (definition,)), EmbeddedEmbedder(), recorder)
    if forecast.failed:
        raise SystemExit(f"{repository}: {forecast.failed[repository.name]}")
    return recorder


def _is_repository(path: Path) -> bool:
    return (path / ".git").exists() or (path / "HEAD").is_file()


def _commit(repository: Path, revision: str) -> str:
    """The commit that a revision names, "" where there is none."""
    asked = ["git", "-C", str(repository), "rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}"]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()


def _print(rows: Sequence[Savings]) -> None:
    heads = ("chunks", "definitions", "trivial", "identical", "first night", "saved", "later night", "saved")
    print(f"{'repository':20}" + "".join(f"{head:>12}" for head in heads))
    for row in rows:
        counts = (row.chunks, row.definitions, row.trivial, row.identical, row.first_night)
        later = "" if row.later_night is None else str(row.later_night)
        shares = _saved(row.first_night, row), "" if row.later_night is None else _saved(row.later_night, row)
        print(
            f"{row.name:20}"
            + "".join(f"{count:12}" for count in counts)
            + f"{shares[0]:>12}{later:>12}{shares[1]:>12}"
        )


def _saved(asked: int, row: Savings) -> str:
    return f"{100 * (1 - asked / row.definitions):.0f} %" if row.definitions else ""


if __name__ == "__main__":
    sys.exit(main())
