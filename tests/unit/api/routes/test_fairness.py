"""The live figures of each tier are those of the simulator, of the same events."""

from contextlib import contextmanager

import numpy as np
import pytest

from api.jobs import past_days
from api.jobs.past_days import seen
from api.state import ended_calls as ended
from api.state.board import Board
from api.state.tier_shares import Seen, figures, quantiles, shares
from api.store.open import Database
from api.store.rows import Batch
from callcenter.config import load_scenario
from callcenter.errors import BadInput
from callcenter.lifecycle.measures import FORMULAS, limits_of, service_level
from sim.results.figures import SUMS
from sim.results.figures import figures as simulated
from sim.run.driver import Day


@contextmanager
def never_forgetting():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ended, "KEPT_MS", 10**12)
        yield


@pytest.mark.parametrize("name", ["bank-abc", "flash-callback"])
def test_a_simulated_days_events_come_to_the_simulated_figures(name):
    day = Day(load_scenario(name), 0, keep_journal=True).run()
    board = Board()
    with never_forgetting():  # the board forgets after a day; the simulator looks at all of them
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
    with never_forgetting():
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


def test_days_gone_by_are_told_by_their_events_as_if_the_board_had_forgotten_nothing(tmp_path):
    day = Day(load_scenario("telecom-hotline", ["arrivals.*.calls_per_day*=0.1"]), 0, keep_journal=True).run()
    centre, begin, end = day.scenario.centre, day.begin, day.measured_until
    board = Board()
    with never_forgetting():
        board.fold(day.history)
    with sqlite(tmp_path / "x.sqlite3") as store:
        for at in range(0, len(day.history), 10_000):
            store.write(Batch(day.now, events=day.history[at : at + 10_000]))
        limits = limits_of(centre.tiers)
        found = [seen(store, limits, since, end, day.now) for since in (begin, day.measured_from)]

    for since, told in zip((begin, day.measured_from), found, strict=True):
        expected = Seen(limits, since, end, day.now)
        for call in board.calls.values():
            expected.call(call)
        for task in board.tasks.values():
            expected.task(task)
        assert told == expected.told()
    assert found[0]["overall"]["offered"] > found[1]["overall"]["offered"] > 100
    assert (found[0]["intervals"]["batches"], found[0]["intervals"]["batch"]) == (48, "1 hour")


def test_too_many_events_are_refused_and_not_read_for_minutes(tmp_path, monkeypatch):
    monkeypatch.setattr(past_days, "MOST_EVENTS", 10)
    day = Day(load_scenario("first-steps"), 0, keep_journal=True).run()
    with sqlite(tmp_path / "x.sqlite3") as store:
        store.write(Batch(day.now, events=day.history[:100]))
        with pytest.raises(BadInput, match="ask for less"):
            seen(store, {}, day.begin, day.now, day.now)


def test_intervals_hold_the_truth_nineteen_times_in_twenty_where_hours_differ():
    chance = np.random.default_rng(7)
    held = {"share": 0, "ratio": 0, "wait_p50_s": 0, "wait_p95_s": 0}
    rounds = 400
    for _ in range(rounds):
        hours = chance.uniform(0.7, 0.9, 24)  # the truth differs from hour to hour: calls of one are not independent
        number = chance.poisson(40, 24)
        told = [(int(chance.binomial(n, p)), int(n)) for n, p in zip(number, hours, strict=True)]
        for name, counts in (("share", True), ("ratio", False)):
            held[name] += _holds(shares(told, counts=counts), 0.8)
        spread = chance.gamma(4, 2.5, 24)
        waits = [chance.exponential(s, n) for n, s in zip(number, spread, strict=True)]
        for name, interval in quantiles([[round(1000 * w) for w in some] for some in waits]).items():
            held[name] += _holds(interval, TRUTH[name])

    for name, times in held.items():
        assert 0.92 <= times / rounds <= 0.99, f"{name}: {times / rounds}"


def _quantile(share: float) -> float:
    """Return a quantile of waits whose mean differs from hour to hour, by drawing very many."""
    draws = np.random.default_rng(1)
    return float(np.quantile(draws.exponential(1.0, 2_000_000) * draws.gamma(4, 2.5, 2_000_000), share))


TRUTH = {"wait_p50_s": _quantile(0.5), "wait_p95_s": _quantile(0.95)}


def _holds(interval, truth):
    return interval["ci_low"] <= truth <= interval["ci_high"]


def test_of_a_few_hours_or_none_no_interval_is_told_and_of_all_alike_not_one_of_no_width():
    assert shares([(1, 2), (0, 0), (1, 3)]) == {"ci_low": None, "ci_high": None}
    assert shares([(10, 10)] * 5) == {"ci_low": pytest.approx(0.9287, abs=1e-4), "ci_high": 1.0}
    assert quantiles([[], []])["wait_p95_s"] == {"ci_low": None, "ci_high": None}


@contextmanager
def sqlite(path):
    database = Database(str(path))
    store = database.writer()
    store.claim("test")
    yield store
    store.connection.close()
    database.release()


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
