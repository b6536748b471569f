"""What Prometheus would be told of a day, held against the ledger that the figures come from: two folds, one truth."""

from collections import Counter, defaultdict

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.lifecycle.ledger import Ledger
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, Tally
from callcenter.metrics.counting import Counting


def counted_as_measured(first: Centre, history: list[ev.Event], now: int) -> None:
    """Compare every count with the ledger's, queue by queue and tier by tier, and agents' time by group."""
    ledger, counting = Ledger(), Counting(first)
    ledger.fold(history)
    counting.fold(history)
    ledger.close(now)  # type: ignore[arg-type]
    for _ in counting.readings(now):
        pass
    adopted = any(isinstance(event, ev.CentreAdopted) for event in history[1:])
    _calls(first, ledger, counting, now, judged=not adopted)
    _time(ledger, counting)
    _tasks(ledger, counting)


def _calls(centre: Centre, ledger: Ledger, counting: Counting, now: int, *, judged: bool) -> None:
    limits = {t.name: t.target.within if t.target else DEFAULT_THRESHOLD for t in centre.tiers}
    tallies: defaultdict[tuple[str, ...], Tally] = defaultdict(Tally)
    contacts: defaultdict[str, Tally] = defaultdict(Tally)
    for record in ledger.calls:
        limit = limits.get(record.tier, DEFAULT_THRESHOLD)
        record.count(tallies[record.queue, record.tier], limit, now)  # type: ignore[arg-type]
        if record.first_segment:
            record.count(contacts[record.tier], limit, now)  # type: ignore[arg-type]
    calls = counting.calls
    for tier, tally in contacts.items():
        assert calls.contacts[tier,] == tally.offered
        left = sum(n for (t, *_), n in calls.contact_outcomes.items() if t == tier)
        assert left == tally.offered - tally.open
        if judged:
            assert calls.contact_outcomes[tier, "answered", "true"] == tally.answered_in
            assert calls.contacts_late[tier,] == tally.open_late
            late = sum(n for (t, _, within), n in calls.contact_outcomes.items() if (t, within) == (tier, "false"))
            assert calls.contact_breaches[tier,] == late + tally.open_late
    for (queue, tier), tally in tallies.items():

        def n(*outcomes: str, within: tuple[str, ...] = ("true", "false"), at: tuple[str, str] = (queue, tier)) -> int:
            return sum(calls.outcomes[*at, outcome, w] for outcome in outcomes for w in within)

        assert calls.offered[queue, tier] == tally.offered
        assert n("answered") == tally.answered
        assert n("abandoned", "abandoned_short") == tally.abandoned
        assert n("abandoned_short") == tally.short_abandoned
        for outcome in ("overflowed", "converted", "rejected", "failed"):
            assert n(outcome) == getattr(tally, outcome), outcome
        assert sum(calls.waits[queue, tier].counts) <= tally.offered - tally.open
        if judged:
            assert n("answered", within=("true",)) == tally.answered_in
            assert n("abandoned", "abandoned_short", within=("true",)) == tally.abandoned_in
            assert calls.late[queue, tier] == tally.open_late
            everyone = ("answered", "abandoned", "abandoned_short", "overflowed", "converted", "rejected", "failed")
            assert calls.breaches[queue, tier] == n(*everyone, within=("false",)) + tally.open_late
    assert sum(calls.offered.values()) == len(ledger.calls)


def _time(ledger: Ledger, counting: Counting) -> None:
    spent: Counter[tuple[str, ...]] = Counter()
    for span in ledger.spans:
        # Ringing and being there are counted whole; what an agent has in hand by the share it takes.
        whole = span.what in ("ring", "logged_in", "not_ready")
        spent[span.group, span.what] += (span.end - span.begin) * (100 if whole else span.cost)
    for record in ledger.calls:
        if record.outcome == "answered" and record.left_at is not None and record.offered_at is not None:
            spent[record.group or "", "ring"] += (record.left_at - record.offered_at) * 100
            spent[record.group or "", "hold"] += record.hold_ms * record.cost
            spent[record.group or "", "talk"] += (record.talk_ms or 0) * record.cost
    meters = counting.time.by_group
    for labels, ms in meters._shown.items():
        if labels[1] in ("logged_in", "not_ready") or not meters._running[labels]:
            assert ms == spent[labels], labels


def _tasks(ledger: Ledger, counting: Counting) -> None:
    tasks = counting.tasks
    kinds = Counter((str(task.kind), task.tier) for task in ledger.tasks)
    assert {labels: n for labels, n in tasks.scheduled.items() if n} == kinds
    standing = _standing(counting)
    for kind, tier in kinds:
        mine = [task for task in ledger.tasks if (str(task.kind), task.tier) == (kind, tier)]
        ends = Counter(task.outcome for task in mine if task.outcome != "open")
        assert {outcome: n for (*of, outcome), n in tasks.ended.items() if of == [kind, tier] and n} == ends
        # What a late report says of a promise that has passed comes too late for a counter.
        assert tasks.promises[kind, tier, "kept"] == sum(task.reached_in_time and not task.late for task in mine)
        for said, solved in (("yes", True), ("no", False)):
            assert tasks.solved[kind, tier, said] == sum(task.solved is solved for task in mine)
    for kind in dict.fromkeys(kind for kind, _ in kinds):
        undecided = sum(n for (k, _, promise), n in standing.items() if k == kind and promise == "open")
        made = sum(n for (k, _), n in kinds.items() if k == kind)
        assert sum(n for (k, *_), n in tasks.promises.items() if k == kind) + undecided == made


def _standing(counting: Counting) -> dict[tuple[str, ...], int]:
    from callcenter.metrics import catalogue

    return dict(dict(counting.tasks.readings(0))[catalogue.TASKS_OPEN])  # type: ignore[arg-type]
