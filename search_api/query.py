"""The typed Query: what a caller asks, checked, with inline qualifiers taken out of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from search_api.errors import (
    FilterInvalid,
    LimitOutOfRange,
    ModeUnknown,
    QueryEmpty,
    QueryNotText,
    QueryTooLong,
    RegexNeedsExact,
)
from search_api.limits import (
    DEFAULT_LIMIT,
    MAX_FILTER_BYTES,
    MAX_FILTER_VALUES,
    MAX_LIMIT,
    MAX_PACK_TOKENS,
    MAX_QUERY_BYTES,
    MAX_TOKENS,
    MAX_WINDOW,
    MIN_TOKENS,
    PACK_HITS,
    PACK_TOKENS,
)


class Mode(StrEnum):
    """Which candidate lists answer a query."""

    RAW = "raw"  # code vectors + BM25 over code
    SUMMARY = "summary"  # description vectors + BM25 over descriptions
    HYBRID = "hybrid"  # all of them
    EXACT = "exact"  # the literal text or an RE2 pattern
    SYMBOL = "symbol"  # definitions by name
    SIMILAR = "similar"  # the text is code: code vectors + BM25, without a look at names and paths
    AUTO = "auto"  # chosen from the shape of the text


@dataclass(frozen=True, slots=True)
class Query:
    """One checked question.

    Attributes:
        given: the text as it was asked.
        text: the same without qualifiers; never empty, no NUL, no lone surrogates.
        mode: never AUTO.
        mode_reason: why that mode, one sentence.
        repos: repository names; any of them, or all where empty. The same holds for the next three.
        languages: as stored, lower case.
        paths: directories, files or glob patterns.
        kinds: chunk kinds.
        not_paths: as `paths`, left out.
        limit: hits on a page.
        offset: hits before the page.
        regex: `text` is an RE2 pattern.
        max_tokens: what the answer may cost a model that reads it; None for no limit.
        thinking: why the question needs thinking, "" where it does not: the answer then has a context pack.
        pack_tokens: what that may cost a model that reads it.
        facets: the answer counts what was found by repository, language and kind.
    """

    given: str
    text: str
    mode: Mode
    mode_reason: str
    repos: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    regex: bool = False
    max_tokens: int | None = None
    thinking: str = ""
    pack_tokens: int = PACK_TOKENS
    facets: bool = False


# Other engines' spellings are understood: Zoekt writes r:, f:, lang:, Sourcegraph file: and repo:.
QUALIFIERS = {
    "repo": "repo",
    "r": "repo",
    "lang": "lang",
    "language": "lang",
    "path": "path",
    "file": "path",
    "f": "path",
    "kind": "kind",
}

_QUALIFIER = re.compile(
    r"(?<!\S)(?P<minus>-?)(?P<key>" + "|".join(sorted(QUALIFIERS, key=len, reverse=True)) + r"):"
    r'(?:"(?P<quoted>[^"\s][^"]*)"|(?P<plain>[^\s":][^\s"]*))(?!\S)'
)
_ESCAPED_QUALIFIER = re.compile(r"(?<!\S)(-?(?:" + "|".join(QUALIFIERS) + r"))\\:")
_QUOTED = re.compile(r'"(?P<text>[^"]+)"')

# One identifier or a qualified one, optionally called: `refresh_token`, `Session.refresh()`, `std::vector`.
_SYMBOL_PATH = re.compile(r"[@$]?[^\W\d][\w$]*[!?]?(?:(?:::|->|\.|#|/|\\)[\w$]+[!?=]?)*(?:\(\))?", re.UNICODE)
_SYMBOL_MARK = re.compile(r"::|->|[.#_()$]|[a-z\d][A-Z]|^[A-Z]|\d")


def looks_like_symbol(word: str) -> bool:
    """Whether a word is written like code: qualified, snake_case, camelCase, Capitalised or called.

    A plain lower-case word (`session`) may be either, and counts as language.
    """
    return bool(_SYMBOL_PATH.fullmatch(word) and _SYMBOL_MARK.search(word))


def parse_query(
    text: str,
    *,
    mode: str = Mode.HYBRID,
    repos: Sequence[str] = (),
    languages: Sequence[str] = (),
    paths: Sequence[str] = (),
    kinds: Sequence[str] = (),
    limit: int = DEFAULT_LIMIT,
    offset: int = 0,
    regex: bool = False,
    max_tokens: int | None = None,
    defer: bool = True,
    facets: bool = False,
) -> Query:
    """Check one question and take its inline qualifiers (`repo:shop -path:tests`) into the filters.

    In mode similar the text is code, and has no qualifiers. In mode auto a question that needs thinking is
    deferred, unless `defer` is false.

    Raises:
        QueryError: with the code of what is wrong; nothing is silently dropped or clamped.
    """
    asked = _mode(mode)
    _check_text(text, "The query")
    if len(text.encode()) > MAX_QUERY_BYTES:
        raise QueryTooLong(
            f"The query is {len(text.encode())} bytes long; shorten it to at most {MAX_QUERY_BYTES}."
        )
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitOutOfRange(f"limit is {limit}; it must be between 1 and {MAX_LIMIT}.")
    if not 0 <= offset <= MAX_WINDOW - limit:
        raise LimitOutOfRange(f"offset is {offset}; offset + limit must be between 1 and {MAX_WINDOW}.")

    if max_tokens is not None and not MIN_TOKENS <= max_tokens <= MAX_TOKENS:
        raise LimitOutOfRange(
            f"max_tokens is {max_tokens}; it must be between {MIN_TOKENS} and {MAX_TOKENS}, or left out."
        )

    if asked is Mode.SIMILAR:
        remaining, inline = text.strip(), _no_qualifiers()
    else:
        remaining, inline = _split_qualifiers(text)
    resolved, reason, remaining, thinking = _resolve(asked, remaining, regex=regex)
    if not regex and asked is not Mode.SIMILAR:
        remaining = _ESCAPED_QUALIFIER.sub(r"\1:", remaining)
    if not remaining:
        raise QueryEmpty("The query is empty; name what to look for.")
    if regex and resolved is not Mode.EXACT:
        raise RegexNeedsExact(f"regex works in mode exact, not in mode {resolved}; ask for mode exact.")
    return Query(
        given=text,
        text=remaining,
        mode=resolved,
        mode_reason=reason,
        repos=_values("repo", [*repos, *inline["repo"]]),
        languages=_values("lang", [value.lower() for value in [*languages, *inline["lang"]]]),
        paths=_values("path", [*paths, *inline["path"]]),
        kinds=_values("kind", [value.lower() for value in [*kinds, *inline["kind"]]]),
        not_paths=_values("path", inline["-path"]),
        limit=limit,
        offset=offset,
        regex=regex,
        max_tokens=max_tokens,
        thinking=thinking if defer else "",
        facets=facets,
    )


def question(
    text: str,
    *,
    repos: Sequence[str] = (),
    languages: Sequence[str] = (),
    paths: Sequence[str] = (),
    kinds: Sequence[str] = (),
    pack_tokens: int = PACK_TOKENS,
) -> Query:
    """Check a question that is to be thought about: it is searched for widely, and gets a context pack.

    Raises:
        QueryError: with the code of what is wrong.
    """
    if not MIN_TOKENS <= pack_tokens <= MAX_PACK_TOKENS:
        raise LimitOutOfRange(
            f"max_tokens is {pack_tokens}; it must be between {MIN_TOKENS} and {MAX_PACK_TOKENS}."
        )
    query = parse_query(
        text, mode=Mode.HYBRID, repos=repos, languages=languages, paths=paths, kinds=kinds, limit=PACK_HITS
    )
    return replace(query, thinking="it was asked", pack_tokens=pack_tokens)


def _mode(name: str) -> Mode:
    try:
        return Mode(name)
    except ValueError:
        raise ModeUnknown(f"There is no mode {name[:40]!a}; use one of {', '.join(Mode)}.") from None


def _check_text(text: str, what: str) -> None:
    if "\0" in text:
        raise QueryNotText(f"{what} holds a NUL character; remove it.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QueryNotText(f"{what} holds half of a surrogate pair; send whole Unicode characters.")


def _no_qualifiers() -> dict[str, list[str]]:
    return {"repo": [], "lang": [], "path": [], "kind": [], "-path": []}


def _split_qualifiers(text: str) -> tuple[str, dict[str, list[str]]]:
    found = _no_qualifiers()
    for match in _QUALIFIER.finditer(text):
        key = match["minus"] + QUALIFIERS[match["key"]]
        if key not in found:
            raise FilterInvalid(
                f"{match[0]!a} cannot be left out; only -path: can. "
                f"To search for the text itself write {match['key']}\\:."
            )
        found[key].append(match["quoted"] or match["plain"])
    return _QUALIFIER.sub("", text).strip(), found


def _resolve(asked: Mode, text: str, *, regex: bool) -> tuple[Mode, str, str, str]:
    """The mode, why that one, the text to look for, and why it needs thinking.

    `auto` is settled by the shape of the text, then by the router: code is looked for in code, words in code
    and descriptions together, which finds more than descriptions alone (benchmarks/README.md).
    """
    if asked is not Mode.AUTO:
        return asked, f"{asked} was asked for", text, ""
    if regex:
        return Mode.EXACT, "auto: a regular expression is matched exactly", text, ""
    if quoted := _QUOTED.fullmatch(text):
        return Mode.EXACT, "auto: a quoted text is matched exactly", quoted["text"], ""
    from model_chain.router.decision import route  # noqa: PLC0415 - reads its weights

    decision = route(text, "query")
    reason = f"auto: {decision.reason}"
    if decision.label == "raw":
        return Mode.RAW, reason, text, ""
    return Mode.HYBRID, reason, text, decision.reason if decision.label == "reasoning" else ""


def _values(what: str, values: Iterable[str]) -> tuple[str, ...]:
    """The distinct values of one filter, checked."""
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) > MAX_FILTER_VALUES:
        raise FilterInvalid(f"{what} has {len(distinct)} values; give at most {MAX_FILTER_VALUES}.")
    for value in distinct:
        _check_text(value, f"A {what} filter")
        if not value.strip():
            raise FilterInvalid(f"A {what} filter is blank; leave it out instead.")
        if len(value.encode()) > MAX_FILTER_BYTES:
            raise FilterInvalid(f"A {what} filter is longer than {MAX_FILTER_BYTES} bytes; shorten it.")
    return distinct
