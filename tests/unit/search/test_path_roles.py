from __future__ import annotations

import pytest

from index_store.identifiers import terms
from search_api.ranking.paths import families, name_terms, roles, version_folder


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/session.py", ()),
        ("tests/session.py", ("test",)),
        ("src/session_test.go", ("test",)),
        ("src/app.spec.ts", ("test",)),
        ("src/SessionTest.java", ("test",)),
        ("src/latest.py", ()),
        ("src/contest.py", ()),
        ("examples/hello/main.go", ("example",)),
        ("lib/compat.py", ("legacy",)),
        ("api/service_pb2.py", ("generated",)),
        ("types/index.d.ts", ("declaration",)),
        ("pkg/__init__.py", ("declaration",)),
        ("crates/parser/benches/lexer.rs", ("benchmark",)),
        ("src/locales/de.ts", ("locale",)),
        ("src/locale.ts", ()),
        ("tests/examples/old/a.py", ("test", "example", "legacy")),
    ],
)
def test_a_path_tells_what_a_file_is_there_for(path: str, expected: tuple[str, ...]) -> None:
    assert roles(path) == expected


def test_a_file_is_named_by_its_stem_and_its_folder() -> None:
    assert families(terms("session store auth")) <= name_terms("src/auth/session_store.py")
    assert "src" not in name_terms("src/auth/session_store.py")


def test_a_dotfile_has_a_name() -> None:
    assert families(terms("gitignore")) <= name_terms(".gitignore")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/v3/types.ts", ("src", 3)),
        ("v12/api/types.ts", ("", 12)),
        ("src/v3.ts", None),
        ("src/v1beta1/types.go", None),
        ("src/dev3/types.go", None),
    ],
)
def test_a_folder_may_name_a_version(path: str, expected: tuple[str, int] | None) -> None:
    assert version_folder(path) == expected
