"""A forecaster's formula for comparison: Erlang A with agents counted from the log.

Each half hour by itself, in equilibrium: its calls, its agents at work (whole, one at least), one handling time (talk
and time off the phone while callers wait) and one exponential patience, both learnt on the train dates. No tiers, no
teams.
"""

from collections.abc import Sequence

import numpy as np

from callcenter.config.words import date_text
from callcenter.erlang import erlang_a
from sim.analysis.fit.arrivals import counts
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.offphone import OffPhones, off_phone
from sim.analysis.fit.outofsample import WITHIN_S
from sim.analysis.fit.presence import presence
from sim.analysis.fit.staffing import whole_agents
from sim.analysis.fit.teams import teams


def erlang_a_figures(log: CallLog, train: Sequence[str], test: Sequence[str]) -> dict[str, float]:
    """Return the figures of the test dates as Erlang A has them, weighted by calls.

    Args:
        log: Holds both.
        train: Dates as 1999-02-01.
        test: Likewise.
    """
    places = {date_text(day): day for day in log.days()}
    learnt = log.on([places[date] for date in train])
    away = off_phone(learnt, teams(learnt))
    days = sorted(places[date] for date in test)
    tested = log.on(days)
    there = presence(tested, days)
    calls = counts(tested, days).sum(axis=1)
    agents = np.stack([whole_agents(there.by_team[:, row], there.seen[row]).sum(axis=0) for row in range(len(days))])
    here = calls > 0
    aht_s = _handling_s(learnt, away)
    told = erlang_a(
        load_erl=calls[here] * aht_s / there.interval_s, agents=np.maximum(agents[here], 1), aht_s=aht_s,
        patience_s=_patience_s(learnt), within_s=WITHIN_S,
    )  # fmt: skip
    figures = {
        "sl_all": told.p_served_within_t, "abandonment": told.p_abandon, "mean_wait_s": told.mean_wait_all,
        "no_wait": 1 - told.p_wait,
    }  # fmt: skip
    return {name: float(np.average(values, weights=calls[here])) for name, values in figures.items()}


def _handling_s(log: CallLog, away: OffPhones | None) -> float:
    known = log.service[log.answered & (log.service > 0) & (log.service <= log.columns.longest_service)]
    return float(known.mean()) + (away.busy.mean_s if away is not None else 0.0)


def _patience_s(log: CallLog) -> float:
    """Return the mean of an exponential patience: all time waited, by those who hung up."""
    left = int(log.abandoned.sum())
    return float(np.nansum(log.wait)) / left if left else float("inf")
