"""Constants, aliases and enum members of one line are found by name, at their line, inside of a chunk."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_chain.testing import FakeEmbedder
from search_api.answer import Hit
from search_api.query import parse_query
from search_api.search import searching
from tests.nights import World

pytestmark = pytest.mark.anyio

FILES = {
    "limits.py": (
        "import os\n\n# MAX_RETRIES is asked for by everyone.\nMAX_RETRIES = 5\nAlias = dict[str, int]\n"
        "LOW, HIGH = 1, 9\nif os.name:\n    SEPARATOR = ';'\n\n\nclass Shade(Enum):\n    DARK = 1\n\n"
        "    def mix(self):\n        return Shade.DARK\n\n    PALE = 2\n"
    ),
    "store.ts": (
        "import { a } from './a';\n\nexport const RETRY_LIMIT = 5;\nexport type UserId = string;\n\n"
        "export enum Color {\n  Red,\n  Green = 2,\n}\n\n"
        "export interface Shelf {\n  lookUp(key: string): string;\n}\n"
    ),
    "main.js": "const fs = require('fs');\nconst one = 1, other = 2;\nvar legacyFlag = 3;\n",
    "main.go": (
        "package main\n\n// MaxDepth is how deep it goes.\nconst MaxDepth = 5\n\n"
        "const (\n\tNorth Way = iota\n\tSouth\n)\n\n"
        'var ErrGone, ErrLate = errors.New("a"), errors.New("b")\n\ntype PieceId string\ntype Handle = int\n'
    ),
    "lib.rs": (
        "const DEPTH_LIMIT: usize = 5;\ntype Bytes = Vec<u8>;\nimpl Foo {\n    const BAR: u8 = 1;\n"
        "    fn f() -> u8 {\n        1\n    }\n}\npub enum Mood {\n    Calm,\n    Wild,\n}\n"
    ),
    "wire.h": (
        "#ifndef WIRE_H\n#define WIRE_H\n#define FRAME_BYTES 512\ntypedef int frame_id;\n"
        "static const int window_size = 4;\nenum phase {\n  IDLE,\n  BUSY,\n};\n#endif\n"
    ),
    "wire.cpp": "namespace wire {\nconstexpr int kBudget = 4;\nusing Stamp = int;\n}\n",
    "Wire.java": "class Wire {\n    static final int CAPACITY = 5;\n    int f() { return 1; }\n}\n",
    "Wire.cs": "class Cable {\n    const int Strands = 5;\n    int F() {\n        return 1;\n    }\n}\n",
    "wire.kt": 'const val BASE_URL = "x"\ntypealias Token = String\n',
    "wire.swift": "let pollSeconds = 5\ntypealias Reply = String\nenum Step {\n    case begin, finish\n}\n",
    "Wire.scala": "val Threshold = 5\ntype Name = String\n",
    "wire.rb": "POOL_SIZE = 5\n\nclass Pump\n  STROKES = 3\n\n  def run\n    1\n  end\nend\n",
    "wire.php": "<?php\nconst PAGE_SIZE = 5;\nclass Page {\n    const FIRST = 1;\n}\n",
    "wire.lua": 'local log = require("log")\nlocal BACKLOG = 5\n',
    "wire.zig": 'const std = @import("std");\nconst slot_count = 5;\n',
    "wire.hs": "module Wire where\n\ntype Path = String\ndata Gate = Open | Shut\n",
    "wire.ex": "defmodule Wire do\n  @timeout 5\n  @type frame :: String.t()\n\n  def run(x), do: x\nend\n",
    "wire.sh": "#!/bin/bash\nTARGET_DIR=out\nreadonly KEEP_DAYS=3\n",
}


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(tmp_path_factory.mktemp("members"))
    world.commit("shop", FILES)
    world.commit("vault", {"secret.py": "VAULT_CODE = 5\nMAX_RETRIES = 6\n"})
    world.night()
    return world.state


async def ask(
    state_dir: Path, text: str, mode: str = "symbol", scope: tuple[str, ...] = ("shop",)
) -> list[Hit]:
    async with searching(state_dir, lambda _: FakeEmbedder()) as searcher:
        return list((await searcher.search(parse_query(text, mode=mode), scope)).hits)


@pytest.mark.parametrize(
    ("language", "name", "place"),
    [
        ("python", "MAX_RETRIES", "limits.py:4"),
        ("python", "Alias", "limits.py:5"),
        ("python", "HIGH", "limits.py:6"),
        ("python", "SEPARATOR", "limits.py:8"),
        ("python", "Shade.DARK", "limits.py:12"),
        ("python", "PALE", "limits.py:17"),
        ("typescript", "RETRY_LIMIT", "store.ts:3"),
        ("typescript", "UserId", "store.ts:4"),
        ("typescript", "Color.Green", "store.ts:8"),
        ("typescript", "lookUp", "store.ts:12"),
        ("javascript", "other", "main.js:2"),
        ("javascript", "legacyFlag", "main.js:3"),
        ("go", "MaxDepth", "main.go:4"),
        ("go", "South", "main.go:8"),
        ("go", "ErrLate", "main.go:11"),
        ("go", "PieceId", "main.go:13"),
        ("go", "Handle", "main.go:14"),
        ("rust", "DEPTH_LIMIT", "lib.rs:1"),
        ("rust", "Bytes", "lib.rs:2"),
        ("rust", "Foo::BAR", "lib.rs:4"),
        ("rust", "Mood::Wild", "lib.rs:11"),
        ("c", "FRAME_BYTES", "wire.h:3"),
        ("c", "frame_id", "wire.h:4"),
        ("c", "window_size", "wire.h:5"),
        ("c", "BUSY", "wire.h:8"),
        ("cpp", "wire::kBudget", "wire.cpp:2"),
        ("cpp", "Stamp", "wire.cpp:3"),
        ("java", "Wire.CAPACITY", "Wire.java:2"),
        ("c_sharp", "Cable.Strands", "Wire.cs:2"),
        ("kotlin", "BASE_URL", "wire.kt:1"),
        ("kotlin", "Token", "wire.kt:2"),
        ("swift", "pollSeconds", "wire.swift:1"),
        ("swift", "Reply", "wire.swift:2"),
        ("swift", "Step.finish", "wire.swift:4"),
        ("scala", "Threshold", "Wire.scala:1"),
        ("scala", "Name", "Wire.scala:2"),
        ("ruby", "POOL_SIZE", "wire.rb:1"),
        ("ruby", "Pump::STROKES", "wire.rb:4"),
        ("php", "PAGE_SIZE", "wire.php:2"),
        ("php", "Page::FIRST", "wire.php:4"),
        ("lua", "BACKLOG", "wire.lua:2"),
        ("zig", "slot_count", "wire.zig:2"),
        ("haskell", "Path", "wire.hs:3"),
        ("haskell", "Shut", "wire.hs:4"),
        ("elixir", "Wire.timeout", "wire.ex:2"),
        ("elixir", "frame", "wire.ex:3"),
        ("bash", "KEEP_DAYS", "wire.sh:3"),
    ],
)
async def test_a_name_without_a_chunk_of_its_own_is_found_at_its_line(
    state_dir: Path, language: str, name: str, place: str
) -> None:
    hit = (await ask(state_dir, name))[0]
    assert (f"{hit.path}:{hit.matches[0].line}", hit.why.signals) == (place, ("member",)), language


async def test_what_has_a_chunk_of_its_own_comes_before_what_only_holds_it(state_dir: Path) -> None:
    [first, *_] = await ask(state_dir, "mix")
    assert (first.symbol, first.why.signals) == ("Shade.mix", ("name",))
    assert not [hit for hit in await ask(state_dir, "mix") if "member" in hit.why.signals]


async def test_a_name_in_lower_case_means_any_case_and_another_the_one_it_is_written_in(
    state_dir: Path,
) -> None:
    assert [hit.path for hit in await ask(state_dir, "max_retries")] == ["limits.py"]
    assert not await ask(state_dir, "Max_Retries")


@pytest.mark.parametrize("name", ["fs", "log", "std"])
async def test_what_a_file_imports_it_does_not_define(state_dir: Path, name: str) -> None:
    assert not await ask(state_dir, name)


@pytest.mark.parametrize("mode", ["hybrid", "raw", "exact"])
async def test_every_other_search_lifts_what_defines_the_named_member(state_dir: Path, mode: str) -> None:
    hit = (await ask(state_dir, "MAX_RETRIES", mode))[0]
    assert (hit.path, hit.matches[-1].line) == ("limits.py", 4)
    assert "member" in hit.why.signals


async def test_members_outside_of_a_callers_scope_are_not_told_of(state_dir: Path) -> None:
    assert not await ask(state_dir, "VAULT_CODE")
    assert [hit.path for hit in await ask(state_dir, "VAULT_CODE", scope=("vault",))] == ["secret.py"]
