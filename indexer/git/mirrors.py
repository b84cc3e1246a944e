"""Bare mirrors of remote repositories, ours alone, holding one commit per branch.

A mirror is built in a side folder and moved into place. Its branch is a ref that git writes only after
everything the commit needs has arrived: a ref that resolves is a whole fetch, an interrupted one left none.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from indexer.errors import SourceUnreadable
from indexer.git.addresses import pinned_addresses
from indexer.git.command import ask_git, without_credentials
from indexer.git.commits import check_branch, resolve_commit
from indexer.git.environment import fetching_environment
from indexer.git.remotes import remote_of
from indexer.limits import FETCH_SECONDS, LS_REMOTE_SECONDS

_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# Written into each mirror, so that a mirror of another URL under the same name is not taken for this one.
_ORIGIN = "nightdex.origin"

_UNFINISHED = ".unfinished"

_REDIRECTED = re.compile(r"returned error: 30[1278]\b")
_WHERE_TO = (
    " (a redirect, which is not followed): correct the url in repos.toml to where the repository is now"
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """The mirror of one URL below `mirrors_dir`, for one branch ("" means the remote's HEAD)."""

    mirrors_dir: Path
    name: str
    url: str
    branch: str
    private_network: bool = False

    @property
    def git_dir(self) -> Path:
        """Where it lies; any name is made a safe file name."""
        return self.mirrors_dir / f"{quote(self.name, safe=' ')}.git"

    @property
    def ref(self) -> str:
        """The ref that holds the last good commit of the branch."""
        return f"refs/nightdex/branch/{self.branch}" if self.branch else "refs/nightdex/head"

    def is_good(self) -> bool:
        """Whether a whole fetch of this branch of this URL is here."""
        if not self.git_dir.is_dir():
            return False
        try:
            origin, _ = ask_git(self.git_dir, "config", "--local", "--get", _ORIGIN)
            return origin == self.url and resolve_commit(self.git_dir, self.ref) is not None
        except SourceUnreadable:
            return False

    def update(self) -> bool:
        """Bring it up to date; return False when the remote is an empty repository.

        Raises:
            UrlRefused: nothing is fetched from there.
            SourceUnreadable: the remote cannot be fetched; an earlier good mirror is still there.
        """
        remote = remote_of(self.url)
        check_branch(self.branch)
        pinned = pinned_addresses(remote, private_network=self.private_network)
        environment = fetching_environment(remote.protocol, pinned)
        try:
            self.mirrors_dir.mkdir(parents=True, exist_ok=True)
            wanted = self._look(environment)
            if wanted is None:
                return False
            if not self.is_good():
                self._build(environment, wanted)
            elif wanted.commit_id != resolve_ref(self.git_dir, self.ref):
                try:
                    self._fetch(self.git_dir, environment, wanted.name)
                except SourceUnreadable:
                    # The remote has just answered, so the mirror itself may be damaged.
                    self._build(environment, wanted)
        except SourceUnreadable as error:
            moved = _REDIRECTED.search(str(error))
            raise SourceUnreadable(
                f"{without_credentials(self.url)} cannot be fetched: {error}{_WHERE_TO if moved else ''}"
            ) from error
        except OSError as error:
            raise SourceUnreadable(
                f"the mirror {self.git_dir} cannot be written: {error.strerror}"
            ) from error
        return True

    def discard(self) -> None:
        """Remove a mirror that turned out damaged; the next update fetches it anew."""
        shutil.rmtree(self.git_dir, ignore_errors=True)

    def _look(self, environment: Mapping[str, str]) -> _RemoteRef | None:
        if _COMMIT_ID.fullmatch(self.branch):
            return _RemoteRef(self.branch, self.branch)
        names = [f"refs/heads/{self.branch}", f"refs/tags/{self.branch}"] if self.branch else ["HEAD"]
        found = self._ls_remote(environment, *names)
        for name in names:
            if name in found:
                return _RemoteRef(name, found[name])
        if not self.branch and not self._ls_remote(environment, "refs/heads/*"):
            return None
        missing = f"no branch or tag {self.branch!r}" if self.branch else "no default branch"
        raise SourceUnreadable(f"it has {missing}; name a branch of it in repos.toml")

    def _ls_remote(self, environment: Mapping[str, str], *patterns: str) -> dict[str, str]:
        listing, _ = ask_git(
            self.mirrors_dir,  # no repository of ours is needed to ask
            "ls-remote",
            "--",
            self.url,
            *patterns,
            environment=environment,
            fetching=True,
            seconds=LS_REMOTE_SECONDS,
        )
        lines = [line.split("\t", 1) for line in listing.splitlines() if "\t" in line]
        return {name: commit_id for commit_id, name in lines}

    def _build(self, environment: Mapping[str, str], wanted: _RemoteRef) -> None:
        for debris in self.mirrors_dir.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(debris, ignore_errors=True)
        # A new name each time: the git of a run that was killed may still be writing into the last one.
        fresh = Path(tempfile.mkdtemp(_UNFINISHED, dir=self.mirrors_dir))
        try:
            ask_git(fresh, "init", "--quiet", "--bare", "--template=")
            ask_git(fresh, "config", "--local", _ORIGIN, self.url)
            self._fetch(fresh, environment, wanted.name)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.git_dir)
        fresh.rename(self.git_dir)

    def _fetch(self, git_dir: Path, environment: Mapping[str, str], name: str) -> None:
        ask_git(
            git_dir,
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--update-shallow",
            "--",
            self.url,
            f"+{name}:{self.ref}",
            environment=environment,
            fetching=True,
            seconds=FETCH_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class _RemoteRef:
    name: str
    commit_id: str


def resolve_ref(git_dir: Path, ref: str) -> str:
    """Return the object a ref of ours holds, an annotated tag itself.

    Raises:
        SourceUnreadable: there is none.
    """
    return ask_git(git_dir, "rev-parse", "--verify", "--quiet", ref)[0]
