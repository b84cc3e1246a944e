"""The house keeps its shape: imports point one way, documents name what exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.threats.removals import Edit, Removal, Row, flaws, removals, rows

ROOT = Path(__file__).parents[2]
PACKAGES = ["nightdex", "indexer", "search_api", "index_store", "model_chain"]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("indexer/plan.py", "import search_api"),
        ("search_api/query.py", "import indexer.plan"),
        ("index_store/schema.py", "import model_chain.protocol"),
        ("model_chain/protocol.py", "import index_store.schema"),
        ("index_store/schema.py", "import nightdex"),
        ("search_api/search.py", "import index_store.writer"),
        ("search_api/search.py", "import lancedb"),
        ("indexer/nightly.py", "import pyarrow"),
    ],
)
def test_a_planted_bad_import_breaks_the_contract(tmp_path: Path, module: str, line: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / module
    planted.write_text(planted.read_text() + f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


def test_the_contracts_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


DOCUMENTS = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]


@pytest.mark.parametrize("document", ["README.md", "docs/ARCHITECTURE.md", "docs/THREATS.md"])
def test_every_file_and_folder_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|md|toml|scm))?)`", text))
    named |= set(re.findall(r"\]\(([^):#]+)\)", text))
    base = (ROOT / document).parent
    missing = [name for name in named if not (ROOT / name).exists() and not (base / name).exists()]
    assert not missing


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, "benchmarks/README.md", "training/README.md", "CHANGELOG.md"]
)
def test_every_test_a_document_names_exists(document: str) -> None:
    defined = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", (ROOT / document).read_text()))
    assert named <= defined


def test_every_threat_has_a_defence_and_a_test() -> None:
    text = (ROOT / "docs" / "THREATS.md").read_text()
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    threats = [row for row in rows if row[0].strip() != "asset"]
    assert len(threats) > 30
    assert not [row for row in threats if len(row) != 4 or not re.search(r"`test_\w+`", row[3])]


def test_what_takes_each_defence_away_still_does() -> None:
    found = flaws(rows(), removals())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("attack", "test", "edit", "flaw"),
    [
        ("replaced", "test_a", Edit("a.py", "safe", "id"), ""),
        ("replaced", "test_a[case]", Edit("b.py", "", "new"), ""),
        ("another", "test_a", Edit("a.py", "safe", ""), "0 rows"),
        ("replaced", "test_b", Edit("a.py", "safe", ""), "does not name test_b"),
        ("replaced", "test_a", Edit("a.py", "gone", ""), "there 0 times"),
        ("replaced", "test_a", Edit("a.py", "=", ""), "there 2 times"),
        ("replaced", "test_a", Edit("gone.py", "safe", ""), "there 0 times"),
        ("replaced", "test_a", Edit("a.py", "", "new"), "there 0 times"),
        ("replaced", "test_a", Edit("a.py", "safe =", "if"), "no Python"),
    ],
)
def test_what_takes_no_defence_away_is_named(
    tmp_path: Path, attack: str, test: str, edit: Edit, flaw: str
) -> None:
    (tmp_path / "a.py").write_text("safe = x = 1\n")
    found = flaws(
        [Row("replaced refs", ("test_a",))], [Removal("t.toml", attack, "", (test,), (edit,))], tmp_path
    )
    assert flaw in " ".join(found)
    assert bool(found) is bool(flaw)


def test_every_dependency_is_explained_in_the_architecture() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    names = [re.split(r"[><=\[]", line)[0] for line in project["dependencies"]]
    missing = [n for n in names if not n.startswith("tree-sitter-") and f"`{n}`" not in text]
    assert not missing


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    files = [f for p in [*PACKAGES, "tests", "benchmarks", "training"] for f in (ROOT / p).rglob("*.py")]
    too_long = {str(f.relative_to(ROOT)): n for f in files if (n := f.read_text().count("\n")) > 500}
    assert not {k: v for k, v in too_long.items() if "golden/samples" not in k}
