"""Calls counted as they come, wait and leave their queue: every formula of the service level follows from it."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.events import OfferEnd, RejectReason
from callcenter.ids import is_first_segment
from callcenter.late_reports import when
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, limits_of
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Counts, Fold, Histogram, Labels, Samples
from callcenter.metrics.today import Today
from callcenter.units import SECOND

WAIT_BUCKETS_S: Final = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800)
OUTCOMES: Final = ("answered", "abandoned", "abandoned_short", "overflowed", "converted", "rejected", "failed")
FORECASTS: Final = ("p50", "p90", "later")
Left = ev.CallConnected | ev.CallAbandoned | ev.CallOverflowed | ev.CallRejected | ev.CallConverted | ev.CallFailed


class _Kind(NamedTuple):
    """What waiting calls have in common."""

    queue: str
    tier: str
    first: bool
    """The contact is judged on such a call."""
    within: int
    """Threshold, ms, as it was when they came."""


NOT_AS_THEY_ARE: Final = ("folds", "_waiting", "_in_time", "_kinds")
"""What is not kept, or as columns."""


class CallCounts:
    """Counts calls, and offers of them; keeps those that wait."""

    def __init__(self) -> None:
        self.offered: Counts = defaultdict(int)
        self.outcomes: Counts = defaultdict(int)
        self.breaches: Counts = defaultdict(int)
        self.contacts: Counts = defaultdict(int)
        """Those of first segments alone, by tier; so are the next three."""
        self.contact_outcomes: Counts = defaultdict(int)
        self.contact_breaches: Counts = defaultdict(int)
        self.contacts_late: Counts = defaultdict(int)
        self.today = Today(self.contact_outcomes)
        self.turned_away: Counts = defaultdict(int)
        self.offer_ends: Counts = defaultdict(int)
        """Those of outbound tasks are counted here too."""
        self.forecasts: Counts = defaultdict(int)
        self.waits: dict[Labels, Histogram] = {}
        self.outcome_waits: dict[Labels, Histogram] = {}
        self.late: Counts = defaultdict(int)
        """Of those who wait: past their threshold."""
        self.passed = 0
        """By when thresholds were last looked at."""
        self._thresholds: dict[str, int] = {}
        self._edges: tuple[float, ...] = ()
        self._kinds: dict[_Kind, _Kind] = {}
        """Each once, for all calls that are of it."""
        self._waiting: dict[str, _Kind] = {}
        """Call that has not left its queue → its kind; when it came is said again by the event that it leaves by."""
        self._in_time: dict[str, dict[str, int]] = {}
        """Tier → call → when it came, ms, of those whose threshold has not passed; the first comes first."""
        self._contacts: dict[str, str] = {}
        """Waiting call → its contact, where that has another name."""
        self._told: dict[str, tuple[int, int]] = {}
        """Waiting call → until when it was told to wait: in half of all cases, in nine of ten."""
        self.folds: dict[type[ev.Event], Fold] = {
            ev.CallQueued: self._queued,
            ev.OfferEnded: self._offer_ended,
            ev.CallConnected: self._connected,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._overflowed,
            ev.CallRejected: self._rejected,
            ev.CallConverted: self._converted,
            ev.CallFailed: self._failed,
        }

    def state(self) -> dict[str, Any]:
        """Return everything that is counted and kept; of those who wait columns."""
        kept = {name: value for name, value in vars(self).items() if name not in NOT_AS_THEY_ARE}
        places = {kind: n for n, kind in enumerate(dict.fromkeys(self._waiting.values()))}
        kinds = array("L", map(places.__getitem__, self._waiting.values()))
        waits = [list(self._waiting), list(places), kinds.tobytes()]
        in_time = {tier: [list(calls), array("q", calls.values()).tobytes()] for tier, calls in self._in_time.items()}
        return kept | {"_waiting": waits, "_in_time": in_time}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        names, kinds, told = state["_waiting"]
        of_kind = array("L")
        of_kind.frombytes(told)
        self._waiting = dict(zip(names, map(kinds.__getitem__, of_kind), strict=True))
        for tier, (calls, instants) in state["_in_time"].items():
            came = array("q")
            came.frombytes(instants)
            self._in_time[tier] = dict(zip(calls, came, strict=True))
        vars(self).update((name, value) for name, value in state.items() if name not in NOT_AS_THEY_ARE)

    def adopt(self, centre: Centre) -> None:
        """Take another centre: new label values begin at 0."""
        self._thresholds = limits_of(centre.tiers)
        self._kinds = {}  # those of another centre are of calls that wait from then
        edges = Histogram((*WAIT_BUCKETS_S, *(ms / SECOND for ms in self._thresholds.values()))).edges
        if edges != self._edges:  # counts by the old buckets say nothing of the new ones: they begin anew
            self._edges = edges
            self.waits = {labels: Histogram(edges) for labels in self.waits}
            self.outcome_waits = {labels: Histogram(edges) for labels in self.outcome_waits}
        self.today.adopt(centre.zone)
        for tier in centre.tiers:
            self._in_time.setdefault(tier.name, {})
            for counts in (self.contacts, self.contact_breaches, self.contacts_late):
                counts[tier.name,] += 0
            for outcome in OUTCOMES:
                self.outcome_waits.setdefault((tier.name, outcome), Histogram(edges))
                for within in ("true", "false"):
                    self.contact_outcomes[tier.name, outcome, within] += 0
        for queue in centre.queues:
            for tier in centre.tiers:
                labels = (queue.name, tier.name)
                for counts in (self.offered, self.breaches, self.late):
                    counts[labels] += 0
                self.waits.setdefault(labels, Histogram(edges))
                for outcome in OUTCOMES:
                    for within in ("true", "false"):
                        self.outcomes[*labels, outcome, within] += 0
            for end in OfferEnd:
                self.offer_ends[queue.name, str(end)] += 0
            for cause in RejectReason:
                self.turned_away[queue.name, str(cause)] += 0
            for result in FORECASTS:
                self.forecasts[queue.name, result] += 0

    def begin_anew(self) -> None:
        """Let all counts be 0; calls that wait have come before, and count no more."""
        for counts in (self.late, self.contacts_late, self.forecasts, *(counts for _, counts in self.counters())):
            counts.update(dict.fromkeys(counts, 0))
        self.waits = {labels: Histogram(self._edges) for labels in self.waits}
        self.outcome_waits = {labels: Histogram(self._edges) for labels in self.outcome_waits}
        self.today.begin_anew()
        for kept in (self._waiting, self._contacts, self._told):
            kept.clear()
        for in_time in self._in_time.values():
            in_time.clear()

    def counters(self) -> Iterator[tuple[Series, Counts]]:
        """Yield the counters that follow from events alone."""
        yield names.OFFERED, self.offered
        yield names.OUTCOMES, self.outcomes
        yield names.BREACHES, self.breaches
        yield names.CONTACTS_OFFERED, self.contacts
        yield names.CONTACT_OUTCOMES, self.contact_outcomes
        yield names.CONTACT_BREACHES, self.contact_breaches
        yield names.TURNED_AWAY, self.turned_away
        yield names.OFFER_ENDS, self.offer_ends

    def readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        """Yield the rest."""
        yield names.WAIT, self.waits
        yield names.OUTCOME_WAIT, self.outcome_waits
        yield names.EWT, self.forecasts
        yield names.WAITING_LATE, self.late
        yield names.CONTACTS_LATE, self.contacts_late
        yield names.CONTACTS_TODAY, self.today.read(now)
        yield names.DAY_BEGAN, {(): self.today.begun / SECOND}

    def pass_thresholds(self, now: int) -> None:
        """Count the calls whose threshold has passed by `now`: a jam shows before it ends."""
        self.passed = max(self.passed, now)
        for in_time in self._in_time.values():
            passed = []
            for call_id, came in in_time.items():
                kind = self._waiting[call_id]
                if came + kind.within >= now:
                    break
                passed.append(call_id)
                self._breach(kind)
                self.late[kind.queue, kind.tier] += 1
                if kind.first:
                    self.contacts_late[kind.tier,] += 1
            if len(passed) == len(in_time):
                in_time.clear()  # else its table would stay as large as it ever was
            else:
                for call_id in passed:  # not one by one from the front, which looks past all that went before
                    del in_time[call_id]

    def _breach(self, kind: _Kind) -> None:
        self.breaches[kind.queue, kind.tier] += 1
        if kind.first:
            self.contact_breaches[kind.tier,] += 1

    def told(self, call_id: str, now: int, p50_ms: int, p90_ms: int) -> None:
        """Remember what a waiting caller was told first of the rest of the wait, to be scored when it ends."""
        if call_id in self._waiting:
            self._told.setdefault(call_id, (now + p50_ms, now + p90_ms))

    def _queued(self, event: ev.CallQueued) -> None:
        self._came(event.call_id, event.contact_id, event.queue, event.tier, event.at)

    def _came(self, call_id: str, contact: str, queue: str, tier: str, at: int) -> None:
        self.offered[queue, tier] += 1
        kind = _Kind(queue, tier, is_first_segment(call_id), self._thresholds.get(tier, DEFAULT_THRESHOLD))
        if kind.first:
            self.contacts[tier,] += 1
        self._waiting[call_id] = self._kinds.setdefault(kind, kind)
        self._in_time.setdefault(tier, {})[call_id] = at
        if contact != call_id:
            self._contacts[call_id] = contact

    def _left(self, event: Left, at: int, outcome: str) -> None:
        """Count how a call left its queue, in the tier it came with."""
        call_id, came = event.call_id, event.queued_at
        kind = self._waiting.pop(call_id, None)
        if kind is None:
            return
        queue, tier, first, threshold = kind
        in_time = at <= came + threshold
        within = "true" if in_time else "false"
        if self._in_time[tier].pop(call_id, None) is None:
            self.late[queue, tier] -= 1
            if first:
                self.contacts_late[tier,] -= 1
        elif not in_time:
            self._breach(kind)
        self.outcomes[queue, tier, outcome, within] += 1
        if first:
            if at >= self.today.until:
                self.today.turn(at)
            self.contact_outcomes[tier, outcome, within] += 1
        waited_s = (at - came) / SECOND
        self._histogram(self.waits, (queue, tier)).observe(waited_s)
        contact = self._contacts.pop(call_id, call_id)
        self._histogram(self.outcome_waits, (tier, outcome)).observe_of(contact, waited_s, at)
        told = self._told.pop(call_id, None)
        if told is not None and (outcome == "answered" or at > told[1]):
            self.forecasts[queue, "p50" if at <= told[0] else "p90" if at <= told[1] else "later"] += 1

    def _histogram(self, among: dict[Labels, Histogram], labels: Labels) -> Histogram:
        found = among.get(labels)
        if found is None:
            found = among[labels] = Histogram(self._edges)
        return found

    def _connected(self, event: ev.CallConnected) -> None:
        self.offer_ends[event.queue, "accepted"] += 1
        self._left(event, event.at if event.happened_at is None else event.happened_at, "answered")

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        self._left(event, when(event), "abandoned_short" if event.short else "abandoned")

    def _turned_away(self, event: ev.CallOverflowed | ev.CallRejected, contact: str, outcome: str) -> None:
        if event.call_id not in self._waiting:  # it never came in
            self._came(event.call_id, contact, event.queue, event.tier, event.queued_at)
        self._left(event, event.at, outcome)
        self.turned_away[event.queue, str(event.reason)] += 1

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        self._turned_away(event, event.contact, "overflowed")

    def _rejected(self, event: ev.CallRejected) -> None:
        self._turned_away(event, event.contact_id, "rejected")

    def _converted(self, event: ev.CallConverted) -> None:
        self._left(event, when(event), "converted")

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is None:
            self._left(event, when(event), "failed")

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        kind = self._waiting.get(event.subject)
        if kind is not None:
            self.offer_ends[kind.queue, str(event.end)] += 1
