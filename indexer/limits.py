"""Every limit of the indexer, with the reason for its value."""

from __future__ import annotations

# A repository list that loses this share at once looks like an unmounted disk, not like a clean-up.
MAX_VANISHED_SHARE = 0.30

# One vanished mount must not be mistaken for a clean-up, but a single lost repository is everyday life.
MIN_VANISHED = 2

# A report is read by a person: the count is exact, the examples are few.
MAX_REPORTED_FAILURES = 20

# Objects that a repository lacks, of which the next night asks git alone; who lacks more is looked at whole.
MAX_MISSING_OBJECTS = 1_000

# Rows embedded and written together: large enough to amortise a Lance commit, small enough (about 8 MB) to
# keep memory flat.
ROWS_PER_BATCH = 2048

# Identical content is embedded once a night across repositories; 65,536 vectors of 768 floats are 200 MB.
VECTORS_REMEMBERED = 65_536

# A chunk must fit an embedding window of 2,046 tokens with its header; dense code has about 2 bytes a token
# at worst. 80 lines are what a reader takes in at once.
MAX_CHUNK_BYTES = 3_000
MAX_CHUNK_LINES = 80

# Classes in classes in functions: what is nested deeper stays in its ancestor, so that a file of nothing but
# opening brackets costs no more than its length.
MAX_NESTING = 12

# What a chunk says about itself must stay smaller than the chunk.
MAX_CALLS = 64
MAX_MEMBERS = 96  # one on each of MAX_CHUNK_LINES, and some beside each other
MAX_SIGNATURE = 240
MAX_DOC = 1_000
MAX_NAME = 120

# A function of which inner functions fill this share is a wrapper (a module pattern, a factory): over-long,
# it is cut into them and not at statements.
WRAPPER_SHARE = 0.5

# CPU seconds of one parse or query. 2 MB of valid code take 0.3 s; garbage can take a hundred times as long.
PARSE_SECONDS = 2.5

# Closing brackets go with the chunk before them; more than these in a row are a mass of their own.
MAX_CLOSERS = 6

# Unnamed tokens side by side in one syntax error. A query is quadratic in them: 20,000 take 2 s, 100,000 a
# minute.
MAX_HEAP = 10_000

# An error of so few rows costs no definition but the one it stands in.
MAX_ERROR_ROWS = 3

# Choices of parts tried to find what a grammar cannot read: halving 500 functions with three culprits.
MAX_REPARSES = 100

# What the parser is handed at a time. Each block is one call into Python, and each predicate of a query
# copies one: with 65,536 a 300 kB HTML page took 0.84 s, with 4,096 0.14 s.
READ_BLOCK = 4_096

# A setting or a style rule of fewer lines says too little alone; it stays with its neighbours.
MIN_GROUPED_LINES = 3

# A settings file of fewer lines is one thought: its top-level keys stay together.
SHORT_CONFIG_LINES = 30

# Processor seconds that a worker may spend on one file, queries and description included. Not seconds by the
# clock: however busy the machine is, the same files are cut by their syntax.
FILE_SECONDS = 5.0

# Seconds by the clock after which a worker that does not come back is killed: for what waits without working.
# A batch of a busy machine takes seconds.
WORKER_SECONDS = 300.0

# Address space that a chunking worker may add: the tree of a 2 MB file takes some 300 MB.
WORKER_MEMORY = 2 * 1024**3

# Files sent to a worker together: enough to hide the round trip, few enough to repeat one by one.
BATCH_BYTES = 256_000
BATCH_FILES = 64

# Batches read ahead of the workers, so that none waits while the caller writes: 8 of them are 2 MB of text.
BATCHES_AHEAD = 8

# What one file may weigh. The largest hand-written files known (sqlite3.c aside) are under 1.5 MB; 2 MB of
# garbage in a C grammar already took 13.7 s to parse.
MAX_FILE_BYTES = 2_000_000

# How far git itself looks for a NUL before it calls a file binary.
BINARY_PROBE_BYTES = 8_000

# One stray NUL in a long text is a slip; one in a thousand bytes is another format.
MAX_NUL_SHARE = 0.001

# Control characters other than tab, newline and escape; text in any encoding has next to none.
MAX_CONTROL_SHARE = 0.05

# Nobody writes code a thousand characters wide; a paragraph of prose may be one line.
LONG_LINE = 1_000
LONG_PROSE_LINE = 20_000

# When this share of a file stands in such lines, it is minified or data; below, code with a long literal.
MINIFIED_SHARE = 0.5

# A "do not edit" stands in the header, below a licence at most.
GENERATED_HEADER_LINES = 40
GENERATED_HEADER_CHARS = 4_000

# Chromium's listing is 60 MB. A tree of ten levels that all name the level below ten times is endless.
MAX_LISTING_BYTES = 256_000_000

# One question to git (a commit, a ref) has an answer of a few hundred bytes.
MAX_ANSWER_BYTES = 1_000_000

# Reading is local: a git that is silent for this long while we wait for it hangs, on a dead mount maybe.
GIT_STALL_SECONDS = 120.0

# A dead host may cost a minute of the night, a large first fetch half an hour.
LS_REMOTE_SECONDS = 60.0
FETCH_SECONDS = 1_800.0

# Memory of one git process. A file of a few bytes may be packed as a difference from one of gigabytes, which
# 4 MB of a pack can hold.
MAX_GIT_MEMORY = 4 * 1024**3

# Processor time of one git process: reading Chromium takes a minute or two.
MAX_GIT_CPU_SECONDS = 1_800

# The largest file git may write: the one pack of a first fetch.
MAX_GIT_FILE_BYTES = 20 * 1024**3

# What is quoted of git's own words: enough for the cause, short enough for a report line.
MAX_GIT_WORDS = 300

# No longer path can be opened on Linux, so none is worth a place in the index.
MAX_PATH_BYTES = 4_096

# .gitignore files are lists of patterns; one larger than this is something else.
MAX_IGNORE_FILE_BYTES = 1_000_000

# Words (names, keywords, numbers) of a body that its name, signature and comment already tell:
# `return self._x` has three, `return json.loads(Path(path).read_text())` six.
TRIVIAL_WORDS = 8

# Failures in a row of a model that answers, after which the night stops asking it.
MAX_FAILED_DESCRIPTIONS = 10

# Rows read back at a time to be described: a few seconds of the model's work.
ROWS_PER_DESCRIBING = 256

# Calls after which a rate is worth remembering: the first one loads the model.
MIN_MEASURED = 10

# Paths named on one command line of git; Linux takes 128 KiB, and a path is rarely over a kilobyte.
PATHS_A_CALL = 100

# Before a night has measured it: qwen2.5:14b on a 16 GB card writes 25 to 40 tokens a second, and
# nomic-embed-text takes 10 to 20 ms a text in batches; the embedded model takes next to nothing.
ASSUMED_SECONDS_PER_DESCRIPTION = 2.5
ASSUMED_SECONDS_PER_VECTOR = {"ollama": 0.015}

# A private key of 16,384 bits has 13 kB in PEM; further apart, two marks are not one key's.
KEY_BLOCK_BYTES = 20_000

# Base64 characters in a row that make what stands between those marks a key: the shortest, Ed25519, has 64.
KEY_RUN = 40

# What the automaton of all clues may take before it starts over; with too little a clue would go unseen.
CLUES_MEMORY = 64 << 20

# A ref is a name or an id on one line; the packed refs of Chromium, with 60,000 tags, are 5 MB.
MAX_REF_BYTES = 4_096
MAX_PACKED_REFS_BYTES = 64_000_000

# Files sent to a node together: a second of its work, so that a node that is lost loses little, and the round
# trip of a batch does not count.
NODE_BATCH_BYTES = 1_000_000
NODE_BATCH_FILES = 256

# Batches under way for each worker of a cluster: one that it works on, one that waits for it there.
BATCHES_PER_WORKER = 2

# Times a batch may be lost with its worker before its files are sent one by one, and a file before it is cut
# into line windows without its parser. A node that is lost takes the batches of all its workers with it.
MAX_LOST_BATCHES = 2
MAX_LOST_FILES = 3

# Seconds without any answer from any worker, after which a cluster counts as lost; a batch takes a second, or
# half a minute where a model server embeds it.
CLUSTER_SILENCE_SECONDS = 600.0

# Seconds the first worker may take to start: a node imports nightdex and loads its model.
WORKER_START_SECONDS = 120.0

# Seconds to wait for the address of a cluster to take a connection.
KNOCK_SECONDS = 10.0
