from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nightdex.cli import _run
from tests.repositories import commit


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    commit(tmp_path / "shop", {"pay.py": "def pay(): pass\n"})
    (tmp_path / "repos.toml").write_text(
        '[index]\nstate_dir = "state"\n[embedding]\nprovider = "embedded"\n[summaries]\n'
        'provider = "extractive"\n[[repo]]\npath = "shop"\n'
    )
    for key in ("KIND", "ADDRESS"):
        monkeypatch.setenv(f"NIGHTDEX_ENGINE__{key}", "")
        monkeypatch.delenv(f"NIGHTDEX_ENGINE__{key}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_the_extra_the_engine_says_how_to_install_it(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "indexer.cluster.ray_engine", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert _run(["run", "--engine", "ray"]) == 12
    assert "pip install 'nightdex[ray]'" in capsys.readouterr().err
    assert not (world / "state" / "generations").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--engine", "spark"), "'local' or 'ray'"), (("--address", "nowhere"), "'10.0.0.5:6379'")],
)
def test_an_engine_or_address_that_is_none_is_refused(
    world: Path, options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["run", *options]) == 12
    assert told in capsys.readouterr().err
    assert not (world / "state").exists()
