from __future__ import annotations

import hashlib
import json
import tarfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.annotations import BadAnnotations, Repository, load_repositories
from benchmarks.own_sources import OWN, asked_packages, main
from training import packages
from training.packages import read_packages

ASKED = load_repositories(OWN)


@pytest.mark.parametrize("repository", ASKED, ids=lambda repository: repository.name)
def test_each_of_our_own_questions_is_asked_once_and_answered(repository: Repository) -> None:
    entries = json.loads((OWN / f"{repository.name}.json").read_text())
    for entry in entries:
        answers = [*entry["relevant"], *entry.get("secondary", [])]
        assert entry["relevant"], entry
        assert len(set(answers)) == len(answers), entry
        assert {*entry} <= {"query", "category", "relevant", "secondary"}
        assert entry["category"] in {"architecture", "semantic", "symbol"}
        assert all(answer.startswith(repository.root) for answer in answers), entry
    asked = Counter(entry["query"].casefold() for entry in entries)
    assert [text for text, times in asked.items() if times > 1] == []
    assert repository.language


def test_each_repository_that_is_asked_about_has_one_pinned_source_that_trained_nothing() -> None:
    pinned = [package for _, package in asked_packages()]
    assert len(pinned) == len(read_packages(OWN / "sources.toml"))
    assert len({package.sha256 for package in pinned}) == len(pinned)
    trained_on = {
        package.name
        for package in read_packages(Path(packages.__file__).with_suffix(".toml"))
        if not package.held_out
    }
    assert trained_on.isdisjoint(package.name for package in pinned)


@pytest.fixture
def asked_about(tmp_path: Path) -> Path:
    """A question about a package, its archive in a cache, and files beside those that are indexed."""
    offer(tmp_path, "package/src/cart.ts", "package/dist/cart.js")
    return tmp_path


def offer(folder: Path, *paths: str) -> None:
    questions = folder / "questions"
    questions.mkdir()
    archive = folder / "archive"
    with tarfile.open(archive, "w:gz") as tarball:
        for path in paths:
            member = tarfile.TarInfo(path)
            member.size = len(b"total")
            tarball.addfile(member, BytesIO(b"total"))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (folder / "cache").mkdir()
    archive.rename(folder / "cache" / digest)
    (questions / "sources.toml").write_text(
        '[[package]]\nregistry = "npm"\nname = "@shop/cart"\nversion = "1"\nlicence = "MIT"\n'
        f'sha256 = "{digest}"\n'
    )
    (questions / "repos.json").write_text(json.dumps([{"name": "shop-cart", "benchmark_root": "src"}]))
    ask(folder, "src/cart.ts")


def ask(folder: Path, answer: str, name: str = "shop-cart") -> None:
    content = json.dumps([{"query": "prices added up", "relevant": [answer]}])
    (folder / "questions" / f"{name}.json").write_text(content)


def fetched(folder: Path) -> list[str]:
    assert (
        main([str(folder / "out"), f"--annotations={folder / 'questions'}", f"--cache={folder / 'cache'}"])
        == 0
    )
    return [str(path.relative_to(folder / "out")) for path in sorted((folder / "out").rglob("*.*"))]


def test_only_what_is_indexed_is_unpacked(asked_about: Path) -> None:
    assert fetched(asked_about) == ["shop-cart/src/cart.ts"]


def test_an_answer_that_the_source_does_not_hold_is_named(asked_about: Path) -> None:
    ask(asked_about, "src/basket.ts")
    with pytest.raises(BadAnnotations, match=r"no src/basket\.ts"):
        fetched(asked_about)


def test_a_repository_without_a_source_is_named(asked_about: Path) -> None:
    ask(asked_about, "src/cart.ts", name="till")
    with pytest.raises(BadAnnotations, match="no package till"):
        fetched(asked_about)


def test_a_source_that_leads_out_of_its_folder_writes_nothing_there(tmp_path: Path) -> None:
    offer(tmp_path, "package/src/../../../cart.ts")
    with pytest.raises(BadAnnotations, match="leads out of its folder"):
        fetched(tmp_path)
    assert list(tmp_path.rglob("*.ts")) == []
