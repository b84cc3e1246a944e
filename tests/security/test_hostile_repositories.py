"""Repositories that try to run code while they are read. Each would leave a marker file behind.

Every attack is first shown to work against plain git, so that a pass means refusal and not a dud.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import SourceUnreadable
from indexer.git import environment
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests import repositories as made
from tests.repositories import git
from tests.traps import Trap


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def configure(trap: Trap, **settings: str) -> None:
    """Write into the repository's own configuration; `__` stands for a dot, `{}` for the program."""
    for key, value in settings.items():
        git(trap.repo, "config", key.replace("__", "."), value.replace("{}", str(trap.program)))


def set_file_monitor(trap: Trap) -> bool:
    configure(trap, core__fsmonitor="{}")
    return trap.sprung_by("status")


def set_clean_filter(trap: Trap) -> bool:
    made.commit(trap.repo, {".gitattributes": "* filter=evil\n"})
    configure(trap, filter__evil__clean="{}")
    (trap.repo / "a.py").write_text("changed\n")
    return trap.sprung_by("diff")


def set_smudge_filter(trap: Trap) -> bool:
    made.commit(trap.repo, {".gitattributes": "* filter=e=v.il\n"})
    git(trap.repo, "config", "filter.e=v.il.smudge", str(trap.program))
    git(trap.repo, "config", "filter.e=v.il.required", "true")
    (trap.repo / "a.py").unlink()
    return trap.sprung_by("checkout", "--", "a.py")


def set_process_filter(trap: Trap) -> bool:
    made.commit(trap.repo, {".gitattributes": "* filter=evil\n"})
    configure(trap, filter__evil__process="{}")
    (trap.repo / "a.py").write_text("changed\n")
    return trap.sprung_by("diff")


def set_textconv(trap: Trap) -> bool:
    made.commit(trap.repo, {".gitattributes": "* diff=evil\n"})
    configure(trap, diff__evil__textconv="{}")
    (trap.repo / "a.py").write_text("changed\n")
    return trap.sprung_by("diff")


def set_diff_driver(trap: Trap) -> bool:
    made.commit(trap.repo, {".gitattributes": "* diff=evil\n"})
    configure(trap, diff__evil__command="{}")
    (trap.repo / "a.py").write_text("changed\n")
    return trap.sprung_by("diff")


def set_external_diff(trap: Trap) -> bool:
    configure(trap, diff__external="{}")
    (trap.repo / "a.py").write_text("changed\n")
    return trap.sprung_by("diff")


HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman")


def set_hooks(trap: Trap) -> bool:
    for name in HOOKS:
        (trap.repo / ".git/hooks" / name).symlink_to(trap.program)
    return trap.sprung_by("checkout", "-b", "other")


def set_hooks_elsewhere(trap: Trap) -> bool:
    hooks = trap.root / "hooks"
    hooks.mkdir()
    for name in HOOKS:
        (hooks / name).symlink_to(trap.program)
    configure(trap, core__hooksPath=str(hooks))
    return trap.sprung_by("checkout", "-b", "other")


def set_signature_check(trap: Trap) -> bool:
    configure(trap, gpg__program="{}", log__showSignature="true")
    sign(trap, "PGP SIGNATURE")
    return trap.sprung_by("log", "-1")


def set_ssh_signature_check(trap: Trap) -> bool:
    allowed = trap.root / "allowed"
    allowed.write_text("")
    configure(
        trap, gpg__ssh__program="{}", log__showSignature="true", gpg__ssh__allowedSignersFile=str(allowed)
    )
    sign(trap, "SSH SIGNATURE")
    return trap.sprung_by("log", "-1")


def sign(trap: Trap, kind: str) -> None:
    """Give HEAD a signature that wants to be checked."""
    raw = git(trap.repo, "cat-file", "commit", "HEAD")
    head, _, message = raw.partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN {kind}-----\n \n eA==\n -----END {kind}-----\n\n{message}\n"
    made_by_hand = git(trap.repo, "hash-object", "-w", "-t", "commit", "--stdin", given=signed.encode())
    git(trap.repo, "update-ref", "refs/heads/main", made_by_hand)


def set_lazy_fetch_upload_pack(trap: Trap) -> bool:
    lost = promise(trap, str(trap.root / "elsewhere"))
    configure(trap, remote__origin__uploadpack="{}")
    return trap.sprung_by("cat-file", "-p", lost)


def set_lazy_fetch_ssh(trap: Trap) -> bool:
    lost = promise(trap, "ssh://localhost/x")
    configure(trap, core__sshCommand="{}")
    return trap.sprung_by("cat-file", "-p", lost)


def set_lazy_fetch_ext(trap: Trap) -> bool:
    lost = promise(trap, f"ext::{trap.program}")
    configure(trap, protocol__ext__allow="always")
    return trap.sprung_by("cat-file", "-p", lost)


def set_lazy_fetch_proxy(trap: Trap) -> bool:
    lost = promise(trap, "git://localhost/x")
    configure(trap, core__gitProxy="{}")
    return trap.sprung_by("cat-file", "-p", lost)


def set_lazy_fetch_rewritten(trap: Trap) -> bool:
    lost = promise(trap, "https://example.org/x")
    git(trap.repo, "config", f"url.ext::{trap.program} .insteadOf", "https://example.org/")
    configure(trap, protocol__allow="always")
    return trap.sprung_by("cat-file", "-p", lost)


def promise(trap: Trap, url: str) -> str:
    """Turn the repository into a partial clone that lacks a.py and would fetch it from `url`."""
    lost = git(trap.repo, "rev-parse", "HEAD:a.py")
    made.lose_object(trap.repo, "HEAD:a.py")
    configure(
        trap,
        core__repositoryformatversion="1",
        extensions__partialClone="origin",
        remote__origin__promisor="true",
        remote__origin__url=url,
    )
    return lost


def set_credential_helper(trap: Trap) -> bool:
    configure(trap, credential__helper="!{}")
    return trap.sprung_by("credential", "fill", given=b"protocol=https\nhost=example.org\n\n")


def set_password_prompt(trap: Trap) -> bool:
    configure(trap, core__askPass="{}")
    return trap.sprung_by("credential", "fill", given=b"protocol=https\nhost=example.org\n\n")


def set_pager(trap: Trap) -> bool:
    configure(trap, core__pager="{}")
    return trap.sprung_by("log")


def set_pagers_of_commands(trap: Trap) -> bool:
    names = ("log", "ls-tree", "cat-file", "rev-parse", "for-each-ref", "ls-files", "config", "diff")
    for name in names:
        git(trap.repo, "config", f"pager.{name}", str(trap.program))
    return trap.sprung_by("log")


def set_editor(trap: Trap) -> bool:
    configure(trap, core__editor="{}", sequence__editor="{}", user__name="a", user__email="a@example.org")
    return trap.sprung_by("commit", "--allow-empty")


def set_aliases(trap: Trap) -> bool:
    for name in ("evil", "ls-tree", "cat-file", "rev-parse", "for-each-ref", "ls-files"):
        git(trap.repo, "config", f"alias.{name}", f"!{trap.program}")
    return trap.sprung_by("evil")


def set_included_configuration(trap: Trap) -> bool:
    (trap.repo / "evil.config").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    configure(trap, include__path="../evil.config")
    return trap.sprung_by("status")


def set_conditionally_included_configuration(trap: Trap) -> bool:
    (trap.repo / "evil.config").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    git(trap.repo, "config", "includeIf.gitdir:**/.git.path", "../evil.config")
    return trap.sprung_by("status")


def set_configuration_of_the_worktree(trap: Trap) -> bool:
    configure(trap, core__repositoryformatversion="1", extensions__worktreeConfig="true")
    (trap.repo / ".git/config.worktree").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    return trap.sprung_by("status")


def set_git_dir_elsewhere(trap: Trap) -> bool:
    configure(trap, core__fsmonitor="{}")
    (trap.repo / ".git").rename(trap.root / "elsewhere")
    (trap.repo / ".git").write_text(f"gitdir: {trap.root}/elsewhere\n")
    return trap.sprung_by("status")


def set_alternates(trap: Trap) -> bool:
    other = made.repository(trap.root / "other", {"o.py": "o = 1\n"})
    (trap.repo / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
    configure(trap, core__alternateRefsCommand="{}")
    return trap.sprung_by("fetch", str(made.repository(trap.root / "third", {"t.py": "t = 1\n"})))


def set_submodule(trap: Trap) -> bool:
    inner = made.repository(trap.root / "inner", {"i.py": "i = 1\n"})
    git(trap.repo, "submodule", "add", "-q", f"file://{inner}", "sub")
    git(trap.repo, "commit", "-q", "-m", "submodule")
    (trap.repo / "sub/.gitattributes").write_text("* filter=inner\n")
    (trap.repo / "sub/i.py").write_text("j = 1\n")  # as long: git has to look inside
    git(trap.repo / "sub", "config", "filter.inner.clean", str(trap.program))
    configure(trap, submodule__recurse="true", status__submoduleSummary="true")
    return trap.sprung_by("diff", "HEAD")


def set_submodule_update(trap: Trap) -> bool:
    inner = made.repository(trap.root / "inner", {"i.py": "i = 1\n"})
    git(trap.repo, "submodule", "add", "-q", f"file://{inner}", "sub")
    git(trap.repo, "commit", "-q", "-m", "submodule")
    configure(trap, submodule__sub__update="!{}", submodule__recurse="true")
    git(trap.repo / "sub", "checkout", "-q", "--detach")
    made.commit(trap.repo / "sub", {"j.py": "j = 1\n"})
    return trap.sprung_by("submodule", "update")


ATTACKS = [
    set_file_monitor,
    set_clean_filter,
    set_smudge_filter,
    set_process_filter,
    set_textconv,
    set_diff_driver,
    set_external_diff,
    set_hooks,
    set_hooks_elsewhere,
    set_signature_check,
    set_ssh_signature_check,
    set_lazy_fetch_upload_pack,
    set_lazy_fetch_ssh,
    set_lazy_fetch_ext,
    set_lazy_fetch_proxy,
    set_lazy_fetch_rewritten,
    set_credential_helper,
    set_password_prompt,
    set_pager,
    set_pagers_of_commands,
    set_editor,
    set_aliases,
    set_included_configuration,
    set_conditionally_included_configuration,
    set_configuration_of_the_worktree,
    set_git_dir_elsewhere,
    set_alternates,
    set_submodule,
    set_submodule_update,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_neither_a_night_nor_a_hand_off_runs_a_program_of_a_hostile_repository(
    trap: Trap, attack: Callable[[Trap], bool]
) -> None:
    assert attack(trap), "the attack does not work against plain git, so this test proves nothing"
    for worktree in (False, True):
        trap.read(worktree=worktree)
        assert not trap.marker.exists()
    with contextlib.suppress(SourceUnreadable):  # without the object that a lazy fetch would bring
        trap.hand_off()
    assert not trap.marker.exists()


@pytest.mark.parametrize(
    ("attack", "removed"),
    [
        (set_file_monitor, "core.fsmonitor=false"),
        (set_included_configuration, "core.fsmonitor=false"),
        (set_hooks_elsewhere, "core.hooksPath=/dev/null"),
    ],
)
def test_without_its_setting_the_trap_springs(
    trap: Trap, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Trap], bool], removed: str
) -> None:
    left = tuple(setting for setting in environment._SETTINGS if setting != removed)
    monkeypatch.setattr(environment, "_SETTINGS", left)
    attack(trap)
    with contextlib.suppress(SourceUnreadable):
        trap.hand_off()
    assert trap.marker.exists()


def test_without_the_closed_transports_a_lazy_fetch_springs(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_lazy_fetch_ext(trap)
    open_doors = {"GIT_ALLOW_PROTOCOL": "ext", "GIT_NO_LAZY_FETCH": "0"}
    monkeypatch.setattr(
        "indexer.git.command.reading_environment", lambda: {**environment.reading_environment(), **open_doors}
    )
    with contextlib.suppress(SourceUnreadable):
        trap.read(worktree=False)
    assert trap.marker.exists()


def test_without_emptied_filters_a_hand_off_springs(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    set_smudge_filter(trap)
    monkeypatch.setattr("indexer.git.worktrees._OFF", {})
    monkeypatch.setattr("indexer.git.worktrees._FILTER", re.compile("(?!)"))
    with contextlib.suppress(SourceUnreadable):
        trap.hand_off()
    assert trap.marker.exists()


def test_the_callers_own_git_variables_do_not_reach_git(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    other = made.repository(trap.root / "other", {"other.py": "o = 1\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git/objects"))
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


def test_grafts_and_replaced_commits_and_trees_change_nothing(trap: Trap) -> None:
    """They tell another history, and other files, under the same ids."""
    head = made.commit(trap.repo, {"late.py": "late = 1\n"})
    before = trap.read(worktree=False)
    evil = made.raw_tree(trap.repo, [(b"100644", b"evil.py", made.blob(trap.repo, b"evil = 1\n"))])
    other = git(trap.repo, "commit-tree", evil, "-m", "made by hand")
    git(trap.repo, "replace", f"{head}^{{tree}}", evil)
    git(trap.repo, "replace", head, other)
    (trap.repo / ".git/info/grafts").write_text(f"{head} {other}\n")
    assert git(trap.repo, "ls-tree", "--name-only", "HEAD") == "evil.py"
    assert "made by hand" in git(trap.repo, "log", "--format=%s", "--skip=1")
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo)), trap.root)
    assert source.snapshot().commit == head
    assert trap.read(worktree=False) == before


def test_an_empty_repository_with_grafts_is_an_empty_one(trap: Trap) -> None:
    empty = made.empty_repository(trap.root / "empty")
    (empty / ".git/info").mkdir(exist_ok=True)
    (empty / ".git/info/grafts").write_text(f"{'1' * 40} {'2' * 40}\n")
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(empty)), trap.root)
    assert source.snapshot().entries == ()


@pytest.mark.parametrize(
    "branch", ["--output=x", "-x", "a..b", "a b", "a\nb", "x@{1}", "x^{/y}", ":/x", "a~1", "x.lock", "@"]
)
def test_a_branch_name_that_is_none_never_reaches_git(trap: Trap, branch: str) -> None:
    source = open_source(SourceDefinition("v", SourceKind.REPOSITORY, str(trap.repo), branch), trap.root)
    with pytest.raises(SourceUnreadable, match="not a valid branch name"):
        source.snapshot()


def test_terminal_escapes_in_gits_words_are_not_passed_on(trap: Trap) -> None:
    (trap.repo / ".git" / "HEAD").write_text("ref: refs/heads/x\n")
    # git itself spells out the first two, and lets the others pass.
    (trap.repo / ".git" / "refs" / "heads" / "\x1b]0;owned\x07\u009b2J\u202e").write_bytes(b"")
    with pytest.raises(SourceUnreadable) as raised:
        trap.read(worktree=False)
    assert str(raised.value).isprintable()
