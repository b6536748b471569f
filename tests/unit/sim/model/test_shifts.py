"""Who is on duty when: as many as are asked for at every instant, each in stretches without a gap."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.config.load import load_scenario
from callcenter.scenario import Staffing
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.model.shifts import duties
from sim.model.streams import Chance

BERLIN = load_scenario("first-steps", ["centre.zone=Europe/Berlin"])
CHANGES = {"spring": 20_541, "autumn": 20_751, "neither": 20_600}
"""Local days since 1970: the last Sundays of March and October 2026, and one between."""


@given(
    day=st.sampled_from(sorted(CHANGES.values())),
    days=st.integers(1, 2),
    agents=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    begin=st.integers(0, 30),
    interval=st.sampled_from([15, 30, 45, 60]),
)
@settings(deadline=None)
def test_agent_n_is_there_while_at_least_n_are_asked_for(day, days, agents, begin, interval):
    """On the wall clock, which may go forward, back, or over midnight; looked at in the midst of every quarter hour."""
    curve = Staffing("desk", tuple(agents), begin * HOUR // 2, Millis(interval * MINUTE))
    horizon = replace(BERLIN.horizon, first_day=day, days=days)
    scenario = replace(BERLIN, staffing=(curve,), shifts=(), horizon=horizon)
    found, zone = duties(scenario, Chance(1, 0)), scenario.centre.zone

    first, last = zone.instant(horizon.lived.start * DAY), zone.instant((horizon.lived.stop + 2) * DAY)
    for at in range(first + 15 * MINUTE // 2, last, 15 * MINUTE):
        local = zone.local(Millis(at))
        asked = max(
            (
                agents[place]
                for number in range(horizon.lived.start - 1, horizon.lived.stop)
                if 0 <= (place := (local - number * DAY - curve.begin) // curve.interval) < len(agents)
            ),
            default=0,
        )
        assert len({duty.agent_id for duty in found if duty.begin <= at < duty.end}) == asked
    for one, other in pairwise(found):
        assert (one.begin, one.group, one.agent_id) <= (other.begin, other.group, other.agent_id)
    assert not {(duty.agent_id, duty.end) for duty in found} & {(duty.agent_id, duty.begin) for duty in found}
