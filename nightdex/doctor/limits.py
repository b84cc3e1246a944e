"""Every limit of the doctor, with the reason for its value."""

from __future__ import annotations

# Below this a night cannot even write its report and clone a small index.
LEAST_FREE_BYTES = 500_000_000

# A night that is a day and a half old is one that was missed, whatever the hour it starts at.
OLDEST_NIGHT_HOURS = 36.0

# What answers on this machine answers at once.
LOCAL_SECONDS = 3.0
