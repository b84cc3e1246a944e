from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.annotations import BadAnnotations
from benchmarks.peers import main
from tests.repositories import commit

# What semble 0.7 answers with, of its API only what is asked: it names each file below its folder.
SEMBLE = """
from collections import namedtuple
from pathlib import Path

Chunk = namedtuple("Chunk", "file_path start_line end_line")
Result = namedtuple("Result", "chunk score")


class SembleIndex:
    def __init__(self, paths):
        self.paths = paths

    @classmethod
    def from_path(cls, folder):
        return cls(sorted(path.relative_to(folder) for path in Path(folder).rglob("*.py")))

    def search(self, query, top_k):
        return [Result(Chunk(str(path), 1, 99), 1.0) for path in self.paths][:top_k]
"""


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    files = {
        "src/cart.py": "def total(prices):\n    return sum(prices)\n",
        "src/session.py": "def expire(seconds):\n    return seconds\n",
        "other.py": "prices\n",
    }
    revision = commit(tmp_path / "repos" / "shop", dict(files))
    annotations = tmp_path / "bench" / "annotations"
    annotations.mkdir(parents=True)
    questions = [{"query": "sum of the prices", "relevant": ["src/cart.py"], "category": "semantic"}]
    (annotations / "shop.json").write_text(json.dumps(questions))
    known = [{"name": "shop", "language": "python", "revision": revision, "benchmark_root": "src"}]
    (annotations.parent / "repos.json").write_text(json.dumps(known))
    return ["--annotations", str(annotations), "--repos", str(tmp_path / "repos")]


@pytest.mark.skipif(shutil.which("rg") is None, reason="there is no ripgrep")
def test_every_engine_answers_the_same_questions_about_the_same_folder(
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "semble.py").write_text(SEMBLE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    saved = tmp_path / "scores.json"
    assert main([*asked, "--semble-python", sys.executable, "--json", str(saved)]) == 0
    scores = {name: [one["ndcg"] for one in each] for name, each in json.loads(saved.read_text()).items()}
    assert scores == {"nightdex": [1.0], "semble": [1.0], "ripgrep": [1.0]}
    printed = capsys.readouterr().out
    assert "nightdex ahead by" in printed


def test_an_interpreter_without_semble_is_named(asked: list[str], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(empty)], check=True)
    with pytest.raises(BadAnnotations, match=r"peers\.txt"):
        main([*asked, "--semble-python", str(empty / "bin" / "python")])
