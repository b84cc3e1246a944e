"""An index on an object store, as commands see it: this machine's copy, brought up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError, NoIndex
from index_store.generations import list_generations, prune
from index_store.limits import STORE_IMPATIENCE_SECONDS, STORE_PATIENCE_SECONDS
from index_store.log import Log
from nightdex.limits import POLLS_PER_UPKEEP, SHARED_POLL_S

if TYPE_CHECKING:
    from index_store.shared import SharedIndex
    from nightdex.configuration import Configuration

log = Log(__name__)


def shared_index(
    configuration: Configuration, patience: float = STORE_PATIENCE_SECONDS
) -> SharedIndex | None:
    """The index on the object store that repos.toml names; None where it is on this machine alone."""
    if configuration.place is None:
        return None
    from index_store.objects import Objects  # noqa: PLC0415 - few configurations name an object store
    from index_store.shared import SharedIndex  # noqa: PLC0415 - as above

    return SharedIndex(Objects(configuration.place, patience), configuration.state_dir)


def index_dir(configuration: Configuration) -> Path:
    """Where this machine reads the index, brought up to date first where it is shared.

    A copy that is here answers, with a warning, while the store does not.

    Raises:
        NoIndex: nothing has been published there.
        StoreError: the store cannot be read, and there is no copy.
    """
    shared = shared_index(configuration, STORE_IMPATIENCE_SECONDS)
    if shared is not None:
        try:
            shared.fetch()
        except NoIndex:
            raise
        except IndexStoreError as error:
            if not list_generations(configuration.state_dir):
                raise
            log.warning("the copy on this machine answers", reason=str(error))
    return configuration.state_dir


@contextmanager
def following(configuration: Configuration) -> Iterator[None]:
    """Keep this machine's copy up to date for the length of the block, in a thread; nothing where none is."""
    shared = shared_index(configuration)
    if shared is None:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_follow, args=(shared, done), name="following", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # A download may be under way; it leaves nothing that the next one does not clear away.
        done.set()


def _follow(shared: SharedIndex, done: threading.Event) -> None:
    complaint, polls = "", 0
    while True:
        try:
            shared.fetch()
            if polls % POLLS_PER_UPKEEP == 0:
                shared.fetch_reports()
                prune(shared.state_dir)
            complaint = ""
        except NoIndex:
            pass  # not yet; /readyz says so
        except (IndexStoreError, OSError) as error:
            if str(error) != complaint:
                complaint = str(error)
                log.warning("the index on the object store was not fetched", reason=complaint)
        polls += 1
        if done.wait(SHARED_POLL_S):
            return
