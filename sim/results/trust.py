"""Which intervals of a result are not to be trusted, and why: said beside them, never left to the reader to find out.

A Student interval over replications is right for many replications that are all alike. It is too narrow where a few
replications decide (skewed), where the two halves of them disagree (drifting), where the agents are busy nearly all
the time and few replications have met a long queue (near_saturation), and wrong where a stationary run is measured
before the queue has forgotten that it began empty (short_warm_up): more replications do not mend the last.

Source: relaxation time of M/M/n near saturation as of M/M/1 n times as fast, 1 / (n mu (1 - sqrt(rho))^2): P. M.
Morse, "Stochastic properties of waiting lines", 1955; hanging up shortens it to the patience.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any, Final

from callcenter.language.said import N_, said
from callcenter.lifecycle.measures import OCCUPIED
from callcenter.scenario import Scenario
from callcenter.units import DAY, HOUR
from sim.model.laws import mean_s
from sim.results.estimates import MIN_REPLICATIONS, Doubt, Est
from sim.results.figures import SUMS, Figures
from sim.results.prediction_intervals import says as foretold_says

JSON = dict[str, Any]
NEAR_SATURATION: Final = 0.95
"""Share of their time that agents are busy, from which long queues are rare and long."""
MIN_NEAR_SATURATION: Final = 30
"""Replications from which an interval is believed there."""
FORGOTTEN: Final = 3.0
"""Relaxation times after which the empty start has left a twentieth."""
SAYS: Final = {
    Doubt.SKEWED: N_(
        "a few replications stand far from the rest: more replications (--precision goes on until it holds)"
    ),
    Doubt.DRIFTING: N_("the first and the second half of the replications disagree: rare ones decide, more are needed"),
}


@dataclass(frozen=True, slots=True)
class _Load:
    """How busy the busiest group was, and how many of it were there on average."""

    busy: float
    agents: float


def _busiest(days: Sequence[Figures], measured_ms: int) -> _Load:
    found = _Load(0.0, 0.0)
    for group in days[0].spans:
        spans = [day.spans[group] for day in days]
        ready = sum(s["logged_in"] - s["not_ready"] for s in spans)
        if ready > 0:
            busy = sum(s[what] for s in spans for what in OCCUPIED) / ready
            if busy > found.busy:
                found = _Load(busy, ready / len(days) / measured_ms)
    return found


def _measured_ms(scenario: Scenario) -> int:
    horizon = scenario.horizon
    return max(1, (horizon.days - 1) * DAY + horizon.length - horizon.warm_up)


def fewest(scenario: Scenario, days: Sequence[Figures]) -> int:
    """Return how many replications there must be before an interval is believed at all."""
    near = _busiest(days, _measured_ms(scenario)).busy >= NEAR_SATURATION
    return MIN_NEAR_SATURATION if near else MIN_REPLICATIONS


def doubts(scenario: Scenario, days: Sequence[Figures], result: JSON) -> list[JSON]:
    """Return every cause for doubt: its name, a sentence, and the figures it is about (none: all of them).

    Args:
        scenario: What was lived.
        days: Its replications.
        result: Their figures, still as `Est`.
    """
    found: list[JSON] = []

    def say(cause: str, says: str, figures: Sequence[str] = ()) -> None:
        found.append({"cause": cause, "says": says, "figures": list(figures)})

    n, load = len(days), _busiest(days, _measured_ms(scenario))
    if 1 < n < MIN_REPLICATIONS:
        few = said(
            "{n} replications: with fewer than {few} an interval is itself a matter of luck", n=n, few=MIN_REPLICATIONS
        )
        say("few_replications", few)
    if load.busy >= NEAR_SATURATION and 1 < n < MIN_NEAR_SATURATION:
        say(
            "near_saturation",
            said(
                "agents are busy {busy:.1f} % of their time: waits hang on few long queues, and {n} replications "
                "(fewer "
                "than {few}) may have met none of them",
                busy=100 * load.busy,
                n=n,
                few=MIN_NEAR_SATURATION,
            ),
        )
    settles = _settles_s(scenario, days, load)
    warm_up_s = scenario.horizon.warm_up / 1000
    if (scenario.horizon.warm_up or scenario.horizon.length != DAY) and settles * FORGOTTEN > warm_up_s:
        rest = (
            said("it never settles: the queue grows as long as it lasts")
            if settles == inf
            else said("it takes about {hours:.1f} h to forget its empty start", hours=_hours(settles * FORGOTTEN))
        )
        say(
            "short_warm_up",
            said(
                "agents are busy {busy:.1f} % of their time: {rest}; warm_up is {hours:.1f} h",
                busy=100 * load.busy,
                rest=rest,
                hours=_hours(warm_up_s),
            ),
        )
    if "foretold" in result:
        say("model_error", foretold_says(result["foretold"]))
    parts = [(key, result[key]) for key in ("tiers", "overall", "queues", "agents")]
    doubted = [(path, est) for key, part in parts for path, est in _estimates(part, key)]
    for cause in Doubt:
        figures = [path for path, est in doubted if cause in est.doubts]
        if figures:
            say(str(cause), SAYS[cause], figures)
    return found


def _settles_s(scenario: Scenario, days: Sequence[Figures], load: _Load) -> float:
    """Return the relaxation time of a queue as busy as the busiest group, seconds."""
    handled = sum(float(day.sums[:, SUMS.index("handling_ms")].sum()) for day in days) / 1000
    answered = sum(float(day.tally().answered) for day in days)
    if not answered or not load.agents or load.busy < NEAR_SATURATION:
        return 0.0
    aht = handled / answered
    gap = load.agents * (1 - sqrt(min(load.busy, 1.0))) ** 2
    patience = max((mean_s(rule.law) for rule in scenario.patience), default=inf)
    patient = patience if len(scenario.patience) and not scenario.patience[-1].tiers else inf
    return max(aht, min(aht / gap if gap > 0 else inf, patient))


def _hours(seconds: float) -> float:
    return seconds * 1000 / HOUR


def _estimates(part: object, path: str) -> Iterator[tuple[str, Est]]:
    """Yield every estimate of a result with its path."""
    if isinstance(part, Est):
        yield path, part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _estimates(value, f"{path}.{key}")
