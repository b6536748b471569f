"""Interval history: counts and means exactly, what it does not tell assumed and said, or refused."""

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.assumed import ASSUMED
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.intervals import read_intervals
from sim.analysis.fit.judge import with_waits
from sim.analysis.fit.scenario import fit_people, mapping_of
from sim.model.laws import mean_s
from tests import strangers
from tests.strangers import Rows, csv_text

CALLS = strangers.centre(3, days=14, agents=3)
DAYS_FIRST = "arrival: {column: start, format: '%d/%m/%y %H:%M'}\nversion: 1\n"


def read(rows: Rows, name: str = "genesys-interval", also: str = "", delimiter: str = ",") -> CallLog:
    columns = format_columns(name, also, "map.yaml", "Europe/Berlin")
    return read_intervals([Source.of(csv_text(rows, delimiter).encode(), "export.csv")], columns)


@pytest.mark.parametrize("rows, name", [(strangers.intervals(CALLS), "genesys-interval"), (strangers.cms(CALLS), "avaya-cms-interval")])  # fmt: skip  # noqa: E501
def test_counts_and_means_are_exact(rows: Rows, name: str):
    log = read(rows, name)

    assert len(log) == len(CALLS)
    assert int(log.abandoned.sum()) == sum(not c.answered for c in CALLS)
    assert np.nanmean(log.service) == pytest.approx(np.mean([c.talk_s for c in CALLS if c.answered]), abs=0.01)
    assert np.nanmean(log.wrap_up) == pytest.approx(10.0)
    true = np.bincount([c.arrived.hour * 2 + c.arrived.minute // 30 for c in CALLS], minlength=48)
    assert np.bincount((log.clock // 1800).astype(int), minlength=48).tolist() == true.tolist()
    assert dict(zip(log.queues, np.bincount(log.queue).tolist(), strict=True)) == {
        q: sum(c.queue == q for c in CALLS) for q in ("sales", "support")
    }


def test_patience_is_assumed_and_near_where_only_a_service_level_tells_of_waits():
    people = fit_people(read(strangers.intervals(CALLS)))
    fit = people.patience.laws[None, None]

    assert fit.family == ASSUMED
    assert mean_s(fit.law) == pytest.approx(strangers.PATIENCE_S, rel=0.35)


def test_patience_is_all_time_waited_by_those_who_hung_up_where_the_file_has_it():
    fit = fit_people(read(strangers.cms(CALLS), "avaya-cms-interval")).patience.laws[None, None]
    lost = sum(not c.answered for c in CALLS)

    assert mean_s(fit.law) == pytest.approx(sum(c.wait_s for c in CALLS) / lost, rel=1e-6)
    assert fit.family == ASSUMED


def test_rows_in_any_order_any_columns_any_mark_and_twice_tell_the_same():
    rows = strangers.intervals(CALLS)
    whole = read(rows)
    for other in (read([rows[0], *rows[:0:-1]]), read([row[::-1] for row in rows]), read(rows, delimiter=";"),
                  read([*rows, *rows[5:9]])):  # fmt: skip
        assert np.array_equal(other.day, whole.day)
        assert np.array_equal(other.answered, whole.answered)
        assert np.nansum(other.service) == pytest.approx(np.nansum(whole.service))
    assert read([*rows, *rows[5:9]]).tally.doubled == 4


def test_two_rows_that_differ_on_one_interval_are_refused():
    rows = strangers.intervals(CALLS)
    with pytest.raises(BadInput, match="has an interval and queue of line 2 again, with other figures"):
        read([*rows, [*rows[1][:4], "9", *rows[1][5:]]])


def test_milliseconds_are_told_from_seconds_and_said():
    log = read(strangers.intervals(CALLS, unit=1000.0))

    assert np.nanmean(log.service) == pytest.approx(np.mean([c.talk_s for c in CALLS if c.answered]), abs=0.01)
    assert any("milliseconds" in note for note in log.tally.notes)


def test_days_and_months_that_could_be_either_way_round_are_asked_for():
    few = [c for c in strangers.centre(3, days=20) if c.arrived.month == 4 and c.arrived.day < 12]
    rows = strangers.intervals(few, "%d/%m/%y %H:%M")
    with pytest.raises(BadInput, match="days and months could be either way round"):
        read(rows)

    assert len(read(rows, also=DAYS_FIRST)) == len(few)


def test_days_cannot_be_judged_by_it_and_its_scenario_can_be_read():
    from callcenter.config import parse_scenario, render
    from sim.analysis.fit.scenario import fit_log

    log = read(strangers.intervals(CALLS))
    with pytest.raises(BadInput, match="days cannot be judged by it"):
        with_waits(log)
    assert parse_scenario(render(mapping_of(fit_log(log))), "made.yaml").streams
