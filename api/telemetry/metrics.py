"""Metrics for Prometheus: counts folded from committed events, gauges read from the engine's picture at the scrape.

`callcenter.metrics` has the names and the fold; here is what only a running service knows: requests, decisions,
commits, ticks. One set of figures for one engine process.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from api.live.protocol import LiveEngine
from api.telemetry.spans import trace_id
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Counts, Histogram, Samples
from callcenter.metrics.text import CONTENT_TYPE, OPENMETRICS_TYPE, openmetrics, prefers_openmetrics, scrape
from callcenter.units import SECOND
from routing.explain.gauges import gauges

FAST_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
PARTS: Final = ("journal", "dispatcher", "board")
"""What may be the matter with a service that is not ready."""


class Metrics:
    """Everything that is exported."""

    def __init__(self, live: LiveEngine, problems: Callable[[], list[str]]) -> None:
        self._live = live
        self._problems = problems
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self.counting = live.projections.counting
        self.requests: Counts = defaultdict(int)
        """Route and status → how many."""
        self.decision = Histogram(FAST_BUCKETS_S)
        self.commit = Histogram(FAST_BUCKETS_S)
        self.sources: list[Callable[[int], Iterator[tuple[Series, Samples]]]] = []
        """Asked at the scrape for what follows from neither events nor engine, as of an instant."""
        live.on_commit.append(self.timed)

    def refused(self, route: str) -> None:
        """Count a request that was refused because there was too much to do."""
        self.requests[route, "503"] += 1

    def timed(self, seconds: float, entries: int) -> None:
        """Count a commit of so many entries."""
        self.commit.observe(seconds)

    def told(self, call_id: str, now: int, p50_ms: int, p90_ms: int) -> None:
        """Remember what a caller was told first of the wait, to be scored when it ends."""
        self.counting.calls.told(call_id, now, p50_ms, p90_ms)

    # --- the scrape

    def exposition(self, accept: str = "") -> tuple[str, str]:
        """Return what Prometheus reads and its content type: OpenMetrics where `accept` prefers it, with trace ids."""
        if prefers_openmetrics(accept):
            of_process: bytes = generate_openmetrics(self._process)  # type: ignore[no-untyped-call]
            return openmetrics(self._readings(), trace_id) + of_process.decode(), OPENMETRICS_TYPE
        return scrape(self._readings()) + generate_latest(self._process).decode(), CONTENT_TYPE

    def _readings(self) -> Iterator[tuple[Series, Samples]]:
        live, now = self._live, self._live.now()
        yield from self.counting.readings(now)
        view = live.engine.view()
        yield from gauges(view, live.engine.centre, now)
        for readings in self.sources:
            yield from readings(now)
        yield names.REQUESTS, self.requests
        yield names.DECISION, {(): self.decision}
        yield names.COMMIT, {(): self.commit}
        yield names.BACKLOG, {(): live.backlog}
        yield names.RECOVERIES, {(): live.recoveries}
        found = [problem.partition(":")[0] for problem in self._problems()]
        yield names.PROBLEMS, {(part,): found.count(part) for part in PARTS}
        tick = live.last_tick or view.now or 0
        yield names.TICK, {(): tick / SECOND}
        yield names.SEQ, {(): live.projections.seq}
        yield names.LOOP_TASKS, {(): len(asyncio.all_tasks())}
        yield names.BUILD, {(version("callcenter"),): 1}
