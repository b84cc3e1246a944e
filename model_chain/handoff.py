"""The hand-off: Opus writes what is wanted, a person says yes, Codex implements it apart, and reviews it.

Each step is written down before the next begins, so a hand-off that breaks off goes on where it was. Nothing
is committed and nothing is pushed: the change lies in a worktree of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from model_chain.bill import Bill, Purpose
from model_chain.chain import Chain
from model_chain.errors import ModelError, Permanent
from model_chain.limits import LONGEST_SLUG
from model_chain.prd import INSTRUCTION, prd_problems, unwrapped
from model_chain.protocol import CodeTask, Question

Step = Literal["prd", "approval", "implement", "review", "done"]
CALLER = "handoff"
AUTHOR, IMPLEMENTER = "opus", "codex"
_ATTEMPTS = 2
_IMPLEMENT = """\
Implement the product requirements document {path} of this repository, all of it and nothing else, with \
tests for every acceptance item. Keep to the style and the tools of the repository. Run its tests where you \
can. Commit nothing. Say at the end what you changed, what you tested, and what you could not do."""
_REVIEW = """\
Review the uncommitted changes of this repository against the product requirements document {path}: is every \
acceptance item met and tested, is anything broken, is anything there that was not asked for? Findings only, \
each with its file and line."""


class PrdRejected(Permanent):
    """The document does not keep to the outline, twice over; correct the draft by hand, or ask again."""

    code = "prd_rejected"


class HandoffDamaged(ModelError):
    """The state file of a hand-off cannot be read; delete it to begin anew."""

    code = "handoff_damaged"


class HandoffOutside(Permanent):
    """A symbolic link of the repository leads the document elsewhere; remove the link."""

    code = "handoff_outside"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step cost, US dollars; None is unknown."""

    step: str
    tier: str
    marginal: str | None
    list_price: str | None


@dataclass(frozen=True, slots=True)
class Handoff:
    """Where a hand-off stands. Paths are absolute."""

    slug: str
    feature: str
    step: Step
    prd: str
    branch: str
    worktree: str
    said: str = ""
    changed: tuple[str, ...] = ()
    review: str = ""
    costs: tuple[Cost, ...] = field(default_factory=tuple)


class Checkout(Protocol):
    """What a hand-off needs of a repository."""

    @property
    def root(self) -> Path:
        """Its working tree."""
        ...

    @property
    def private(self) -> Path:
        """A folder of ours that git does not track."""
        ...

    def add_worktree(self, path: Path, branch: str) -> None:
        """Check HEAD out at `path` on a new branch; nothing where that was done before."""
        ...

    def changed(self, worktree: Path) -> tuple[str, ...]:
        """Files of a worktree that are not as in its commit, new ones included."""
        ...


def slug_of(feature: str) -> str:
    """A short name for files and branches: lower case ASCII words joined by hyphens, told apart where cut."""
    plain = unicodedata.normalize("NFKD", feature).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))
    if 0 < len(slug) <= LONGEST_SLUG:
        return slug
    mark = hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"{slug[:LONGEST_SLUG].strip('-') or 'feature'}-{mark}"


class HandoffRun:
    """One hand-off in one repository; call `advance` until it is done or waits for a person."""

    def __init__(
        self, chain: Chain, checkout: Checkout, feature: str, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        """Take up what is there of this feature, or begin.

        Raises:
            HandoffDamaged: its state cannot be read, or names other places than these.
        """
        self._chain = chain
        self._checkout = checkout
        self._tell = tell
        slug = slug_of(feature)
        self._file = checkout.private / f"{slug}.json"
        root = checkout.root
        begun = Handoff(
            slug,
            feature,
            "prd",
            str(root / "docs" / f"prd-{slug}.md"),
            f"handoff/{slug}",
            str(root.parent / f"{root.name}.handoff-{slug}"),
        )
        self.state = self._read() or begun
        # SECURITY: the file lies with the repository, and what it names is written to.
        if _places(self.state) != _places(begun):
            raise HandoffDamaged(f"{self._file} names other places: delete it to begin anew.")

    async def advance(self, *, approved: bool = False) -> Handoff:
        """Go on until it is done, or a person has to say yes: once the document is there, not before.

        Raises:
            TierError, BudgetExceeded: a tier gives no answer; call it again later to go on from there.
            PrdRejected: the document does not keep to the outline; the draft is kept.
            HandoffOutside: the document would be written outside of the repository.
        """
        if self.state.step == "prd":
            await self._write_prd()
            return self.state
        if self.state.step == "approval":
            if not approved:
                return self.state
            self._check_prd()
            self._keep(step="implement")
        if self.state.step == "implement":
            await self._implement()
        if self.state.step == "review":
            await self._review()
        return self.state

    async def _write_prd(self) -> None:
        asked = f"{INSTRUCTION}\n\nThe feature: {self.state.feature}"
        correction = ""
        for attempt in range(_ATTEMPTS):
            self._tell(f"{AUTHOR} writes {self.state.prd}" + (", once more" if attempt else ""))
            text = unwrapped(await self._authored(asked + correction))
            self._save_prd(text)
            problems = prd_problems(text)
            if not problems:
                self._keep(step="approval")
                return
            correction = f"\n\nYour last draft was not accepted: {'; '.join(problems)}. The draft:\n{text}"
        self._check_prd()

    def _save_prd(self, text: str) -> None:
        path = Path(self.state.prd)
        _check_inside(path, self._checkout.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _check_prd(self) -> None:
        if problems := prd_problems(Path(self.state.prd).read_text(encoding="utf-8")):
            raise PrdRejected(f"{self.state.prd} is no such document: {'; '.join(problems)}.")

    async def _authored(self, asked: str) -> str:
        bill, purpose = Bill(), Purpose("prd", CALLER, self.state.slug)
        try:
            if self._chain.has_agent(AUTHOR):
                task = CodeTask(asked, self._checkout.root)
                return (await self._chain.work(AUTHOR, task, purpose, bill)).text
            return (
                await self._chain.answer(AUTHOR, Question(asked, "You write specifications."), purpose, bill)
            ).text
        finally:
            self._pay("prd", AUTHOR, bill)

    async def _implement(self) -> None:
        worktree = Path(self.state.worktree)
        self._checkout.add_worktree(worktree, self.state.branch)
        document = self._carry_prd(worktree)
        self._tell(f"{IMPLEMENTER} implements it in {worktree}")
        bill = Bill()
        task = CodeTask(_IMPLEMENT.format(path=document), worktree, writable=True)
        try:
            result = await self._chain.work(
                IMPLEMENTER, task, Purpose("implement", CALLER, self.state.slug), bill
            )
        finally:
            self._pay("implement", IMPLEMENTER, bill)
        self._keep(step="review", said=result.text, changed=self._checkout.changed(worktree))

    def _carry_prd(self, worktree: Path) -> Path:
        """Copy the document into the worktree, where its implementer can read it; its path there."""
        document = Path(self.state.prd).relative_to(self._checkout.root)
        _check_inside(worktree / document, worktree)
        (worktree / document).parent.mkdir(parents=True, exist_ok=True)
        (worktree / document).write_bytes(Path(self.state.prd).read_bytes())
        return document

    async def _review(self) -> None:
        worktree = Path(self.state.worktree)
        self._tell(f"{IMPLEMENTER} reviews it")
        bill = Bill()
        document = Path(self.state.prd).relative_to(self._checkout.root)
        try:
            result = await self._chain.review(
                IMPLEMENTER,
                worktree,
                _REVIEW.format(path=document),
                Purpose("review", CALLER, self.state.slug),
                bill,
            )
        finally:
            self._pay("review", IMPLEMENTER, bill)
        self._keep(step="done", review=result.text)

    def _pay(self, step: str, tier: str, bill: Bill) -> None:
        if not bill.operations:
            return
        marginal, cost = (None if money is None else str(money) for money in (bill.marginal, bill.cost))
        self._keep(costs=(*self.state.costs, Cost(step, tier, marginal, cost)))

    def _keep(self, **changes: object) -> None:
        """The new state, on disk before it counts."""
        state = replace(self.state, **changes)  # type: ignore[arg-type]  # fields of Handoff
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        draft.replace(self._file)
        self.state = state

    def _read(self) -> Handoff | None:
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            costs = tuple(Cost(**cost) for cost in told.pop("costs"))
            return Handoff(**{**told, "changed": tuple(told["changed"]), "costs": costs})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise HandoffDamaged(
                f"{self._file} cannot be read ({error}): delete it to begin anew."
            ) from error


def _places(state: Handoff) -> tuple[str, ...]:
    return state.slug, state.prd, state.branch, state.worktree


def _check_inside(path: Path, root: Path) -> None:
    """SECURITY: a repository may hold a link where the document belongs."""
    if path.is_symlink() or not path.resolve().is_relative_to(root.resolve()):
        raise HandoffOutside(f"{path} leads outside of {root}: remove the symbolic link, and go on.")
