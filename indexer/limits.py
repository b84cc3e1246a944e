"""Every limit of the indexer, with the reason for its value."""

from __future__ import annotations

# A repository list that loses this share at once looks like an unmounted disk, not like a clean-up.
MAX_VANISHED_SHARE = 0.30
