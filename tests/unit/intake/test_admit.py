"""What is let in before reading: by name, kind and size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.intake.admit import admit
from indexer.intake.skip import SkipReason
from indexer.limits import MAX_FILE_BYTES
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.paths import displayed_path
from indexer.sources.source import Entry, EntryKind


def verdict(
    path: str,
    *,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    size: int | None = 10,
    kind: EntryKind = EntryKind.FILE,
) -> SkipReason | None:
    definition = SourceDefinition("r", SourceKind.REPOSITORY, "/r", include=include, exclude=exclude)
    return admit(Entry(path, "", size, kind), definition)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("src/app.py", None),
        ("Makefile", None),
        ("web/node_modules/x/index.js", SkipReason.VENDORED),
        ("vendor/github.com/x/y.go", SkipReason.VENDORED),
        ("api/vendor/github.com/x/y.go", SkipReason.VENDORED),
        ("third_party/zlib/inflate.c", SkipReason.VENDORED),
        ("app/models/vendor/invoice.py", None),
        ("vendor.py", None),
        ("go.sum", SkipReason.LOCKFILE),
        ("web/package-lock.json", SkipReason.LOCKFILE),
        ("Cargo.lock", SkipReason.LOCKFILE),
        ("package.json", None),
        ("lock.py", None),
        (".env", SkipReason.SECRET_FILE),
        ("deploy/.env.production", SkipReason.SECRET_FILE),
        ("prod.env", SkipReason.SECRET_FILE),
        (".env.example", None),
        ("src/env.py", None),
        ("certs/server.pem", SkipReason.SECRET_FILE),
        ("ID_RSA", SkipReason.SECRET_FILE),
        ("id_rsa.pub", None),
        ("home/.docker/config.json", SkipReason.SECRET_FILE),
        ("config.json", None),
        ("aws/credentials", SkipReason.SECRET_FILE),
        ("src/credentials.py", None),
        ("terraform.tfstate", SkipReason.SECRET_FILE),
        ("../../x", SkipReason.UNSAFE_PATH),
        ("a/../b", SkipReason.UNSAFE_PATH),
        ("/etc/passwd", SkipReason.UNSAFE_PATH),
        ("a//b", SkipReason.UNSAFE_PATH),
        ("a/./b", SkipReason.UNSAFE_PATH),
        ("sub/.GIT/config", SkipReason.UNSAFE_PATH),
        ("a\nb.py", SkipReason.UNSAFE_PATH),
        ("a\x1b[31m.py", SkipReason.UNSAFE_PATH),
        ("a\u2028b.py", SkipReason.UNSAFE_PATH),
        (".github/workflows/ci.yml", None),
        ("caf\udce9.py", None),
        ("..hidden/...py", None),
    ],
)
def test_a_name_alone_decides(path: str, reason: SkipReason | None) -> None:
    assert verdict(path) is reason


def test_kind_and_size_decide() -> None:
    assert verdict("sub", kind=EntryKind.SUBMODULE) is SkipReason.SUBMODULE
    assert verdict("link", kind=EntryKind.SYMLINK) is SkipReason.SYMLINK
    assert verdict("a.py", size=MAX_FILE_BYTES) is None
    assert verdict("a.py", size=MAX_FILE_BYTES + 1) is SkipReason.TOO_LARGE
    assert verdict("a.py", size=None) is None


def test_include_and_exclude_are_gitignore_patterns() -> None:
    assert verdict("a/b.py", include=("*.py",)) is None
    assert verdict("a/b.js", include=("*.py",)) is SkipReason.EXCLUDED
    assert verdict("docs/a.py", exclude=("docs/",)) is SkipReason.EXCLUDED
    assert verdict("x/docs/a.py", exclude=("/docs/",)) is None
    assert verdict("a.py", include=("*.py",), exclude=("a.*",)) is SkipReason.EXCLUDED
    assert verdict("keep.gen.py", exclude=("*.gen.py", "!keep.gen.py")) is None


def test_a_negated_exclude_lets_vendored_code_in_but_never_secrets() -> None:
    assert verdict("vendor/ours/a.go", exclude=("!vendor/ours/**",)) is None
    assert verdict("go.sum", exclude=("!go.sum",)) is None
    assert verdict(".env", exclude=("!.env",)) is SkipReason.SECRET_FILE
    assert verdict("../x", exclude=("!../x",)) is SkipReason.UNSAFE_PATH


def test_a_pattern_that_is_none_is_passed_over_as_git_does() -> None:
    assert verdict("a.py", exclude=("!", "", "#", "a.py")) is SkipReason.EXCLUDED


@given(st.lists(st.binary(min_size=1, max_size=12).map(lambda b: b.replace(b"\0", b"\\")), max_size=6))
def test_displayed_paths_are_valid_on_one_line_and_never_collide(names: list[bytes]) -> None:
    paths = {name.decode("utf-8", "surrogateescape") for name in names}
    paths |= {displayed_path(path) for path in paths}
    shown = {displayed_path(path) for path in paths}
    assert len(shown) == len(paths)
    for path in shown:
        path.encode("utf-8")
        assert len(path.splitlines()) <= 1


def test_displayed_paths_are_what_they_were_wherever_possible() -> None:
    assert displayed_path("src/Größe \u4f60.py") == "src/Größe \u4f60.py"
    assert displayed_path(r"units\x2dname.service") == r"units\x2dname.service"
    assert displayed_path("caf\udce9.py") == r"caf\xe9.py"
    assert displayed_path(r"caf\xe9.py") == r"caf\x5cxe9.py"
