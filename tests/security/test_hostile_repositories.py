"""Repositories that try to run code while they are read. Each would leave a marker file behind.

Every attack is first shown to work against plain git, so that a pass means refusal and not a dud.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import SourceUnreadable
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests import repositories as made
from tests.repositories import git
from tests.traps import Trap


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
    "branch", ["--output=x", "-x", "a..b", "a b", "a\nb", "x@{1}", "x^{/y}", ":/x", "a~1", "x.lock", "@"]
)
def test_a_branch_name_that_is_none_never_reaches_git(trap: Trap, branch: str) -> None:
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo), branch), trap.root)
    with pytest.raises(SourceUnreadable, match="not a valid branch name"):
        source.snapshot()


def test_terminal_escapes_in_gits_words_are_not_passed_on(trap: Trap) -> None:
    (trap.repo / ".git" / "HEAD").write_text("ref: refs/heads/x\n")
    (trap.repo / ".git" / "refs" / "heads" / "\x1b]0;owned\x07").write_bytes(b"")
    with pytest.raises(SourceUnreadable) as raised:
        trap.read(worktree=False)
    assert str(raised.value).isprintable()
