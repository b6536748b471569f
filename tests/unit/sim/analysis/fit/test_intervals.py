"""Interval history: counts and means exactly, what it does not tell assumed and said, or refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.assumed_patience import ASSUMED
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import fit_people
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.intervals import read_intervals
from sim.analysis.fit.judge import with_waits
from sim.analysis.fit.scenario import mapping_of
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


ROWS = strangers.intervals(CALLS)
BY_DAY = [
    (day, [row for row in ROWS[1:] if row[0][:8] == day]) for day in dict.fromkeys(row[0][:8] for row in ROWS[1:])
]
BY_BEGIN = [(at, [row for row in ROWS[1:] if row[0] == at]) for at in dict.fromkeys(row[0] for row in ROWS[1:])]


def sums(rows: Rows) -> list[str]:
    return [*(str(sum(int(row[i]) for row in rows)) for i in (4, 5, 6)), "217", "15", "80"]


def with_sums(of: list[tuple[str, Rows]], begin: str, end: str, queue: str) -> Rows:
    """Return the export with a row of sums below the rows of which it is; {} stands for what they share."""
    made = [ROWS[0]]
    for shared, rows in of:
        made += [*rows, [begin.format(shared), end.format(shared), "voice", queue, *sums(rows)]]
    return made


@pytest.mark.parametrize(
    "rows",
    [
        with_sums(BY_DAY, "Total", "", ""),
        with_sums(BY_DAY, "Total {}", "", ""),
        with_sums(BY_DAY, "{}", "", ""),
        with_sums(BY_BEGIN, "{}", "", "Total"),
        with_sums(BY_BEGIN, "{}", "", "All queues"),
        with_sums(BY_BEGIN, "{}", "", ""),
        [*ROWS, ["03/23/26 12:00 AM-04/05/26 11:59 PM", "", "voice", "", *sums(ROWS[1:])]],
        [*ROWS, ["03/23/26 12:00 AM", "04/06/26 12:00 AM", "voice", "", *sums(ROWS[1:])]],
        [*ROWS, ["(1148 rows affected)"]],
    ],
    ids=["days", "days by date", "days by date alone", "queues", "all queues", "no queue", "range", "span", "remark"],
)
def test_rows_of_sums_are_no_intervals(rows: Rows):
    log = read(rows)

    assert len(log) == len(CALLS)
    assert set(log.queues) == {"sales", "support"}


def test_a_row_of_midnight_with_the_sum_of_its_day_and_queue_is_left_out_and_said():
    of_days: dict[str, Rows] = {}
    for row in ROWS[1:]:
        of_days.setdefault(f"{row[0][:8]} 12:00 AM|{row[3]}", []).append(row)
    more = [[at.split("|")[0], "", "voice", at.split("|")[1], *sums(rows)] for at, rows in of_days.items()]
    log = read([*ROWS, *more])

    assert len(log) == len(CALLS)
    assert any("of midnight with the sum of the day's other intervals left out" in note for note in log.tally.notes)


def with_numbers(rows: Rows) -> Rows:
    """Return the rows with a day, and the number of the interval in it, as some systems write them."""
    begins = [datetime.strptime(row[0], "%m/%d/%y %I:%M %p") for row in rows[1:]]  # noqa: DTZ007
    told = zip(begins, rows[1:], strict=True)
    return [
        ["Date", "Interval", *rows[0][2:]],
        *([f"{at:%Y-%m-%d}", str(at.hour * 2 + at.minute // 30 + 1), *row[2:]] for at, row in told),
    ]


def without_end(rows: Rows) -> Rows:
    return [[row[0], *row[2:]] for row in rows]


def by_hours(rows: Rows) -> Rows:
    return [row for row in rows if ":00" in row[0]]


def changed(column: str, change: Callable[[str], str]) -> Rows:
    at = ROWS[0].index(column)
    return [ROWS[0], *([*row[:at], change(row[at]), *row[at + 1 :]] for row in ROWS[1:])]


@pytest.mark.parametrize(
    "rows, told",
    [
        (changed("Offer", lambda cell: str(int(cell) / 30)), r"'offered' \(.*\) is no number of calls"),
        (changed("Abandon", lambda cell: f"-{cell}"), r"'abandoned' \(.*\) is no number of calls"),
        (changed("Abandon", lambda cell: f"{cell}%"), r"'abandoned' \(.*\) is a share, and no number of calls"),
        (changed("Answer", lambda cell: str(int(cell) + 5)), "answered or abandoned, and .* offered"),
        (changed("Offer", lambda _: ""), "its column of calls offered is empty"),
        ([*ROWS[:9], [*ROWS[9][:4], "", *ROWS[9][5:]], *ROWS[10:]], "csv:10: has calls answered or abandoned"),
        ([*ROWS[:9], ROWS[9][:4], *ROWS[10:]], "csv:10: has 4 cells where the line of names has 10"),
        ([*ROWS[:9], ["03-23-26 :9h30", *ROWS[9][1:]], *ROWS[10:]], "csv:10: its interval does not begin at"),
        ([ROWS[0], *([row[0], row[0][:9] + "11:59 PM", *row[2:]] if i == 7 else row for i, row in enumerate(ROWS[1:])
                     )], "csv:9: its interval lasts .* minutes, and most last 30"),
        ([ROWS[0], *([day, "", "voice", "", *sums(rows)] for day, rows in BY_DAY)], "more than an hour apart"),
        (with_numbers(ROWS), "begin 1 minutes apart, the first at 00:19"),
        ([*ROWS[:9], [f"{ROWS[9][0][:6]}46{ROWS[9][0][8:]}", "", *ROWS[9][2:]], *ROWS[10:]], "csv:10: .* on 2046-03-2"),
        ([*without_end(ROWS[:90]), *without_end(by_hours(ROWS[90:]))], "2026-0.-.. intervals are of another length"),
    ],
)  # fmt: skip
def test_what_would_count_wrongly_is_refused_with_its_line(rows: Rows, told: str):
    with pytest.raises(BadInput, match=told):
        read(rows)


@pytest.mark.parametrize("kept", ["2026-03-02 09:30,2026", "2026-03-02 09:30,2026-03-02 10:00,voi", "2026-03-02 09:30"])
def test_an_export_that_ends_within_a_row_is_refused(kept: str):
    head = "Interval Start,Interval End,Media Type,Queue Name,Offer,Answer,Abandon,Avg Talk"
    text = f"{head}\n2026-03-02 09:00,2026-03-02 09:30,voice,sales,3,3,0,200\n{kept}"
    with pytest.raises(BadInput, match="ends in the middle of a row"):
        read_intervals(
            [Source.of(text.encode(), "export.csv")],
            format_columns("genesys-interval", "", "map.yaml", "Europe/Berlin"),
        )


def test_means_written_as_minutes_and_seconds_are_read_so_and_that_is_said():
    def written(cell: str) -> str:
        return f"{int(float(cell)) // 60}.{int(float(cell)) % 60:02d}"

    rows = strangers.intervals(CALLS)
    log = read([rows[0], *([*row[:7], written(row[7]), *row[8:]] for row in rows[1:])])
    plain = read([rows[0], *([*row[:7], str(int(float(row[7]))), *row[8:]] for row in rows[1:])])

    assert np.array_equal(log.service, plain.service, equal_nan=True)
    assert [note for note in log.tally.notes if "minutes and seconds" in note]


def days(at: datetime) -> str:
    """Return a moment as a spreadsheet counts it, to five digits."""
    return f"{(at.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1):.5f}"  # noqa: DTZ001


@pytest.mark.parametrize(
    "stamp",
    [
        "days",
        "%y-%m-%d %H:%M",
        "%d-%m-%y %H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%Y/%m/%d %H:%M",
        "%d-%b-%Y %H:%M",
        "%Y-%m-%dT%H:%M:%S%z",
        "%s",
        "utc",
    ],
)
def test_however_begins_are_written_they_are_these_times(stamp: str):
    def written(text: str) -> str:
        at = datetime.strptime(text, "%m/%d/%y %I:%M %p").replace(tzinfo=strangers.ZONE)
        if stamp == "%s":
            return str(int(at.timestamp()))
        if stamp == "days":
            return days(at)
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") if stamp == "utc" else at.strftime(stamp)

    log, whole = read([ROWS[0], *([written(row[0]), written(row[1]), *row[2:]] for row in ROWS[1:])]), read(ROWS)

    assert np.array_equal(log.day, whole.day)
    assert np.array_equal(log.clock, whole.clock)


def test_calls_that_end_in_a_later_interval_than_they_came_in_are_counted_where_they_came():
    head = [["Interval Start", "Queue", "Offer", "Answer", "Abandon", "Avg Talk"]]
    log = read([*head, ["2026-03-02 09:00", "a", "5", "3", "0", "60"], ["2026-03-02 09:30", "a", "4", "4", "2", "60"]])

    assert int(log.answered.sum()) == 7
    assert int(log.abandoned.sum()) == 2
    assert not log.overflowed.any()


def test_the_hour_that_the_clocks_repeat_has_two_of_each_interval():
    rows = [["Interval Start", "Queue", "Offer", "Answer", "Abandon", "Avg Talk"]]
    begins = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    rows += [[f"2026-10-25 {at}", "a", str(n), str(n), "0", "60"] for n, at in enumerate(begins, start=1)]

    assert len(read(rows)) == 21


def test_milliseconds_are_told_from_seconds_and_said():
    log = read(strangers.intervals(CALLS, unit=1000.0))

    assert np.nanmean(log.service) == pytest.approx(np.mean([c.talk_s for c in CALLS if c.answered]), abs=0.01)
    assert any("milliseconds" in note for note in log.tally.notes)


@pytest.mark.parametrize(("unit", "told"), [(1 / 60, "as minutes"), (1 / 86_400, "as parts of a day")])
def test_times_in_which_nobody_could_talk_so_briefly_are_minutes_or_days_and_that_is_said(unit: float, told: str):
    rows = strangers.intervals(CALLS, unit=unit)
    talk, work = ROWS[0].index("Avg Talk"), ROWS[0].index("Avg ACW")
    exact = [
        [*row[:talk], str(float(of[talk]) * unit), str(float(of[work]) * unit), *row[work + 1 :]]
        for row, of in zip(rows[1:], ROWS[1:], strict=True)
    ]
    log = read([rows[0], *exact])

    assert np.nanmean(log.service) == pytest.approx(np.mean([c.talk_s for c in CALLS if c.answered]), abs=0.01)
    assert np.nanmean(log.wrap_up) == pytest.approx(10.0)
    assert any(told in note for note in log.tally.notes)


def test_times_that_say_their_unit_keep_it_beside_talk_times_in_minutes():
    head = ["Interval Start", "Queue", "Offer", "Answer", "Abandon", "Avg Talk", "Avg ACW"]
    log = read([head, ["2026-03-02 09:00", "a", "5", "5", "0", "2.75", "0:00:30"],
                ["2026-03-02 09:30", "a", "4", "4", "0", "3.25", "0:00:30"]])  # fmt: skip

    assert sorted(set(log.service.tolist())) == [165.0, 195.0]
    assert set(log.wrap_up.tolist()) == {30.0}


@pytest.mark.parametrize(
    "names",
    [("Datum", "Uhrzeit", "Angeboten", "Angenommen", "Verloren"),
     ("Jour", "Heure", "Présentés", "Répondus", "Abandonnés"),
     ("Date", "Time", "Calls Presented", "Calls Handled", "Calls Abandoned")],
)  # fmt: skip
def test_counts_are_known_by_their_names_in_other_languages_and_systems(names: tuple[str, ...]):
    rows = [
        [*names, "AHT"],
        ["02.03.2026", "09:00", "5", "4", "1", "200"],
        ["02.03.2026", "09:30", "4", "4", "0", "200"],
    ]
    log = read(rows, also="version: 1\narrival: {column: start, format: '%d.%m.%Y %H:%M'}\n")

    assert (len(log), int(log.answered.sum()), int(log.abandoned.sum())) == (9, 8, 1)


def test_days_and_months_that_could_be_either_way_round_are_asked_for():
    few = [c for c in strangers.centre(3, days=20) if c.arrived.month == 4 and c.arrived.day < 12]
    rows = strangers.intervals(few, "%d/%m/%y %H:%M")
    with pytest.raises(BadInput, match="days and months could be either way round"):
        read(rows)

    assert len(read(rows, also=DAYS_FIRST)) == len(few)


def test_days_cannot_be_judged_by_it_and_its_scenario_can_be_read():
    from callcenter.config import parse_scenario, render
    from sim.analysis.fit.fitted import fit_log

    log = read(strangers.intervals(CALLS))
    with pytest.raises(BadInput, match="days cannot be judged by it"):
        with_waits(log)
    assert parse_scenario(render(mapping_of(fit_log(log))), "made.yaml").streams


def merged(rows: Rows, *columns: int) -> Rows:
    """Return rows in which what stands in the row above is left out, as merged cells leave it."""
    below = [
        ["" if at in columns and row[columns[0]] == above[columns[0]] else cell for at, cell in enumerate(row)]
        for above, row in pairwise(rows)
    ]
    return [rows[0], *below]


@pytest.mark.parametrize("name, write, columns", [("genesys-interval", strangers.intervals, (0, 1)),
                                                  ("avaya-cms-interval", strangers.cms, (0,))])  # fmt: skip
def test_rows_below_merged_cells_are_of_the_interval_or_the_day_above_and_that_is_said(name, write, columns):
    rows = write(CALLS)
    found, plain = read(merged(rows, *columns), name), read(rows, name)

    assert (len(found), found.days()) == (len(plain), plain.days())
    assert np.bincount(found.queue).tolist() == np.bincount(plain.queue).tolist()
    assert found.clock.tolist() == plain.clock.tolist()
    assert any("as merged cells are" in note for note in found.tally.notes)


def test_sums_of_queues_below_merged_cells_are_no_intervals():
    rows = strangers.intervals(CALLS)
    sums = [["", "", "voice", queue, str(n), *[str(n), "0", "217", "15", "232", "80"][: len(rows[0]) - 5]]
            for queue, n in ((q, sum(c.queue == q for c in CALLS)) for q in ("sales", "support"))]  # fmt: skip

    assert len(read([*merged(rows, 0, 1), *sums])) == len(CALLS)


def test_queues_that_stand_in_merged_cells_are_asked_for_or_said():
    rows = strangers.intervals(CALLS)
    at = rows[0].index("Queue Name")
    by_queue = [rows[0], *sorted(rows[1:], key=lambda row: row[at])]
    with pytest.raises(BadInput, match=r"names no queue, as line .* of the same interval: write the queue on each"):
        read(merged(by_queue, at))


@pytest.mark.parametrize("write", [lambda s: f"{s} s", lambda s: f"PT{s}S", lambda s: f"0:{s // 60:02d}:{s % 60:02d}"])
def test_means_that_say_by_themselves_what_they_are_are_read_beside_plain_ones(write: Callable[[int], str]):
    rows = strangers.intervals(CALLS)
    at = rows[0].index("Avg Talk")
    written = [list(row) for row in rows]
    for row in written[1::3]:
        row[at] = row[at] and write(round(float(row[at])))

    assert np.nanmean(read(written).service) == pytest.approx(np.nanmean(read(rows).service), abs=0.5)
