from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nightdex.configuration import Configuration, load_configuration, load_sources
from nightdex.errors import ConfigurationError, ConfigurationInvalid, ConfigurationMissing
from nightdex.whereabouts import find_file

VALID = """\
[index]
state_dir = "state"
[embedding]
provider = "auto"
model = "nomic-embed-text"
hosts = ["http://127.0.0.1:11434"]
[summaries]
provider = "extractive"
model = "qwen2.5:14b"
deadline = "07:00"
[schedule]
at = "04:00"
timezone = "Europe/Berlin"
[api]
host = "127.0.0.1"
port = 8321
[chain]
ledger = "ledger.sqlite3"
[chain.tiers.haiku]
backend = "anthropic_api"
model = "claude-haiku-4-5"
billing = "metered"
purpose = "scans"
daily_cap = 2
deadline = 60.5
command = "claude"
environment = ["MY_KEY"]
[chain.prices.my-model]
input = 1
output = 5.5
cache_read = 0.1
cache_write_5m = 1.25
cache_write_1h = 2
as_of = "2026-11-24"
source = "my invoice"
[[repo]]
path = "shop"
name = "shop"
branch = "main"
include = ["src/**"]
exclude = ["vendor/**"]
worktree = false
[[repo]]
url = "https://example.org/team/service.git"
[[repo]]
glob = "code/*"
[[cards]]
path = "notes"
name = "notes"
"""


def problems_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    file = tmp_path / "repos.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationInvalid) as caught:
        load_sources(file, {})
    assert caught.value.exit_status == 12
    return tuple(problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems)


def test_a_file_with_every_key_holds(tmp_path: Path) -> None:
    file = tmp_path / "repos.toml"
    file.write_text(VALID)
    configuration = load_configuration(file, {})
    assert configuration.state_dir == tmp_path / "state"
    assert configuration.settings.repo[0].exclude == ("vendor/**",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[[repo]]\npath = "."\nbranchh = "main"',
            "3: unknown key 'branchh' in [[repo]] - did you mean 'branch'?",
        ),
        (
            '[[repo]]\npath = "."\n[schedule]\nzzz = 1',
            "4: unknown key 'zzz' in [schedule]; it has at, timezone",
        ),
        (
            '[[repo]]\npath = "."\n[chain]\ntiers = 1',
            "4: 'tiers' must be a table, written [chain.tiers]",
        ),
        (
            '[[repo]]\npath = "."\n[chain.tiers.opuss]\nmodel = "m"',
            "3: unknown key 'opuss' in [chain.tiers] - did you mean 'opus'?",
        ),
        (
            '[[repo]]\npath = "."\n[chain.tiers.opus]\nbakend = "m"',
            "4: unknown key 'bakend' in [chain.tiers.opus] - did you mean 'backend'?",
        ),
        (
            '[[repo]]\npath = "."\n[chain.tiers.opus]\nbilling = "prepaid"',
            "4: 'billing' in [chain.tiers.opus] is 'prepaid'; it must be 'free', 'flat' or 'metered'",
        ),
        (
            '[[repo]]\npath = "."\n[chain.tiers.haiku]\ndaily_cap = -1',
            "4: 'daily_cap' in [chain.tiers.haiku] is -1; it must be greater than or equal to 0",
        ),
        (
            '[[repo]]\npath = "."\n[chain.tiers.haiku]\ndeadline = "60 s"',
            "4: 'deadline' in [chain.tiers.haiku] is '60 s'; it must be a number",
        ),
        (
            '[[repo]]\npath = "."\n[chain.prices.my-model]\ninput = 1',
            "3: 'output' is missing in [chain.prices.my-model]",
        ),
        (
            '[[repo]]\npath = "."\n[chain.prices.my-model]\ninput = 1\noutput = 2\nas_of = "May"',
            "6: 'as_of' in [chain.prices.my-model] is 'May'; it must be a day such as '2026-11-24'",
        ),
        ('[[repo]]\npath = "."\n[indx]\n', "3: unknown table [indx] - did you mean [index]?"),
        ('[[rep]]\npath = "."', "1: unknown table [rep] - did you mean [[repo]]?"),
        ('[repo]\npath = "."', "1: 'repo' must be a table, written [[repo]]"),
        ('[[repo]]\npath = "."\n[[index]]\n', "3: 'index' must be a table, written [index]"),
        ('repo = ["a"]', "1: 'repo' must be a table, written [[repo]]"),
        ('[[repo]]\npath = "."\n[api]\nport = "80"', "4: 'port' in [api] is '80'; it must be a whole number"),
        (
            '[[repo]]\npath = "."\n[api]\nport = 65536',
            "4: 'port' in [api] is 65536; it must be less than or equal to 65535",
        ),
        (
            '[[repo]]\npath = "."\n[api]\nport = 0',
            "4: 'port' in [api] is 0; it must be greater than or equal to 1",
        ),
        ('[[repo]]\npath = "."\n[api]\nport = true', "4: 'port' in [api] is true; it must be a whole number"),
        ('[[repo]]\npath = "."\n[api]\nhost = " "', "4: 'host' in [api] is ' '; it must not be blank"),
        (
            '[[repo]]\npath = "."\n[schedule]\nat = "25:00"',
            "4: 'at' in [schedule] is '25:00'; it must be a time of day such as '04:00'",
        ),
        (
            '[[repo]]\npath = "."\n[schedule]\nat = 04:00:00',
            "4: 'at' in [schedule] is 04:00:00; it must be text in quotes",
        ),
        (
            '[[repo]]\npath = "."\n[schedule]\ntimezone = "Mars/Olympus"',
            (
                "4: 'timezone' in [schedule] is 'Mars/Olympus'; it must be a time zone of the IANA database, "
                "such as 'Europe/Berlin'"
            ),
        ),
        (
            '[[repo]]\npath = "."\n[embedding]\nprovider = "openai"',
            "4: 'provider' in [embedding] is 'openai'; it must be 'auto', 'ollama' or 'embedded'",
        ),
        (
            '[[repo]]\npath = "."\n[embedding]\nhosts = ["nowhere"]',
            (
                "4: an item of 'hosts' in [embedding] is 'nowhere'; it must be an HTTP address such as "
                "'http://127.0.0.1:11434'"
            ),
        ),
        (
            '[[repo]]\npath = "."\n[embedding]\nhosts = []',
            "4: 'hosts' in [embedding] is []; it must not be empty",
        ),
        (
            '[[repo]]\npath = "."\n[summaries]\nprovider = "gpt"',
            "4: 'provider' in [summaries] is 'gpt'; it must be 'auto', 'ollama' or 'extractive'",
        ),
        (
            '[[repo]]\npath = "."\n[index]\nstate_dir = "s3://Bucket/prefix"',
            (
                "4: 'state_dir' in [index] is 's3://Bucket/prefix'; it must be s3://BUCKET or "
                "s3://BUCKET/PREFIX, such as 's3://code-search/team'"
            ),
        ),
        (
            '[[repo]]\npath = "."\n[index]\nstate_dir = "ftp://bucket/prefix"',
            (
                "4: 'state_dir' in [index] is 'ftp://bucket/prefix'; it must be a directory on this machine, "
                "or s3://BUCKET/PREFIX"
            ),
        ),
        (
            '[[repo]]\npath = "."\nworktree = "yes"',
            "3: 'worktree' in [[repo]] is 'yes'; it must be true or false",
        ),
        (
            '[[repo]]\npath = "."\nexclude = "vendor"',
            "3: 'exclude' in [[repo]] is 'vendor'; it must be a list",
        ),
        (
            '[[repo]]\npath = "."\nexclude = [\n"a",\n3]',
            "5: an item of 'exclude' in [[repo]] is 3; it must be text in quotes",
        ),
        (
            '[[repo]]\npath = "."\ninclude = ["!"]',
            (
                "3: an item of 'include' in [[repo]] is '!'; it must hold gitignore-style patterns, "
                "such as 'vendor/**'"
            ),
        ),
        (
            '[[repo]]\npath = "."\nbranch = "--upload-pack=x"',
            (
                "3: 'branch' in [[repo]] is '--upload-pack=x'; it must be a branch, tag or commit, "
                "such as 'main'"
            ),
        ),
        (
            '[[repo]]\npath = "."\nname = "../x"',
            (
                "3: 'name' in [[repo]] is '../x'; it must be a name such as 'shop' or 'team/shop', "
                "without quotes, colons or '..'"
            ),
        ),
        (
            '[[repo]]\nurl = "ext::sh -c id"',
            "2: 'url' in [[repo]] must begin with https://, ssh:// or file:///, or be user@host:path",
        ),
        ('[[cards]]\nname = "notes"', "1: 'path' is missing in [[cards]]"),
        ('[[repo]]\nname = "shop"', "1: [[repo]] needs a 'path', a 'glob' or a 'url'"),
        (
            '[[repo]]\nglob = "*"\npath = "."',
            "3: one [[repo]] has 'path' and 'glob'; keep one of them",
        ),
        (
            '[[repo]]\nname = "shop"\nglob = "*"',
            "2: 'name' cannot name all that a 'glob' matches; leave it out",
        ),
        (
            '[[repo]]\nurl = "https://h/x.git"\nworktree = true',
            "3: 'worktree' needs a local clone, and a 'url' has none",
        ),
        (
            '[[repo]]\nurl = "https://10.1/x.git"',
            (
                "2: 'url': 10.1 (10.0.0.1) is an address of this machine or of a private network: if the url "
                "is meant to lead there, add private_network = true to it in repos.toml"
            ),
        ),
        (
            '[[repo]]\npath = "."\nprivate_network = true',
            "3: 'private_network' is about a 'url', and there is none",
        ),
        (
            '[[repo]]\npath = "."\nbranch = "main"\nworktree = true',
            "4: 'worktree' reads the files as they are, so 'branch' says nothing",
        ),
        ("", "1: names nothing to index; add a [[repo]] with a 'path', a 'glob' or a 'url'"),
        ('[[repo]]\n\npath = "shpo"', "3: 'shpo' does not exist - did you mean 'shop'?"),
        ('[[repo]]\npath = "repos.toml"', "2: 'repos.toml' is a file; name its directory"),
        ('[[repo]]\nglob = "none/*"', "2: no git repository matches 'none/*'"),
        (
            '[[repo]]\npath = "."\nname = "a"\n[[cards]]\npath = "shop"\nname = "a"',
            (
                "4: two repositories are called 'a': {tmp}/shop, and {tmp} on line 1; "
                "give one of them another 'name'"
            ),
        ),
        (
            '[[repo]]\npath = "shop"\n[[repo]]\npath = "./shop/"',
            "3: '{tmp}/shop' is on line 1 already; give one of them another 'name'",
        ),
        ('[[repo]]\npath "."', "2: not valid TOML: Expected '=' after a key in a key/value pair"),
        ('[[repo]]\npath = "', "2: not valid TOML: Unterminated string"),
        ('[[repo]]\npath = "."\npath = "b"', "3: not valid TOML: Cannot overwrite a value"),
    ],
)
def test_a_problem_is_named_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "shop").mkdir()
    assert problems_of(tmp_path, text) == (f"repos.toml:{problem.replace('{tmp}', str(tmp_path))}",)


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        '[api]\nport = "x"\n[[repo]]\npath = "gone"\n[indx]\n[[repo]]\npath = "."\nbranchh = "x"\n'
        '[[repo]]\nurl = "https://h/x"\n[[repo]]\nurl = "https://g/x.git"\n',
    )
    assert [problem.split(":")[1] for problem in found] == ["2", "4", "5", "8", "11"]


@pytest.mark.parametrize("secret", ["hunter2", "ghp_" + "q7Zp3Xv9Kd2Lm8Rt5Wc1Yb6Nh4Gs0Jf7Ea3U"])
@pytest.mark.parametrize("url", ["https://me:{}@example.org/x.git", "https://{}:x@example.org/x.git"])
def test_a_password_in_a_url_is_refused_and_not_repeated(tmp_path: Path, url: str, secret: str) -> None:
    (found,) = problems_of(tmp_path, f'[[repo]]\nurl = "{url.format(secret)}"')
    assert "must not hold a password or token" in found
    assert secret not in found


LINES = VALID.splitlines()
KEYED = [number for number, line in enumerate(LINES) if " = " in line]


@given(st.sampled_from(KEYED), st.data(), st.integers(0, 3))
def test_a_typo_in_any_key_names_its_line(
    tmp_path_factory: pytest.TempPathFactory, number: int, data: st.DataObject, blanks: int
) -> None:
    key, _, value = LINES[number].partition(" = ")
    position = data.draw(st.integers(0, len(key)))
    letter = data.draw(st.sampled_from(["", *string.ascii_lowercase, "_"]))
    typo = key[:position] + letter + key[position + data.draw(st.integers(0, 1)) :]
    valid = {"path", "glob", "url", "name", "host", "hosts", "at", "model"}
    assume(typo and typo != key and typo not in valid)
    lines = [*LINES[:number], *[""] * blanks, f"{typo} = {value}", *LINES[number + 1 :]]
    file = tmp_path_factory.getbasetemp() / "typo.toml"
    file.write_text("\n".join(lines))
    with pytest.raises(ConfigurationInvalid) as caught:
        load_configuration(file, {})
    (named,) = [problem for problem in caught.value.problems if "unknown key" in problem]
    assert named.startswith(f"{file}:{number + blanks + 1}: unknown key '{typo}' in [")
    # `ixclude` may be either.
    likely = {"include", "exclude"} if key in {"include", "exclude"} else {key}
    assert any(name in named.partition(" in [")[2] for name in likely)


def test_a_file_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    def sentence(file: Path) -> str:
        with pytest.raises(ConfigurationError) as caught:
            load_configuration(file, {})
        assert caught.value.exit_status == 12
        return str(caught.value).replace(str(tmp_path), "")

    (tmp_path / "latin.toml").write_bytes(b'[index]\nstate_dir = "\xe9"\n')
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    (tmp_path / "huge.toml").write_text("#" * (1 << 20) + "\n")
    (tmp_path / "number.toml").write_text("a = " + "9" * 5000)
    assert sentence(tmp_path / "none.toml").startswith("/none.toml does not exist; write one")
    assert sentence(tmp_path) == ": is a directory; name the file in it"
    assert sentence(tmp_path / "latin.toml") == "/latin.toml:2: is not UTF-8; save the file as UTF-8"
    assert sentence(tmp_path / "deep.toml") == "/deep.toml: the values are nested too deeply"
    assert "is larger than 1048576 bytes" in sentence(tmp_path / "huge.toml")
    assert sentence(tmp_path / "number.toml").startswith("/number.toml: not valid TOML: Exceeds the limit")


def test_a_file_that_the_kernel_does_not_give_says_why() -> None:
    with pytest.raises(ConfigurationInvalid, match="cannot be read: Input/output error"):
        load_configuration(Path("/proc/self/mem"), {})


def test_a_byte_order_mark_and_carriage_returns_are_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "repos.toml"
    file.write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    assert isinstance(load_configuration(file, {}), Configuration)


def test_the_file_is_the_one_given_or_named_or_here_or_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    (home / "nightdex").mkdir(parents=True)
    monkeypatch.chdir(here)
    environ = {"XDG_CONFIG_HOME": str(home)}
    with pytest.raises(ConfigurationMissing, match=r"there is no repos\.toml here"):
        find_file(None, environ)
    (home / "nightdex" / "repos.toml").touch()
    assert find_file(None, environ) == home / "nightdex" / "repos.toml"
    (here / "repos.toml").touch()
    assert find_file(None, environ) == Path("repos.toml")
    assert find_file(None, {**environ, "NIGHTDEX_CONFIG": "/named.toml"}) == Path("/named.toml")
    assert find_file(Path("/given.toml"), {**environ, "NIGHTDEX_CONFIG": "/named.toml"}) == Path(
        "/given.toml"
    )
