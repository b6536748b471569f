"""What a log says silently wrong is said aloud: units, clocks, names, calls that go on to another queue."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import ARRAYS, CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_logs
from tests import strangers
from tests.strangers import ZONE, Call, csv_text

CALLS = strangers.centre(5, days=4)
MAP = """version: 1
zone: Europe/Berlin
arrival: {column: came, as: iso}
wait: {column: wait}
service: {column: talk}
outcome: {column: end, answered: [yes], abandoned: [no]}
queue: {column: queue, values: all}
agent: agent
"""
Change = Callable[[Call, dict[str, str]], dict[str, str]]


def rows(change: Change = lambda call, row: {}) -> list[list[str]]:
    """Return the calls as a table, some cells of each row written otherwise."""
    found = [["id", "came", "wait", "talk", "end", "queue", "agent"]]
    for c in CALLS:
        row = {"id": f"c{c.number}", "came": c.arrived.isoformat(), "wait": str(c.wait_s),
               "talk": str(c.talk_s) if c.answered else "", "end": "yes" if c.answered else "no", "queue": c.queue,
               "agent": c.agent}  # fmt: skip
        found.append(list({**row, **change(c, row)}.values()))
    return found


def read(table: list[list[str]], columns: str = MAP) -> CallLog:
    return read_logs([Source.of(csv_text(table).encode(), "log.csv")], read_columns(columns, "map.yaml"))


def same(one: CallLog, other: CallLog) -> bool:
    """Tell whether two logs hold the same calls."""
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in ARRAYS)


def since(call: Call, seconds: int) -> str:
    return (call.arrived + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("moment", "told"),
    [(lambda call: since(call, call.wait_s), "was answered"),
     (lambda call: since(call, call.wait_s + call.talk_s), "ended")],
)  # fmt: skip
def test_times_of_the_answer_or_the_end_taken_for_the_arrival_are_doubted(moment: Callable[[Call], str], told: str):
    notes = read(rows(lambda call, row: {"came": moment(call)})).tally.notes

    assert [note for note in notes if f"would if column 'came' told when the call {told}" in note]


def test_of_a_plain_log_nothing_is_doubted():
    notes = read(rows()).tally.notes

    assert notes == [
        "times are written without a zone and taken as the clock of Europe/Berlin: by it most calls come between 09:10 "
        "and 11:49"
    ]


@pytest.mark.parametrize(
    "change, doubt",
    [
        (lambda c, row: {"wait": str(c.wait_s * 1000)}, "is the unit of wait right"),
        (lambda c, row: {"wait": row["wait"] if c.answered else "0"}, "abandoned calls have waited 0 s"),
        (lambda c, row: {"talk": row["talk"] and str(c.talk_s / 60)}, "is the unit of service right"),
        (lambda c, row: {"talk": row["talk"] and str(c.talk_s * 30)}, "begin while their agent is still on another"),
        (lambda c, row: {"queue": row["queue"].upper() if c.number % 7 == 0 else row["queue"]}, "2 queues differ"),
        (lambda c, row: {"agent": row["agent"].title() if c.number % 7 == 0 else row["agent"]}, "4 agents differ"),
        (
            lambda c, row: {"agent": row["agent"].replace("agent", "Agent ") if c.number % 7 else row["agent"]},
            "agents d",
        ),
        (lambda c, row: {"talk": row["talk"] or "30"}, "abandoned calls have a talk time: were they answered"),
        (
            lambda c, row: {"talk": "0", "agent": ""} if c.number % 5 == 0 and c.answered else {},
            "answered calls have no agent and no talk time: did somebody answer them",
        ),
        (
            lambda c, row: {"came": c.arrived.replace(hour=(c.arrived.hour + 3) % 12 or 12).isoformat()},
            "does the clock show twelve hours",
        ),
    ],
)
def test_what_can_hardly_be_is_said(change: Change, doubt: str):
    assert any(doubt in note for note in read(rows(change)).tally.notes)


def test_seconds_read_as_milliseconds_are_refused():
    with pytest.raises(BadInput, match="come out in 1970"):
        read(rows(lambda c, row: {"came": str(c.epoch)}), MAP.replace("as: iso", "as: epoch_ms"))


@pytest.mark.parametrize("nothing", ["NULL", "\\N", "None", "nan", "-", "N/A", "\u2014", "\u2013", "#NV", "(blank)"])
def test_what_databases_write_for_nothing_is_nothing(nothing: str):
    empty = rows(lambda c, row: {} if c.answered else {"wait": ""})
    written = rows(lambda c, row: {} if c.answered else {"wait": nothing, "talk": nothing, "agent": nothing})
    nobody = rows(lambda c, row: {"agent": nothing} if c.number % 5 == 0 else {})

    assert same(read(written), read(empty))
    assert len(np.unique(read(nobody).agent[read(nobody).agent >= 0])) == 4


def test_a_cell_that_the_map_names_keeps_its_meaning():
    table = rows(lambda c, row: {"end": "NULL"} if not c.answered else {})
    assert same(read(table, MAP.replace("[no]", '["NULL"]')), read(rows()))


@pytest.mark.parametrize(
    "write",
    [
        lambda c: c.arrived.isoformat() + ".000",
        lambda c: c.arrived.isoformat(" "),
        lambda c: c.arrived.replace(tzinfo=ZONE).isoformat(),
        lambda c: c.arrived.replace(tzinfo=ZONE).astimezone(strangers.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda c: c.arrived.replace(tzinfo=ZONE).astimezone(strangers.UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        lambda c: c.arrived.replace(tzinfo=ZONE).strftime("%Y-%m-%d %H:%M:%S%z"),
        lambda c: c.arrived.isoformat() if c.number % 2 else c.arrived.isoformat(" "),
    ],
)
def test_however_a_time_is_written_it_is_that_time(write: Callable[[Call], str]):
    assert same(read(rows(lambda c, row: {"came": write(c)})), read(rows()))


@pytest.mark.parametrize(
    "cell", ["2026-02-30T10:00:00", "2026-13-01T10:00:00", "2026-03-23T24:00:01", "2026-03-23T10:60:00"]
)
def test_a_time_that_is_none_is_a_row_that_cannot_be(cell: str):
    log = read(rows(lambda c, row: {"came": cell} if c.number == 7 else {}))
    assert len(log) == len(CALLS) - 1
    assert log.tally.example["the time (column 'came') cannot be read"].startswith("line 8: ")


def test_quoted_cells_change_nothing():
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows())
    log = read_logs([Source.of(out.getvalue().encode(), "log.csv")], read_columns(MAP, "map.yaml"))

    assert same(log, read(rows()))


def test_a_comma_inside_a_name_that_is_not_quoted_is_a_row_that_cannot_be():
    table = rows()
    data = csv_text(table).replace("\nc7,", "\nDoe, John,", 1).encode()
    log = read_logs([Source.of(data, "log.csv")], read_columns(MAP, "map.yaml"))
    assert log.tally.bad == 1


def test_digits_with_underscores_are_no_number():
    log = read(rows(lambda c, row: {"wait": "1_0"} if c.number == 9 else {}))
    assert log.tally.bad == 1


def test_a_call_that_goes_on_to_another_queue_is_said_and_counted_there_once_both_name_it():
    table = rows()
    other = {"sales": "support", "support": "sales"}
    table += [[*row[:5], other[row[5]], row[6]] for row in table[1:100]]

    log = read(table, MAP + "call: id\n")
    assert len(log) == len(CALLS)
    assert any("99 records of calls are of another queue" in note for note in log.tally.notes)
    apart = read(table, MAP + "call: {column: [id, queue]}\n")
    assert len(apart) == len(CALLS) + 99
    assert not any("another queue" in note for note in apart.tally.notes)
    twice = read(table + table[1:50], MAP + "call: {column: [id, queue]}\n")
    assert len(twice) == len(apart)


def test_a_log_of_several_years_is_a_log():
    years = [2023, 2024, 2025, 2026]
    log = read(rows(lambda c, row: {"came": c.arrived.replace(year=years[c.number % 4]).isoformat()}))

    assert len(log) == len(CALLS)
    assert log.tally.dropped == {}


def test_the_end_of_a_day_is_the_begin_of_the_next():
    at = {"c1": "2026-03-02T24:00", "c2": "2026-03-02 24:00:00", "c3": "2026-03-02T24:00:00+01:00"}
    log = read(rows(lambda c, row: {"came": at.get(row["id"], row["came"])}))

    assert not log.tally.dropped
    assert [date_text(int(day)) for day in log.day[log.clock == 0]] == 3 * ["2026-03-03"]


def test_three_times_that_cannot_be_read_are_of_no_hour_and_are_left_out():
    log = read(rows(lambda c, row: {"came": "soon"} if c.number in (3, 40, 90) else {}))

    assert len(log) == len(CALLS) - 3
    assert sum(log.tally.dropped.values()) == 3


@pytest.mark.parametrize("mark", ["'", "\u2019", "\u00a0", "\u202f", " "])
def test_thousands_set_apart_by_what_nothing_else_can_be_are_read(mark: str):
    changed = rows(lambda c, row: {"talk": f"{int(row['talk']):,}".replace(",", mark)} if row["talk"] else {})

    assert same(read(changed), read(rows()))


def doubts(change: Change, columns: str = MAP) -> str:
    return "\n".join(read(rows(change), columns).tally.notes)


def test_dates_that_a_spreadsheet_has_exchanged_where_it_could_are_doubted():
    def exchanged(c: Call, row: dict[str, str]) -> dict[str, str]:
        at = c.arrived + timedelta(days=9 - c.arrived.day % 10)
        at = at.replace(day=8 + c.number % 7)
        return {"came": (at.replace(month=at.day, day=at.month) if at.day <= 12 else at).isoformat()}

    assert "with day and month exchanged" in doubts(exchanged)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (lambda at: at.replace(tzinfo=ZONE).astimezone(UTC).strftime("%F %T"), "an hour earlier"),
        (lambda at: at.strftime("%FT%TZ"), "an hour later"),
        (lambda at: at.strftime("%F %T"), None),
        (lambda at: at.replace(tzinfo=ZONE).isoformat(), None),
    ],
)
def test_times_of_another_zone_show_where_the_clocks_change(written: Callable[[datetime], str], told: str | None):
    calls = [c for c in strangers.centre(5, days=20) if c.number % 3 == 0]
    shift = date(2026, 3, 19) - min(c.arrived for c in calls).date()
    moved = {c.number: c.arrived.replace(tzinfo=None) + shift for c in calls}
    table = [rows()[0], *([f"c{c.number}", written(moved[c.number]), str(c.wait_s), str(c.talk_s) if c.answered else "",
                           "yes" if c.answered else "no", c.queue, c.agent] for c in calls)]  # fmt: skip
    notes = "\n".join(read(table).tally.notes)

    change = "from 2026-03-29 on, when the clocks of Europe/Berlin were changed, calls come "

    assert (change in notes) == (told is not None)
    assert told is None or f"{change}{told} than before" in notes


def test_days_without_a_time_of_day_are_refused_and_rounded_times_doubted():
    with pytest.raises(BadInput, match="tells days and no time of day"):
        read(rows(lambda c, row: {"came": row["came"][:10]}))

    assert "whole multiples of 60 minutes" in doubts(lambda c, row: {"came": row["came"][:13] + ":00:00"})
    assert "whole multiples of 15 minutes" in doubts(
        lambda c, row: {"came": f"{c.arrived.replace(minute=c.arrived.minute // 15 * 15, second=0):%F %T}"}
    )


def test_names_that_differ_in_punctuation_only_are_told():
    assert "differ from another only in" in doubts(lambda c, row: {"queue": row["queue"] + "." * (c.number % 2)})


def test_a_line_break_within_a_name_is_a_space():
    log = read(rows(lambda c, row: {"queue": row["queue"] + "\nline"}))

    assert log.queues == ("sales line", "support line")


def test_a_few_dates_of_another_year_are_left_out_and_counted():
    table = rows(lambda c, row: {"came": c.arrived.replace(year=2027).isoformat()} if c.number in {9, 200, 400} else {})
    found = read(table)

    assert len(found) == len(CALLS) - 3
    assert found.tally.dropped == {"the date is far from all others (a clock that jumped?)": 3}
