"""What /metrics shows. Labels are routes, modes and states: never a repository, a query or a key."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from search_api.errors import IndexNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from search_api.answer import Answer
    from search_api.nights import Nights
    from search_api.serving import Serving

# Seconds; from what a symbol look-up takes to the deadline of a search.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self, serving: Serving, nights: Nights) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "nightdex_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "nightdex_request_seconds",
            "Time to answer a request.",
            ("route",),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.search_seconds = Histogram(
            "nightdex_search_seconds", "Time of a search, waiting for its turn included.", ("mode",),
            registry=self.registry, buckets=_BUCKETS,
        )  # fmt: skip
        self.degraded = Counter(
            "nightdex_degraded_searches",
            "Searches that had to do without something.",
            ("mode",),
            registry=self.registry,
        )
        self.registry.register(_State(serving, nights))

    def searched(self, answer: Answer, seconds: float) -> None:
        """Count one search."""
        self.search_seconds.labels(answer.mode).observe(seconds)
        if answer.degraded:
            self.degraded.labels(answer.mode).inc()


class _State(Collector):
    """What is the case at the moment of asking."""

    def __init__(self, serving: Serving, nights: Nights) -> None:
        self._serving = serving
        self._nights = nights

    def collect(self) -> Iterator[Metric]:
        capacity = self._serving.capacity
        yield _gauge("nightdex_searches_running", "Searches that run now.", capacity.running)
        yield _gauge("nightdex_searches_waiting", "Searches that wait for their turn.", capacity.waiting)
        try:
            generation = self._serving.current()
        except IndexNotReady:
            yield _gauge("nightdex_ready", "Whether a generation is open.", 0)
        else:
            manifest = generation.reader.manifest
            built_at = datetime.fromisoformat(manifest.built_at).timestamp()
            yield _gauge("nightdex_ready", "Whether a generation is open.", 1)
            yield _gauge("nightdex_generation", "The generation that answers.", generation.number)
            age = max(0.0, time.time() - built_at)  # the clock may have been set back since
            yield _gauge("nightdex_generation_age_seconds", "Since it was built.", age)
            yield _gauge("nightdex_chunks", "Chunks in it.", manifest.chunks)
            yield _gauge("nightdex_repositories", "Repositories in it.", len(manifest.repositories))
            stale = sum(state.stale for state in manifest.repositories)
            yield _gauge("nightdex_stale_repositories", "Repositories kept from an earlier night.", stale)
            yield _gauge("nightdex_embedder_up", "Whether queries get a vector.", generation.embedder.is_up)
        if (last := self._nights.last_success()) is not None:
            yield _gauge(
                "nightdex_last_night_success_timestamp_seconds", "End of the last good night.", last.ended_at
            )
            yield _gauge("nightdex_last_night_duration_seconds", "How long it took.", last.seconds)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, float(value))
