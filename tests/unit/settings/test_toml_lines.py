from __future__ import annotations

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from nightdex.toml_lines import KeyPath, line_of, lines_of

DOCUMENT = '''\
# first
a."b c".d = 1
[index]
state_dir = """
over
three lines"""
inline = { x = 1, y.z = [2, { w = 3 }] }

[[repo]]
path = "a"
exclude = [
  "one",  # not an item
  # nor this
  "two",
]
[repo.sub]
deep = 04:00:00
[[repo]]
'path' = "b"
[[repo.part]]
x = 1
[[repo.part]]
x = 2
'''


def test_every_key_table_and_item_has_its_line() -> None:
    lines = lines_of(DOCUMENT)
    expected: dict[KeyPath, int] = {
        ("a", "b c", "d"): 2,
        ("index",): 3,
        ("index", "state_dir"): 4,
        ("index", "inline", "y", "z", 1, "w"): 7,
        ("repo", 0): 9,
        ("repo", 0, "path"): 10,
        ("repo", 0, "exclude", 0): 12,
        ("repo", 0, "exclude", 1): 14,
        ("repo", 0, "sub", "deep"): 17,
        ("repo", 1): 18,
        ("repo", 1, "path"): 19,
        ("repo", 1, "part", 0, "x"): 21,
        ("repo", 1, "part", 1, "x"): 23,
    }
    assert {path: lines[path] for path in expected} == expected


def test_a_key_that_is_not_there_has_the_line_of_its_table() -> None:
    lines = lines_of(DOCUMENT)
    assert line_of(lines, ("repo", 1, "name")) == 18
    assert line_of(lines, ("nothing", "here")) == 1


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
TABLES = st.lists(
    st.tuples(st.integers(0, 3), st.lists(KEYS, min_size=1, max_size=4, unique=True)), min_size=1, max_size=5
)


@given(TABLES, st.sampled_from(["\n", "\r\n"]))
def test_lines_agree_with_what_was_written(tables: list[tuple[int, list[str]]], newline: str) -> None:
    written: list[str] = []
    expected: dict[KeyPath, int] = {}
    for index, (blank, keys) in enumerate(tables):
        written += ["# a comment"] * blank
        written.append("[[repo]]")
        for key in keys:
            # Without control characters JSON escapes what a TOML basic string does.
            written.append(f"{json.dumps(key, ensure_ascii=False)} = {len(written)}")
            expected["repo", index, key] = len(written)
    text = newline.join(written)
    tomllib.loads(text)
    lines = lines_of(text)
    assert {path: lines.get(path) for path in expected} == expected
