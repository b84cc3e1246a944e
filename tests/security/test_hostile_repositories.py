"""Repositories that try to run code while they are read. Each would leave a marker file behind.

Every attack is first shown to work against plain git, so that a pass means refusal and not a dud.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import SourceError, SourceUnreadable
from indexer.git.remotes import protocol_of
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests import repositories as made
from tests.repositories import git


class Trap:
    """A program that leaves a marker, and the repository that wants it run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.marker = root / "marker"
        self.program = root / "trap.sh"
        self.program.write_text(f"#!/bin/sh\ntouch {self.marker}\nexit 1\n")
        self.program.chmod(0o755)
        self.repo = made.repository(root / "victim")

    def sprung_by(self, *command: str) -> bool:
        """Run a plain git command in the repository and tell whether the trap sprang."""
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.root)}
        subprocess.run(
            ["git", "-C", str(self.repo), *command],
            env=environment,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        sprung = self.marker.exists()
        self.marker.unlink(missing_ok=True)
        return sprung

    def read(self, *, worktree: bool) -> None:
        definition = SourceDefinition("v", SourceKind.REPOSITORY, str(self.repo), worktree=worktree)
        source = open_source(definition, self.root / "mirrors")
        list(source.read(source.snapshot().entries))


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def set_file_monitor(trap: Trap) -> tuple[str, ...]:
    git(trap.repo, "config", "core.fsmonitor", str(trap.program))
    return ("status",)


def set_clean_filter(trap: Trap) -> tuple[str, ...]:
    made.commit(trap.repo, {".gitattributes": "* filter=evil\n"})
    git(trap.repo, "config", "filter.evil.clean", str(trap.program))
    (trap.repo / "a.py").write_text("changed\n")
    return ("diff",)


def set_process_filter(trap: Trap) -> tuple[str, ...]:
    made.commit(trap.repo, {".gitattributes": "* filter=evil\n"})
    git(trap.repo, "config", "filter.evil.process", str(trap.program))
    (trap.repo / "a.py").write_text("changed\n")
    return ("diff",)


def set_hooks(trap: Trap) -> tuple[str, ...]:
    hooks = trap.root / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (hooks / name).symlink_to(trap.program)
    git(trap.repo, "config", "core.hooksPath", str(hooks))
    return ("checkout", "-b", "other")


def set_signature_check(trap: Trap) -> tuple[str, ...]:
    git(trap.repo, "config", "gpg.program", str(trap.program))
    git(trap.repo, "config", "log.showSignature", "true")
    raw = git(trap.repo, "cat-file", "commit", "HEAD")
    head, _, message = raw.partition("\n\n")
    signed = (
        f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----\n\n{message}\n"
    )
    made_by_hand = git(trap.repo, "hash-object", "-w", "-t", "commit", "--stdin", given=signed.encode())
    git(trap.repo, "update-ref", "refs/heads/main", made_by_hand)
    return ("log", "-1")


def set_lazy_fetch_upload_pack(trap: Trap) -> tuple[str, ...]:
    lost = git(trap.repo, "rev-parse", "HEAD:a.py")
    promise(trap, str(trap.root / "elsewhere"))
    git(trap.repo, "config", "remote.origin.uploadpack", str(trap.program))
    return ("cat-file", "-p", lost)


def set_lazy_fetch_ssh(trap: Trap) -> tuple[str, ...]:
    lost = git(trap.repo, "rev-parse", "HEAD:a.py")
    promise(trap, "ssh://localhost/x")
    git(trap.repo, "config", "core.sshCommand", str(trap.program))
    return ("cat-file", "-p", lost)


def set_lazy_fetch_ext(trap: Trap) -> tuple[str, ...]:
    lost = git(trap.repo, "rev-parse", "HEAD:a.py")
    promise(trap, f"ext::{trap.program}")
    git(trap.repo, "config", "protocol.ext.allow", "always")
    return ("cat-file", "-p", lost)


def promise(trap: Trap, url: str) -> None:
    """Turn the repository into a partial clone that lacks a.py and would fetch it from `url`."""
    made.lose_object(trap.repo, "HEAD:a.py")
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url,
    }.items():
        git(trap.repo, "config", key, value)


def set_pager(trap: Trap) -> tuple[str, ...]:
    git(trap.repo, "config", "core.pager", str(trap.program))
    git(trap.repo, "config", "alias.ls-tree", f"!{trap.program}")
    git(trap.repo, "config", "alias.evil", f"!{trap.program}")
    return ("evil",)


ATTACKS = [
    set_file_monitor,
    set_clean_filter,
    set_process_filter,
    set_hooks,
    set_signature_check,
    set_lazy_fetch_upload_pack,
    set_lazy_fetch_ssh,
    set_lazy_fetch_ext,
    set_pager,
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("reading", ["objects", "worktree"])
def test_reading_a_hostile_repository_runs_none_of_its_programs(
    trap: Trap, attack: Callable[[Trap], tuple[str, ...]], reading: str
) -> None:  # fmt: skip
    plain = attack(trap)
    assert trap.sprung_by(*plain), "the attack does not work against plain git, so this test proves nothing"
    try:
        trap.read(worktree=reading == "worktree")
    finally:
        assert not trap.marker.exists()


def test_the_callers_own_git_variables_do_not_reach_git(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    other = made.repository(trap.root / "other", {"other.py": "o = 1\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap.program))
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo)), trap.root)
    assert "a.py" in {entry.path for entry in source.snapshot().entries}
    assert not trap.marker.exists()


def test_a_replaced_blob_is_read_as_what_its_id_names(trap: Trap) -> None:
    good = git(trap.repo, "rev-parse", "HEAD:a.py")
    git(trap.repo, "replace", good, made.blob(trap.repo, b"evil = 1\n"))
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo)), trap.root)
    contents = {entry.path: data for entry, data in source.read(source.snapshot().entries)}
    assert contents["a.py"] == b"a = 1\n"


@pytest.mark.parametrize(
    "url",
    [
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
        "file://example.org/x",
        "/etc",
        "../x",
        "https:///x",
        "https://example.org/x\n--upload-pack=y",
        "",
    ],
)
def test_a_url_that_could_be_a_command_is_refused(trap: Trap, url: str) -> None:
    with pytest.raises(SourceUnreadable, match="not a URL"):
        protocol_of(url)
    source = open_source(SourceDefinition("v", SourceKind.MIRROR, url), trap.root / "mirrors")
    with pytest.raises(SourceUnreadable, match="not a URL"):
        source.snapshot()
    assert not (trap.root / "mirrors").exists()


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("https://example.org/a/b.git", "https"),
        ("https://user:token@example.org:8443/a/b.git", "https"),
        ("ssh://git@example.org:22/a/b", "ssh"),
        ("git@github.com:a/b.git", "ssh"),
        ("example.org:a/b", "ssh"),
        ("git://example.org/a", "git"),
        ("file:///srv/git/a b.git", "file"),
    ],
)
def test_ordinary_urls_are_fetched_over_their_own_protocol(url: str, protocol: str) -> None:
    assert protocol_of(url) == protocol


@pytest.mark.parametrize(
    "branch", ["--output=x", "-x", "a..b", "a b", "a\nb", "x@{1}", "x^{/y}", ":/x", "a~1", "x.lock", "@"]
)
def test_a_branch_name_that_is_none_never_reaches_git(trap: Trap, branch: str) -> None:
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo), branch), trap.root)
    with pytest.raises(SourceUnreadable, match="not a valid branch name"):
        source.snapshot()


def test_a_password_in_a_url_is_not_repeated_in_the_error(trap: Trap) -> None:
    source = open_source(
        SourceDefinition("v", SourceKind.MIRROR, "https://u:hunter2@127.0.0.1:1/x"), trap.root / "m"
    )
    with pytest.raises(SourceError) as raised:
        source.snapshot()
    assert "hunter2" not in str(raised.value)
    assert "127.0.0.1" in str(raised.value)


def test_a_mirrored_repository_runs_none_of_its_programs(trap: Trap) -> None:
    set_hooks(trap)
    git(trap.repo, "config", "uploadpack.packObjectsHook", str(trap.program))
    source = open_source(
        SourceDefinition("v", SourceKind.MIRROR, f"file://{trap.repo}"), trap.root / "mirrors"
    )
    assert len(list(source.read(source.snapshot().entries))) == 3
    assert not trap.marker.exists()


def test_terminal_escapes_in_gits_words_are_not_passed_on(trap: Trap) -> None:
    (trap.repo / ".git" / "HEAD").write_text("ref: refs/heads/x\n")
    (trap.repo / ".git" / "refs" / "heads" / "\x1b]0;owned\x07").write_bytes(b"")
    with pytest.raises(SourceUnreadable) as raised:
        trap.read(worktree=False)
    assert str(raised.value).isprintable()
