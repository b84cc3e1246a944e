"""`nightdex chain handoff`: a feature from an idea to a reviewed change in a worktree."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.git.worktrees import add_worktree, changed_files, repository_of
from model_chain.handoff import Handoff, HandoffRun
from search_api.render import visible

if TYPE_CHECKING:
    from model_chain.chain import Chain


@dataclass(frozen=True, slots=True)
class GitCheckout:
    """A repository, through the indexer's git."""

    root: Path
    git_dir: Path

    @property
    def private(self) -> Path:
        """Beside git's own files, so that it is never committed."""
        return self.git_dir / "nightdex" / "handoff"

    def add_worktree(self, path: Path, branch: str) -> None:
        """Check HEAD out at `path` on a new branch."""
        add_worktree(self.git_dir, path, branch)

    def changed(self, worktree: Path) -> tuple[str, ...]:
        """Files of a worktree that are not as in its commit."""
        return changed_files(worktree)


def handoff_command(chain: Chain, feature: str, folder: Path, *, yes: bool, as_json: bool) -> int:
    """Begin or take up a hand-off, and go on until it is done or waits for a yes; 0 either way.

    Raises:
        TierError, BudgetExceeded, PrdRejected: as `HandoffRun.advance`; the same command goes on from there.
        SourceUnreadable: git cannot make the worktree.
    """
    root, git_dir = repository_of(folder.absolute())
    run = HandoffRun(chain, GitCheckout(root, git_dir), feature, lambda told: print(told, file=sys.stderr))  # noqa: T201
    state = asyncio.run(run.advance(approved=yes))
    if state.step == "approval" and not as_json and sys.stdin.isatty() and _agreed(state):
        state = asyncio.run(run.advance(approved=True))
    if as_json:
        sys.stdout.write(json.dumps(asdict(state)) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report(state))
    return 0


def report(state: Handoff) -> Iterator[str]:
    """Where a hand-off stands, and what to do next."""
    yield f"feature:  {visible(state.feature)}"
    yield f"document: {state.prd}"
    if state.step == "approval":
        yield "waits for your yes: read it, correct it where it is wrong, then run the same with --yes"
        return
    yield f"worktree: {state.worktree} (branch {state.branch})"
    yield f"changed:  {', '.join(map(visible, state.changed)) or 'nothing'}"
    yield from _section("what was done", state.said)
    yield from _section("review", state.review)
    for cost in state.costs:
        paid = "unknown cost" if cost.marginal is None else f"${float(cost.marginal):.4f}"
        listed = "" if cost.list_price is None else f" (${float(cost.list_price):.4f} at list price)"
        yield f"{cost.step + ':':10}{cost.tier}, {paid}{listed}"
    yield "nothing is committed or pushed. To look, to keep, to drop:"
    yield f"  git -C {state.worktree} diff"
    yield f"  git -C {state.worktree} add -A && git -C {state.worktree} commit && git merge {state.branch}"
    yield f"  git worktree remove --force {state.worktree} && git branch -D {state.branch}"


def _section(title: str, text: str) -> Iterator[str]:
    if text.strip():
        yield f"{title}:"
        yield from (f"  {line}" for line in visible(text).strip().splitlines())


def _agreed(state: Handoff) -> bool:
    sys.stdout.write(f"{state.prd} is written. Read it. Implement it now? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
