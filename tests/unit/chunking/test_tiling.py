from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.chunking.chunk import Chunk
from indexer.chunking.languages import LANGUAGES
from indexer.chunking.lines import chunk_lines
from indexer.chunking.parse import ParseTimeout
from indexer.chunking.syntax import NoStructure
from indexer.chunking.worker import chunk_text
from indexer.limits import MAX_CALLS, MAX_CHUNK_BYTES, MAX_CHUNK_LINES, MAX_CLOSERS, MAX_MEMBERS

SAMPLES = Path(__file__).parents[2] / "golden" / "samples"
TEXTS = {
    language: "".join(path.read_text("utf-8") for path in sorted((SAMPLES / language).iterdir()))
    for language in LANGUAGES
}
# Characters that str.splitlines takes for line ends, and others that tempt.
ODD = "\x0b\x0c\x1c\x1d\x85\u2028\u2029\t \u00a0\ufeff\U0001f600{}()[]<>\"'`#/*;:,=\\@$"

QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def assert_tiles(text: str, chunks: tuple[Chunk, ...]) -> None:
    """The promises of `Chunk`."""
    lines = text.split("\n")
    covered: set[int] = set()
    previous = 0
    for chunk in chunks:
        assert previous < chunk.start_line <= chunk.end_line <= len(lines)
        previous = chunk.end_line
        assert chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
        assert chunk.text.strip()
        assert len(chunk.calls) <= MAX_CALLS
        assert len(chunk.members) <= MAX_MEMBERS
        assert "\n" not in chunk.signature
        rows = chunk.end_line - chunk.start_line + 1
        assert rows <= MAX_CHUNK_LINES + 2 * MAX_CLOSERS
        if rows > 1 + 2 * MAX_CLOSERS:
            assert len(chunk.text.encode()) <= MAX_CHUNK_BYTES + 2_000
        covered.update(range(chunk.start_line, chunk.end_line + 1))
    missed = [line for line in lines if line.strip()]
    assert len(missed) == sum(1 for number in covered if lines[number - 1].strip())


def chunks_of(language: str, text: str) -> tuple[Chunk, ...]:
    try:
        return chunk_text("file", language, text)
    except (NoStructure, ParseTimeout):
        return chunk_lines(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chunks_of_a_sample_tile_it(language: str) -> None:
    text = TEXTS[language]
    for whole in (text, text.rstrip("\n"), "\n\n" + text, text * 5):
        assert_tiles(whole, chunks_of(language, whole))


@pytest.mark.parametrize("language", [*LANGUAGES, ""])
@settings(QUICK, max_examples=15)
@given(
    text=st.text(
        st.one_of(st.sampled_from("\n\n\n" + ODD), st.characters(codec="utf-8", exclude_characters="\r\0"))
    )
)
def test_the_chunks_of_any_text_tile_it(language: str, text: str) -> None:
    assert_tiles(text, chunks_of(language, text))


@given(data=st.data())
@settings(QUICK, max_examples=150)
def test_the_chunks_of_a_spliced_sample_tile_it(data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(LANGUAGES))
    text = TEXTS[language]
    position = st.integers(0, len(text))
    pieces = []
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted((data.draw(position), data.draw(position)))
        pieces.append(text[start:end] + data.draw(st.text(ODD + "\n", max_size=4)))
    spliced = "".join(pieces)
    assert_tiles(spliced, chunks_of(language, spliced))


@pytest.mark.parametrize("language", ["python", "javascript", "c", "java"])
def test_a_hundred_thousand_balanced_brackets_are_cut_like_any_text(language: str) -> None:
    text = f"x = {'(' * 100_000}1{')' * 100_000};\n\n" + TEXTS[language]
    assert_tiles(text, chunks_of(language, text))


def test_an_over_long_function_is_split_between_its_statements() -> None:
    body = "".join(f"    if ready({n}):\n        go({n})\n        stay({n})\n" for n in range(80))
    chunks = chunk_text("f.py", "python", f"def work():\n{body}")
    assert [chunk.part for chunk in chunks] == list(range(len(chunks)))
    assert len(chunks) > 2
    assert {chunk.symbol for chunk in chunks} == {"work"}
    assert all(chunk.text.startswith("    if ready(") for chunk in chunks[1:])


def test_a_module_wrapper_is_cut_into_its_functions() -> None:
    inner = "".join(f"  function f{n}() {{\n    g();\n    h();\n  }}\n" for n in range(40))
    chunks = chunk_text("m.js", "javascript", f"module.exports = function () {{\n{inner}}};\n")
    assert [chunk.symbol for chunk in chunks] == ["exports", *(f"exports.f{n}" for n in range(40))]


def test_a_file_with_syntax_errors_keeps_its_functions() -> None:
    text = "int f(void) {\n  return MACRO(struct x y) 1;\n}\n\n}}}\n\nint g(void) {\n  return 2;\n}\n"
    assert {"f", "g"} <= {chunk.symbol for chunk in chunk_text("x.c", "c", text)}
