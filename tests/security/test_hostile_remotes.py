"""URLs: what is fetched from, at which address, and where credentials must not show."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import SourceUnreadable, UrlRefused
from indexer.git.mirrors import Mirror
from indexer.git.remotes import Remote, remote_of
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests import repositories as made
from tests.repositories import git
from tests.secret_canaries import CANARIES
from tests.servers.git_https import GitServer, certificate
from tests.traps import Trap


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return made.repository(tmp_path / "remote", {"a.py": "a = 1\n"})


@pytest.fixture
def pem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(file))
    return file


@pytest.fixture
def server(pem: Path, remote: Path) -> Iterator[GitServer]:
    with GitServer(pem, remote) as running:
        yield running


def mirror(tmp_path: Path, url: str, *, private_network: bool = True) -> Mirror:
    return Mirror(tmp_path / "mirrors", "shop", url, "", private_network)


def plain_git(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **made.GIT_ENVIRONMENT, "GIT_ALLOW_PROTOCOL": "https:file:ext:ssh"}
    return subprocess.run(["git", *arguments], env=environment, capture_output=True, text=True, check=False)


def names_lead_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let every name stand for one address; what is an address already stays."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **asked: Any) -> Any:
        try:
            return real(host, port, **asked | {"flags": socket.AI_NUMERICHOST})
        except OSError:
            if asked.get("flags"):
                raise
            return real(address, port, **asked)

    monkeypatch.setattr("socket.getaddrinfo", look_up)


MALFORMED = [
    "--upload-pack=touch marker",
    "-oProxyCommand=touch marker",
    "ssh://-oProxyCommand=touch marker/x",
    "ssh://u@-oProxyCommand=x/y",
    "-u:x",
    "u@-host:x",
    "ext::sh -c touch% marker",
    "ext::ssh://example.org/x",
    "fd::17",
    "http://example.org/x",
    "ftp://example.org/x",
    "git://example.org/x",
    "file://example.org/x",
    "/etc",
    "../x",
    "https:///x",
    "https://example.org/x\n--upload-pack=y",
    "https://example.org/x\0y",
    "https://example.org#@127.0.0.1/x",
    "https://example.org%23@127.0.0.1:1:2/x",
    "https://127.0.0.1\\@example.org/x",
    "https://%31%32%37.0.0.1/x",
    "https://\N{FULLWIDTH DIGIT ONE}27.0.0.1/x",
    "https://[fe80::1%25lo]/x",
    "https://example.org:443\t/x",
    "https://example.org/x?service=y",
    "",
]  # fmt: skip


@pytest.mark.parametrize("url", MALFORMED)
def test_a_url_that_could_be_a_command_or_mean_another_host_is_refused(tmp_path: Path, url: str) -> None:
    source = open_source(SourceDefinition("v", SourceKind.MIRROR, url), tmp_path / "mirrors")
    with pytest.raises(UrlRefused, match="not a URL nightdex fetches"):
        source.snapshot()
    assert not (tmp_path / "mirrors").exists()


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("https://example.org/a/b.git", Remote("https", "example.org", 443)),
        ("https://someone@example.org:8443/a/b.git", Remote("https", "example.org", 8443)),
        ("https://[2606:4700::1]/a", Remote("https", "2606:4700::1", 443)),
        ("ssh://git@example.org:22/a/b", Remote("ssh", "example.org", 22)),
        ("git@github.com:a/b.git", Remote("ssh", "github.com", 22)),
        ("work_alias:a/b", Remote("ssh", "work_alias", 22)),
        ("file:///srv/git/a b.git", Remote("file")),
    ],
)
def test_an_ordinary_url_is_taken_apart(url: str, remote: Remote) -> None:
    assert remote_of(url) == remote


@pytest.mark.parametrize(
    ("url", "options"),
    [("ext::{program}", ()), ("{repo}", ("--upload-pack={program}",))],
)
def test_what_is_refused_would_run_a_program(tmp_path: Path, url: str, options: tuple[str, ...]) -> None:
    trap = Trap(tmp_path)
    words = [word.format(program=trap.program, repo=trap.repo) for word in (*options, url)]
    plain_git("ls-remote", *words)
    assert trap.marker.exists()
    trap.marker.unlink()
    for word in words:
        with pytest.raises(SourceUnreadable):
            mirror(tmp_path, word).update()
    assert not trap.marker.exists()


def test_what_stands_where_a_branch_belongs_is_no_option_of_a_fetch(tmp_path: Path) -> None:
    trap = Trap(tmp_path)
    branch = f"--upload-pack={trap.program}"
    plain_git("-C", str(trap.repo), "fetch", f"file://{trap.repo}", branch)
    assert trap.marker.exists()
    trap.marker.unlink()
    with pytest.raises(SourceUnreadable, match="not a valid branch name"):
        Mirror(tmp_path / "mirrors", "shop", f"file://{trap.repo}", branch).update()
    assert not trap.marker.exists()


OF_THIS_MACHINE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "100.64.0.1", "[fc00::1]", "192.0.2.1", "0.1.2.3",
]  # fmt: skip
OF_NO_SERVER = [
    "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]",
    "100.100.100.200", "192.0.0.192", "224.0.0.1", "[ff02::1]", "0.0.0.0", "0", "[::]",
]  # fmt: skip


@pytest.mark.parametrize("host", [*OF_THIS_MACHINE, *OF_NO_SERVER])
@pytest.mark.parametrize("form", ["https://{}/x", "ssh://git@{}/x"])
def test_an_address_of_this_machine_or_its_network_is_refused(tmp_path: Path, host: str, form: str) -> None:
    with pytest.raises(UrlRefused, match=r"private_network = true|no address of a git server") as raised:
        mirror(tmp_path, form.format(host), private_network=False).update()
    assert raised.value.code == "url_refused"
    assert not (tmp_path / "mirrors" / "shop.git").exists()


@pytest.mark.parametrize("host", OF_NO_SERVER)
def test_where_clouds_keep_credentials_is_refused_whatever_is_allowed(tmp_path: Path, host: str) -> None:
    with pytest.raises(UrlRefused, match="no address of a git server"):
        mirror(tmp_path, f"https://{host}/x").update()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_a_name_that_leads_to_such_an_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names_lead_to(monkeypatch, address)
    for url in ("https://git.example.org/x", "git@git.example.org:x"):
        with pytest.raises(UrlRefused, match=rf"git\.example\.org \({address}\)"):
            mirror(tmp_path, url, private_network=False).update()


def test_without_the_rule_a_loopback_address_is_fetched_from(
    tmp_path: Path, server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UrlRefused):
        mirror(tmp_path, server.url(), private_network=False).update()
    assert server.asked == []
    monkeypatch.setattr("indexer.git.addresses._check", lambda *_, **__: None)
    assert mirror(tmp_path, server.url(), private_network=False).update()
    assert server.asked != []


def test_a_private_address_that_repos_toml_allows_is_fetched_from(tmp_path: Path, server: GitServer) -> None:
    definition = SourceDefinition("shop", SourceKind.MIRROR, server.url("127.0.0.1"), private_network=True)
    source = open_source(definition, tmp_path / "mirrors")
    assert [data for _, data in source.read(source.snapshot().entries)] == [b"a = 1\n"]


def test_git_connects_to_the_address_that_was_looked_at(
    tmp_path: Path, server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "127.0.0.1")
    # git itself cannot look this name up: it is reserved (RFC 2606), and nothing answers for it here.
    assert mirror(tmp_path, server.url("git.example.org")).update()


def test_a_name_that_stands_for_another_address_a_moment_later_is_not_followed_there(
    tmp_path: Path, server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "127.0.0.2")  # nobody listens there; git's own look-up says 127.0.0.1
    with pytest.raises(SourceUnreadable, match="cannot be fetched"):
        mirror(tmp_path, server.url("localhost")).update()
    assert server.asked == []
    monkeypatch.setattr("indexer.git.mirrors.pinned_addresses", lambda *_, **__: {})
    assert mirror(tmp_path, server.url("localhost")).update()


def test_a_redirect_is_told_and_not_followed(tmp_path: Path, pem: Path, server: GitServer) -> None:
    with GitServer(pem, tmp_path, moved_to=server.url("127.0.0.1")) as moved:
        with pytest.raises(SourceUnreadable, match=r"redirect.*correct the url"):
            mirror(tmp_path, moved.url()).update()
        assert server.asked == []
        assert plain_git("ls-remote", moved.url()).returncode == 0
    assert server.asked != []


def test_a_name_that_nobody_knows_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(UrlRefused, match=r"address of git\.example\.org is not known"):
        mirror(tmp_path, "https://git.example.org/x").update()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # whose business it is then
    with pytest.raises(SourceUnreadable, match="cannot be fetched"):
        mirror(tmp_path, "https://git.example.org/x").update()


GITHUB = next(canary.secret for canary in CANARIES if canary.rule == "github_token")


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@127.0.0.1:1/x",
        f"https://{GITHUB}@127.0.0.1:1/x",
        f"https://{GITHUB}:x-oauth-basic@127.0.0.1:1/x",
        f"ssh://git:hunter2@127.0.0.1:1/{GITHUB}",
        f"https://127.0.0.1:1/{GITHUB}/x.git",
    ],
)
def test_credentials_in_a_url_are_neither_used_nor_kept_nor_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(UrlRefused, match="git's credential helper or an ssh key") as raised:
        mirror(tmp_path, url).update()
    assert "hunter2" not in str(raised.value)
    assert GITHUB not in str(raised.value)
    assert "127.0.0.1" in str(raised.value)
    assert not (tmp_path / "mirrors").exists()


def test_what_is_longer_than_any_user_name_is_no_user(tmp_path: Path) -> None:
    with pytest.raises(UrlRefused, match="not a URL nightdex fetches") as raised:
        mirror(tmp_path, f"https://{'a1' * 20}@example.org/x").update()
    assert "a1a1" not in str(raised.value)


def test_a_fetch_brings_nothing_but_the_branch(tmp_path: Path) -> None:
    """What a remote may say of itself (hooks, submodules, tags, other refs) stays with the remote."""
    trap = Trap(tmp_path)
    (trap.repo / ".git/hooks/post-checkout").symlink_to(trap.program)
    made.commit(
        trap.repo, {".gitmodules": '[submodule "s"]\n\tpath = s\n\turl = ext::' + str(trap.program) + "\n"}
    )
    git(trap.repo, "update-index", "--add", "--cacheinfo", f"160000,{git(trap.repo, 'rev-parse', 'HEAD')},s")
    git(trap.repo, "commit", "-q", "-m", "submodule")
    git(trap.repo, "tag", "v1")
    assert plain_git("clone", "-q", "--recurse-submodules", "-c", "protocol.ext.allow=always",
                     f"file://{trap.repo}", str(tmp_path / "plain")) is not None  # fmt: skip
    assert trap.marker.exists()
    trap.marker.unlink()
    source = open_source(
        SourceDefinition("v", SourceKind.MIRROR, f"file://{trap.repo}"), tmp_path / "mirrors"
    )
    assert len(list(source.read(source.snapshot().entries))) == 5
    assert not trap.marker.exists()
    bare = tmp_path / "mirrors" / "v.git"
    assert git(bare, "for-each-ref", "--format=%(refname)") == "refs/nightdex/head"
    assert not list(bare.glob("hooks/*"))
