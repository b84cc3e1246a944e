"""What a path says about a file: what it is there for, and which words name it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from index_store.identifiers import split_identifier, terms

# Words of a folder's name: `test_suite` and `integration-tests` hold tests too.
_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "testsuite", "spec", "specs", "testdata", "fixtures", "e2e", "androidtest"}
    | {"regress", "regression", "regressions", "selftest", "selftests", "fuzz", "fuzzing", "fuzzers"}
)
_EXAMPLE_FOLDERS = frozenset(
    {"example", "examples", "sample", "samples", "demo", "demos", "playground", "docs", "doc", "tutorial"}
)
_LEGACY_FOLDERS = frozenset({"legacy", "compat", "deprecated", "old", "_compat", "archive", "attic"})
_GENERATED_FOLDERS = frozenset({"generated", "gen", "__generated__", "autogen"})
_BENCHMARK_FOLDERS = frozenset({"bench", "benches", "benchmark", "benchmarks"})
# The same texts once a language: each answers every question about them.
_LOCALE_FOLDERS = frozenset({"locale", "locales", "i18n", "l10n", "translations"})

_TEST_FILE = re.compile(
    r"^(?:test_.*|.*_test|.*_tests|.*_spec|.*[.-](?:test|spec)|.*(?<=[a-z\d])(?:Tests?|Spec)|conftest|tests?)$"
)
_LEGACY_FILE = re.compile(r"(?:^|[_.-])(?:compat|legacy|deprecated|old)(?:$|[_.-])", re.IGNORECASE)
_GENERATED_FILE = re.compile(r"(?:_pb2|_pb2_grpc|\.pb|\.g|\.generated|_generated|\.gen|_gen)$", re.IGNORECASE)
_HYPHENS = re.compile(r"[_-]+")
_NO_SEPARATORS = str.maketrans("", "", "_.-")
_VERSION_FOLDER = re.compile(r"(?:^|/)v(\d{1,4})/")
_DECLARATION_NAMES = (".d.ts", ".d.mts", ".d.cts", ".pyi")
# Files that mostly repeat what others define.
_REEXPORTS = frozenset({"__init__.py", "index.ts", "index.js", "index.tsx", "mod.rs", "package-info.java"})

# How a stem ends that names what does a thing, and the shortest that are taken apart: `timer`, not `user`.
_AGENTS = ("er", "or")
_SHORTEST_AGENT = 5
_SHORTEST_WITH_E = 4


class FileName(NamedTuple):
    """What ranking asks of every path, in one place: a search looks at hundreds, and makes many first.

    Attributes:
        roles, version_folder, terms, joined: what the functions below say of it.
    """

    roles: tuple[str, ...]
    version_folder: tuple[str, int] | None
    terms: frozenset[str]
    joined: str


def file_name(path: str) -> FileName:
    """A path, taken apart."""
    return FileName(roles(path), version_folder(path), name_terms(path), joined_name(path))


def roles(path: str) -> tuple[str, ...]:
    """What a file is besides the code itself.

    "test", "example", "legacy", "generated", "declaration", "benchmark", "locale".
    """
    *folders, name = path.split("/")
    around = {folder.lower() for folder in folders}
    words = around.union(*(_HYPHENS.split(folder) for folder in around if "_" in folder or "-" in folder))
    stem = name.rsplit(".", 1)[0]
    checks = {
        "test": not _TEST_FOLDERS.isdisjoint(words) or _TEST_FILE.match(stem),
        "example": not _EXAMPLE_FOLDERS.isdisjoint(around),
        "legacy": not _LEGACY_FOLDERS.isdisjoint(around) or _LEGACY_FILE.search(stem),
        "generated": not _GENERATED_FOLDERS.isdisjoint(around) or _GENERATED_FILE.search(stem),
        "benchmark": not _BENCHMARK_FOLDERS.isdisjoint(around),
        "locale": not _LOCALE_FOLDERS.isdisjoint(around),
        "declaration": name.endswith(_DECLARATION_NAMES) or name in _REEXPORTS,
    }
    return tuple(role for role, holds in checks.items() if holds)


def version_folder(path: str) -> tuple[str, int] | None:
    """The version folder that a path passes through: (`src`, 3) for `src/v3/types.ts`; None without one."""
    match = _VERSION_FOLDER.search(path)
    return (path[: match.start()], int(match[1])) if match else None


def name_terms(path: str) -> frozenset[str]:
    """The words that name a file, as `families` has them: its stem and the folder it stands in."""
    return families(terms(" ".join([_stem(path), *path.split("/")[-2:-1]])))


def stem_terms(path: str) -> frozenset[str]:
    """The parts of a file's own stem, as `families` has them: query, build for `QueryBuilder.kt`."""
    return families(terms(" ".join(split_identifier(_stem(path))))) or frozenset({path})


def families(stems: Iterable[str]) -> frozenset[str]:
    """Stemmed words, those that do a thing as those for doing it, which the stemmer keeps apart.

    Files are called `parser` and `logger` where questions ask for parsing and logging.
    """
    return frozenset(map(_family, stems))


def _family(stem: str) -> str:
    if len(stem) >= _SHORTEST_AGENT and stem.endswith(_AGENTS):
        stem = stem[:-2]
    elif len(stem) >= _SHORTEST_WITH_E:
        stem = stem.removesuffix("e")
    return stem[:-1] if len(stem) >= _SHORTEST_WITH_E and stem[-1] == stem[-2] else stem


def joined_name(path: str) -> str:
    """A file's stem as one word: `testclient` for both `testclient.py` and `test_client.py`."""
    return _stem(path).lower().translate(_NO_SEPARATORS)


def _stem(path: str) -> str:
    """What a file is called, without its extension: `SqlMapper.Async` for `SqlMapper.Async.cs`."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name
