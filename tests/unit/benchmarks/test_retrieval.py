from __future__ import annotations

import json
import subprocess
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.annotations import BadAnnotations
from benchmarks.retrieval import main
from benchmarks.variants import SIGNALS_OFF, ablation
from search_api.ranking.weights import DEFAULT_WEIGHTS

SESSION = '''class Session:
    """Keeps what a visitor did between two requests."""

    def expire(self, seconds: int) -> None:
        """Forget the session after some seconds without a request."""
        self.deadline = seconds
'''
CART = '''def total(prices: list[int]) -> int:
    """Add the prices of everything in the cart."""
    return sum(prices)
'''


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Two repositories, one of them under git with a later commit, and questions about both."""
    shop = tmp_path / "repos" / "shop"
    for path, text in {
        "src/shop/session.py": SESSION,
        "src/shop/cart.py": CART,
        "other/session.py": SESSION,
    }.items():
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_text(text)
    _git(shop, "init", "-q")
    _git(shop, "add", ".")
    _git(shop, "commit", "-qm", "one")
    revision = _git(shop, "rev-parse", "HEAD")
    (shop / "src/shop/cart.py").unlink()
    _git(shop, "commit", "-qam", "two")
    plain = tmp_path / "repos" / "plain"
    plain.mkdir()
    (plain / "cart.py").write_text(CART)

    annotations = tmp_path / "bench" / "annotations"
    annotations.mkdir(parents=True)
    asked = [
        {"query": "Session.expire", "relevant": ["session.py"], "category": "symbol"},
        {"query": "how are prices added up", "relevant": ["src/shop/cart.py"], "category": "semantic"},
    ]
    (annotations / "shop.json").write_text(json.dumps(asked))
    (annotations / "plain.json").write_text(
        json.dumps([{"query": "the total of a cart", "relevant": ["cart.py"]}])
    )
    known = [{"name": "shop", "language": "py", "revision": revision, "benchmark_root": "src/shop"}]
    (annotations.parent / "repos.json").write_text(json.dumps(known))
    return tmp_path


def test_a_folder_never_seen_before_is_indexed_asked_and_scored(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = world / "run.json"
    ask = ["--annotations", str(world / "bench/annotations"), "--repos", str(world / "repos")]
    keep = ["--state", str(world / "state"), "--json", str(saved)]
    assert main([*ask, *keep, "--tuned-on", "1"]) == 0
    scores = json.loads(saved.read_text())
    assert [(one["repo"], one["language"], one["category"], one["ndcg"]) for one in scores] == [
        ("shop", "py", "symbol", 1.0),
        ("shop", "py", "semantic", 1.0),
        ("plain", "python", "none", 1.0),
    ]
    printed = capsys.readouterr().out
    assert "NDCG@10 1.0000" in printed
    assert "held out" in printed

    drawn = world / "run.svg"
    assert main([*ask, *keep, "--ablate", "--compare", str(saved), "--chart", str(drawn)]) == 0
    assert len(ET.parse(drawn).findall("{http://www.w3.org/2000/svg}rect")) == 2
    printed = capsys.readouterr().out
    assert "without list lexical" in printed
    assert "without file match" in printed
    assert "3 queries in common, 0 better, 0 worse" in printed


def test_everywhere_a_hit_of_another_repository_finds_nothing(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["--annotations", str(world / "bench/annotations"), "--repos", str(world / "repos")]
    assert main([*ask, "--state", str(world / "state"), "--everywhere"]) == 0
    assert "NDCG@10 1.0000" not in capsys.readouterr().out
    saved = world / "named.json"
    assert main([*ask, "--state", str(world / "state"), "--naming", "--json", str(saved)]) == 0
    assert all(0 < one["ndcg"] <= 1 for one in json.loads(saved.read_text()))


def test_only_the_root_of_a_repository_is_indexed(world: Path) -> None:
    state = world / "state"
    main(
        [
            "--annotations",
            str(world / "bench/annotations"),
            "--repos",
            str(world / "repos"),
            "--state",
            str(state),
        ]
    )
    report = json.loads(next((state / "nights").glob("*.json")).read_text())
    shop = next(one for one in report["repositories"] if one["name"] == "shop")
    assert (shop["chunked"], shop["skipped"]) == (2, {"excluded": 1})


def test_a_checkout_that_is_not_there_is_named(world: Path) -> None:
    with pytest.raises(BadAnnotations, match="shop"):
        main(["--annotations", str(world / "bench/annotations"), "--repos", str(world)])


def test_every_number_of_the_ranking_that_can_be_off_is_switched_off_in_an_ablation() -> None:
    sizes = {field.name for field in fields(DEFAULT_WEIGHTS)} - {
        "lists",
        "dense_share_symbol",
        "dense_share_language",
        "further_chunk",
    }
    assert {name for off in SIGNALS_OFF.values() for name in off} == sizes
    assert len({variant.name for variant in ablation()}) == len(list(ablation()))


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
