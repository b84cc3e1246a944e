"""Every limit of the model chain, with its reason."""

from __future__ import annotations

LEDGER_BUSY_SECONDS = 5.0  # a writer holds the lock for milliseconds; longer means something is stuck
RESERVATION_SECONDS = 3_600.0  # a killed process's reservation stops counting: no call may run longer
LONGEST_SESSION_LINE = 32_000_000  # bytes of one line of a session file; longer ones are skipped, not loaded
