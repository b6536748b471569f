"""Metrics for Prometheus: counters folded from committed events, gauges read from the engine's picture at the scrape.

One registry for one engine process. Labels of low cardinality only: never a caller, never an agent.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.board import Board
from api.live import LiveEngine
from callcenter import events as ev
from callcenter.callbacks import TASK_ENDED
from callcenter.events import Event, OfferEnd
from callcenter.measures import DEFAULT_THRESHOLD, when
from callcenter.units import SECOND

WAIT_BUCKETS: Final = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800)
FAST_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
OUTCOMES: Final = ("answered", "abandoned", "abandoned_short", "overflowed", "converted", "rejected", "failed")
PROMISES: Final = ("kept", "attempted", "missed", "open")

Fold = Callable[[Any], None]


class Metrics:
    """Everything that is exported."""

    def __init__(self, board: Board, live: LiveEngine) -> None:
        self.registry = registry = CollectorRegistry()
        self._board = board
        self._live = live
        self.thresholds: dict[str, int] = {}
        self._late: dict[str, dict[str, tuple[int, str]]] = {}
        """Tier → waiting call → when its threshold passes, and its queue; in a tier the first passes first."""
        at = ("queue", "tier")
        self.offered = Counter("callcenter_calls_offered", "Calls that entered a queue or were turned away.", at,
                               registry=registry)  # fmt: skip
        self.sl_outcomes = Counter(
            "callcenter_sl_outcomes", "How calls left the queue; within: no later than the tier's threshold.",
            (*at, "outcome", "within"), registry=registry,
        )  # fmt: skip
        self.sl_breaches = Counter("callcenter_sl_breaches", "Calls that waited past their threshold, at that moment.",
                                   at, registry=registry)  # fmt: skip
        self.wait = Histogram("callcenter_wait_seconds", "Wait until a person answered, or departure.", at,
                              buckets=WAIT_BUCKETS, registry=registry)  # fmt: skip
        self.offers = Counter("callcenter_offers", "Offers by their end.", ("queue", "end"), registry=registry)
        self.tasks = Counter("callcenter_tasks", "Outbound tasks by what became of them.", ("kind", "outcome"),
                             registry=registry)  # fmt: skip
        self.promises = Counter("callcenter_task_promises", "Promises kept or missed.", ("kind", "promise"),
                                registry=registry)  # fmt: skip
        self.requests = Counter("callcenter_http_requests", "Requests by route and status.", ("route", "status"),
                                registry=registry)  # fmt: skip
        self.decision = Histogram("callcenter_decision_seconds", "A posted call from its arrival to its answer.",
                                  buckets=FAST_BUCKETS, registry=registry)  # fmt: skip
        self.commit = Histogram("callcenter_journal_commit_seconds", "One group commit.", buckets=FAST_BUCKETS,
                                registry=registry)  # fmt: skip
        self.ewt = Counter("callcenter_ewt_predictions", "Expected waits that came true inside P50, P90, or later.",
                           ("queue", "result"), registry=registry)  # fmt: skip
        self._predicted: dict[str, tuple[int, int]] = {}
        self._queue_of: dict[str, str] = {}
        registry.register(Picture(self))
        self.adopt()
        on_commit = getattr(live, "on_commit", None)
        if on_commit is not None:
            on_commit.append(lambda seconds, entries: self.commit.observe(seconds))
        self._folds: dict[type[Event], Fold] = {
            ev.CallQueued: self._queued,
            ev.CallConnected: self._connected,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._overflowed,
            ev.CallRejected: self._rejected,
            ev.CallConverted: self._converted,
            ev.CallFailed: self._failed,
            ev.CallReprioritised: self._moved,
            ev.OfferEnded: self._offer_ended,
            ev.TaskReached: self._reached,
            ev.TaskCompleted: self._completed,
            ev.TaskLate: self._task_late,
            ev.TaskExpired: self._expired,
            ev.TaskCancelled: self._cancelled,
            ev.TaskSuperseded: self._superseded,
            ev.CentreAdopted: self._adopted,
        }

    def adopt(self) -> None:
        """Take the centre in force: a series born at 1 is invisible to `rate`, so all are born at 0."""
        centre = self._live.engine.centre
        self.thresholds = {t.name: t.target.within for t in centre.tiers if t.target is not None}
        for queue in centre.queues:
            for tier in centre.tiers:
                self.offered.labels(queue.name, tier.name)
                self.sl_breaches.labels(queue.name, tier.name)
                self.wait.labels(queue.name, tier.name)
                for outcome in OUTCOMES:
                    for within in ("true", "false"):
                        self.sl_outcomes.labels(queue.name, tier.name, outcome, within)
            for end in OfferEnd:
                self.offers.labels(queue.name, str(end))

    def fold(self, events: Iterable[Event]) -> None:
        """Count what happened."""
        folds = self._folds
        last = None
        for event in events:
            fold = folds.get(type(event))
            if fold is not None:
                fold(event)
            last = event
        if last is not None and self._late:
            self.pass_thresholds(last.at)

    def pass_thresholds(self, now: int) -> None:
        """Count the calls whose threshold has passed by now, at once: a jam shows before it ends."""
        for tier, waiting in self._late.items():
            while waiting:
                call_id = next(iter(waiting))
                due, queue = waiting[call_id]
                if due >= now:
                    break
                del waiting[call_id]
                self.sl_breaches.labels(queue, tier).inc()

    def predicted(self, call_id: str, p50_ms: int, p90_ms: int) -> None:
        """Remember what a caller was told first, to be scored when the call is answered."""
        self._predicted.setdefault(call_id, (p50_ms, p90_ms))

    # --- calls

    def _queued(self, event: ev.CallQueued) -> None:
        self.offered.labels(event.queue, event.tier).inc()
        within = self.thresholds.get(event.tier)
        if within is not None:
            self._late.setdefault(event.tier, {})[event.call_id] = (event.at + within, event.queue)
        self._queue_of[event.call_id] = event.queue

    def _left(self, call_id: str, queue: str, tier: str, outcome: str, waited: int) -> None:
        threshold = self.thresholds.get(tier, DEFAULT_THRESHOLD)
        within = waited <= threshold
        late = self._late.get(tier, {}).pop(call_id, None)
        if late is not None and not within:
            self.sl_breaches.labels(queue, tier).inc()
        self.sl_outcomes.labels(queue, tier, outcome, "true" if within else "false").inc()
        self.wait.labels(queue, tier).observe(waited / SECOND)
        predicted = self._predicted.pop(call_id, None)
        if predicted is not None and outcome == "answered":
            result = "p50" if waited <= predicted[0] else "p90" if waited <= predicted[1] else "later"
            self.ewt.labels(queue, result).inc()
        self._queue_of.pop(call_id, None)

    def _connected(self, event: ev.CallConnected) -> None:
        self.offers.labels(event.queue, "accepted").inc()
        self._left(event.call_id, event.queue, event.tier, "answered", when(event) - event.queued_at)

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        outcome = "abandoned_short" if event.short else "abandoned"
        self._left(event.call_id, event.queue, event.tier, outcome, when(event) - event.queued_at)

    def _turned_away(self, event: ev.CallOverflowed | ev.CallRejected, outcome: str) -> None:
        if event.call_id not in self._queue_of:  # it never came in
            self.offered.labels(event.queue, event.tier).inc()
        self._left(event.call_id, event.queue, event.tier, outcome, event.at - event.queued_at)

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        self._turned_away(event, "overflowed")

    def _rejected(self, event: ev.CallRejected) -> None:
        self._turned_away(event, "rejected")

    def _converted(self, event: ev.CallConverted) -> None:
        self._left(event.call_id, event.queue, event.tier, "converted", when(event) - event.queued_at)

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is None:
            self._left(event.call_id, event.queue, event.tier, "failed", when(event) - event.queued_at)

    def _moved(self, event: ev.CallReprioritised) -> None:
        late = self._late.get(event.tier_before, {}).pop(event.call_id, None)
        line = self._board.calls.get(event.call_id)
        within = self.thresholds.get(event.tier)
        if late is not None and line is not None and within is not None:
            tier = self._late.setdefault(event.tier, {})
            tier[event.call_id] = (line.queued_at + within, event.queue)
            self._late[event.tier] = dict(sorted(tier.items(), key=lambda entry: entry[1][0]))

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        queue = self._queue_of.get(event.subject)
        if queue is None:
            task = self._board.tasks.get(event.subject)
            line = self._board.calls.get(event.subject)
            queue = task.queue if task is not None else line.queue if line is not None else "unknown"
        self.offers.labels(queue, str(event.end)).inc()

    # --- tasks

    def _reached(self, event: ev.TaskReached) -> None:
        task = self._board.tasks.get(event.task_id)
        if event.in_time and task is not None:
            self.promises.labels(task.kind, "kept").inc()

    def _completed(self, event: ev.TaskCompleted) -> None:
        self.tasks.labels(event.kind, "completed").inc()

    def _task_late(self, event: ev.TaskLate) -> None:
        self.promises.labels(event.kind, "missed").inc()

    def _expired(self, event: ev.TaskExpired) -> None:
        self.tasks.labels(event.kind, event.cause).inc()

    def _cancelled(self, event: ev.TaskCancelled) -> None:
        self.tasks.labels(event.kind, "cancelled").inc()

    def _superseded(self, event: ev.TaskSuperseded) -> None:
        self.tasks.labels(event.kind, "superseded").inc()

    def _adopted(self, event: ev.CentreAdopted) -> None:
        self.adopt()

    # --- the scrape

    def exposition(self) -> bytes:
        """Return the text that Prometheus reads."""
        self.pass_thresholds(self._live.now())
        return generate_latest(self.registry)

    def picture(self) -> Iterator[Metric]:
        """Yield the gauges, read from the engine's cheap picture."""
        view = self._live.engine.view()
        now = self._live.now()
        depth = GaugeMetricFamily("callcenter_queue_calls", "Calls that wait.", labels=("queue", "tier"))
        oldest = GaugeMetricFamily(
            "callcenter_queue_oldest_wait_seconds", "Wait of the longest waiting call.", labels=("queue", "tier")
        )
        starving: dict[int, float] = {}
        bands = {tier.name: tier.band for tier in self._live.engine.centre.tiers}
        for row in view.queues:
            wait = 0.0 if row.oldest is None else max(0, now - row.oldest) / SECOND
            depth.add_metric((row.queue, row.tier), row.waiting)
            oldest.add_metric((row.queue, row.tier), wait)
            band = bands.get(row.tier, 0)
            starving[band] = max(starving.get(band, 0.0), wait)
        starvation = GaugeMetricFamily("callcenter_starvation_seconds", "Longest wait in a band.", labels=("band",))
        for band, wait in sorted(starving.items()):
            starvation.add_metric((str(band),), wait)
        agents = GaugeMetricFamily("callcenter_agents", "Agents by state.", labels=("group", "state"))
        for group, state, n in view.agents:
            agents.add_metric((group, state), n)
        tasks = GaugeMetricFamily("callcenter_tasks_open", "Open outbound tasks.", labels=("kind", "state", "promise"))
        counts: dict[tuple[str, str, str], int] = {}
        for task in self._board.tasks.values():
            if task.state not in TASK_ENDED:
                key = (task.kind, str(task.state), "missed" if task.late else "open")
                counts[key] = counts.get(key, 0) + 1
        for key, n in sorted(counts.items()):
            tasks.add_metric(key, n)
        target = GaugeMetricFamily("callcenter_sl_target_ratio", "The tier's target share.", labels=("tier",))
        seconds = GaugeMetricFamily("callcenter_sl_target_seconds", "The tier's threshold.", labels=("tier",))
        for tier in self._live.engine.centre.tiers:
            if tier.target is not None:
                target.add_metric((tier.name,), tier.target.share)
                seconds.add_metric((tier.name,), tier.target.within / SECOND)
        yield from (depth, oldest, starvation, agents, tasks, target, seconds)
        yield GaugeMetricFamily("callcenter_live_offers", "Offers that ring.", value=view.live_offers)
        tick = getattr(self._live, "last_tick", None) or view.now or 0
        yield GaugeMetricFamily("callcenter_last_tick_timestamp_seconds", "When the engine was last told the time.",
                                value=tick / SECOND)  # fmt: skip
        yield GaugeMetricFamily("callcenter_journal_backlog", "Commands on their way to the disk.",
                                value=getattr(self._live, "backlog", 0))  # fmt: skip
        yield GaugeMetricFamily("callcenter_last_event_seq", "The last event heard.", value=self._board.seq)


class Picture(Collector):
    """Reads the gauges when Prometheus asks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return self._metrics.picture()

    def describe(self) -> list[Metric]:
        return []
