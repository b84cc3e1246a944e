"""Rules: wordings that settle a decision by themselves. What they do not settle is left to the examples.

A rule belongs here only if it holds whatever the sentence is about. "Contains the word design" is no rule:
`ls design/` scans, and a hole in the design takes thought.
"""

# ruff: noqa: E501 - one rule, one line, so that the table can be read and compared

from __future__ import annotations

import re
from dataclasses import dataclass

from model_chain.router.labels import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern and the label it settles."""

    name: str
    label: str
    pattern: re.Pattern[str]


def _rule(name: str, label: str, pattern: str) -> Rule:
    return Rule(name, label, re.compile(pattern, re.IGNORECASE))


_PROGRAMS = (
    r"(?:ls|cat|grep|rg|head|tail|wc|sed|awk|tree|fd|mv|cp|rm|mkdir|touch|chmod|chown|tar|zip|unzip|du|df|ps|"
    r"curl|wget|npm|npx|yarn|pnpm|pip|cargo|docker|kubectl|terraform|pytest|jq|rsync|scp|ssh|psql|systemctl)"
)
TASK_RULES = (
    # options, paths, pipes and quotes: nobody writes those in a sentence that starts with a program's name
    _rule("a shell command", "haiku", rf"^\$? ?(?:sudo )?{_PROGRAMS}(?: [-./~*$'\"|<>\w:=@,{{}}]+)*(?: -{{1,2}}\w[\w=-]*| \||  ?[./~*][\w./*-]*)(?: [^?]*)?$"),
    _rule("a git command", "haiku", r"^\$? ?git (?:status|log|diff|show|blame|branch|fetch|pull|stash|checkout|tag|remote|shortlog)\b(?! [a-z]+ing\b)[^?]*$"),
    _rule("asks why", "opus", r"^(?:(?:so|and|but|please explain|tell me) )?(?:why|warum|wieso|weshalb|pourquoi|por qu[eé])\b"),
    _rule("asks what ought to be", "opus", r"^(?:shou?ld|shall|ought) |^(?:sollten|sollen) wir\b|^(?:faut-il|devrait-on|devons-nous)\b|^(?:deber[ií]amos|conviene)\b"),
    _rule("asks for a proposal", "opus", r"^(?:please |pls )?(?:write|draft|prepare|create|author) (?:me )?(?:a |an |the )?(?:prd|rfc|adr|design doc(?:ument)?(?!')|threat model|product requirements?(?: document)?)\b(?!.*\b(?:summary|as implemented)\b)"),
    _rule("implement as specified", "codex", r"^(?:please |pls |bitte )?(?:re-?)?(?:implement|implementiere|impl[eé]mente|implementa)\b(?! or\b| nothing).*\b(?:per|according to|as (?:specified|described|defined|laid out)|following|gem[aä][sß]+|laut|selon|seg[uú]n)\b"),
)  # fmt: skip
QUERY_RULES = (
    _rule("a name in code", "raw", r"^(?-i:\S*[a-z][A-Z]\S*|\S*\w(?:_|::|->|\(|\.)\w\S*|[A-Z]{2,}[A-Z0-9_]*)\(?\)?$"),
    _rule("asks why", "reasoning", r"^(?:why|how come|warum|wieso|weshalb|pourquoi|por qu[eé])\b"),
)  # fmt: skip
_RULES: dict[Kind, tuple[Rule, ...]] = {"task": TASK_RULES, "query": QUERY_RULES}


def rules_that_hold(text: str, kind: Kind) -> tuple[Rule, ...]:
    """The rules whose pattern the text matches."""
    return tuple(rule for rule in _RULES[kind] if rule.pattern.search(text))
