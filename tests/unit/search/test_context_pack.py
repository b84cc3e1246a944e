from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from search_api.answer import Hit, Why
from search_api.context_pack import block_lines, pack_hits, sources_of
from search_api.limits import PACK_BLOCK_LINES


def hit(number: int = 0, lines: int = 3, **more: object) -> Hit:
    """A chunk of `lines` lines in a file of its own."""
    made = Hit(
        id=f"id{number}", repo="shop", path=f"src/f{number}.py", start_line=41, end_line=40 + lines,
        language="python", kind="function", symbol=f"f{number}", signature=f"def f{number}()", score=1.0,
        why=Why(1, None, None, None, None, ()), summary="", summary_source="", snippet="def f",
        snippet_start_line=41, lines_left_out=0, matches=(), blob_id="", commit="", stale=False,
        enclosing=None, also_in=(), copies=0,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # a test names real fields


def text(number: int = 0, lines: int = 3) -> str:
    return "\n".join(f"line {line} of {number}" for line in range(lines))


def test_chunks_are_whole_while_there_is_room_then_outlined_then_counted() -> None:
    long = 200
    hits = [hit(0), *(hit(number, long) for number in range(1, 40))]
    pack = pack_hits(hits, [text(0), *(text(number, long) for number in range(1, 40))], 2_000)
    assert [chunk.whole for chunk in pack.chunks[:2]] == [True, True]
    outlined = pack.chunks[3]
    assert (outlined.whole, outlined.text, outlined.source) == (False, "def f3()", "shop/src/f3.py#L41-L41")
    assert pack.left_out == len(hits) - len(pack.chunks) > 0
    assert pack.tokens <= 2_000


def test_a_first_chunk_that_is_too_long_keeps_the_lines_that_fit() -> None:
    pack = pack_hits([hit(0, 5_000)], [text(0, 5_000)], 600)
    (chunk,) = pack.chunks
    assert not chunk.whole
    assert chunk.text.startswith("line 0")
    assert chunk.end_line == 41 + chunk.text.count("\n")
    assert 300 < pack.tokens <= 600


def test_the_same_text_and_what_lies_inside_a_chunk_are_packed_once() -> None:
    inside = hit(0, 1, start_line=42, end_line=42, id="inside")
    pack = pack_hits([hit(0), hit(1), inside], [text(), text(), "line 1 of 0"], 2_000)
    assert [chunk.id for chunk in pack.chunks] == ["id0"]
    assert pack.left_out == 0


@given(lines=st.integers(1, 60), blank=st.booleans())
def test_a_block_is_named_by_the_lines_it_is(lines: int, blank: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    whole = "\n" * (lines - 1) if blank else text(0, lines)
    pack = pack_hits([hit(0, lines)], [whole], 10_000)
    (source,), (chunk,) = sources_of(pack), pack.chunks
    assert "\n".join(source.blocks) == whole
    for number, block in enumerate(source.blocks):
        first, last = block_lines(chunk, number, number + 1)
        assert last - first == block.count("\n")
        assert first == 41 + number * PACK_BLOCK_LINES
