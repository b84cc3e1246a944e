"""The VS Code extension: its types, its package, and its behaviour against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "integrations" / "vscode"


def npm(*arguments: str, **environment: str) -> str:
    if shutil.which("npm") is None:
        pytest.skip("no npm: `apt-get install npm`")
    if not (EXTENSION / "node_modules").is_dir():
        pytest.skip("nothing installed: `npm ci` in integrations/vscode")
    done = subprocess.run(
        ["npm", "run", "--silent", *arguments],
        cwd=EXTENSION, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_types_hold() -> None:
    npm("check")


def test_it_searches_opens_and_registers_against_a_real_server(shop_api: str, shop_code: Path) -> None:
    told = npm("test", NIGHTDEX_URL=shop_api, NIGHTDEX_SHOP=str(shop_code))
    assert "fail 0" in told
    assert "skipped 0" in told


def test_it_is_built_and_packaged_with_nothing_but_itself() -> None:
    npm("build")
    npm("package")
    names = set(zipfile.ZipFile(EXTENSION / "nightdex.vsix").namelist())
    files = {"LICENSE.txt", "dist/extension.js", "package.json", "readme.md"}
    assert {name for name in names if name.startswith("extension/")} == {
        f"extension/{name}" for name in files
    }
