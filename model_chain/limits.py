"""Every limit of the model chain, in one place, each with its reason."""

from __future__ import annotations

# A runtime on this machine or in this house answers a connect at once; a dead host must not cost more.
CONNECT_SECONDS = 5.0

# Ollama has no "loading" status: a request blocks while the model loads, for five minutes at most.
READ_SECONDS = 330.0

# A person or an agent waits for a query; the search itself gives up far earlier and answers from words alone.
QUERY_READ_SECONDS = 30.0
QUERY_PAUSE_SECONDS = 1.0

# What a host has is known without loading a model; a host that needs longer to say so is not well.
LOOK_SECONDS = 10.0

# With .5 s doubling, six attempts span 15 s: a restart of the runtime, not an outage of the night.
RETRIES = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

# A host that lacks the model, or has another build of it, needs a person; look again once a minute.
UNFIT_HOST_PAUSE_SECONDS = 60.0

# One call runs while the next one waits in the runtime's queue, so reading a reply costs no GPU time.
CALLS_PER_HOST = 2

# Ollama unloads a model after five idle minutes, and loading it takes longer than a query may wait.
QUERY_KEEP_ALIVE = "1h"

# How long a digest that was looked up counts as known for single calls; every batch call checks anew.
DIGEST_AGE_SECONDS = 60.0

# A batch saves round trips only (embedding runs at parallelism 1); a larger one costs more to bisect.
TEXTS_PER_REQUEST = 32

# nomic-embed-text takes 2048 tokens, two of them its own; larger contexts embed code no better.
EMBED_CONTEXT_TOKENS = 2048
RESERVED_TOKENS = 2

# Source code comes to 3 to 4 characters a token in WordPiece and BPE; text outside ASCII to about one.
CHARACTERS_PER_TOKEN = 3

# An over-long text loses this share with each refusal, until it is too short to say anything.
SHRINK_FACTOR = 0.7
SHORTEST_CUT_CHARACTERS = 64

# One context for every call: another one reloads the model. 4096 is Ollama's own default under 23 GiB.
SUMMARY_CONTEXT_TOKENS = 4096
SUMMARY_REPLY_TOKENS = 192

# A qualified name is far shorter; a heading of prose need not be quoted in full.
LONGEST_NAME_CHARACTERS = 200

# The instructions, the chat template, and a rejected reply with its correction.
SUMMARY_OVERHEAD_TOKENS = 640

# Ollama normalises; a vector much shorter than one is rounding noise without a direction.
SHORTEST_VECTOR = 1e-6

# Fewer words say nothing; more no longer fit a result list or one embedding window.
SHORTEST_DESCRIPTION_WORDS = 5
LONGEST_DESCRIPTION_WORDS = 80

# Another process holds the cache for one small transaction at a time.
CACHE_BUSY_SECONDS = 30.0

# A writer holds the lock for milliseconds; longer means something is stuck.
LEDGER_BUSY_SECONDS = 5.0

# A killed process's reservation stops counting: no call may run longer.
RESERVATION_SECONDS = 3_600.0

# Bytes of one line of a session file; longer ones are skipped, not loaded.
LONGEST_SESSION_LINE = 32_000_000

# One call of an outer tier; an Opus answer with thinking takes two minutes, an agent on a task more.
TIER_SECONDS = 600.0

# A model process is asked to end, then made to.
TERMINATE_SECONDS = 2.0

# What is kept of a failed program's complaints.
STDERR_BYTES = 8_192

# Characters of a provider's words that go into an error.
PROVIDER_WORDS = 400

# A pause longer than this is the caller's to decide on; a provider asked for an hour in tests.
LONGEST_RETRY_PAUSE = 20.0
PROVIDER_RETRIES = 3

# A model that the chain started may not start another: bills, and hooks, would multiply.
CHAIN_DEPTH = 1

# One answer: two pages. The provider's own maximum is 32,000 and more.
ANSWER_TOKENS = 4_096

# A scan that needs more turns has lost its way.
AGENT_TURNS = 30

# What one agent task is expected to use at most when it is reserved; also its hard limit where it is metered.
AGENT_INPUT_TOKENS = 200_000
AGENT_OUTPUT_TOKENS = 8_000

# Output of a command up to here is shown as it is; more is condensed by the tier (2,000 tokens: below
# that a second model turn costs more than it saves).
PLAIN_OUTPUT_CHARACTERS = 6_000

# And of that, what the tier is shown.
CONDENSED_OUTPUT_CHARACTERS = 200_000

# A command that a guard rewrote; agents' own shells give up after two minutes.
COMMAND_SECONDS = 110.0

# The local tier's context for a task: a long note with its answer; more slows a consumer GPU to a crawl.
LOCAL_CONTEXT_TOKENS = 16_384

# A document of this length is twenty pages; nobody says yes to more with open eyes.
LONGEST_PRD = 60_000

# Of a branch and a file name.
LONGEST_SLUG = 48
