"""Every limit of the search API, with the reason for its value."""

from __future__ import annotations

# A pasted 200-line function or stack trace still fits; a file does not.
MAX_QUERY_BYTES = 16 * 1024

# RE2 is linear, but a pattern is compiled before it is run; nobody types a longer one.
MAX_PATTERN_BYTES = 1024

# RE2's own cap on the memory of one compiled pattern (its default, stated so that it cannot drift).
MAX_PATTERN_MEMORY = 8 << 20

# A page for a person or an agent; more would not be read.
DEFAULT_LIMIT = 10
MAX_LIMIT = 100

# Beyond this rank order is noise.
MAX_WINDOW = 500

# A filter is typed, not generated.
MAX_FILTER_VALUES = 100
MAX_FILTER_BYTES = 1024

# A search brings this many times as many candidates as the page needs, an equal part from each list, so that
# a hit found by one list only, or lifted by a signal, has a chance. More than 60 of each of four lists found
# no more and took longer; a list that is the only one needs more.
OVERFETCH = 12

# As far down a list by vectors, in times of the page, stands what counts as no match.
NO_MATCH_AT = 5

# How far each list looks, to tell what it says of candidates that others found, and BM25 what whole files are
# about: 500 instead of 100 chunks cost half a millisecond.
LIST_DEPTH = 500

# Pages inside one window are cut from the same candidates, so that the second page continues the first.
PAGE_WINDOW = 20

# A pasted text has many words; the first distinct ones carry the question.
MAX_LEXICAL_TERMS = 64

# Words of a query that are looked up as symbols.
MAX_SYMBOL_WORDS = 16

# Rows that a definition or a symbol look-up may add: a name such as `new` is defined thousands of times.
MAX_DEFINITIONS = 50

# Shorter names are one letter from too many others.
MIN_MISTYPED = 5

# Chunks of one name that are looked at to find those.
MAX_NAMESAKES = 5_000

# An exact search reads text; these bound one search to about a second on one core.
MAX_SCANNED_CHUNKS = 200_000
EXACT_DEADLINE_S = 2.0

# Chunks with a match that are kept for ranking, and positions that are kept of each.
MAX_EXACT_CHUNKS = 2_000
MAX_MATCHES_PER_CHUNK = 20

# A query vector later than this is worth less than an answer now.
EMBEDDER_DEADLINE_S = 0.3

# Loading a model when a generation is opened, before any query waits for it.
EMBEDDER_WARM_UP_S = 5.0

# After a failure the embedder is left alone this long, so that not every search pays the deadline.
EMBEDDER_COOLDOWN_S = 5.0

# People and agents ask the same thing again; 1,024 vectors of 768 floats are 3 MB.
QUERY_VECTOR_CACHE = 1024

# The whole search; far above what any takes, below what a client waits.
SEARCH_DEADLINE_S = 10.0

# How often CURRENT is looked at: a new night is served within a second of being published.
CURRENT_POLL_S = 0.5

# A damaged generation is not read again, byte by byte, with every look at CURRENT.
DAMAGED_RETRY_S = 60.0

# Lines of a hit that are shown, and characters of each.
SNIPPET_LINES = 12
SNIPPET_LINE_CHARS = 400

# Copies of a hit that are named; the others are counted.
MAX_COPIES = 10

# Source code takes 3 to 4 characters a token in the tokenisers of large models; the smaller one is safe.
CHARACTERS_PER_TOKEN = 3

# A budget below which not even one place fits, and one above which nothing is ever cut.
MIN_TOKENS = 300
MAX_TOKENS = 200_000

# The JSON body of a search; MAX_QUERY_BYTES escaped as \\uXXXX still fits.
MAX_BODY_BYTES = 128 * 1024

# Nesting of a JSON body; a search request has two levels.
MAX_JSON_DEPTH = 16

# How soon a server that has started says so.
STARTUP_POLL_S = 0.05

# What a stopping server waits for requests in flight.
SHUTDOWN_GRACE_S = 15

# Chunks whose colours the web page remembers; a chunk is 3 kB, its tokens ten times that.
HIGHLIGHTED_CHUNKS = 512

# Colouring a chunk takes 3 ms; hostile text of its size made some lexers take 800. Seconds of the processor,
# so that a busy machine shows colours too, and as many again for every further HIGHLIGHT_SPAN characters.
HIGHLIGHT_DEADLINE_S = 0.1
HIGHLIGHT_SPAN = 10_000

# Places marked in one chunk; a search for `e` needs no more.
MAX_MARKS = 500

# Hits on a page of the web page.
PAGE_HITS = 10

# Chunks like another one that it shows.
SIMILAR_HITS = 20

# Nights on a page of it: a month, as a chart can still show it.
NIGHTS_SHOWN = 30

# Days of the chain that it shows, and at most.
CHAIN_DAYS = 14
MAX_CHAIN_DAYS = 366

# Searches that run at once; more than the cores can use only wait inside the store instead of before it.
MAX_RUNNING = 16

# Requests that wait for their turn, and how long: a busy machine is slow, not absent. Whoever comes later is
# told to come back.
MAX_WAITING = 256
QUEUE_DEADLINE_S = 10.0

# What one key may ask in a minute; an agent at work asks about twenty times.
REQUESTS_PER_MINUTE = 600

# How much of a minute's requests may come at once.
BURST_SHARE = 0.1

# What a look at the keys waits for a command that is writing them.
KEYS_BUSY_S = 2.0

# Longer is as good as never, and said so.
MAX_KEY_LIFETIME_DAYS = 3_650

# A smaller reply fits one packet anyway.
MIN_GZIP_BYTES = 1_024

# Nights of one page.
MAX_NIGHTS = 100

# A report of thousands of repositories; anything larger is none of ours.
MAX_REPORT_BYTES = 64 << 20

# How long it is believed where a branch was; people commit, then search.
HEAD_CHECK_S = 5.0

# What a search waits for git to say where branches are; a look takes 5 ms a repository.
HEAD_DEADLINE_S = 0.1
HEAD_CHECKS_AT_ONCE = 4

# Lines of a file in one reply; the rest is a page further.
MAX_FILE_LINES = 2_000

# No line of a file is further down; the indexer leaves larger files out.
MAX_LINE = 10_000_000

# Hits given to Continue, which puts all of them into the prompt.
CONTINUE_HITS = 8

# What an agent gets unless it asks for more: enough to choose from, little enough not to fill its window.
AGENT_HITS = 8
AGENT_TOKENS = 4_000

# Lines before and after a chunk that an agent may read with it.
MAX_LINES_AROUND = 200

# What a deferred question takes along: a dozen functions, 4 cents to read on Opus.
PACK_TOKENS = 8_000
MAX_PACK_TOKENS = 60_000

# Hits that are looked at for a pack; most of a budget of PACK_TOKENS goes to the first ten.
PACK_HITS = 30

# A citation names whole blocks: fewer lines are more exact, and more blocks to read past.
PACK_BLOCK_LINES = 8

# Place, symbol and the frame around a chunk.
PACK_CHUNK_OVERHEAD = 40

# Answers that are being written at once: each is a process, and money.
ANSWERS_AT_ONCE = 4

# Names of tools, agents and sessions in a hook's request; they go into the ledger.
LONGEST_HOOK_NAME = 200

# How often the counts of what searches showed are written: a kill loses a minute of them.
SHOWN_SAVE_S = 60.0

# Chunks whose counts wait in memory while they cannot be written, about 100 bytes each; more are dropped.
MAX_SHOWN_WAITING = 100_000

# What a command sends to the server of its own machine: a query, and which repos.toml it goes by.
MAX_COMMAND_BYTES = 256 * 1024

# The whole of a command that asks: waiting for its turn, searching, writing.
COMMAND_DEADLINE_S = 25.0

# Commands that the kernel keeps waiting; more open the index themselves.
MAX_COMMANDS_WAITING = 64

# How soon a server listens where a folder appeared, or another server went away.
SOCKET_POLL_S = 1.0
