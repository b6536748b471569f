"""Each week held out in turn, and the range that holds chance and the model's error."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config.unpacking import Source
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from sim.analysis.fit import weeks
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.judge import Foretold
from sim.analysis.fit.reading import read_logs
from sim.analysis.fit.weeks import REPLICATIONS, days_wanted, held_out, latest, model_error, weeks_of, with_model_error
from tests.strangers import centre, csv_text, our_calls

MONDAY = 20_000


def log_of(days: list[int]) -> CallLog:
    return cast(CallLog, SimpleNamespace(days=lambda: sorted(MONDAY + day for day in days)))


@given(st.sets(st.integers(0, 40), min_size=2))
def test_weeks_part_the_log_and_none_is_learnt_from(days: set[int]):
    if max(days) - min(days) < 7:
        with pytest.raises(BadInput, match="--test"):
            weeks_of(log_of(sorted(days)))
        return
    weeks = weeks_of(log_of(sorted(days)))
    everything = {date_text(MONDAY + day) for day in days}
    judged = [date for _, test in weeks for date in test]

    assert len(judged) == len(set(judged))
    assert judged == sorted(judged)
    for train, test in weeks:
        assert not set(train) & set(test)
        assert set(train) | set(test) == everything
    # Dates before the first whole week are learnt from only.
    assert {date_text(max(MONDAY + day for day in days) - back) for back in range(7)} & everything <= set(weeks[-1][1])


FIGURES = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.2)).map(
        lambda f: Foretold(f[0], f[1], f[1] - f[2], f[1] + f[2])
    ),
    min_size=1,
    max_size=6,
)


@given(FIGURES)
def test_a_range_holds_what_was_simulated_and_stays_a_share(weeks: list[Foretold]):
    for before, after in zip(weeks, with_model_error(weeks), strict=True):
        assert after.low <= after.simulated <= after.high
        if len(weeks) > 1:
            assert after.low >= 0
            assert after.high <= 1
            assert after.low <= max(before.low, 0)
            assert after.high >= min(before.high, 1)


def test_the_range_holds_nineteen_weeks_in_twenty():
    rng = np.random.default_rng(8)
    held = []
    for _ in range(1_500):
        truth = rng.normal(0.6, 0.05, 5)
        chance = 0.02
        weeks = [
            Foretold(observed, simulated, simulated - 1.96 * chance, simulated + 1.96 * chance)
            for observed, simulated in zip(
                truth + rng.normal(0, chance, 5), truth + rng.normal(0, 0.04, 5), strict=True
            )
        ]
        held += [week.within for week in with_model_error(weeks)]

    assert 0.93 < np.mean(held) < 0.97


def calls_of(days: int, *, waits: bool = True) -> CallLog:
    rows = our_calls(centre(3, days=days, calls_a_day=60))
    if not waits:
        at = rows[0].index("wait_s")
        rows = [rows[0], *([*row[:at], "", *row[at + 1 :]] for row in rows[1:])]
    form = format_columns("callcenter", "", "map.yaml", "Europe/Berlin")
    return read_logs([Source.of(csv_text(rows).encode(), "calls.csv")], form, format_name="callcenter")


def test_a_fit_is_off_by_what_its_weeks_differ_beyond_chance():
    log = latest(calls_of(21))
    assert log is not None
    told: list[tuple[int, int]] = []
    error = model_error(log, progress=lambda *done: told.append(done))
    weeks = held_out(log, replications=REPLICATIONS, progress=lambda *_: None).weeks
    apart = {
        name: np.sqrt(np.mean([(w.figures[name].observed - w.figures[name].simulated) ** 2 for w in weeks]))
        for name in ("sl_all", "abandonment", "mean_wait_s")
    }

    assert error.weeks == len(weeks) == 3
    assert told[-1] == (days_wanted(log, REPLICATIONS),) * 2
    assert 0 <= error.service_level <= apart["sl_all"]
    assert 0 <= error.abandonment <= apart["abandonment"]
    assert 0 <= error.wait_s <= apart["mean_wait_s"]
    assert error.wait_s > 0


@pytest.mark.parametrize("log", [lambda: calls_of(13), lambda: calls_of(21, waits=False)], ids=["short", "no waits"])
def test_of_a_log_without_two_weeks_or_without_waits_nobody_knows_how_far_off_a_fit_is(log):
    assert latest(log()) is None


def test_only_the_last_weeks_tell_how_far_off_a_fit_is():
    log = latest(calls_of(70))

    assert log is not None
    assert len(log.days()) == 8 * 7


def test_of_a_large_centre_three_weeks_tell_enough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weeks, "ENOUGH_CALLS", 100)
    log = latest(calls_of(35))

    assert log is not None
    assert len(log.days()) == weeks.MIN_WEEKS * 7


def test_a_log_of_one_date_is_refused_by_how_many_it_takes():
    with pytest.raises(BadInput, match="one date, and judging takes two at least"):
        weeks_of(log_of([0]))
