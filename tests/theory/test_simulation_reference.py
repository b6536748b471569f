"""Every public reference case of a queue that can be lived through, run through the whole simulator.

Allowed is: 4 standard errors over independent replications (a share's is at least that of so many independent
calls) + the tolerance that the case states + a millisecond, to which the simulator rounds times. With some 250
figures compared, 4 errors of 20 replications are passed by chance about once in five such sets; the seed is fixed.
The long form (`-m slow`) lives through ten to fifteen times as many calls.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Any

import numpy as np
import pytest

from callcenter import erlang
from callcenter.lifecycle.measures import service_level
from callcenter.scenario import Busyness, Law, LawKind, Scenario
from tests.theory.queues import (
    Lived,
    Measured,
    Model,
    equilibrium,
    exponential,
    live,
    over_replications,
    relaxation_s,
    stationary,
    terminating,
)
from tests.theory.reference import cases_of

MODELS = ("erlang_c", "erlang_a", "priority_mmc", "priority_abandonment", "retrial", "simulation")
COUNT = 54
NOT_RUN = {"ec_unstable": "as many calls as the agents can take: no steady state to run into"}
NOT_SEEN = {
    "p_virtual_wait_le_t": "the wait of a caller who never hangs up, which nobody has lived through",
    "offered_load_erlangs": "an input",
}
"""Figures of a case that no run can show."""
SHORT, LONG = 1, 10
REPLICATIONS, CALLS, LONG_CALLS = 20, 600, 900
"""Calls of one replication and unit of length, in the short form and in the long one."""
SLOW_START = 1_500
"""More calls than this to forget an empty start: such queues start in equilibrium instead."""
MS = 0.001
WHITT_SERVICE_S = 100.0
"""Cases in mean service times are lived through with this one."""


@dataclass(frozen=True)
class Found:
    """A measured figure: a share, a time (in units of `unit_s`) or a plain number."""

    measured: Measured
    share: bool = False
    unit_s: float | None = None

    def agrees(self, expected: float, tolerance: float) -> bool:
        unit = self.unit_s or 1.0
        rounding = MS if self.unit_s else 1e-6
        allowed = self.measured.allows(expected * unit, share=self.share) + tolerance * unit + rounding
        return abs(self.measured.value - expected * unit) <= allowed


Results = dict[str, Any]
"""Figure → Found, or a list of them (by tier, by hour); None where it is undefined, as it should be."""
Pick = Callable[[Lived], Any]


class Queue:
    """Figures of a stationary run, by tier or of all."""

    def __init__(self, lived: list[Lived], unit_s: float = 1.0) -> None:
        self.lived, self.unit_s = lived, unit_s

    def _sum(self, above: Pick, below: Pick, tier: int | None) -> Measured:
        def total(pick: Pick) -> list[float]:
            masks = [x.tier >= 0 if tier is None else x.tier == tier for x in self.lived]
            return [float(pick(x)[mask].sum()) for x, mask in zip(self.lived, masks, strict=True)]

        return over_replications(total(above), total(below))

    def share(self, which: Pick, among: Pick | None = None, tier: int | None = None) -> Found:
        of = among or (lambda x: x.tier >= 0)
        return Found(self._sum(lambda x: which(x) & of(x), of, tier), share=True)

    def mean_wait(self, among: Pick | None = None, tier: int | None = None, power: int = 1) -> Found:
        of = among or (lambda x: x.tier >= 0)
        measured = self._sum(lambda x: x.wait_s**power * of(x), of, tier)
        return Found(measured, unit_s=self.unit_s**power)

    def mean_queue(self, tier: int | None = None) -> Found:
        return Found(over_replications([x.waiting_time(tier) for x in self.lived], [x.window_s for x in self.lived]))

    def occupancy(self) -> Found:
        spans = [x.figures.spans["g"] for x in self.lived]
        return Found(over_replications([s["talk"] for s in spans], [s["logged_in"] for s in spans]))


def answered(x: Lived) -> Any:
    return x.answered


def abandoned(x: Lived) -> Any:
    return x.abandoned


def waited(x: Lived) -> Any:
    return x.waited


def within(limit_s: float) -> Pick:
    return lambda x: x.wait_s <= limit_s


def both(one: Pick, other: Pick) -> Pick:
    return lambda x: one(x) & other(x)


def run(model: Model, factor: int, *, aht_s: float, patience_s: float = inf, unit_s: float = 1.0) -> Queue:
    """Live through a stationary model for a number of calls that suits the test."""
    rate = sum(model.per_s)
    replications = REPLICATIONS if factor == SHORT else 2 * REPLICATIONS
    calls = CALLS if factor < LONG else LONG_CALLS
    measured_s = calls / rate * factor * REPLICATIONS / replications
    load = rate * aht_s
    remembers = relaxation_s(load, model.agents, aht_s) if load < model.agents else inf
    warm_up_s = 5 * min(remembers, aht_s + patience_s)
    plain = len(model.per_s) == 1 and model.handling.kind is LawKind.EXPONENTIAL and model.redial is None
    start = None
    if plain and warm_up_s * rate > SLOW_START:
        start = equilibrium(load, model.agents, aht_s, patience_s, replications)
        warm_up_s = 0.0
    scenario = stationary(model, warm_up_s=warm_up_s, measured_s=measured_s)
    return Queue(live(scenario, replications, at_start=start), unit_s)


# --- the models


def erlang_c(i: dict[str, Any], factor: int) -> Results:
    unit_s = 1.0
    if "arrival_rate_per_min" in i:
        unit_s, rate, aht_s = 60.0, i["arrival_rate_per_min"] / 60, 60 / i["service_rate_per_min"]
    else:
        rate, aht_s = i["calls_per_interval"] / i["interval_s"], i["aht_s"]
    if rate == 0:
        return _nobody_calls(i["agents"])
    q = run(Model((rate,), i["agents"], exponential(aht_s)), factor, aht_s=aht_s, unit_s=unit_s)
    wait, waiting, busy = q.mean_wait(), q.mean_queue(), q.occupancy()
    in_system = Measured(
        waiting.measured.value + busy.measured.value * i["agents"],
        waiting.measured.se + busy.measured.se * i["agents"],
        busy.measured.of,
    )
    return {
        "p_wait": q.share(waited),
        "service_level": q.share(within(i.get("target_s", 0.0))),
        "asa_s": wait,
        "mean_wait_min": wait,
        "mean_queue": waiting,
        "occupancy": busy,
        "mean_in_system": Found(in_system),
        # Compared as the share that waits no longer than the quantile of the case.
        "wait_quantile_s": lambda quantile_s: (q.share(within(quantile_s)), i["quantile"]),
    }


def erlang_a(i: dict[str, Any], factor: int) -> Results:
    if "mean_service" in i:
        return whitt(i, exponential(WHITT_SERVICE_S), exponential(WHITT_SERVICE_S * i["mean_patience"]), factor)
    rate, aht_s, patience_s = i["arrival_rate_per_s"], i["aht_s"], i["mean_patience_s"]
    if rate == 0:
        return _nobody_calls(i["agents"]) | {"p_abandon": None, "sl": None}
    # The capacity of this case counts those who are served.
    places = i["system_capacity"] - i["agents"] if "system_capacity" in i else None
    model = Model((rate,), i["agents"], exponential(aht_s), (exponential(patience_s),), places)
    q = run(model, factor, aht_s=aht_s, patience_s=patience_s)
    served = both(answered, within(i["target_s"]))
    lost = both(abandoned, within(i["target_s"]))
    return _losses(q, None) | {
        "p_served_within_t": q.share(served),
        "sl": q.share(served),
        "p_wait_le_t_given_served": q.share(within(i["target_s"]), answered),
        "sl_excl_abandoned_within_t": q.share(served, lambda x: ~lost(x)),
        "mean_queue": q.mean_queue(),
    }


def _losses(q: Queue, tier: int | None) -> Results:
    return {
        "p_wait": q.share(waited, tier=tier),
        "p_abandon": q.share(abandoned, tier=tier),
        "mean_wait_all": q.mean_wait(tier=tier),
        "mean_wait_served": q.mean_wait(answered, tier=tier),
        "mean_wait_abandoned": q.mean_wait(abandoned, tier=tier),
        "occupancy": q.occupancy(),
    }


def whitt(i: dict[str, Any], service: Law, patience: Law, factor: int) -> Results:
    """Time in mean services; the capacity is of waiting places (M/M/s/r in Whitt's notation)."""
    unit_s = WHITT_SERVICE_S
    rate = i["arrival_rate_per_service"] / unit_s
    model = Model((rate,), i["agents"], service, (patience,), i["queue_capacity"])
    q = run(model, 2 * factor, aht_s=unit_s, patience_s=patience.mean_s, unit_s=unit_s)
    waiting, busy = q.mean_queue(), q.occupancy()
    in_system = Measured(
        waiting.measured.value + busy.measured.value * i["agents"],
        waiting.measured.se + busy.measured.se * i["agents"],
        busy.measured.of,
    )
    served = q.mean_wait(answered)
    found = _losses(q, None) | {
        "p_no_wait": q.share(lambda x: ~x.waited),
        "mean_queue": waiting,
        "mean_in_system": Found(in_system),
        "mean_wait_served": served,
        # Compared as the second moment, given the mean of the case.
        "var_wait_served": lambda variance: (
            q.mean_wait(answered, power=2),
            variance + i["_expected"]["mean_wait_served"] ** 2,
        ),
    }
    for t in (0.1, 0.2):
        found[f"p_wait_le_{t}_given_served"] = q.share(within(t * unit_s), answered)
        found[f"p_wait_le_{t}_given_abandoned"] = q.share(within(t * unit_s), abandoned)
    return found


def priority_mmc(i: dict[str, Any], factor: int) -> Results:
    unit_s = {"second": 1.0, "hour": 3600.0}[i["time_unit"]]
    aht_s = unit_s / i["service_rate"]
    tiers = range(len(i["arrival_rates"]))
    model = Model(tuple(rate / unit_s for rate in i["arrival_rates"]), i["agents"], exponential(aht_s))
    q = run(model, factor, aht_s=aht_s, unit_s=unit_s)
    means = i["_expected"]["mean_wait"]
    return {
        "p_wait": q.share(waited),
        "mean_wait": [q.mean_wait(tier=t) if i["arrival_rates"][t] else None for t in tiers],
        "mean_queue": [q.mean_queue(t) for t in tiers],
        "service_level": [q.share(within(i.get("target", 0.0)), tier=t) for t in tiers],
        # As the second moment, given the mean of the case.
        "sd_wait": [(lambda sd, t=t: (q.mean_wait(tier=t, power=2), sd**2 + means[t] ** 2)) for t in tiers],
    }


def priority_abandonment(i: dict[str, Any], factor: int) -> Results:
    tiers = range(len(i["arrival_rates_per_s"]))
    patience = tuple(exponential(s) for s in i["mean_patience_s"])
    model = Model(tuple(i["arrival_rates_per_s"]), i["agents"], exponential(i["aht_s"]), patience)
    q = run(model, 2 * factor, aht_s=i["aht_s"], patience_s=max(i["mean_patience_s"]))
    by_tier = [_losses(q, t) for t in tiers]
    return _losses(q, None) | {name: [found[name] for found in by_tier] for name in ("p_abandon", "mean_wait_all")}


def retrial(i: dict[str, Any], factor: int) -> Results:
    """Nobody may wait; who is turned away rings again, and again."""
    aht_s = 100.0 / i["service_rate"]
    redial_s = 100.0 / i["retrial_rate_per_orbiting_customer"]
    rate = i["arrival_rate"] / 100.0
    model = Model((rate,), i["servers"], exponential(aht_s), places=0, redial=exponential(redial_s))
    replications = REPLICATIONS if factor == SHORT else 2 * REPLICATIONS
    measured_s = 350 / rate * factor * REPLICATIONS / replications
    lived = live(stationary(model, warm_up_s=250 * aht_s, measured_s=measured_s), replications)
    orbit = over_replications([x.orbit_time() for x in lived], [x.window_s for x in lived])
    return {"mean_orbit": Found(orbit), "p_busy": Queue(lived).occupancy()}


def _nobody_calls(agents: int) -> Results:
    """No calls at all: nobody waits, nobody is busy, and a service level of nothing is null, not 100 %."""
    scenario = terminating([0.0], [agents], exponential(100.0))
    (x,) = live(scenario, 1)
    tally = x.figures.tally()
    assert tally.offered == 0
    assert service_level(tally) is None
    assert x.figures.spans["g"]["talk"] == 0
    assert x.figures.spans["g"]["logged_in"] > 0
    return dict.fromkeys(("p_wait", "service_level", "asa_s", "occupancy"))


# --- published simulations


def _per_day(lived: list[Lived], what: Pick, by: float = 1.0) -> Found:
    return Found(over_replications([float(what(x)) for x in lived], [by] * len(lived)))


def _busy(lived: list[Lived], times: float = 1.0) -> Found:
    measured = Queue(lived).occupancy().measured
    return Found(Measured(times * measured.value, times * measured.se, measured.of))


def _opening_day(i: dict[str, Any]) -> Scenario:
    patience = Law(LawKind.MIXTURE, parts=((0.1, Law(LawKind.DETERMINISTIC, 0.0)), (0.9, exponential(1000.0))))
    return terminating(i["calls_per_hour"], i["agents_per_hour"], exponential(100.0), patience=patience)


def sim_ssj_a400(i: dict[str, Any], factor: int) -> Results:
    scenario = replace(_opening_day(i), busyness=Busyness(1 / sqrt(400)))
    lived = live(scenario, 30 * factor)
    expected_calls = float(sum(i["calls_per_hour"]))
    return {
        "calls_per_day": _per_day(lived, lambda x: len(x.wait_s)),
        "mean_wait_s_over_expected_calls": _per_day(lived, lambda x: x.wait_s.sum(), expected_calls),
        "fraction_wait_lt_20s_over_expected_calls": _per_day(lived, lambda x: (x.wait_s < 20).sum(), expected_calls),
        "fraction_abandoned_over_expected_calls": _per_day(lived, lambda x: x.abandoned.sum(), expected_calls),
    }


def sim_singlequeue_hourly(i: dict[str, Any], factor: int) -> Results:
    """Served in time ÷ (arrivals - hung up in time), by hour of arrival, in percent."""
    lived = live(_opening_day(i), 30 * factor)

    def level(limit_s: float, hour: int | None) -> Found:
        def counted(x: Lived) -> Any:
            mine = x.at_s >= 0 if hour is None else x.at_s // 3600 == hour
            return mine & ~(x.abandoned & (x.wait_s <= limit_s))

        above = [100.0 * (counted(x) & x.answered & (x.wait_s <= limit_s)).sum() for x in lived]
        return Found(over_replications(above, [float(counted(x).sum()) for x in lived]))

    hours = range(i["opening_hours"])
    return {
        "sl20_pct_by_hour": [level(20, h) for h in hours],
        "sl30_pct_by_hour": [level(30, h) for h in hours],
        "sl20_pct_all": level(20, None),
        "sl30_pct_all": level(30, None),
        "occupancy_pct": _busy(lived, 100.0),
    }


def sim_mmc(i: dict[str, Any], factor: int) -> Results:
    """Eight hours from empty, served out after closing; all three of the example's forms."""
    hours = i["horizon_min"] // 60
    scenario = terminating(
        [i["arrival_rate_per_min"] * 60] * hours,
        [i["agents"]] * hours,
        exponential(60 / i["service_rate_per_min"]),
        patience=exponential(60 * i["mean_patience_min"]) if "mean_patience_min" in i else None,
        places=i.get("queue_capacity"),
    )
    q = Queue(live(scenario, 15 * factor), 60.0)
    in_time = both(answered, within(i["target_s"]))

    def blocked(x: Lived) -> Any:
        return x.ended("rejected")

    return {
        "calls_in_target": _per_day(q.lived, lambda x: in_time(x).sum()),
        "service_level": q.share(in_time),
        "asa_min": q.mean_wait(answered),
        "asa_served_min": q.mean_wait(answered),
        "abandoned": _per_day(q.lived, lambda x: x.abandoned.sum()),
        "blocked": _per_day(q.lived, lambda x: blocked(x).sum()),
        "sl_over_served": q.share(in_time, answered),
        "sl_over_served_plus_late_abandon": q.share(
            in_time, lambda x: x.answered | (x.abandoned & (x.wait_s > i["target_s"]))
        ),
        "sl_over_served_plus_blocked": q.share(in_time, lambda x: x.answered | blocked(x)),
        "occupancy": _busy(q.lived),
    }


def simulation(i: dict[str, Any], factor: int) -> Results:
    name = i["_id"]
    if name.startswith("sim_whitt"):
        two_phases = Law(LawKind.ERLANG, WHITT_SERVICE_S, shape=2)
        return whitt(i, two_phases if name.endswith("E2E2") else exponential(WHITT_SERVICE_S), two_phases, factor)
    if name.startswith("sim_mmc"):
        return sim_mmc(i, factor)
    return {"sim_ssj_a400": sim_ssj_a400, "sim_singlequeue_hourly": sim_singlequeue_hourly}[name](i, factor)


RUN: dict[str, Callable[[dict[str, Any], int], Results]] = {
    f.__name__: f for f in (erlang_c, erlang_a, priority_mmc, priority_abandonment, retrial, simulation)
}

# --- the comparison

CASES = cases_of(MODELS, NOT_RUN)


def differences(case: dict[str, Any], factor: int) -> list[str]:
    """Return what the simulator gets differently, in words."""
    inputs = case["inputs"] | {"_id": case["id"], "_expected": case["expected"]}
    found = RUN[case["model"]](inputs, factor)
    wrong = []
    for name, wanted in case["expected"].items():
        if name in NOT_SEEN:
            continue
        tolerance = case["tolerance"].get(name) or case["tolerance"]["default"]
        many = isinstance(wanted, list)
        pairs = zip(found[name] if many else [found[name]], wanted if many else [wanted], strict=True)
        for n, (mine, printed) in enumerate(pairs):
            if printed is None or mine is None:
                continue
            allowed = tolerance.get("abs", 0.0) + tolerance.get("rel", 0.0) * abs(printed)
            measured, expected = mine(printed) if callable(mine) else (mine, printed)
            if not measured.agrees(expected, allowed):
                got, unit = measured.measured, measured.unit_s or 1.0
                wrong.append(f"{name}[{n}]: {got.value / unit:.6g} ± {got.se / unit:.2g}, not {expected:.6g}")
    return wrong


@pytest.mark.parametrize("case", CASES)
def test_the_simulator_gives_the_reference_figure(case: dict[str, Any]) -> None:
    assert differences(case, SHORT) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_simulator_gives_the_reference_figure_with_ten_times_the_calls(case: dict[str, Any]) -> None:
    assert differences(case, LONG) == []


@pytest.mark.shared("data/reference_public.json")
def test_no_reference_case_was_left_out() -> None:
    assert len(CASES) == COUNT
    assert set(NOT_RUN) <= {case.id for case in CASES}


# --- the free oracle: equal exponential patience, strict tiers, nobody interrupted


@dataclass(frozen=True)
class Tiers:
    """Agents, load per agent, shares of the tiers (first first), one mean patience for all."""

    agents: int
    load: float
    shares: tuple[float, ...]
    patience_s: float
    aht_s: float = 300.0


ORACLES = {
    "model b": Tiers(50, 1.05, (0.2, 0.3, 0.5), 120.0),
    "a small desk": Tiers(6, 0.95, (0.4, 0.6), 240.0, 180.0),
    "four tiers, far too many calls": Tiers(15, 1.5, (0.1, 0.2, 0.3, 0.4), 90.0, 120.0),
}


def oracle_differences(tiers: Tiers, factor: int) -> list[str]:
    loads = [share * tiers.load * tiers.agents for share in tiers.shares]
    exact = erlang.tier_losses(
        load_erl=loads, agents=tiers.agents, patience_s=tiers.patience_s, aht_s=tiers.aht_s, within_s=20.0
    )
    patience = (exponential(tiers.patience_s),) * len(loads)
    model = Model(tuple(load / tiers.aht_s for load in loads), tiers.agents, exponential(tiers.aht_s), patience)
    q = run(model, 2 * factor, aht_s=tiers.aht_s, patience_s=tiers.patience_s)
    served = both(answered, within(20.0))
    wrong = []
    for t in range(len(loads)):
        found = _losses(q, t) | {"p_served_within_t": q.share(served, tier=t), "mean_queue": q.mean_queue(t)}
        for name in ("p_wait", "p_abandon", "mean_wait_all", "mean_wait_served", "p_served_within_t", "mean_queue"):
            expected = float(np.broadcast_to(getattr(exact, name), (len(loads),))[t])
            if not found[name].agrees(expected, 0.0):
                wrong.append(f"{name} of tier {t}: {found[name].measured}, not {expected:.6g}")
    if not q.occupancy().agrees(float(exact.occupancy), 0.0):
        wrong.append(f"occupancy: {q.occupancy().measured}, not {float(exact.occupancy):.6g}")
    return wrong


@pytest.mark.parametrize("name", ORACLES)
def test_tiers_of_equal_patience_meet_their_exact_waits_and_losses(name: str) -> None:
    assert oracle_differences(ORACLES[name], SHORT) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ORACLES)
def test_tiers_of_equal_patience_meet_their_exact_figures_with_ten_times_the_calls(name: str) -> None:
    assert oracle_differences(ORACLES[name], LONG) == []


def test_the_tolerance_is_no_blanket() -> None:
    """Four times the short form sees the difference that two agents in fifty make."""
    desk = {"load_erl": 52.5, "aht_s": 300.0, "patience_s": 120.0}
    model = Model((52.5 / 300,), 50, exponential(300.0), (exponential(120.0),))
    lost = run(model, 4, aht_s=300.0, patience_s=120.0).share(abandoned)

    assert lost.agrees(float(erlang.erlang_a(agents=50, **desk).p_abandon), 0.0)
    assert not lost.agrees(float(erlang.erlang_a(agents=48, **desk).p_abandon), 0.0)
    assert not lost.agrees(float(erlang.erlang_a(agents=52, **desk).p_abandon), 0.0)
