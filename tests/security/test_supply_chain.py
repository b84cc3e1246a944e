"""What is installed and what is loaded: named hash by hash, and in formats that hold no code."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from model_chain.router.classifier import WEIGHTS, trained_on

ROOT = Path(__file__).parents[2]
PACKAGES = ("nightdex", "indexer", "search_api", "index_store", "model_chain")

# Reading these runs whatever their writer wished.
CODE_WHEN_READ = frozenset(
    {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch", "yaml"}
)
PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".h5")


def requirements(lock: str) -> dict[str, list[str]]:
    """The hashes of every requirement of a lock."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    return {entry.split("==")[0]: re.findall(r"--hash=sha256:([0-9a-f]{64})", entry) for entry in entries}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_everything_that_is_installed_is_named_hash_by_hash(lock: str) -> None:
    named = requirements(lock)
    assert len(named) > 50
    assert not [name for name, hashes in named.items() if not hashes]
    assert not re.search(
        r"https?://|git\+|--(?:extra-)?index-url|--find-links|-e ", (ROOT / lock).read_text()
    )


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.sub(r"[-_.]+", "-", name.split("[")[0]).lower() for name in requirements("requirements.lock")}
    wanted = {
        re.sub(r"[-_.]+", "-", re.split(r"[><=~!\[; ]", one)[0]).lower() for one in project["dependencies"]
    }
    assert wanted <= named


def test_nothing_is_installed_without_its_hash() -> None:
    steps = [line.strip() for line in (ROOT / "Makefile").read_text().splitlines() if "pip install" in line]
    loose = [step for step in steps if "--require-hashes" not in step]
    # The project itself has no hash; uv has a version, and comes from the index that pip trusts.
    assert [("--no-deps -e ." in step, "uv==$(UV_VERSION)" in step) for step in loose] == [
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize("folder", ["tests/ui", "integrations/vscode"])
def test_what_comes_from_npm_is_named_hash_by_hash_too(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert not [
        name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")
    ]


def test_no_source_reads_a_format_that_can_hold_code() -> None:
    imported: dict[str, str] = {}
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                imported |= {name.split(".")[0]: str(file) for name in names}
    assert not CODE_WHEN_READ & imported.keys(), {
        name: imported[name] for name in CODE_WHEN_READ & imported.keys()
    }


def test_no_file_that_ships_can_hold_code_of_a_model() -> None:
    shipped = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file()]
    assert any(file.suffix == ".safetensors" for file in shipped)
    assert not [file for file in shipped if file.suffix in PICKLED]


def test_weights_with_an_object_in_them_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (eval, ("__import__('pathlib').Path('marker').touch()",))

    monkeypatch.chdir(tmp_path)
    with np.load(WEIGHTS) as stored:
        arrays = {name: stored[name] for name in stored.files}
    traps = {name: np.array([Trap()], dtype=object) for name in arrays}
    np.savez(tmp_path / "weights.npz", **traps)  # type: ignore[arg-type]  # numpy's stubs want a flag there
    with np.load(tmp_path / "weights.npz", allow_pickle=True) as opened:
        opened[next(iter(arrays))]
    assert (tmp_path / "marker").exists()
    (tmp_path / "marker").unlink()
    with pytest.raises(ValueError, match="allow_pickle"):
        trained_on(tmp_path / "weights.npz")
    assert not (tmp_path / "marker").exists()
