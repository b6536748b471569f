"""The live figures of each tier are those of the simulator, of the same events."""

import numpy as np
import pytest

from api.board import Board
from api.fairness import figures
from callcenter.files import load_scenario
from callcenter.measures import FORMULAS, service_level
from sim.driver import Day
from sim.figures import SUMS
from sim.figures import figures as simulated


@pytest.mark.parametrize("name", ["bank-abc", "flash-callback"])
def test_a_simulated_days_events_come_to_the_simulated_figures(name):
    day = Day(load_scenario(name), 0, keep_journal=True).run()
    board = Board()
    board._past = _Endless()  # the board forgets after a day; the simulator looks at all of them
    board.fold(day.history)
    calls = [c for c in board.calls.values() if day.measured_from <= c.queued_at < day.measured_until]

    found = figures(day.scenario.centre, calls, [], 0, day.now)
    expected = simulated(day)

    for n, tier in enumerate(day.scenario.centre.tiers):
        told = found["tiers"][tier.name]
        tally = expected.tally(n)
        assert (told["offered"], told["answered"], told["abandoned"]) == (
            tally.offered,
            tally.answered,
            tally.abandoned,
        )
        assert told["service_level"] == {formula: service_level(tally, formula) for formula in FORMULAS}
        waits = expected.waits[n] / 1000
        if len(waits):
            assert told["wait_p95_s"] == pytest.approx(np.quantile(waits, 0.95, method="inverted_cdf"))
            assert told["wait_max_s"] == pytest.approx(waits.max())
    assert found["overall"]["offered"] == expected.tally().offered
    assert sum(t["share_contacts"] for t in found["tiers"].values()) == pytest.approx(1)
    assert sum(t["agent_time_share"] for t in found["tiers"].values()) == pytest.approx(1)


def test_agents_time_of_calls_and_callbacks_is_the_simulated_one():
    day = Day(load_scenario("telecom-hotline"), 0, keep_journal=True).run()
    board = Board()
    board._past = _Endless()
    board.fold(day.history)
    begin, end = day.measured_from, day.measured_until
    calls = [c for c in board.calls.values() if begin <= c.queued_at < end]
    found = figures(day.scenario.centre, calls, [], 0, day.now)
    everything = figures(day.scenario.centre, board.calls.values(), board.tasks.values(), 0, day.now)

    # Calls alone: what the simulator counts, less the callbacks that it counts by when they were made.
    expected = simulated(day)
    ours = sum(tier["agent_time_s"] for tier in found["tiers"].values())
    assert ours == pytest.approx(expected.sums[:, SUMS.index("agent_ms")].sum() / 1000, rel=0.01)
    # All days with their callbacks: every second that any agent was occupied.
    spans = sum(s.end - s.begin for s in day.ledger.spans if s.what in {"dial", "talk", "wrap_up"} and s.tier)
    of_calls = sum(c.ring_ms + c.talked_until - c.left_at for c in board.calls.values() if c.talked_until is not None)
    assert everything["overall"]["agent_time_s"] == pytest.approx((spans + of_calls) / 1000, rel=1e-6)


class _Endless:
    """Remembers nothing to forget."""

    def append(self, item: object) -> None: ...

    def __getitem__(self, place: int) -> tuple[float, str, bool]:
        return float("inf"), "", False


def test_who_still_waits_past_the_threshold_is_missed_already():
    day = Day(load_scenario("bank-abc"), 0, keep_journal=True).run()
    board = Board()
    waiting = next(event for event in day.history if type(event).__name__ == "CallQueued")
    board.fold([waiting])
    centre = day.scenario.centre

    told = [
        figures(centre, board.calls.values(), [], 0, waiting.at + s * 1000)["tiers"][waiting.tier] for s in (20, 21)
    ]

    assert [t["service_level"]["sl_net"] for t in told] == [None, 0.0]
    assert [t["open"] for t in told] == [1, 1]
