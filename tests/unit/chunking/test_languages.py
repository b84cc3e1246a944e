from __future__ import annotations

import pytest

from indexer.chunking.grammar import GRAMMARS
from indexer.chunking.languages import LANGUAGES, is_config, language_of


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("src/app.py", "", "python"),
        ("stubs/app.PYI", "", "python"),
        ("view.jsx", "", "javascript"),
        ("view.tsx", "", "tsx"),
        ("Rakefile", "", "ruby"),
        ("Makefile", "all:\n", ""),
        ("notes.txt", "#!/bin/sh\n", ""),
        ("bin/tool", "#!/usr/bin/env python3\n", "python"),
        ("bin/tool", "#!/usr/bin/env -S node --harmony\n", "javascript"),
        ("bin/tool", "#!/bin/bash -e\n", "bash"),
        ("_git", "#compdef git\n", "bash"),
        ("a.h", "int f(void);\n", "c"),
        ("a.h", "namespace a {\nint f();\n}\n", "cpp"),
        ("a.h", "#include <vector>\n", "cpp"),
        ("app.ts", "export const a = 1\n", "typescript"),
        ("app_de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n', ""),
        ("LICENSE", "", ""),
    ],
)
def test_a_file_is_known_by_its_name_first_line_or_content(path: str, text: str, language: str) -> None:
    assert language_of(path, text) == language


def test_every_language_but_markdown_has_a_grammar() -> None:
    assert set(LANGUAGES) == {*GRAMMARS, "markdown"}


def test_settings_are_told_from_code() -> None:
    assert [name for name in LANGUAGES if is_config(name)] == ["toml", "yaml", "json"]
