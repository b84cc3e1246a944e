"""Every limit of the index store, with the reason for its value."""

from __future__ import annotations

# Longer runs of word characters are hashes, data and minified text; nobody searches for them by name.
MAX_TERM_LENGTH = 80

# Distinct words whose terms are remembered; about 200 bytes each.
MAX_REMEMBERED_WORDS = 300_000

# Rows buffered, in Arrow, before they become one Lance fragment: fewer, larger commits. A row takes 2 kB, at
# 768 dimensions 4.
ROWS_PER_FRAGMENT = 16_384

# Ids asked for in one filter, and rows copied from one table to another at a time.
ROWS_PER_LOOKUP = 4_096

# Codes compared at a time; the temporary words of one block stay in a core's own cache.
CODES_PER_BLOCK = 32_768

# Rows the scan of sign codes hands on to be compared exactly: recall@10 .99 at 150,000 chunks. Of more chunks
# one in so many, because the nearest stand less apart from the others.
SHORTLIST = 2_000
SHORTLIST_SHARE = 125

# Rows whose vectors are scanned in the thread that asks: two lists of so many take it four milliseconds, and
# handing them over costs half of one.
MAX_ROWS_SCANNED_IN_PLACE = 200_000

# Threads that look for words, of which there is one a core: more find nothing sooner, and each keeps memory.
MAX_READING_THREADS = 8

# What an open reader lets Lance keep of its indexes and metadata; Lance's own defaults are 6 GB and 1 GB.
INDEX_CACHE_BYTES = 96 << 20
METADATA_CACHE_BYTES = 32 << 20

# Rows outside the full-text index, each of which every search reads, and versions of a table with what only
# they need, before both are worth the seconds of an optimisation.
MAX_UNINDEXED_ROWS = 100
MAX_VERSIONS = 100

# Readers opened on a generation get this long after another one took its place.
PRUNE_AFTER_SECONDS = 15 * 60

# The same for a generation made under other rules: it may hold what the new ones keep out. A server follows
# within a second, and what was begun before ends within its own limits.
PURGE_AFTER_SECONDS = 60.0

# The newest generations that are never pruned. A night publishes up to three times (what changed, vectors
# that were missing, descriptions); the fourth is the last of the night before.
KEPT_GENERATIONS = 4

# Rows a scan hands over at a time; bounds the memory of a literal or RE2 search.
ROWS_PER_SCAN_BATCH = 1_024

# The same where a few short columns are read whole.
ROWS_PER_COLUMN_BATCH = 65_536

# Ids of rows to be written that are looked up one by one; of more, all that a table has are read.
MAX_LOOKED_UP_IDS = 256

# Words, vectors and the check of rows, beside the thread that waits for them.
PUBLISHING_THREADS = 3

# Hashes of texts that are searched for in one scan, once a night: it takes a third of the time that getting
# ready to look up any of them takes.
MAX_SCANNED_HASHES = 256

# A damaged generation may disagree in every file; the first ones tell the story.
MAX_LISTED_PROBLEMS = 50

# A file is hashed in pieces of this size.
HASH_BLOCK = 1 << 20

# Texts of one column of the catalogue that are kept as Python strings; about 100 bytes each.
TEXTS_REMEMBERED = 1 << 15

# Filters whose expressions are kept by an open reader; one that names 10,000 paths is about a megabyte.
FILTERS_REMEMBERED = 64

# Days for which a search counts towards the order of descriptions: what was asked a month ago is settled.
SHOWN_DAYS = 30

# How long the counts of what searches showed are waited for; those who wait can do without.
SHOWN_BUSY_SECONDS = 1.0

# What tantivy holds before it writes a segment: one for tens of thousands of rows, and its least for a few.
FULLTEXT_BUILD_BYTES = 128 << 20
FULLTEXT_UPDATE_BYTES = 15_000_000

# Rows changed since the base, and deleted rows still in the files, of all: beyond either the full-text index
# is built anew, at some 30 microseconds a row.
MAX_TOUCHED_SHARE = 0.25
MAX_DELETED_SHARE = 0.25

# A connection to an object store, and one request: a piece of 5 MB takes a minute at 700 kbit/s.
STORE_CONNECT_SECONDS = 5.0
STORE_REQUEST_SECONDS = 60.0

# How long the client goes on with a request that fails in a way that may heal. A night has hours to lose, a
# person waits for a search, whose machine has a copy to answer from.
STORE_PATIENCE_SECONDS = 120.0
STORE_IMPATIENCE_SECONDS = 3.0

# Objects on their way at once: enough to hide a round trip of 50 ms behind files of a megabyte.
TRANSFERS = 8

# A lock that nobody renewed for so long is over; it is renewed so many times meanwhile.
LEASE_SECONDS = 120.0
LEASE_RENEWALS = 4

# Files on an object store that no generation names belong to a night that is publishing, or to one that was
# killed while it was; the longest upload is over by then.
UPLOAD_GRACE_SECONDS = 24 * 3600.0

# Reports of nights that a machine copies from an object store: two months of them.
KEPT_REPORTS = 60

# After this long a night reads every byte of a generation again before it goes on from it.
REREAD_AFTER_SECONDS = 7 * 24 * 3600.0

# Manifests that a process need not read again; a night asks for those of all generations four times.
MANIFESTS_REMEMBERED = 64
