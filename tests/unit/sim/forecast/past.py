"""Pasts with a known truth: weekday pattern, trend, holidays, day-to-day noise."""

from collections.abc import Callable

import numpy as np

from sim.fit.calllog import CallLog, read_log
from sim.fit.columns import read_columns
from sim.forecast.history import weekday_of
from sim.streams import Chance

MAP = """
version: 1
arrival: {column: at, as: iso}
wait: w
service: s
outcome: {column: o, answered: [A], abandoned: [B]}
tier: {column: t, values: {"1": gold}, default: basic}
"""
MONDAY = 20514
"""2026-03-02."""
WEEK = (1.3, 1.1, 1.0, 1.0, 0.9, 0.3, 0.0)
"""Closed on Sundays."""
HOURS = (1.0, 2.0, 4.0, 3.0, 2.0, 4.0, 3.0, 1.0)
"""From 9:00 to 17:00."""


def usual(day: int) -> float:
    return 200.0 * WEEK[weekday_of(day)]


def past_of(
    days: int,
    expected: Callable[[int], float] = usual,
    *,
    cv: float = 0.05,
    seed: int = 1,
    talk_s: Callable[[float], float] = lambda hour: 180.0,
) -> CallLog:
    """Return a log of that many days from a Monday on; `expected` gives the calls of a day."""
    rng = Chance(seed, 0).generator("past")
    shares = np.array(HOURS) / sum(HOURS)
    rows = ["at,w,s,o,t"]
    for day in range(MONDAY, MONDAY + days):
        busy = 1 / cv**2
        total = expected(day) * rng.gamma(busy, 1 / busy)
        date = np.datetime64("1970-01-01") + day
        for hour, count in enumerate(rng.poisson(total * shares)):
            for second in np.sort(rng.integers(0, 3600, count)):
                talk = rng.gamma(2.0, talk_s(9 + hour) / 2)
                tier = int(rng.random() < 0.25)
                clock = f"{9 + hour:02d}:{second // 60:02d}:{second % 60:02d}"
                rows.append(f"{date}T{clock},0,{talk:.1f},A,{tier}")
    return read_log("\n".join(rows).encode(), read_columns(MAP, "map.yaml"), "past.csv")
