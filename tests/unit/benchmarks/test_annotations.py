from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.annotations import BadAnnotations, Target, load_repositories

QUESTION = {"query": "how are sessions kept", "relevant": ["src/session.py"], "category": "semantic"}


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def asked_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "annotations"
    write(folder / "zebra.json", [QUESTION])
    write(folder / "apple.json", [QUESTION])
    return folder


def test_without_repos_json_repositories_are_indexed_whole_in_order_of_name(asked_folder: Path) -> None:
    found = load_repositories(asked_folder)
    assert [(one.name, one.revision, one.root, one.language) for one in found] == [
        ("apple", "", "", ""),
        ("zebra", "", "", ""),
    ]


@pytest.mark.parametrize("place", [".", ".."])
def test_repos_json_in_the_folder_or_beside_it_gives_order_and_details(
    asked_folder: Path, place: str
) -> None:
    known = [
        {"name": "zebra", "language": "go", "revision": "abc", "benchmark_root": "src/zebra/"},
        {"name": "unasked", "language": "c"},
        {"name": "apple", "benchmark_root": None},
    ]
    write(asked_folder / place / "repos.json", known)
    found = load_repositories(asked_folder)
    assert [(one.name, one.revision, one.root, one.language) for one in found] == [
        ("zebra", "abc", "src/zebra", "go"),
        ("apple", "", "", ""),
    ]


def test_targets_are_paths_or_lines_of_paths_each_once(asked_folder: Path) -> None:
    question = {
        "query": "q",
        "relevant": ["a.py", {"path": "b.py", "start_line": 3, "end_line": 9}],
        "secondary": ["a.py", {"path": "c.py"}],
    }
    write(asked_folder / "apple.json", [question])
    asked = load_repositories(asked_folder)[0].questions[0]
    assert asked.targets == (Target("a.py"), Target("b.py", 3, 9), Target("c.py"))
    assert (asked.repo, asked.category) == ("apple", "none")


@pytest.mark.parametrize(
    "content", [[{"relevant": ["a.py"]}], [{"query": "q", "relevant": [7]}], ["q"], {"a": 1}]
)
def test_what_is_no_annotation_ends_with_the_name_of_the_file(asked_folder: Path, content: Any) -> None:
    write(asked_folder / "apple.json", content)
    with pytest.raises(BadAnnotations, match=r"apple\.json"):
        load_repositories(asked_folder)


def test_text_that_is_no_json_ends_with_the_name_of_the_file(asked_folder: Path) -> None:
    (asked_folder / "apple.json").write_text("{")
    with pytest.raises(BadAnnotations, match=r"apple\.json"):
        load_repositories(asked_folder)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadAnnotations, match="holds no"):
        load_repositories(tmp_path)
