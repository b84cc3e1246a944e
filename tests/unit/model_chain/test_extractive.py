from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_chain.backends.extractive import MAX_WORDS, ExtractiveSummariser
from model_chain.protocol import CodeUnit

EXTRACT = ExtractiveSummariser()


def unit(language: str, kind: str, symbol: str, signature: str, text: str = "", **given: object) -> CodeUnit:
    fields: dict[str, object] = {"doc": "", "calls": (), "path": "src/app/main.x"} | given
    return CodeUnit(language=language, kind=kind, symbol=symbol, signature=signature, text=text, **fields)  # type: ignore[arg-type]  # keyword defaults of many types


REFRESH = unit(
    "python",
    "method",
    "Session.refresh",
    "def refresh(self, token: str, *, retry: bool = True) -> Session",
    text='def refresh(self, token, *, retry=True):\n    # "never quoted from here"\n'
    '    answer = self.post("/v1/token", token)\n    raise ExpiredError("session has expired")',
    doc="Renew the session before it expires.\n\nArgs:\n    token: what to send",
    calls=("post", "len", "raise_for_status"),
    path="src/auth/session.py",
)


def test_a_documented_method_is_described_by_its_doc_then_by_its_facts() -> None:
    assert EXTRACT.summarise(REFRESH).text == (
        "Renew the session before it expires. Method of Session to refresh in python file auth session, "
        "taking token and retry, returning Session, raising ExpiredError, calling post and raise for status, "
        'mentioning "session has expired" and "/v1/token".'
    )


FETCH = "(e *Engine) Fetch(w http.ResponseWriter, r *Req) (int, error)"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            unit("go", "method", "Engine.Fetch", f"func {FETCH}"),
            "Method of Engine to fetch in go file app main, taking w and r, returning (int, error).",
        ),
        (
            unit(
                "java", "method", "Gson.fromJson", "public <T> Reading<T> fromJson(Reader json, Type[] types)"
            ),
            "Method of Gson named from json in java file app main, taking json and types, returning Reading.",
        ),
        (
            unit("rust", "function", "parse_v", "fn parse_v(s: &str) -> Result<Ip, Bad>", "Err(No)"),
            "Function to parse v in rust file app main, taking s, returning Result<Ip, Bad>, raising No.",
        ),
        (
            unit("haskell", "function", "isMember", "isMember :: Eq a => a -> Set a -> Bool"),
            "Function telling whether it is member in haskell file app main, returning Bool.",
        ),
        (
            unit("kotlin", "method", "Ledger.add", "fun add(entry: Entry, at: Instant = now()): Balance"),
            "Method of Ledger to add in kotlin file app main, taking entry and at, returning Balance.",
        ),
        (
            unit(
                "php",
                "method",
                "Log.push",
                "function push(Handler $handler): void",
                r"throw new \Bad\State();",
            ),
            r"Method of Log to push in php file app main, taking handler, raising Bad\State.",
        ),
        (
            unit(
                "ruby", "method", "App.route", "def route(verb, path, &block)", 'raise NoVerb, "missing verb"'
            ),
            (
                "Method of App to route in ruby file app main, taking verb and path, raising NoVerb, "
                'mentioning "missing verb".'
            ),
        ),
        (
            unit("c", "function", "uv_run", "int uv_run(loop_t* loop, mode mode)"),
            "Function named uv run in c file app main, taking loop and mode, returning int.",
        ),
        (
            unit("swift", "method", "Queue.init", "init(size: Int)"),
            "Constructor of Queue in swift file app main, taking size.",
        ),
        (unit("markdown", "section", "Install", ""), "Section named install in markdown file app main."),
        (unit("", "window", "", ""), "Part in text file app main."),
    ],
)
def test_each_language_is_described_from_its_own_signature(code: CodeUnit, said: str) -> None:
    assert EXTRACT.summarise(code).text == said


def test_comments_are_not_literals() -> None:
    assert "never quoted" not in EXTRACT.summarise(REFRESH).text


@given(
    symbol=st.text(max_size=80),
    signature=st.text(max_size=400),
    doc=st.text(max_size=400),
    text=st.text(max_size=400),
    calls=st.lists(st.text(min_size=1, max_size=30), max_size=8),
    language=st.sampled_from(["python", "go", "c", "haskell", ""]),
    kind=st.sampled_from(["function", "method", "class", "window"]),
)
def test_any_unit_gets_a_bounded_description_and_always_the_same(**parts: object) -> None:
    code = unit(**{**parts, "calls": tuple(parts["calls"])})  # type: ignore[arg-type]  # hypothesis hands over objects
    said = EXTRACT.summarise(code)
    assert said == ExtractiveSummariser().summarise(code)
    assert 5 <= len(said.text.split()) <= MAX_WORDS + 10


def test_nothing_is_named_that_the_unit_does_not_hold() -> None:
    held = " ".join(
        [REFRESH.text, REFRESH.signature, REFRESH.doc, REFRESH.symbol, REFRESH.path, *REFRESH.calls]
    )
    known = set(re.findall(r"[a-z]+", held.replace("_", " ").lower()))
    frame = {
        "method",
        "of",
        "to",
        "in",
        "python",
        "file",
        "taking",
        "and",
        "returning",
        "raising",
        "calling",
        "mentioning",
    }
    assert set(re.findall(r"[a-z]+", EXTRACT.summarise(REFRESH).text.lower())) <= known | frame | {
        "expirederror"
    }


def test_two_thousand_units_take_well_under_a_second() -> None:
    started = process_time()
    for _ in range(2000):
        EXTRACT.summarise(REFRESH)
    assert process_time() - started < 1


def test_a_hostile_text_takes_linear_time() -> None:
    started = process_time()
    for hostile in (
        '"' * 5000,
        "'a" * 5000,
        "raise " * 2000,
        "<" * 5000,
        "(" * 5000,
        "`" * 5000,
        "a." * 5000,
    ):
        EXTRACT.summarise(unit("java", "function", "f", f"f({hostile}", hostile, doc=hostile))
    assert process_time() - started < 1
