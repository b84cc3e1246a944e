"""Answers for people and editors. What comes from an index is shown, never obeyed by a terminal."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from search_api.snippet import needles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from search_api.answer import Answer, Hit

# C0 and C1 controls drive terminals; bidirectional controls make code read differently from what it says
# (CVE-2021-42574, "Trojan Source").
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Text with every character that a terminal would act on spelled out; tabs and newlines stay."""
    return _UNSAFE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def human(answer: Answer) -> RenderableType:
    """What a person reads: place, what it is, why it is there, and the lines that matter."""
    parts: list[RenderableType] = [_hit(hit, answer.query) for hit in answer.hits]
    parts += [Text(f"! {visible(sentence)}", style="yellow") for sentence in answer.degraded]
    parts.append(Text(_closing(answer), style="dim"))
    return Group(*parts)


def vimgrep(answer: Answer, roots: Mapping[str, str]) -> Iterator[str]:
    """One line a matching line, path:line:column:text, as `rg --vimgrep` writes it; columns count bytes.

    `roots` gives the local folder of a repository; paths of the others are relative to their repository.
    """
    for hit in answer.hits:
        path = visible(str(PurePath(roots.get(hit.repo, ""), hit.path))).replace("\n", "<U+000A>")
        for match in hit.matches:
            column = len(match.text[: match.column - 1].encode()) + 1
            yield f"{path}:{match.line}:{column}:{visible(match.text)}"


def _hit(hit: Hit, query: str) -> Text:
    text = Text(f"{visible(hit.repo)}/{visible(hit.path)}:{hit.start_line}", style="bold cyan")
    text.append(f"  {visible(hit.kind)} {visible(hit.symbol)}".rstrip(), style="green")
    if hit.enclosing:
        text.append(f" in {visible(hit.enclosing.symbol)}", style="dim")
    if hit.stale:
        text.append("  stale", style="yellow")
    text.append(f"  {_why(hit)}\n", style="dim")
    if hit.summary:
        text.append(f"  {visible(hit.summary)}\n", style="italic")
    lines = Text()
    for number, line in enumerate(hit.snippet.split("\n"), start=hit.snippet_start_line):
        lines.append(f"{number:>6}  ", style="dim")
        lines.append(visible(line).expandtabs(4) + "\n", style="default")
    wanted = [re.escape(needle) for needle in needles(query)]
    if wanted:
        lines.highlight_regex(f"(?i){'|'.join(wanted)}", style="bold yellow")
    text.append_text(lines)
    if hit.copies:
        named = [f"{visible(copy.repo)}/{visible(copy.path)}:{copy.start_line}" for copy in hit.also_in]
        more = hit.copies - len(named)
        text.append(f"  also in {', '.join(named)}{f' and {more} more' * (more > 0)}\n", style="dim")
    return text


def _why(hit: Hit) -> str:
    ranks = [
        ("code", hit.why.code),
        ("summary", hit.why.summary),
        ("lexical", hit.why.lexical),
        ("description", hit.why.description),
    ]
    return " ".join([*(f"{name}#{rank}" for name, rank in ranks if rank), *hit.why.signals])


def _closing(answer: Answer) -> str:
    count = "no hits" if not answer.hits else f"{len(answer.hits)} hit{'s' * (len(answer.hits) != 1)}"
    if answer.left_out:
        count += f", {answer.left_out} left out for want of tokens"
    more = f", more from --offset {answer.next_offset}" if answer.next_offset is not None else ""
    return (
        f"{count} in {answer.took_ms:.0f} ms{more}; {answer.mode}, generation {answer.index.generation} "
        f"of {answer.index.built_at}"
    )
