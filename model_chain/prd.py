"""The product requirements document of a hand-off: its fixed outline, and whether a text keeps to it."""

from __future__ import annotations

import json
import re

from model_chain.limits import LONGEST_PRD

SECTIONS = ("Goal", "Endpoints", "Errors", "Data", "Edge cases", "Acceptance")
INSTRUCTION = f"""\
Write the product requirements document of one feature of the repository you are in, for an engineer who \
implements it without asking back. Read what you need of the code; change nothing. Reply with the document \
and nothing else: Markdown, a first line "# " and a title, then exactly these sections in this order, each \
with "## ": {", ".join(SECTIONS)}.
- Goal: what for, and what not.
- Endpoints: every interface that is new or changed (HTTP, command, function), its request and response as \
```json blocks of valid JSON Schema or examples; "None." where there is none.
- Errors: every error with its code or status and when it happens.
- Data: what is stored or read, with types, and what happens to what is there already.
- Edge cases: a list.
- Acceptance: a list of "- [ ] " items, each of which a test can check.
No "TBD", no open questions: decide, and say what you decided."""

_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```json[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^- \[[ xX]\] \S", re.MULTILINE)
_OPEN = re.compile(r"\b(?:TBD|TODO|FIXME|to be decided)\b", re.IGNORECASE)
_WRAPPED = re.compile(r"\A```(?:markdown|md)?\n(.*)\n```\s*\Z", re.DOTALL)


def unwrapped(text: str) -> str:
    """The document without the fence that a model may have put around it, ending in one newline."""
    found = _WRAPPED.match(text.strip())
    return (found[1] if found else text).strip() + "\n"


def prd_problems(text: str) -> list[str]:
    """What keeps a text from being a document of this outline; empty where nothing does."""
    problems = []
    if len(text) > LONGEST_PRD:
        problems.append(f"it has {len(text)} characters; at most {LONGEST_PRD} are read")
    if not re.match(r"# +\S", text):
        problems.append('the first line is not "# " and a title')
    headings = _HEADING.findall(_FENCE.sub("", text))
    if tuple(headings) != SECTIONS:
        problems.append(
            f"the sections are {', '.join(headings) or 'none'}; they must be {', '.join(SECTIONS)}"
        )
        return problems
    bodies = dict(zip(headings, re.split(r"^## .*$", text, flags=re.MULTILINE)[1:], strict=True))
    problems += [f"section {name} is empty" for name, body in bodies.items() if not body.strip()]
    for block in _FENCE.findall(text):
        try:
            json.loads(block)
        except ValueError as error:
            problems.append(f"a json block is not JSON: {error}")
    if not _ITEM.search(bodies["Acceptance"]):
        problems.append('section Acceptance has no "- [ ] " item')
    if found := _OPEN.search(text):
        problems.append(f"it leaves something open: {found[0]!r}")
    return problems
