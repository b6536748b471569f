"""A simulated day that is watched: it is the same day, and what is counted of it is what it comes to."""

from itertools import pairwise

import pytest

from callcenter.config.load import load_scenario
from callcenter.scenario import Scenario
from callcenter.units import SECOND, Millis
from sim.experiment.scrapes import RUN_OFF, WatchedDay
from sim.results.figures import figures
from sim.run.driver import Day
from tests.unit.sim.scenes import busy


def connected() -> Scenario:
    """Three connected days of which the middle one is measured, with callbacks and retrials."""
    return load_scenario("telecom-hotline", ["arrivals.*.calls_per_day*=0.05"])


@pytest.mark.parametrize("scenario", [busy(), connected()], ids=["one day", "connected days"])
def test_watching_changes_nothing(scenario):
    watched, unwatched = WatchedDay(scenario, every=Millis(47 * SECOND)).run(), Day(scenario, 0).run()

    assert (figures(watched).counts == figures(unwatched).counts).all()
    assert (figures(watched).sums == figures(unwatched).sums).all()
    assert (watched.engine.snapshot(), watched.now) == (unwatched.engine.snapshot(), unwatched.now)


def last_values(day: WatchedDay) -> dict[str, float]:
    """Return the last value of every sample that is written."""
    found = {}
    for part in day.written():
        for line in part.splitlines():
            if not line.startswith("#"):
                head, value, _ = line.rsplit(" ", 2)
                found[head] = float(value)
    return found


@pytest.mark.parametrize("scenario", [busy(), connected()], ids=["one day", "connected days"])
def test_the_counts_are_the_figures_of_the_measured_stretch(scenario):
    day = WatchedDay(scenario).run()
    found, last = figures(day), last_values(day)

    def n(name: str, *marks: str) -> float:
        return sum(value for head, value in last.items() if head.startswith(name) and all(m in head for m in marks))

    for place, tier in enumerate(scenario.centre.tiers):
        tally, mine = found.tally(place), f'tier="{tier.name}"'
        assert n("callcenter_calls_offered_total", mine) == tally.offered
        for outcome in ("overflowed", "converted", "rejected", "failed"):
            assert n("callcenter_sl_outcomes_total", mine, f'outcome="{outcome}"') == getattr(tally, outcome)
        in_time = n("callcenter_sl_outcomes_total", mine, 'outcome="answered"', 'within="true"')
        answered = n("callcenter_sl_outcomes_total", mine, 'outcome="answered"')
        abandoned = n("callcenter_sl_outcomes_total", mine, 'outcome="abandoned')
        short = n("callcenter_sl_outcomes_total", mine, 'outcome="abandoned_short"')
        assert (in_time, answered) == (tally.answered_in, tally.answered)
        assert (abandoned, short) == (tally.abandoned, tally.short_abandoned)
    assert found.tally().offered > 100
    assert day.measured_until <= day.instants[-1] <= day.watched_until + RUN_OFF


def test_instants_go_forwards_evenly_and_every_family_is_whole():
    day = WatchedDay(busy(), every=Millis(60 * SECOND)).run()
    text = "".join(day.written())
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    waiting = [line.split() for line in text.splitlines() if line.startswith("callcenter_live_offers{")]

    assert len(families) == len(set(families))
    stamps = [float(words[-1]) for words in waiting]
    assert stamps == sorted(set(stamps))
    assert {b - a for a, b in pairwise(stamps[:-1])} == {60.0}, "the last is when the last caller had gone"
