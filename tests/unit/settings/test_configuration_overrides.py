from __future__ import annotations

from pathlib import Path

import pytest

from nightdex.configuration import Configuration, load_configuration
from nightdex.errors import ConfigurationInvalid


def load(tmp_path: Path, text: str = "", **environ: str) -> Configuration:
    file = tmp_path / "repos.toml"
    file.write_text(text)
    return load_configuration(file, environ)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    configuration = load(
        tmp_path,
        '[api]\nport = 1\nhost = "::1"\n',
        NIGHTDEX_API__PORT="9000",
        NIGHTDEX_INDEX__STATE_DIR="/srv/nightdex",
        NIGHTDEX_EMBEDDING__HOSTS='["http://a", "http://b"]',
        NIGHTDEX_SCHEDULE__AT="05:30",
        NIGHTDEX_CHAIN__TIERS__OPUS__MODEL="claude-opus-5",
        NIGHTDEX_CHAIN__TIERS__OPUS__DAILY_CAP="2.5",
    )
    settings = configuration.settings
    assert (settings.api.port, settings.api.host) == (9000, "::1")
    assert configuration.state_dir == Path("/srv/nightdex")
    assert settings.embedding.hosts == ("http://a", "http://b")
    assert settings.schedule.at == "05:30"
    opus = settings.chain.tiers.opus
    assert (opus.model, opus.daily_cap) == ("claude-opus-5", 2.5)


def test_text_stays_text_even_when_it_looks_like_a_number(tmp_path: Path) -> None:
    assert load(tmp_path, NIGHTDEX_EMBEDDING__MODEL="42").settings.embedding.model == "42"


def test_other_variables_are_nobodys_business(tmp_path: Path) -> None:
    assert (
        load(tmp_path, NIGHTDEX_CONFIG="x", NIGHTDEXX_API__PORT="x", API__PORT="x").settings.api.port == 8321
    )


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("NIGHTDEX_API__PORT", "http", "'port' in [api] is 'http'; it must be a whole number"),
        ("NIGHTDEX_API__PROT", "80", "unknown key 'prot' in [api] - did you mean 'port'?"),
        (
            "NIGHTDEX_CHAIN__TIERS__OPUS__MODELL",
            "m",
            "unknown key 'modell' in [chain.tiers.opus] - did you mean 'model'?",
        ),
        ("NIGHTDEX_APII__PORT", "80", "there is no section [apii] whose keys can be overridden"),
        ("NIGHTDEX_REPO__PATH", ".", "there is no section [repo] whose keys can be overridden"),
        ("NIGHTDEX_EMBEDDING__HOSTS", "http://a", "'hosts' in [embedding] is 'http://a'; it must be a list"),
    ],
)
def test_a_bad_variable_is_named_instead_of_a_line(
    tmp_path: Path, variable: str, value: str, problem: str
) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load(tmp_path, "[api]\nport = 80\n", **{variable: value})
    assert caught.value.problems == (f"{variable}: {problem}",)


def test_relative_paths_are_relative_to_the_file_and_home_expands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load(tmp_path, '[index]\nstate_dir = "../state"').state_dir == tmp_path.parent / "state"
    assert load(tmp_path).state_dir == Path("/home/somebody/.local/share/nightdex")
    with pytest.raises(ConfigurationInvalid, match="must name a home directory that exists"):
        load(tmp_path, '[index]\nstate_dir = "~nobody-of-this-name/x"')
