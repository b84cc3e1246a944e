from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from benchmarks.doc_pairs import strip_package, strip_repository
from benchmarks.docsearch import main
from tests.repositories import commit
from training.packages import Package

SESSION = '''"""Visitors between requests."""


class Session:
    """Keeps what a visitor did."""

    def expire(self, seconds: int) -> None:
        """Forget the visitor after a while of silence."""
        self.deadline = self.clock() + seconds

    def touch(self) -> None:
        """Expire"""
        self.deadline = self.clock() + self.patience
'''
CART = """package cart

// Total adds up the prices of everything in it.
func Total(prices []int) int {
	sum := 0
	for _, price := range prices {
		sum += price
	}
	return sum
}

// Same words above two functions.
func First(prices []int) int {
	return prices[0] + prices[0] - prices[0]
}

// Same words above two functions.
func Last(prices []int) int {
	return prices[len(prices)-1] + prices[0] - prices[0]
}
"""


@pytest.fixture
def repos(tmp_path: Path) -> Path:
    files = {"session.py": SESSION, "cart.go": CART, "notes.md": "# Notes\n\nForget the visitor.\n"}
    commit(tmp_path / "repos" / "shop", dict(files))
    return tmp_path / "repos"


def test_a_function_is_asked_for_by_the_first_sentence_above_it(repos: Path, tmp_path: Path) -> None:
    pairs = strip_repository("shop", repos / "shop", tmp_path / "code")
    assert [(pair.language, pair.path, pair.symbol, pair.question) for pair in pairs] == [
        ("go", "cart.go", "Total", "adds up the prices of everything in it."),
        ("python", "session.py", "Session.expire", "Forget the visitor after a while of silence."),
    ]


def test_no_doc_comment_is_left_in_what_is_indexed(repos: Path, tmp_path: Path) -> None:
    strip_repository("shop", repos / "shop", tmp_path / "code")
    files = {path.name: path.read_text() for path in (tmp_path / "code").rglob("*") if path.is_file()}
    assert sorted(files) == ["cart.go", "session.py"]
    assert "Forget" not in files["session.py"]
    assert "self.deadline = self.clock() + seconds" in files["session.py"]
    assert "adds up" not in files["cart.go"]
    assert "func Total(prices []int) int {" in files["cart.go"]


def test_a_package_is_stripped_as_a_repository_is(repos: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / ("0" * 64)
    cached.parent.mkdir()
    with tarfile.open(cached, "w:gz") as tarball:
        tarball.add(
            repos / "shop", arcname="package", filter=lambda info: None if ".git" in info.name else info
        )
    package = Package("npm", "@shop/core", "1.0.0", "MIT", "0" * 64, held_out=True)
    pairs = strip_package(package, cached.parent, tmp_path / "code" / "shop-core")
    assert sorted((pair.repo, pair.symbol) for pair in pairs) == [
        ("shop-core", "Session.expire"),
        ("shop-core", "Total"),
    ]
    assert "adds up" not in (tmp_path / "code" / "shop-core" / "cart.go").read_text()


def test_every_mode_is_asked_and_compared_with_hybrid(
    repos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "found.json"
    assert main(["--repos", str(repos), "--json", str(saved)]) == 0
    found = json.loads(saved.read_text())
    assert [one["language"] for one in found] == ["go", "python"]
    assert all(set(one["ranks"]) == {"raw", "summary", "hybrid"} for one in found)
    assert all(1 <= rank <= 3 for one in found for rank in one["ranks"].values())
    assert "hybrid - summary" in capsys.readouterr().out


def test_a_folder_without_pairs_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no git repository"):
        main(["--repos", str(tmp_path)])
