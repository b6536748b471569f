"""Formula beside simulation: five centres where the formula is exact, five where it is not, and by how much.

The second half is the reason to simulate. Figures are shares of all calls answered within 20 s (`sl_all`), in percent.
Each centre has a seed of its own, or all rows would share one run of luck. Intervals are at 95 %; a row is judged at
95 % for all rows together (Bonferroni).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from callcenter.centre import Centre, Group, Queue
from callcenter.erlang import erlang_a, erlang_c, finite_queue, tier_losses, tier_waits
from callcenter.scenario import Horizon, Law, LawKind, Retrial, Rule, Scenario, Staffing, Stream
from callcenter.tiers import Tier
from callcenter.units import HOUR, MINUTE, Millis
from sim.experiment.replicate import run
from sim.results.estimates import Est, ratio
from sim.results.result import shares_of

WITHIN_S = 20.0
WARM_UP = Millis(2 * HOUR)


@dataclass(frozen=True, slots=True)
class Case:
    """A centre, what the formula says of each tier, and whether it should be exact."""

    name: str
    scenario: Scenario
    formula: tuple[float, ...]
    exact: bool


def _law(kind: LawKind, mean_s: float, cv: float = 1.0) -> Law:
    return Law(kind, mean_s, cv)


EXPONENTIAL = LawKind.EXPONENTIAL
SHARES = (0.2, 0.3, 0.5)


def _centre(
    name: str,
    per_hour: float,
    agents: int,
    aht: Law,
    patience: Law | None = None,
    shares: tuple[float, ...] = (1.0,),
    places: int | None = None,
    hours: int = 20,
) -> Scenario:
    """Return a stationary centre: one queue, tiers in strict order, a warm-up of two hours."""
    tiers = tuple(Tier(f"t{n}", n) for n in range(len(shares)))
    queue = Queue("q", max_waiting=places)
    return Scenario(
        name=name,
        centre=Centre(name, (queue,), (Group("g", auto_answer=True),), tiers, "t0"),
        horizon=Horizon(0, warm_up=WARM_UP, length=Millis(WARM_UP + hours * HOUR)),
        streams=(
            Stream(
                "calls",
                "q",
                (per_hour / 2,) * (2 * (hours + 2)),
                interval=Millis(30 * MINUTE),
                tiers=tuple((f"t{n}", share) for n, share in enumerate(shares)),
            ),
        ),
        handling=(Rule(aht),),
        patience=(Rule(patience),) if patience else (),
        staffing=(Staffing("g", (agents,), interval=Millis((hours + 2) * HOUR)),),
        replications=40,
    )


def _loads(per_hour: float, aht_s: float) -> list[float]:
    return [share * per_hour * aht_s / 3600 for share in SHARES]


def cases() -> Iterator[Case]:
    """Yield the ten centres."""
    talk, wait = _law(EXPONENTIAL, 180.0), _law(EXPONENTIAL, 120.0)
    load = 200 * 180 / 3600
    c = float(erlang_c(load_erl=load, agents=13, aht_s=180.0, within_s=WITHIN_S).service_level)
    a = float(erlang_a(load_erl=load, agents=11, aht_s=180.0, patience_s=120.0, within_s=WITHIN_S).p_served_within_t)
    ranks = tier_waits(load_erl=_loads(200, 180.0), agents=13, aht_s=180.0, within_s=WITHIN_S).service_level
    losing = tier_losses(
        load_erl=_loads(200, 180.0), agents=11, aht_s=180.0, patience_s=120.0, within_s=WITHIN_S
    ).p_served_within_t
    small = float(
        finite_queue(load_erl=load, agents=11, waiting_places=3, aht_s=180.0, within_s=WITHIN_S).p_served_within_t
    )
    yield Case("one queue, nobody hangs up (Erlang C)", _centre("c", 200, 13, talk), (c,), True)
    yield Case("one queue, callers hang up (Erlang A)", _centre("a", 200, 11, talk, wait), (a,), True)
    tiers3 = _centre("p", 200, 13, talk, shares=SHARES)
    yield Case("three tiers, nobody hangs up", tiers3, tuple(map(float, ranks)), True)
    hang3 = _centre("pa", 200, 11, talk, wait, SHARES)
    yield Case("three tiers, callers hang up", hang3, tuple(map(float, losing)), True)
    yield Case("three places to wait", _centre("k", 200, 11, talk, places=3), (small,), True)
    long = _law(LawKind.LOGNORMAL, 180.0, 1.4)
    yield Case("lognormal handling, cv 140 %, by Erlang C", _centre("ln", 200, 13, long), (c,), False)
    stubborn = _law(LawKind.LOGNORMAL, 120.0, 1.5)
    yield Case("lognormal patience, cv 150 %, by Erlang A", _centre("lp", 200, 11, talk, stubborn), (a,), False)
    yield _changing()
    yield Case("VIP talk twice as long, by one common law", _two_laws(), tuple(map(float, ranks)), False)
    redial = replace(
        _centre("r", 200, 11, talk, wait),
        retrials=(("abandoned", Retrial(0.6, _law(EXPONENTIAL, 300.0))),),
    )
    yield Case("60 % of those who hang up ring again, by Erlang A", redial, (a,), False)


def _two_laws() -> Scenario:
    """Return three tiers with the same mean over all, VIP talking twice as long as the others."""
    base = _centre("two laws", 200, 13, _law(EXPONENTIAL, 180.0), shares=SHARES)
    others = 180.0 / 1.2
    rules = (Rule(_law(EXPONENTIAL, 2 * others), tiers=("t0",)), Rule(_law(EXPONENTIAL, others)))
    return replace(base, handling=rules)


def _changing() -> Case:
    """Return a day whose load swings, staffed evenly, by Erlang A in each half hour."""
    base = _centre("swing", 200, 12, _law(EXPONENTIAL, 600.0), _law(EXPONENTIAL, 120.0))
    clock = np.arange(44) / 2
    rates = 66 * (1 + 0.5 * np.sin(2 * np.pi * clock / 4))
    stream = replace(base.streams[0], calls=tuple(float(rate / 2) for rate in rates))
    found = erlang_a(load_erl=rates * 600 / 3600, agents=12, aht_s=600.0, patience_s=120.0, within_s=WITHIN_S)
    measured = slice(4, 44)
    expected = float((found.p_served_within_t * rates)[measured].sum() / rates[measured].sum())
    return Case(
        "load that swings by half every two hours, by half hour", replace(base, streams=(stream,)), (expected,), False
    )


def agrees(formula: float, found: Est, replications: int, rows: int) -> bool:
    """Tell whether the formula lies in the interval, at 95 % for `rows` rows together."""
    assert found.half_width is not None
    wider = stdtrit(replications - 1, 1 - 0.025 / rows) / stdtrit(replications - 1, 0.975)
    return abs(found.mean - formula) <= found.half_width * float(wider)


def simulated(case: Case, replications: int) -> list[Est | None]:
    """Return the share answered within 20 s of each tier, with its interval."""
    seed = 1 + [other.name for other in cases()].index(case.name)
    scenario = replace(case.scenario, replications=replications, seed=seed)
    days = run(scenario).figures
    return [ratio(*shares_of(days, n, formula="sl_all")) for n in range(len(case.formula))]


REPLICATIONS = 100


def main() -> None:
    """Print the table."""
    print(f"  {'centre':56} {'formula':>8} {'simulated':>24} {'difference':>11}")
    rows = sum(len(case.formula) for case in cases())
    for case in cases():
        for tier, (formula, found) in enumerate(zip(case.formula, simulated(case, REPLICATIONS), strict=True)):
            if found is None or found.ci_low is None or found.ci_high is None:
                continue
            name = case.name if len(case.formula) == 1 else f"{case.name}, tier {tier + 1}"
            inside = "agrees" if agrees(formula, found, REPLICATIONS, rows) else "differs"
            print(
                f"  {name:56} {formula:8.2%} {found.mean:9.2%} ({found.ci_low:.2%}..{found.ci_high:.2%})"
                f" {100 * (found.mean - formula):+8.2f} pts  {inside}{'' if case.exact else ' (not exact)'}"
            )


if __name__ == "__main__":
    main()
