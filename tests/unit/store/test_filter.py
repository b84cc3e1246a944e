from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.filters import Filter, path_matches


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("*.py", "src/a.py", True),
        ("*.py", "src/a.pyc", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "lib/src/a.py", False),
        ("src/*.py", "src/sub/a.py", False),
        ("src/**/*.py", "src/sub/deep/a.py", True),
        ("src/**", "src/sub/a.c", True),
        ("test?.c", "x/test1.c", True),
        ("test[0-9].c", "test7.c", True),
        ("test[!0-9].c", "test7.c", False),
        ("!odd*", "!oddity", True),
        ("#odd*", "#oddity", True),
        ("/src", "src/a.py", True),
        ("/src", "lib/src/a.py", False),
        ("tests/", "pkg/tests/a.py", True),
        ("tests/", "unittests/a.py", False),
        ("./src/a", "src/a.py", True),
        ("auth/session", "lib/auth/session.py", True),
        ("session", "src/my_session.py", True),
        ("Session", "src/session.py", False),
        ("app/[id]/page.tsx", "app/[id]/page.tsx", True),
        ("[", "a[0].c", True),
        ("[z-a]", "z", False),
        ("\\", "a", False),
    ],
)
def test_a_path_pattern_means_what_its_user_means(pattern: str, path: str, meant: bool) -> None:  # noqa: FBT001 - a table
    assert path_matches(pattern, path) is meant


def test_a_hostile_glob_takes_no_time() -> None:
    began = time.perf_counter()
    assert not path_matches("*a" * 40 + "b", "a" * 200)
    assert time.perf_counter() - began < 1


@given(st.text(), st.text())
def test_no_pattern_makes_matching_fail(pattern: str, path: str) -> None:
    assert path_matches(pattern, path) in {True, False}


def test_the_scope_can_only_narrow() -> None:
    known = ["a", "b", "c"]
    assert Filter().allowed_repos(known) is None
    assert Filter(scope=frozenset()).allowed_repos(known) == []
    assert Filter(scope=frozenset("ab")).allowed_repos(known) == ["a", "b"]
    assert Filter(scope=frozenset("ab"), repos=("b", "c")).allowed_repos(known) == ["b"]
    assert Filter(repos=("c", "d")).allowed_repos(known) == ["c"]
