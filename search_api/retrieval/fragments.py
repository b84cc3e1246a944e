"""Literal fragments that every match of an RE2 pattern contains.

A store that can look up substrings narrows a regular expression down with them (the idea of trigram
indexes: Russ Cox, "Regular Expression Matching with a Trigram Index", 2012). Only what is certain is
returned: whatever the scanner does not know yields no fragment, and so a full scan, never a lost match.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Shorter fragments occur everywhere and narrow nothing.
MIN_FRAGMENT = 3

_SPECIAL = frozenset(".^$*+?{}[]()|\\")
# Escapes of one character that stand for something else than themselves all are letters or digits.


@dataclass(slots=True)
class _Scanner:
    """Walks a pattern at its top level; groups and classes are stepped over, not into."""

    source: str
    at: int = 0
    run: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def end_run(self) -> None:
        if len(self.run) >= MIN_FRAGMENT:
            self.found.append("".join(self.run))
        self.run.clear()

    def quantify(self) -> None:
        """Consume a repetition of what was just read; what may be absent leaves the run."""
        if self.at >= len(self.source) or self.source[self.at] not in "*+?{":
            return
        mark = self.source[self.at]
        if mark != "+" and self.run:
            self.run.pop()
        self.end_run()
        if mark == "{":
            self.at = self.source.index("}", self.at)
        self.at += 1
        if self.at < len(self.source) and self.source[self.at] == "?":
            self.at += 1

    def skip_class(self) -> None:
        """Step over `[...]`, with a leading `]` and POSIX names such as `[:alpha:]` inside."""
        self.at += 1
        if self.source[self.at] == "^":
            self.at += 1
        if self.source[self.at] == "]":
            self.at += 1
        while self.source[self.at] != "]":
            if self.source.startswith("[:", self.at):
                self.at = self.source.index(":]", self.at) + 2
            else:
                self.at += 2 if self.source[self.at] == "\\" else 1
        self.at += 1

    def skip_group(self) -> None:
        """Step over `(...)` with all it holds."""
        depth = 0
        while True:
            character = self.source[self.at]
            if character == "[":
                self.skip_class()
                continue
            depth += (character == "(") - (character == ")")
            self.at += 2 if character == "\\" else 1
            if depth == 0:
                return


def required_fragments(pattern: str) -> tuple[str, ...]:
    r"""Texts that every match contains, longest first; () where nothing is certain.

    The pattern must be one that RE2 accepts. Flags, `\Q…\E` and top-level alternatives give ().
    """
    if "(?" in pattern.replace("(?:", "").replace("(?P<", "") or "\\Q" in pattern:
        return ()
    scanner = _Scanner(pattern)
    try:
        while scanner.at < len(pattern):
            if not _step(scanner):
                return ()
    except (IndexError, ValueError):
        return ()  # not the syntax this scanner knows
    scanner.end_run()
    return tuple(sorted(set(scanner.found), key=lambda text: (-len(text), text)))


def _step(scanner: _Scanner) -> bool:
    """Read one piece; False where an alternative makes everything optional."""
    character = scanner.source[scanner.at]
    if character == "|":
        return False
    if character == "\\":
        escaped = scanner.source[scanner.at + 1]
        if escaped.isalnum():
            return _step_over_escape(scanner, escaped)
        scanner.run.append(escaped)
        scanner.at += 2
    elif character in _SPECIAL and character not in {"}", "]"}:
        scanner.end_run()
        if character == "[":
            scanner.skip_class()
        elif character == "(":
            scanner.skip_group()
        else:
            scanner.at += 1
    else:
        scanner.run.append(character)
        scanner.at += 1
    scanner.quantify()
    return True


def _step_over_escape(scanner: _Scanner, escaped: str) -> bool:
    r"""A class or an anchor ends the run; escapes with operands (`\x41`, `\pL`, `\101`) are not read."""
    if escaped not in "dDsSwWbBAz":
        return False
    scanner.end_run()
    scanner.at += 2
    scanner.quantify()
    return True
