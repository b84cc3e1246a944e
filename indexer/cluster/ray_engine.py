"""The engine on a Ray cluster: batches of files go to workers on its nodes, rows come back.

A worker or a node that is lost costs the batches it had: they are sent again, to whoever is there. A batch
that is lost again and again is taken apart, so that one file which ends every worker is found, and is cut
without its parser.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index_store.log import Log
from indexer.chunking.pool import batches_of
from indexer.cluster.worker import Answer, FileWorker, Introduction, OpenEmbedder, introduction
from indexer.errors import ClusterUnusable, NodeDiffers, SourceUnreadable
from indexer.limits import (
    BATCHES_PER_WORKER,
    CLUSTER_SILENCE_SECONDS,
    KNOCK_SECONDS,
    MAX_LOST_BATCHES,
    MAX_LOST_FILES,
    NODE_BATCH_BYTES,
    NODE_BATCH_FILES,
    WORKER_START_SECONDS,
)
from model_chain.errors import ModelUnavailable

# Before Ray is imported: it reports home otherwise.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.exceptions import RayError, RayTaskError

if TYPE_CHECKING:
    from indexer.embed import RowEmbedder, StoredVectors
    from indexer.engine import FinishedFiles
    from indexer.intake.text import SourceText

log = Log(__name__)

# A worker, as Ray hands it out; its methods are made at run time.
_Worker = Any


@dataclass(frozen=True, slots=True)
class _Batch:
    """Files under way. `lost` counts the workers that ended with it; `as_lines`: without a parser."""

    texts: tuple[SourceText, ...]
    lost: int = 0
    as_lines: bool = False


@contextmanager
def ray_engine(
    rows: RowEmbedder,
    address: str,
    open_embedder: OpenEmbedder,
    *,
    workers: int = 0,
) -> Iterator[RayEngine]:
    """Join the cluster at `address`, or with "" start one of this machine, for the length of the block.

    Args:
        rows: the night's embedder, which is told when one of a node breaks down.
        address: as `ray start` prints it, "auto", or "".
        open_embedder: makes the embedder of a node, there; anything that can be pickled.
        workers: how many; 0 is one for each CPU of the cluster.

    Raises:
        ClusterUnusable: it cannot be reached, or no worker starts.
        NodeDiffers: a node has another nightdex, or another model.
    """
    with redirect_stdout(sys.stderr):  # Ray tells of what it lost where a command writes its answer
        yield from _engine(rows, address, open_embedder, workers)


def _engine(
    rows: RowEmbedder, address: str, open_embedder: OpenEmbedder, workers: int
) -> Iterator[RayEngine]:
    _join(address, workers)
    try:
        count = workers or max(1, int(_resources().get("CPU", 1)))
        started = _start(count, open_embedder)
        _compare(started, introduction(rows.fingerprint))
        yield RayEngine(started, rows)
    finally:
        ray.shutdown()


def _join(address: str, workers: int) -> None:
    options: dict[str, Any] = {"address": address}
    if not address:
        options = {
            "address": "local",
            "num_cpus": workers or os.cpu_count(),
            "include_dashboard": False,
        }
    # It says that it asks for its token, which it does unless told otherwise.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    try:
        _knock(address)
        with warnings.catch_warnings():
            # LanceDB warns of every fork; those of Ray become its own programs at once.
            warnings.simplefilter("ignore", RuntimeWarning)
            ray.init(**options, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
    except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise ClusterUnusable(
            f"there is no Ray cluster at {address or 'this machine'} ({_said(error)}): start one with "
            "`ray start --head`, and give its address with --address"
        ) from error


def _knock(address: str) -> None:
    """Ray itself waits for minutes where nobody answers."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call] # Ray's own gap
    return found


def _start(count: int, open_embedder: OpenEmbedder) -> list[tuple[_Worker, Introduction]]:
    """Start workers, spread over the nodes; those that come in time count, if there is one."""
    remote: Any = ray.remote(FileWorker)
    remote = remote.options(num_cpus=1, max_restarts=-1, max_task_retries=0, scheduling_strategy="SPREAD")
    workers = [remote.remote(open_embedder) for _ in range(count)]
    asked = {worker.introduce.remote(): worker for worker in workers}
    ready, late = ray.wait(list(asked), num_returns=count, timeout=WORKER_START_SECONDS)
    for reference in late:
        log.warning("a worker of the cluster did not start in time")
        ray.kill(asked[reference])
    try:
        started = [(asked[reference], ray.get(reference)) for reference in ready]
    except RayError as error:
        raise ClusterUnusable(f"a worker does not start: {_said(error)}") from error
    if not started:
        raise ClusterUnusable(
            f"no worker of the cluster started within {WORKER_START_SECONDS:.0f} seconds: see that it has "
            "free CPUs (`ray status`) and that nightdex is installed on every node"
        )
    return started


def _compare(started: list[tuple[_Worker, Introduction]], own: Introduction) -> None:
    """Different code or another model would make another index than this machine's."""
    for _, theirs in started:
        for what in ("nightdex", "chunker", "embedder"):
            if getattr(theirs, what) != getattr(own, what):
                raise NodeDiffers(
                    f"{theirs.node} has {what} {getattr(theirs, what)}, this machine {getattr(own, what)}: "
                    "install the same nightdex on every node, and let its Ollama have the same model"
                )


class RayEngine:
    """Sends batches to workers and takes rows from them, in the order in which they are done."""

    def __init__(self, started: list[tuple[_Worker, Introduction]], rows: RowEmbedder) -> None:
        self.introductions = [introduced for _, introduced in started]
        self._workers = [worker for worker, _ in started]
        self._rows = rows
        # Workers that were lost and are started again, by what they answer once they are there.
        self._returning: dict[Any, _Worker] = {}

    def finish(
        self, texts: Iterable[SourceText], known: StoredVectors, all_sent: Callable[[], None]
    ) -> Iterator[FinishedFiles]:
        """As `Engine` says; nodes compute every vector anew, and one repository at a time.

        Raises:
            ClusterUnusable: no worker answers any more.
            SourceUnreadable: a file ends every worker, even without its parser.
        """
        del known, all_sent
        fresh = iter(batches_of(texts, NODE_BATCH_BYTES, NODE_BATCH_FILES))
        again: deque[_Batch] = deque()
        running: dict[Any, tuple[_Batch, _Worker]] = {}
        while True:
            for worker in self._free(running):
                batch = again.popleft() if again else _next(fresh)
                if batch is None:
                    break
                work = worker.finish_as_lines if batch.as_lines else worker.finish
                running[work.remote(batch.texts)] = batch, worker
            if not running and not again:
                return
            answered = self._wait(list(running))
            if answered is None:
                continue
            batch, worker = running.pop(answered)
            try:
                answer: Answer = ray.get(answered)
            except RayTaskError as error:
                raise error.cause from error
            except RayError as error:
                again.extend(_taken_apart(batch, error))
                self._call_back(worker)
                continue
            self._note(answer.breakdown)
            yield from answer.finished

    def _free(self, running: dict[Any, tuple[_Batch, _Worker]]) -> Iterator[_Worker]:
        """Workers that may have another batch, the least busy first.

        None that is being started again: what is sent to it fails at once, and would count as lost with it.
        """
        busy = Counter(worker for _, worker in running.values())
        away = set(self._returning.values())
        for taken in range(BATCHES_PER_WORKER):
            for worker in self._workers:
                if worker not in away and busy[worker] <= taken:
                    yield worker

    def _wait(self, running: list[Any]) -> Any | None:  # noqa: ANN401 - references have no type of their own
        """What is answered next; None where it was a worker that is back."""
        done, _ = ray.wait([*running, *self._returning], num_returns=1, timeout=CLUSTER_SILENCE_SECONDS)
        if not done:
            raise ClusterUnusable("no worker of the cluster answers any more: see `ray status`")
        worker = self._returning.pop(done[0], None)
        if worker is None:
            return done[0]
        try:
            ray.get(done[0])
        except RayError as error:
            self._workers.remove(worker)
            if not self._workers:
                raise ClusterUnusable(f"every worker of the cluster was lost: {_said(error)}") from error
        return None

    def _call_back(self, worker: _Worker) -> None:
        """Ray starts it again; it answers when it is there."""
        if worker not in self._returning.values():
            self._returning[worker.introduce.options(max_task_retries=-1).remote()] = worker

    def _note(self, breakdown: str) -> None:
        """What an embedder that broke down on a node means for the night is what it means here."""
        if not breakdown:
            return
        if self._rows.must_work:
            raise ModelUnavailable(breakdown)
        self._rows.breakdown = breakdown


def _next(fresh: Iterator[list[SourceText]]) -> _Batch | None:
    texts = next(fresh, None)
    return _Batch(tuple(texts)) if texts is not None else None


def _taken_apart(batch: _Batch, error: RayError) -> list[_Batch]:
    """What is sent again of a batch that was lost with its worker."""
    lost = batch.lost + 1
    first = batch.texts[0]
    log.warning("a worker was lost", files=len(batch.texts), first=first.path, reason=_said(error))
    if len(batch.texts) > 1:
        if lost < MAX_LOST_BATCHES:
            return [_Batch(batch.texts, lost)]
        return [_Batch((text,)) for text in batch.texts]
    if lost < MAX_LOST_FILES:
        return [_Batch(batch.texts, lost, batch.as_lines)]
    if not batch.as_lines:
        return [_Batch(batch.texts, as_lines=True)]
    raise SourceUnreadable(f"{first.path} ends every worker of the cluster; leave it out with 'exclude'")


def _said(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
