"""`nightdex doctor`: runs the checks and shows what they found."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from nightdex.configuration import load_configuration
from nightdex.doctor.checks import examine
from nightdex.doctor.finding import Finding, Severity
from nightdex.doctor.pulling import pull_missing
from nightdex.errors import ConfigurationError

_STYLES = {
    Severity.OK: "green",
    Severity.NOTE: "cyan",
    Severity.WARNING: "yellow",
    Severity.ERROR: "bold red",
}

Named = tuple[str, Finding]


def doctor_command(file: Path, *, pull: bool, as_json: bool) -> int:
    """Examine everything; 1 if anything that is configured does not work, else 0."""
    findings: list[Named] = []
    for name, finding in _findings(file, pull=pull):
        findings.append((name, finding))
        if not as_json:
            show(name, finding, sys.stdout)
    failed = any(finding.severity is Severity.ERROR for _, finding in findings)
    if as_json:
        listed = [{"check": name, **asdict(finding)} for name, finding in findings]
        sys.stdout.write(json.dumps({"healthy": not failed, "findings": listed}) + "\n")
    else:
        sys.stdout.write(closing([finding for _, finding in findings]))
    return 1 if failed else 0


def show(name: str, finding: Finding, to: TextIO) -> None:
    """Write one finding, and below it what to do."""
    words = f"{name}: {finding.found}"
    if to.isatty():
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.text import Text  # noqa: PLC0415 - as above

        line = Text.assemble((f"{finding.severity:<8}", _STYLES[finding.severity]), words)
        Console(file=to, highlight=False, soft_wrap=True).print(line)
    else:
        to.write(f"{finding.severity:<8}{words}\n")
    if finding.remedy:
        to.write(f"        -> {finding.remedy}\n")
    to.flush()


def closing(findings: Sequence[Finding]) -> str:
    """The last line: how many of each kind, worst first."""
    counts = {
        severity: sum(finding.severity is severity for finding in findings)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    }
    told = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in counts.items() if count)
    return f"{told or 'all is well'}\n"


def _findings(file: Path, *, pull: bool) -> Iterator[Named]:
    if pull:
        try:
            configuration = load_configuration(file)
        except ConfigurationError:
            pass  # the first check says why
        else:
            yield from (("pull", finding) for finding in pull_missing(configuration))
    yield from examine(file)
