"""Every limit of the guard, with its reason."""

from __future__ import annotations

MOST_ALTERNATIVES = 16  # expansions of one word that are looked at: real commands have one or two
MOST_COMMANDS = 5_000  # simple commands walked before the guard calls a command too complex and denies it
DEEPEST_CALL = 12  # functions calling functions, scripts within scripts
LONGEST_COMMAND = 200_000  # bytes parsed (about 10 ms); anything longer is denied
LEDGER_WAIT_SECONDS = 0.02  # how long a decision may wait for a locked ledger: the answer matters more
ANSWER_SECONDS = 4  # an answer takes a tenth of a second; the hooks we ship are given up on after five
