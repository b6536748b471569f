"""Erlang A: callers wait until an agent is free or their patience ends (M/M/n+M)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Floats
from callcenter.erlang.busy import Busy, busy_integrals
from callcenter.erlang.delay import erlang_c
from callcenter.erlang.figures import Figures, Plain, above_zero, arrays, at_least_zero, together, whole
from callcenter.erlang.loss import blocking


@dataclass(frozen=True, slots=True, eq=False)
class ErlangA(Figures):
    """What Erlang A says of each case; arrays of one shape. t is the limit `within_s`."""

    p_wait: Floats
    """Share of calls that do not find an agent free."""
    p_abandon: Floats
    """Share of calls that hang up before they are answered."""
    p_served_within_t: Floats
    """Answered within t, of all calls (`sl_all`)."""
    p_wait_le_t_given_served: Floats
    """Answered within t, of all answered (`sl_answered`); nan where none is."""
    sl_excl_abandoned_within_t: Floats
    """Answered within t, of all calls but those that hung up within t (`sl_net` with short = t)."""
    p_virtual_wait_le_t: Floats
    """Chance that a caller who never hangs up would be answered within t."""
    p_wait_le_t: Floats
    """Wait over within t, answered or hung up, of all calls (`sl_forgiving`)."""
    mean_wait_all: Floats
    """Mean wait of all calls, answered or not, seconds."""
    mean_wait_served: Floats
    """Mean wait of the answered (ASA), seconds; nan where none is."""
    mean_wait_abandoned: Floats
    """Mean wait of those who hang up, seconds; nan where none does."""
    mean_queue: Floats
    """Mean number of waiting calls."""
    occupancy: Floats
    """Share of the agents' time spent on calls."""
    stable: Bools
    """False only without end of patience at or above saturation: else those who hang up keep it stable."""

    @property
    def service_level(self) -> Floats:
        """Answered within t, of all calls."""
        return self.p_served_within_t

    @property
    def asa_s(self) -> Floats:
        """Mean wait of the answered, seconds."""
        return self.mean_wait_served

    def plain(self) -> dict[str, Plain]:
        """Return the figures for JSON; `service_level` and `asa_s` too, as Erlang C has them."""
        mine = Figures.plain(self)
        return mine | {"service_level": mine["p_served_within_t"], "asa_s": mine["mean_wait_served"]}


def weigh(load: Floats, n: Floats, patience: Floats, busy: Busy) -> Floats:
    """Return P(all agents busy): Erlang B of the agents joined to the queue's weights."""
    lost = blocking(n, load)
    with np.errstate(under="ignore", invalid="ignore"):
        queue = lost * n * patience * busy.all
        return np.where(queue > 0, queue / ((1.0 - lost) * np.exp(-busy.log_peak) + queue), 0.0)


def _impatient(load: Floats, n: Floats, aht: Floats, patience: Floats, limit: Floats) -> list[Floats]:
    """Return the figures in the order of `ErlangA` for n above 0 and finite patience, shape (m,)."""
    busy = busy_integrals(load, n, patience / aht, limit / patience, waits=True)
    waits = weigh(load, n, patience / aht, busy)
    lost = waits * busy.lost / busy.all
    served = 1.0 - waits + waits * busy.served / busy.all
    served_within = 1.0 - waits + waits * busy.served_within / busy.all
    with np.errstate(invalid="ignore", divide="ignore"):
        return [
            waits,
            lost,
            served_within,
            np.minimum(served_within / served, 1.0),
            np.minimum(served_within / (1.0 - waits * busy.lost_within / busy.all), 1.0),
            1.0 - waits * busy.beyond / busy.all,
            np.minimum(served_within + waits * busy.lost_within / busy.all, 1.0),
            lost * patience,
            waits * busy.served_wait / busy.all / served * patience,
            np.where(lost > 0, busy.lost_wait / busy.lost * patience, np.nan),
            lost * patience * load / aht,
            np.minimum(load * served / n, 1.0),
        ]


def erlang_a(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    patience_s: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    within_s: npt.ArrayLike = 0.0,
) -> ErlangA:
    """Return waits, abandonment and all five service levels where callers hang up.

    Assumes Poisson arrivals, exponential handling times and patience, one queue served in order of
    arrival, agents always staffed, nobody rings again (see `redial_after_abandoning`).

    Args:
        load_erl: Offered load, erlangs (arrivals per second × AHT), from 0, any shape.
        agents: Agents on duty, count, from 0.
        patience_s: Mean patience, seconds, above 0; infinite gives Erlang C.
        aht_s: Mean handling time, seconds, above 0. Left out, times are in handling times.
        within_s: Limit of the service level, seconds, from 0.

    Returns:
        `ErlangA`, each array of the broadcast shape. Above saturation it stays finite: those who hang
        up keep it stable. Without agents everybody hangs up; without load nobody waits.

    Raises:
        BadFigure: A negative or NaN figure, an AHT or patience of 0, agents not whole.

    Source: C. Palm (1943); Garnett, Mandelbaum and Reiman, M&SOM 4(3), 2002; the integrals of
    S. Zeltyn and A. Mandelbaum, Queueing Systems 51, 2005.

    >>> answer = erlang_a(load_erl=10, agents=[13, 14], aht_s=180, patience_s=300, within_s=20)
    >>> answer.p_served_within_t.round(4), answer.p_abandon.round(4)
    (array([0.8582, 0.9168]), array([0.025, 0.014]))
    """
    load, n, aht, patience, limit = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents),
        aht_s=above_zero("aht_s", aht_s),
        patience_s=above_zero("patience_s", patience_s, infinite=True),
        within_s=at_least_zero("within_s", within_s, infinite=True),
    )
    endless = np.isinf(patience)
    nobody = n == 0
    finite = np.where(endless, aht, patience)
    flat = [x.ravel() for x in (load, np.where(nobody, 1.0, n), aht, finite, limit)]
    figures = [f.reshape(load.shape) for f in _impatient(*flat)]
    if np.any(nobody):
        calls = nobody & (load > 0)
        by_then = -np.expm1(-limit / finite)
        empty = [1.0, 1.0, 0.0, np.nan, 0.0, 0.0, by_then, finite, np.nan, finite, finite * load / aht, 0.0]
        figures = [np.where(calls, np.asarray(e), f) for e, f in zip(empty, figures, strict=True)]
    if np.any(endless):
        c = erlang_c(load_erl=load, agents=n, aht_s=aht, within_s=limit)
        level, wait, none = c.service_level, c.asa_s, np.zeros(())
        calm = [
            c.p_wait,
            none,
            level,
            level,
            level,
            level,
            level,
            wait,
            wait,
            none + np.nan,
            c.mean_queue,
            c.occupancy,
        ]
        figures = [np.where(endless, np.asarray(e), f) for e, f in zip(calm, figures, strict=True)]
    stable = np.asarray(~endless | (load < n) | (load == 0))
    p_wait, lost, within, of_served, net, virtual, over, mean, asa, of_lost, queue, busy = arrays(*figures)
    return ErlangA(p_wait, lost, within, of_served, net, virtual, over, mean, asa, of_lost, queue, busy, stable)
