"""Every limit of the index store, with the reason for its value."""

from __future__ import annotations

# Longer runs of word characters are hashes, data and minified text; nobody searches for them by name.
MAX_TERM_LENGTH = 80

# Distinct words whose terms are remembered; about 200 bytes each.
MAX_REMEMBERED_WORDS = 300_000

# Rows buffered before they become one Lance fragment: fewer, larger commits; about 25 MB at 768 dimensions.
ROWS_PER_FRAGMENT = 4_096

# Exact search answers in about 50 ms up to here; above, an index is built.
VECTOR_INDEX_ROWS = 50_000

# Partitions looked at, and the multiple of the limit re-scored exactly: recall@10 1.000 at 1M rows, 17 ms.
VECTOR_PROBES = 50
VECTOR_REFINE = 10

# Readers opened on a generation get this long after another one took its place.
PRUNE_AFTER_SECONDS = 15 * 60

# The newest generations that are never pruned, besides the current one.
KEPT_GENERATIONS = 2

# Rows a scan hands over at a time; bounds the memory of a literal or RE2 search.
ROWS_PER_SCAN_BATCH = 1_024

# A damaged generation may disagree in every file; the first ones tell the story.
MAX_LISTED_PROBLEMS = 50

# A file is hashed in pieces of this size.
HASH_BLOCK = 1 << 20

# Filters whose expressions are kept by an open reader; one that names 10,000 paths is about a megabyte.
FILTERS_REMEMBERED = 64
