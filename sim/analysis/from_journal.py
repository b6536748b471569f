"""What a live journal says about the days it holds, as a scenario: for `callcenter replay --centre OTHER`.

Recorded accepts and hang-ups make no sense under another policy: what is kept is who rang when and how long they
talked. Patience is only known of those who hung up; of the others it is known to be longer (censored). Who was there
is read from presence, per group and interval. What nobody was asked is not known: the answer is an estimate.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.centre import Centre
from callcenter.errors import BadInput
from callcenter.events import Event, OfferEnd, OfferEnded
from callcenter.hours import weekday
from callcenter.lifecycle.ledger import Ledger
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, CallRecord, Tally, limits_of, service_level
from callcenter.scenario import Desk, Horizon, Law, LawKind, RecordedCall, Rule, Scenario, Staffing
from callcenter.tiers import Tier
from callcenter.units import DAY, MINUTE, SECOND, Millis
from sim.analysis.fit.survival import MIN_EVENTS, fit_censored

MOST_DAYS: Final = 7
"""The last ones, of a longer journal."""
STEP: Final = Millis(15 * MINUTE)
MOST_VALUES: Final = 2_000
"""Of an empirical law: more tell nothing new."""


@dataclass(frozen=True, slots=True)
class Lived:
    """The days of a journal: first segments of contacts, who was there, when it ends."""

    first_day: int
    days: int
    calls: tuple[CallRecord, ...]
    ledger: Ledger
    missed: dict[str, int]
    """Offers that nobody answered, by group."""
    until: Millis


def live_through(events: Iterable[Event], centre: Centre, until: Millis) -> Lived:
    """Fold a journal's events; `centre` says where midnight is.

    Raises:
        BadInput: nobody rang.
    """
    ledger = Ledger()
    missed: dict[str, int] = {}

    def heard() -> Iterable[Event]:
        for event in events:
            if isinstance(event, OfferEnded) and event.end == OfferEnd.NO_ANSWER:
                missed[event.group] = missed.get(event.group, 0) + 1
            yield event

    ledger.fold(heard())
    ledger.close(until)
    calls = [record for record in ledger.calls if record.first_segment]
    if not calls:
        raise BadInput("the journal holds no call: there is nothing to estimate from")
    local = centre.zone.local
    last = local(calls[-1].queued_at) // DAY
    first = max(local(calls[0].queued_at) // DAY, last - MOST_DAYS + 1)
    kept = tuple(record for record in calls if local(record.queued_at) // DAY >= first)
    return Lived(first, last - first + 1, kept, ledger, missed, until)


def scenario_of(lived: Lived, centre: Centre, replications: int, seed: int) -> Scenario:
    """Return the days of a journal as they could come to another centre.

    Raises:
        BadInput: the centre lacks a queue, tier or group that the journal needs; or no call was answered.
    """
    _check_names(lived, centre)
    base = lived.first_day * DAY
    local = centre.zone.local
    recorded = tuple(
        RecordedCall(
            Millis(local(call.queued_at) - base), call.queue, call.tier, call.customer,
            None if call.talk_ms is None else call.talk_ms / SECOND,
        )
        for call in lived.calls
    )  # fmt: skip
    groups = [group.name for group in centre.groups]
    return Scenario(
        f"{centre.name}-estimate",
        centre,
        Horizon(lived.first_day, lived.days),
        recorded=tuple(sorted(recorded, key=lambda call: call.at)),
        handling=_handling(lived.calls),
        patience=_patience(lived.calls),
        wrap_up=_wrap_up(lived.calls),
        staffing=there_by_day(lived, centre),
        desks=tuple(_desk(lived, group) for group in groups),
        replications=replications,
        seed=seed,
    )


def observed(lived: Lived, tiers: Sequence[Tier], name: str | None) -> dict[str, float | int | None]:
    """Return what happened to the calls of a tier (None: of all), each judged by its own tier's threshold."""
    tally = Tally()
    thresholds = limits_of(tiers)
    for call in lived.calls:
        if name is None or call.tier == name:
            call.count(tally, thresholds.get(call.tier, DEFAULT_THRESHOLD), lived.until)
    return {
        "offered": tally.offered,
        "answered": tally.answered,
        "abandoned": tally.abandoned,
        "sl_net": service_level(tally),
        "abandonment": tally.abandoned / tally.offered if tally.offered else None,
    }


def _check_names(lived: Lived, centre: Centre) -> None:
    for what, used, known in (
        ("queue", [call.queue for call in lived.calls], [queue.name for queue in centre.queues]),
        ("tier", [call.tier for call in lived.calls], [tier.name for tier in centre.tiers]),
        ("group", [span.group for span in lived.ledger.spans], [group.name for group in centre.groups]),
    ):
        missing = [name for name in dict.fromkeys(used) if name not in known]
        if missing:
            raise BadInput(
                "centre {centre!r} lacks {what} {missing!r}, which the journal has: add it",
                centre=centre.name,
                what=what,
                missing=missing[0],
            )


def _empirical(times_s: Sequence[float]) -> Law:
    values = np.sort(np.asarray(times_s, dtype=np.float64))
    if len(values) > MOST_VALUES:
        values = np.quantile(values, np.linspace(0.0, 1.0, MOST_VALUES))
    if len(values) == 1 or values[0] == values[-1]:
        return Law(LawKind.DETERMINISTIC, float(values[0]))
    return Law(LawKind.EMPIRICAL, values_s=tuple(float(value) for value in values), smooth=True)


def _by(calls: Sequence[CallRecord], key: Callable[[CallRecord], str]) -> dict[str, list[CallRecord]]:
    found: dict[str, list[CallRecord]] = {}
    for call in calls:
        found.setdefault(key(call), []).append(call)
    return found


def _handling(calls: Sequence[CallRecord]) -> tuple[Rule, ...]:
    """Return how long those talk who were not answered: as the others of their queue did."""
    talks = [call for call in calls if call.talk_ms]
    if not talks:
        raise BadInput("no call of the journal was answered and ended: nothing tells how long people talk")
    rules = [
        Rule(_empirical([(call.talk_ms or 0) / SECOND for call in some]), queues=(queue,))
        for queue, some in _by(talks, lambda call: call.queue).items()
        if len(some) >= MIN_EVENTS
    ]
    return (*rules, Rule(_empirical([(call.talk_ms or 0) / SECOND for call in talks])))


def _patience(calls: Sequence[CallRecord]) -> tuple[Rule, ...]:
    """Return how long people wait: those who hung up say it, the others waited longer."""

    def law(some: Sequence[CallRecord]) -> Law:
        known = [call for call in some if call.left_at is not None]
        waits = np.array([((call.left_at or 0) - call.queued_at) / SECOND for call in known])
        return fit_censored(waits, np.array([call.outcome == "abandoned" for call in known], dtype=np.bool_)).law

    rules = [
        Rule(law(some), tiers=(tier,))
        for tier, some in _by(calls, lambda call: call.tier).items()
        if sum(call.outcome == "abandoned" for call in some) >= MIN_EVENTS
    ]
    return (*rules, Rule(law(calls)))


def _wrap_up(calls: Sequence[CallRecord]) -> tuple[Rule, ...]:
    worked = [call.wrap_ms / SECOND for call in calls if call.talk_ms and call.wrap_ms]
    return (Rule(_empirical(worked)),) if worked else ()


def there_by_day(lived: Lived, centre: Centre) -> tuple[Staffing, ...]:
    """Return who was there on each day of a journal, logged in and not on a break, by group and quarter of an hour."""
    return tuple(_staffing(lived, centre, [group.name for group in centre.groups]))


def _staffing(lived: Lived, centre: Centre, groups: Sequence[str]) -> Iterable[Staffing]:
    """Yield who was there (logged in, and not on a break) in each interval of each day."""
    steps = DAY // STEP
    there = {group: np.zeros(lived.days * steps) for group in groups}
    for span in lived.ledger.spans:
        if span.what in {"logged_in", "not_ready"}:
            begin, end = (centre.zone.local(at) - lived.first_day * DAY for at in (span.begin, span.end))
            edges = np.arange(lived.days * steps + 1) * STEP
            cover = np.clip(np.minimum(end, edges[1:]) - np.maximum(begin, edges[:-1]), 0, STEP) / STEP
            there[span.group] += cover if span.what == "logged_in" else -cover
    for day in range(lived.days):
        for group in groups:
            heads = tuple(int(n + 0.5) for n in there[group][day * steps : (day + 1) * steps].clip(0).tolist())
            if any(heads):
                yield Staffing(group, heads, interval=STEP, weekdays=(weekday((lived.first_day + day) * DAY),))


def _desk(lived: Lived, group: str) -> Desk:
    """Return how the people of a group answer: how long it rings, how often nobody comes."""
    rings = [
        ((call.left_at or 0) - call.offered_at) / SECOND
        for call in lived.calls
        if call.group == group and call.offered_at is not None
    ]
    missed = lived.missed.get(group, 0)
    ring = _empirical(rings) if rings else Law(LawKind.DETERMINISTIC, 0.0)
    return Desk(group, ring=ring, miss=missed / (missed + len(rings)) if missed else 0.0)
