"""The ledger: what every model call cost. SQLite in WAL mode, written by several processes at once.

`record` never loses an operation: when the database is locked or damaged, the entry goes to a spill file
beside it and is taken in at the next opening. Budgets are reserved before a call and settled after it, so
concurrent calls cannot overspend a tier's daily cap together.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from model_chain.errors import ModelError
from model_chain.limits import LEDGER_BUSY_SECONDS, RESERVATION_SECONDS
from model_chain.prices import Price, price_of
from model_chain.tiers import Billing, Tier
from model_chain.usage import Tokens

_SCHEMA = """
create table if not exists operations (
    key text primary key, at real not null, tier text not null, model text not null, billing text not null,
    kind text not null, input integer, output integer, cache_read integer, cache_write_5m integer,
    cache_write_1h integer, price_row text, cost_usd text, duration_ms integer not null, caller text not null,
    reason text not null, session text not null
);
create index if not exists operations_at on operations (at);
create index if not exists operations_session on operations (session);
create table if not exists reservations (
    id text primary key, at real not null, tier text not null, amount_usd text not null
);
"""


_COLUMNS = 17  # of operations
_DAY_SECONDS = 86_400


class BudgetExceeded(ModelError):
    """The tier's daily cap would be exceeded; raise daily_cap in repos.toml [chain] or wait a day."""

    code = "budget_exceeded"


class LedgerUnavailable(ModelError):
    """The ledger cannot be read; run `nightdex doctor`, or move the file aside to start a new one."""

    code = "ledger_unavailable"


@dataclass(frozen=True, slots=True)
class Operation:
    """One model call. `tokens` None means the provider did not say; its cost is then unknown, not zero."""

    tier: str
    model: str
    billing: Billing
    kind: str
    tokens: Tokens | None
    caller: str
    reason: str
    duration_ms: int = 0
    at: float = field(default_factory=time.time)
    price: Price | None = None
    session: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def cost(self) -> Decimal | None:
        """The list price in US dollars; None when tokens or price are unknown; 0 on a free tier."""
        if self.billing == "free":
            return Decimal(0)
        price = self.price or price_of(self.model, on=_day(self.at))
        return None if price is None or self.tokens is None else price.cost(self.tokens)

    @property
    def marginal(self) -> Decimal | None:
        """What the call added to the bill: nothing on a flat plan."""
        return self.cost if self.billing == "metered" else Decimal(0)


class Ledger:
    """The ledger at one path. Every method opens its own connection: safe across threads and processes."""

    def __init__(self, path: Path, *, busy_seconds: float = LEDGER_BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds

    def record(self, operation: Operation) -> bool:
        """Write one operation; False when it went to the spill file instead.

        Raises:
            OSError: neither the database nor the spill file can be written.
        """
        row = _row(operation)
        try:
            with self._transaction() as database:
                _insert(database, row)
        except (sqlite3.Error, OSError):
            self._spill(row)
            return False
        return True

    def reserve(self, tier: Tier, amount: Decimal, now: float | None = None) -> str:
        """Set `amount` US dollars of today's cap aside; the reservation to `release` or `hold`.

        Raises:
            BudgetExceeded: the cap would be exceeded, counting what other processes have reserved.
            LedgerUnavailable: the ledger cannot say what was spent, and the tier has a cap.
        """
        moment, reservation = time.time() if now is None else now, uuid.uuid4().hex
        try:
            with self._transaction() as database:
                spent = self._committed(database, tier.name, moment)
                if tier.daily_cap is not None and spent + amount > tier.daily_cap:
                    raise BudgetExceeded(
                        f"tier {tier.name} has committed ${spent:.4f} of today's ${tier.daily_cap} and this "
                        f"call may cost ${amount:.4f}: raise daily_cap in repos.toml [chain] or wait a day."
                    )
                database.execute(
                    "insert into reservations values (?, ?, ?, ?)",
                    (reservation, moment, tier.name, str(amount)),
                )
        except (sqlite3.Error, OSError) as cause:
            if tier.daily_cap is None:
                return reservation
            raise LedgerUnavailable(
                f"the ledger {self.path} cannot be read ({cause}); move it aside."
            ) from cause
        return reservation

    def release(self, reservation: str) -> None:
        """Give a reservation back: the call was settled, or never made.

        It cannot fail: a reservation that stays is given up after RESERVATION_SECONDS.
        """
        with contextlib.suppress(sqlite3.Error, OSError), self._transaction() as database:
            database.execute("delete from reservations where id = ?", (reservation,))

    def hold(self, reservation: str) -> None:
        """Let a reservation count until the end of its day: nobody knows what the call cost."""
        with contextlib.suppress(sqlite3.Error, OSError), self._transaction() as database:
            database.execute(
                "update reservations set at = ? where id = ?",
                (_day_start(time.time()) + _DAY_SECONDS - RESERVATION_SECONDS, reservation),
            )

    def operations(self, since: float = 0.0, until: float = float("inf")) -> list[Operation]:
        """What was recorded in a span of time (Unix seconds, half open), oldest first, the spill included.

        Raises:
            LedgerUnavailable: the database is locked or damaged.
        """
        try:
            self.absorb()
            with self._transaction() as database:
                rows = database.execute(
                    "select * from operations where at >= ? and at < ? order by at, key",
                    (since, min(until, 1e12)),
                ).fetchall()
        except sqlite3.Error as cause:
            raise LedgerUnavailable(
                f"the ledger {self.path} cannot be read ({cause}); move it aside."
            ) from cause
        return [_operation(row) for row in rows]

    def add_new(self, operations: list[Operation]) -> int:
        """Insert imported operations whose key and session are not in the ledger yet; how many were new."""
        added = 0
        with self._transaction() as database:
            ours = {
                row[0]
                for row in database.execute(
                    "select distinct session from operations where caller != 'import'"
                )
            }
            for operation in operations:
                if not operation.session or operation.session not in ours:
                    added += _insert(database, _row(operation))
        return added

    def absorb(self) -> int:
        """Take spilled entries into the database; how many were new."""
        spill = self._spill_path()
        if spill.exists():
            spill.rename(spill.with_name(f"{spill.name}.{uuid.uuid4().hex}"))
        added = 0
        for part in sorted(spill.parent.glob(spill.name + ".*")) if spill.parent.is_dir() else ():
            with self._transaction() as database:
                for line in part.read_text(errors="replace").splitlines():
                    if (row := _spilled(line)) is not None:
                        added += _insert(database, row)
            part.unlink(missing_ok=True)
        return added

    def _committed(self, database: sqlite3.Connection, tier: str, moment: float) -> Decimal:
        spent = database.execute(
            "select cost_usd from operations where tier = ? and at >= ? and cost_usd is not null",
            (tier, _day_start(moment)),
        )
        reserved = database.execute(
            "select amount_usd from reservations where tier = ? and at >= ?",
            (tier, moment - RESERVATION_SECONDS),
        )
        return sum((Decimal(amount) for (amount,) in [*spent, *reserved]), Decimal(0))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(self.path, timeout=self._busy_seconds, isolation_level=None)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            if database.execute("select 1 from sqlite_master where name = 'reservations'").fetchone() is None:
                database.executescript("begin immediate;" + _SCHEMA + "commit;")
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.execute("rollback")
                raise
            database.execute("commit")
        finally:
            database.close()

    def _spill_path(self) -> Path:
        return self.path.with_name(self.path.name + ".spill")

    def _spill(self, row: tuple[object, ...]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It begins a line of its own, whatever a write that was cut short left before it.
        line = f"\n{json.dumps(row)}\n".encode()
        handle = os.open(self._spill_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # One write: appends of other processes do not mix in.
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._spill_path()))
            os.fsync(handle)
        finally:
            os.close(handle)


def _spilled(line: str) -> tuple[object, ...] | None:
    """A row as it was spilled; None for what was cut short, which nobody was told is there."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return tuple(row) if isinstance(row, list) and len(row) == _COLUMNS else None


def _insert(database: sqlite3.Connection, row: tuple[object, ...]) -> int:
    marks = ", ".join("?" * _COLUMNS)
    statement = f"insert or ignore into operations values ({marks})"  # noqa: S608 (only marks)
    return database.execute(statement, row).rowcount


def _row(operation: Operation) -> tuple[object, ...]:
    price = operation.price or price_of(operation.model, on=_day(operation.at))
    cost, tokens = operation.cost, operation.tokens
    counts = (
        (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h)
        if tokens is not None
        else (None,) * 5
    )
    return (
        operation.key, operation.at, operation.tier, operation.model, operation.billing, operation.kind,
        *counts,
        None if price is None else json.dumps(asdict(price), default=str),
        None if cost is None else str(cost),
        operation.duration_ms, operation.caller, operation.reason, operation.session,
    )  # fmt: skip


def _operation(row: tuple[object, ...]) -> Operation:
    key, at, tier, model, billing, kind, *rest = row
    counts, (price, _, duration, caller, reason, session) = rest[:5], rest[5:]
    known = json.loads(str(price)) if price is not None else None
    money = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    row_price = Price(**{**known, **{name: Decimal(known[name]) for name in money}}) if known else None
    tokens = None if counts[0] is None else Tokens(*(int(str(count)) for count in counts))
    return Operation(
        str(tier),
        str(model),
        billing,  # type: ignore[arg-type]  # the column holds what Operation wrote
        str(kind),
        tokens,
        str(caller),
        str(reason),
        int(str(duration)),
        float(str(at)),
        row_price,
        str(session),
        str(key),
    )


def _day_start(at: float) -> float:
    return at - at % _DAY_SECONDS  # days of UTC, which has no clock changes


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
