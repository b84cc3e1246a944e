"""Numbers that bound what the front door waits for, each with its reason."""

from __future__ import annotations

# A night that is told to stop is killed after this: with what follows, within systemd's 90 seconds.
STOP_GRACE_S = 75.0

# How soon the schedule notices that the machine slept, or that its clock was set.
WAKE_UP_S = 60.0

# A last night older than this was followed by one that did not come.
CATCH_UP_AFTER_S = 24 * 3600

# What is told of a night has to arrive within this, or is given up: the night has ended, its process has not.
NOTICE_S = 10.0

# A notice is read on a telephone; the report of the night has the rest.
MAX_NOTICE_CHARACTERS = 500
MAX_NOTICE_NAMES = 10

# How often a server asks an object store for a new generation: 2.6 million requests a month, a dollar at
# Amazon. And after how many of them it looks for reports of nights, and prunes its copy.
SHARED_POLL_S = 1.0
POLLS_PER_UPKEEP = 60

# A file is copied in pieces of this size.
COPY_BLOCK = 1 << 20

# How long a backup waits for a database that somebody writes to.
DATABASE_WAIT_S = 10.0

# A generation that is pruned at the moment it is pinned has a successor; this many in a row are no chance.
PIN_TRIES = 3

# systemd's manager answers at once; where it does not, a status is wanted all the same.
SYSTEMCTL_S = 3.0

# How soon a server that lives has read a question, and how long it may take to answer: what a search and its
# turn take at most. Opening the index takes a second.
HEARD_S = 1.0
ANSWERED_S = 25.0
