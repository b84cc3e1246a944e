from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdex.errors import SetupRefused
from nightdex.setup.jsonc import member_of, with_member, without_member

PATH = ("mcpServers", "nightdex")
SERVER = {"type": "stdio", "command": "/bin/nightdex", "args": ["mcp"]}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
documents = st.dictionaries(st.text(max_size=6).filter(lambda key: key != "mcpServers"), values, max_size=4)
others = st.none() | st.dictionaries(
    st.text(min_size=1, max_size=6).filter(lambda key: key != "nightdex"), values, min_size=1, max_size=3
)


@given(document=documents, servers=others, indent=st.sampled_from([None, 2, 4, "\t"]), first=st.booleans())
def test_adding_changes_nothing_else_and_taking_back_is_exact(
    document: dict[str, object], servers: object, indent: int | str | None, *, first: bool
) -> None:
    whole = dict(document)
    if servers is not None:
        whole = {"mcpServers": servers, **whole} if first else {**whole, "mcpServers": servers}
    text = json.dumps(whole, indent=indent, ensure_ascii=False)
    added = with_member(text, PATH, SERVER)
    expected = {**whole, "mcpServers": {**whole.get("mcpServers", {}), "nightdex": SERVER}}  # type: ignore[dict-item]
    assert json.loads(added) == expected
    assert member_of(added, PATH) == SERVER
    assert without_member(added, PATH) == text
    assert with_member(added, PATH, SERVER) == added


COMMENTED = """\
// mine
{
    "theme": "dark", // at night
    "mcpServers": {
        /* not "nightdex": {} */
        "other": { "url": "http://x//y" }, // keep, please
    },
}
"""


def test_comments_trailing_commas_and_indentation_stay() -> None:
    added = with_member(COMMENTED, PATH, {"url": "http://z"})
    assert added == COMMENTED.replace(
        '" }, // keep', '" },\n        "nightdex": {\n            "url": "http://z"\n        }, // keep'
    )
    assert without_member(added, PATH) == COMMENTED


def test_a_changed_setup_replaces_its_own_words_only() -> None:
    changed = with_member(with_member(COMMENTED, PATH, {"url": "http://old"}), PATH, {"url": "http://new"})
    assert changed == with_member(COMMENTED, PATH, {"url": "http://new"})


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_file_becomes_a_whole_one(text: str) -> None:
    assert json.loads(with_member(text, PATH, SERVER)) == {"mcpServers": {"nightdex": SERVER}}


@pytest.mark.parametrize(
    "text",
    ["[]", '"text"', "{", '{"a": }', "{'a': 1}", '{"a": 1} {}', '{"mcpServers": []}', '{"a" 1}', "{1: 2}",
     '{"a": "unended}', '{"mcpServers": {"nightdex"}}', "{" * 5000, '{"a":' * 5000, "\x00"],
)  # fmt: skip
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    with pytest.raises(SetupRefused):
        with_member(text, PATH, SERVER)
    with pytest.raises(SetupRefused):
        without_member(text, PATH)
