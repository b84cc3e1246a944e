"""Where the processes of a chunking pool come from: forked by a server that has imported what they need.

Not forked by the night itself: a child would inherit locks of the threads that the store and the progress
display run. Not spawned: each, and each that takes the place of one that died, would import all it needs.
"""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext

from indexer.chunking.interruption import signals_put_off

_PRELOADED = ["indexer.chunking.worker", "indexer.rows", "pebble.pool.process"]


def forking_context() -> ForkServerContext:
    """The context that a pool makes its processes in."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def start_forking() -> None:
    """Start the server, which goes on to import by itself: worth it before this process imports for long.

    The keys that interrupt a terminal interrupt its whole group of processes; the server ignores them once it
    has imported, and until then inherits that they are blocked.
    """
    forking_context()
    with signals_put_off():
        resource_tracker.ensure_running()  # unblocks what was blocked
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
