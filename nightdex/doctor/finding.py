"""What a check found: how bad it is, a sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nightdex.configuration import Configuration


class Severity(StrEnum):
    """How much a finding matters. Only an error makes `nightdex doctor` exit with 1."""

    OK = "ok"
    NOTE = "note"  # works, and could do more
    WARNING = "warning"  # works, and will not for long, or not well
    ERROR = "error"  # something that is configured does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `remedy` is "" where there is nothing to do, `details` is for `--json` only."""

    severity: Severity
    found: str
    remedy: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


# Looks at one thing and changes nothing. Errors it does not expect may pass: they become a finding.
Check = Callable[[Configuration], Iterable[Finding]]


def ok(found: str, **details: object) -> Finding:
    """All is well."""
    return Finding(Severity.OK, found, details=details)


def note(found: str, remedy: str, **details: object) -> Finding:
    """It works, and could do more."""
    return Finding(Severity.NOTE, found, remedy, details)


def warning(found: str, remedy: str, **details: object) -> Finding:
    """It works, but not well or not for long."""
    return Finding(Severity.WARNING, found, remedy, details)


def error(found: str, remedy: str, **details: object) -> Finding:
    """Something that is configured does not work."""
    return Finding(Severity.ERROR, found, remedy, details)
