from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from indexer.sources.definition import SourceDefinition, SourceKind
from nightdex.configuration import load_sources
from nightdex.errors import ConfigurationInvalid


def sources(tmp_path: Path, text: str, known: tuple[str, ...] = ()) -> tuple[SourceDefinition, ...]:
    file = tmp_path / "repos.toml"
    file.write_text(text)
    return load_sources(file, {}, lambda _: known)[1]


def init(path: Path, *options: str) -> Path:
    subprocess.run(["git", "init", "--quiet", *options, str(path)], check=True)
    return path


def test_a_glob_means_the_git_repositories_it_matches_sorted(tmp_path: Path) -> None:
    for name in ("zoo", "app", "mid"):
        init(tmp_path / "code" / name)
    init(tmp_path / "code" / "bare.git", "--bare")
    (tmp_path / "code" / "no repository").mkdir()
    (tmp_path / "code" / "file").touch()
    found = sources(tmp_path, '[[repo]]\nglob = "code/*"\nbranch = "main"\nexclude = ["v/**"]\n')
    assert [source.name for source in found] == ["app", "bare", "mid", "zoo"]
    assert {source.kind for source in found} == {SourceKind.REPOSITORY}
    assert {(source.branch, source.exclude) for source in found} == {("main", ("v/**",))}


def test_a_repo_of_its_own_is_left_out_of_every_glob(tmp_path: Path) -> None:
    for name in ("app", "shop"):
        init(tmp_path / "code" / name)
    text = (
        '[[repo]]\nglob = "code/*"\n[[repo]]\nglob = "code/s*"\n[[repo]]\npath = "code/app"\nname = "mine"\n'
    )
    with pytest.raises(ConfigurationInvalid):
        sources(tmp_path, text + '[[repo]]\nglob = "none"\n')
    assert [source.name for source in sources(tmp_path, text)] == ["shop", "mine"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/team/service.git", "service"),
        ("ssh://git@example.org/service/", "service"),
        ("git@example.org:service.git", "service"),
        ("git@example.org:team/service.git", "service"),
        ("file:///srv/git/service.git/", "service"),
    ],
)
def test_a_url_is_named_for_its_last_part(tmp_path: Path, url: str, name: str) -> None:
    assert sources(tmp_path, f'[[repo]]\nurl = "{url}"') == (SourceDefinition(name, SourceKind.MIRROR, url),)


def test_every_key_of_a_repo_reaches_its_definition(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    text = (
        '[[repo]]\npath = "shop"\nname = "team/shop"\ninclude = ["src/"]\nexclude = ["a"]\nworktree = true\n'
    )
    assert sources(tmp_path, text) == (
        SourceDefinition(
            "team/shop", SourceKind.REPOSITORY, str(tmp_path / "shop"), "", ("src/",), ("a",), worktree=True
        ),
    )


def test_a_url_that_may_lead_to_a_private_network_says_so(tmp_path: Path) -> None:
    (only,) = sources(tmp_path, '[[repo]]\nurl = "https://10.0.0.7/shop.git"\nprivate_network = true')
    assert only == SourceDefinition(
        "shop", SourceKind.MIRROR, "https://10.0.0.7/shop.git", private_network=True
    )


def test_cards_are_named_for_their_directory(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (only,) = sources(tmp_path, '[[cards]]\npath = "notes"')
    assert only == SourceDefinition("notes", SourceKind.CARDS, str(tmp_path / "notes"))


def test_a_name_taken_from_a_directory_can_be_said_in_a_query(tmp_path: Path) -> None:
    init(tmp_path / "code" / 'we"ird:na\tme')
    assert [source.name for source in sources(tmp_path, '[[repo]]\nglob = "code/*"')] == ["we-ird-na-me"]


def test_a_repository_that_the_index_knows_may_be_gone(tmp_path: Path) -> None:
    text = '[[repo]]\npath = "gone"\n'
    with pytest.raises(ConfigurationInvalid, match="'gone' does not exist"):
        sources(tmp_path, text)
    assert [source.name for source in sources(tmp_path, text, known=("gone",))] == ["gone"]


def test_the_shipped_file_indexes_the_repository_it_stands_in() -> None:
    root = Path(__file__).parents[3]
    configuration, found = load_sources(root / "repos.toml", {})
    assert configuration.state_dir == root / ".state"
    assert [source.location for source in found] == [str(root)]


def test_what_the_shipped_file_has_as_comments_is_valid_too(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "repos.toml").read_text()
    examples = text.split("delete the [[repo]] above.\n#\n")[1]
    for folder in ("code/shop", "code/draft", "code/other", "scripts", "notes/cards"):
        init(tmp_path / folder)
    uncommented = "\n".join(line.removeprefix("#").strip() for line in examples.splitlines())
    found = sources(tmp_path, uncommented.replace("~/", f"{tmp_path}/"))
    assert [source.name for source in found] == ["other", "shop", "draft", "team/service", "scripts", "cards"]
