"""Call logs: any layout by a map, every row accounted for, bad ones refused in one line."""

import gzip

import pytest

from callcenter.errors import BadInput
from sim.analysis.fit.calllog import UNKNOWN, CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_log

MAP = """
version: 1
zone: Europe/Madrid
delimiter: ";"
arrival: {column: came, format: "%d/%m/%Y %H:%M:%S"}
wait: {column: waited, unit: clock}
service: {column: talked, unit: ms}
outcome: {column: end, answered: [OK], abandoned: [LOST], ignored: [TEST]}
tier: {column: class, values: {"1": gold}, default: basic}
agent: {column: who}
"""
HEADER = "came;waited;talked;end;class;who\n"
GOOD = "02/03/2026 10:00:05;0:30;120500;OK;1;ana\n"


def log_of(text: str, columns: str = MAP) -> CallLog:
    return read_log(text.encode(), read_columns(columns, "map.yaml"), "log.csv")


def test_a_log_of_another_layout_needs_a_map_and_no_code():
    log = log_of(HEADER + GOOD + "02/03/2026 09:00:00;1:02:03;0;LOST;7;\n02/03/2026 09:00:01;0:01;0;TEST;7;\n")

    assert log.clock.tolist() == [9 * 3600, 10 * 3600 + 5]
    assert log.wait.tolist() == [3723, 30]
    assert log.answered.tolist() == [False, True]
    assert log.service[1] == 120.5
    assert [log.tiers[t] for t in log.tier] == ["basic", "gold"]
    assert log.agent.tolist() == [UNKNOWN, 0]
    assert (log.tally.rows, log.tally.ignored) == (3, 1)


@pytest.mark.parametrize(
    "form, cell",
    [
        ("{column: t, as: iso}", "2026-07-01T10:00:00"),
        ("{column: t, as: iso}", "2026-07-01T08:00:00+00:00"),
        ("{column: t, as: epoch_s}", "1782892800"),
        ("{column: t, as: epoch_ms}", "1782892800000"),
        ('{column: t, format: "%m/%d/%y %I:%M %p"}', "07/01/26 10:00 AM"),
    ],
)
def test_the_same_moment_is_read_however_it_is_written(form: str, cell: str):
    columns = (
        f"version: 1\nzone: Europe/Madrid\narrival: {form}\nwait: w\n"
        "outcome: {column: o, answered: [A], abandoned: [B]}\n"
    )
    log = log_of(f"t,w,o\n{cell},3,A\n", columns)

    assert (log.day[0], log.clock[0]) == (20635, 36_000)


def test_a_day_and_a_time_of_day_may_be_two_columns():
    columns = (
        "version: 1\ndate: {column: d, format: '%d.%m.%Y'}\narrival: {column: t, as: clock}\n"
        "wait: {from: t, to: e}\noutcome: {column: o, answered: [A], abandoned: [B]}\n"
    )
    log = log_of("d,t,e,o\n02.03.2026,10:00:00,10:00:20,A\n", columns)

    assert (log.day[0], log.clock[0], log.wait[0]) == (20514, 36_000, 20)


def test_a_packed_log_and_a_byte_order_mark_are_read():
    data = gzip.compress(b"\xef\xbb\xbf" + (HEADER + GOOD).encode())

    assert len(read_log(data, read_columns(MAP, "m"), "log.csv.gz")) == 1


def test_a_few_impossible_rows_are_counted_by_reason():
    bad = [
        "03/03/2026 10:00:05;-0:30;1;OK;1;ana\n",
        "31/02/2026 10:00:05;0:30;1;OK;1;ana\n",
        "03/03/1999 10:00:05;0:30;1;OK;1;ana\n",
        "03/03/2026 10:00:05;0:30;inf;OK;1;ana\n",
        "03/03/2026 10:00:05;0:30\n",
    ]
    log = log_of(HEADER + GOOD * 150 + "".join(bad))

    assert len(log) == 150
    assert sum(log.tally.dropped.values()) == 5
    assert len(log.tally.dropped) == 5
    assert sorted(text.split(":")[0] for text in log.tally.example.values()) == [f"line {n}" for n in range(152, 157)]


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty"),
        (HEADER, "no call"),
        (HEADER.replace("waited", "wated") + GOOD, "no column 'waited', did you mean wated"),
        (HEADER + GOOD.replace("0:30", "soon"), "line 2: soon"),
        (HEADER + GOOD.replace("02/03/2026", "yesterday"), "cannot be read"),
        (HEADER + GOOD.replace("OK", "MAYBE"), "outcome .* is not in the map, first in line 2: MAYBE"),
        (HEADER + GOOD.replace("0:30", "-10:00"), "ends before it begins"),
    ],
)
def test_a_bad_log_is_refused_in_one_line_that_says_where(text: str, words: str):
    with pytest.raises(BadInput, match=words) as refusal:
        log_of(text)

    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith("log.csv")


def test_a_damaged_archive_and_a_wrong_encoding_are_refused():
    columns = read_columns(MAP, "m")
    with pytest.raises(BadInput, match="cannot be unpacked"):
        read_log(gzip.compress(b"x" * 1000)[:20], columns, "log.gz")
    with pytest.raises(BadInput, match=r"log.csv:2: is not UTF-8, and several encodings fit it"):
        read_log(HEADER.encode() + b"\xff\n", columns, "log.csv")
