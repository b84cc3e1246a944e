"""Every limit of the doctor, with the reason for its value."""

from __future__ import annotations

# Below this a night cannot even write its report and clone a small index.
LEAST_FREE_BYTES = 500_000_000

# A night that is a day and a half old is one that was missed, whatever the hour it starts at.
OLDEST_NIGHT_HOURS = 36.0

# What answers on this machine answers at once.
LOCAL_SECONDS = 3.0

# Repositories that are listed at a time: git waits for the disk more than for a core.
SOURCES_AT_ONCE = 8

# Clocks of two machines differ by seconds; more was set by hand.
CLOCK_SLACK_S = 120.0

# A year has every change of the clocks.
DAYS_AHEAD = 366

# Time enough to make a key and tell whoever uses the old one.
EXPIRES_SOON_DAYS = 7
