"""A row of the day's book: counts and sums of a half hour → the figures that are told, live and simulated."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callcenter.centre import Centre
from callcenter.lifecycle.cells import CLOSED_AFTER, HALF_HOUR, RESULTS, TALKING, WAITED, WRAPPING, Key, tally
from callcenter.lifecycle.measures import FORMULAS, OUTCOMES, occupied_ms, service_level
from callcenter.tiers import Target

Plain = dict[str, Any]
PlanKey = tuple[int, str, str]
"""Begin, queue, group."""
CALLED: Final = ("made", "attempts", "reached", "kept", "solved", "unsolved")
BY: Final = ("queue", "tier", "group")
QUANTILES: Final = {"wait_p50_s": 0.5, "wait_p95_s": 0.95, "wait_p99_s": 0.99}
"""Of all who were answered or gave up, as the simulator's are."""
SECONDS: Final = ("asa_s", "wait_mean_s", *QUANTILES, "wait_max_s", "aht_s", "talk_s", "hold_s", "wrap_up_s")
PEOPLE: Final = ("agents_present", "occupancy", "agents_planned", "adherence", "calls_forecast", "aht_forecast_s")
KINDS: Final[Mapping[str, type]] = {
    "start": str, **dict.fromkeys(BY, str), "closed": bool, "version": int,
    **dict.fromkeys(("offered", "transferred_in", *OUTCOMES, "short_abandoned", *RESULTS[::-1]), int),
    **dict.fromkeys((*FORMULAS, "target_share", "target_within_s"), float), "met": bool,
    **dict.fromkeys((*SECONDS, *PEOPLE), float),
    **dict.fromkeys((*(f"callbacks_{what}" for what in CALLED), "callbacks_owed"), int),
    **dict.fromkeys((f"outreach_{what}" for what in CALLED), int),
}  # fmt: skip
"""Column → what is in it, in order: the same in every format, whether there are rows or not."""


def row_of(
    centre: Centre, key: Key, sums: Mapping[str, int], by: Sequence[str], plans: Mapping[PlanKey, Plain], now: int,
    corrected: int = 0, until: int | None = None,
) -> Plain:  # fmt: skip
    """Return a row of the book, but for how its `start` is written.

    Args:
        centre: Whose targets are in force.
        key: Begin, queue, tier and group; empty where they are added up.
        sums: Counts and sums.
        by: Along what the rows are told.
        plans: What was planned.
        now: Decides what is closed, so that who waits still is late, and how much of a half hour is over.
        corrected: How often it was corrected since it was closed.
        until: End of the stretch that the row is about, where that is no half hour but a day: who was there is then not
            told, for a mean over the hours in which a centre is closed says nothing.
    """
    begin, *names = key
    half_hour = until is None
    end = begin + HALF_HOUR if until is None else until
    closed = now >= end + CLOSED_AFTER
    counts = tally(sums, late=closed)
    target = target_of(centre, key[2], by)
    level = service_level(counts)
    answered, decided = counts.answered, counts.answered + counts.abandoned
    waited = sums.get("wait_answered_ms", 0)
    talked = answered - sums.get(TALKING, 0)
    wrapped = talked - sums.get(WRAPPING, 0)
    present = half_hour and not key[1] and not key[2]  # presence has a group, and no queue or tier
    ready = sums.get("logged_in_ms", 0) - sums.get("not_ready_ms", 0)
    occupied = occupied_ms(sums)
    over = min(now, end) - begin  # of a half hour that runs nobody was there yet in what is left of it
    there = sums.get("logged_in_ms", 0) / over if present and over > 0 else None
    # Of calls that are over: those that go on would count as if they had ended at once.
    talk_s = sums.get("call_talk_ms", 0) / talked / 1000 if talked else None
    wrap_up_s = sums.get("call_wrap_ms", 0) / wrapped / 1000 if wrapped else None
    plan = planned(plans, begin, end, key[1], key[3], by)
    return {
        **{name: said for name, said in zip(BY, names, strict=True) if name in by},
        "closed": closed,
        "version": 1 + corrected if closed else 0,
        "offered": counts.offered,
        "transferred_in": sums.get("transferred_in", 0),
        **{outcome: getattr(counts, outcome) for outcome in OUTCOMES},
        "short_abandoned": counts.short_abandoned,
        **{name: sums.get(name, 0) for name in RESULTS[::-1]},
        **{formula: service_level(counts, formula) for formula in FORMULAS},
        "target_share": None if target is None else target.share,
        "target_within_s": None if target is None else target.within / 1000,
        "met": None if target is None or level is None else level >= target.share,
        "asa_s": waited / answered / 1000 if answered else None,
        "wait_mean_s": (waited + sums.get("wait_abandoned_ms", 0)) / decided / 1000 if decided else None,
        **{name: wait_quantile(sums, share) for name, share in QUANTILES.items()},
        "wait_max_s": sums.get("wait_max_ms", 0) / 1000 if decided else None,
        "aht_s": talk_s + wrap_up_s if talk_s is not None and wrap_up_s is not None else None,
        "talk_s": talk_s,
        "hold_s": sums.get("call_hold_ms", 0) / talked / 1000 if talked else None,
        "wrap_up_s": wrap_up_s,
        "agents_present": there,
        "occupancy": min(1.0, occupied / ready) if present and ready > 0 else None,
        "agents_planned": plan["agents"] if half_hour else None,
        "adherence": there / plan["agents"] if there is not None and plan["agents"] and now >= end else None,
        "calls_forecast": plan["calls"],
        "aht_forecast_s": plan["aht_s"],
        **{f"callbacks_{what}": sums.get(f"callbacks_{what}", 0) for what in CALLED},
        "callbacks_owed": sums.get("callbacks_made", 0) - sums.get("callbacks_done", 0),
        **{f"outreach_{what}": sums.get(f"outreach_{what}", 0) for what in CALLED},
    }


def wait_quantile(sums: Mapping[str, float], share: float) -> float | None:
    """Return what a share of those answered or gone waited at most, s, to the step in which waits are counted.

    Args:
        sums: Counts and sums of a cell, or means of them.
        share: 0 to 1.

    Returns:
        The least wait that so many do not exceed, rounded down to a tenth of a second below 10 s, to a second below
        five minutes; None: nobody was.

    >>> wait_quantile({"waited_0": 8, "waited_20000": 1, "waited_31000": 1}, 0.95)
    31.0
    """
    waits = sorted((int(name.removeprefix(WAITED)), n) for name, n in sums.items() if name.startswith(WAITED) and n)
    left = share * sum(n for _, n in waits)
    for wait, n in waits:
        left -= n
        if left <= 1e-9:  # counts may be means over replications
            return wait / 1000
    return None


def columns_of(by: Sequence[str]) -> list[str]:
    """Return the columns of rows that are told along `by`, in order."""
    return [name for name in KINDS if name not in BY or name in by]


def target_of(centre: Centre, tier: str, by: Sequence[str]) -> Target | None:
    """Return the target of a row: its tier's; of several tiers only where all that have one have the same."""
    targets = [t.target for t in centre.tiers if t.target is not None and ("tier" not in by or t.name == tier)]
    alike = {(target.share, target.within) for target in targets}
    return targets[0] if len(alike) == 1 else None


def planned(plans: Mapping[PlanKey, Plain], begin: int, end: int, queue: str, group: str, by: Sequence[str]) -> Plain:
    """Return what was planned for a row; null where nothing was, or where it cannot be told along this."""
    found: Plain = {"agents": None, "calls": None, "aht_s": None}
    if "tier" in by:
        return found
    mine = [
        plan
        for (at, q, g), plan in plans.items()
        if begin <= at < end and ("queue" not in by or q == queue) and ("group" not in by or g == group)
    ]
    for name in ("agents", "calls"):
        said = [plan[name] for plan in mine if plan[name] is not None]
        found[name] = sum(said) if said else None
    weighed = [(p["calls"], p["aht_s"]) for p in mine if p["calls"] and p["aht_s"] is not None]
    if weighed:
        found["aht_s"] = sum(calls * aht for calls, aht in weighed) / sum(calls for calls, _ in weighed)
    return found
