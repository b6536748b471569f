"""Files of which a part is missing: a column, an end, the name of a call. Nothing is made up in its place."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.arrivals import fit_arrivals
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import fit_people
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.handling import fit_handling
from sim.analysis.fit.intervals import read_intervals
from sim.analysis.fit.look import look
from sim.analysis.fit.patience import fit_patience
from sim.analysis.fit.reading import read_logs
from sim.model.laws import mean_s
from sim.report.tables import workbook
from tests import strangers
from tests.strangers import WITH_HEADER, WRITERS, Rows, csv_text

CALLS = strangers.centre(5, days=14, calls_a_day=100)
ONE_A_CALL = [name for name in WRITERS if name != "asterisk-queue-log"]


def read(name: str, rows: Rows | bytes) -> CallLog:
    data = rows if isinstance(rows, bytes) else csv_text(rows, WRITERS[name][1]).encode()
    return read_logs([Source.of(data, "log")], format_columns(name, "", "map", "Europe/Berlin"), format_name=name)


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def emptied(name: str, column: int | str) -> Rows:
    rows = [list(row) for row in WRITERS[name][0](CALLS)]
    place = rows[0].index(column) if isinstance(column, str) else column
    for row in rows[name in WITH_HEADER :]:
        row[place] = ""
    return rows


def intervals(change: Callable[[Rows], Rows]) -> CallLog:
    text = csv_text(change(strangers.intervals(CALLS)))
    return read_intervals([Source.of(text.encode(), "log")], format_columns("genesys-interval"))


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_ends_within_a_row_is_refused(name: str):
    data = csv_text(WRITERS[name][0](CALLS), WRITERS[name][1]).encode()
    line = data.rstrip().rfind(b"\n") + 1
    mark = WRITERS[name][1].encode()
    few = 3 if name == "asterisk-queue-log" else -2  # an event without its kind; a call without its last cells
    cut = data[:line] + mark.join(data[line:].split(mark)[:few])

    with pytest.raises(BadInput, match="ends in the middle of a row"):
        read(name, cut)
    assert len(read(name, data.rstrip())) == len(CALLS)  # a last line without an end is whole


PACKED = gzip.compress(csv_text(strangers.our_calls(CALLS)).encode())
ZIPPED = zipped("calls.csv", csv_text(strangers.our_calls(CALLS)).encode())
BOOK = workbook([("calls", strangers.our_calls(CALLS)[0], strangers.our_calls(CALLS)[1:])])


@pytest.mark.parametrize(
    "junk",
    [b"\x1f\x8b\x08\x00" + b"garbage" * 40, PACKED[:-900], PACKED[:99] + PACKED[199:], b"PK\x03\x04" + b"garbage" * 40,
     ZIPPED[:-90], ZIPPED[:99] + b"\0" * 100 + ZIPPED[199:], BOOK[:-90],
     BOOK[: BOOK.index(b"sheet1.xml") + 99] + b"\0" * 100 + BOOK[BOOK.index(b"sheet1.xml") + 199 :]],
    ids=["no archive", "cut", "spoilt", "no zip", "zip cut", "zip spoilt", "workbook cut", "workbook spoilt"],
)  # fmt: skip
def test_what_only_begins_like_an_archive_is_refused(junk: bytes):
    with pytest.raises(BadInput, match="is damaged, and cannot be unpacked"):
        read("callcenter", junk)


def test_events_that_name_no_call_are_refused():
    with pytest.raises(BadInput, match="names no call"):
        read("asterisk-queue-log", emptied("asterisk-queue-log", 1))


def test_events_that_all_name_one_call_are_refused():
    rows = [[at, "x", *rest] for at, _, *rest in WRITERS["asterisk-queue-log"][0](CALLS)]
    with pytest.raises(BadInput, match="before they have left it or ended"):
        read("asterisk-queue-log", rows)


@pytest.mark.parametrize("event", ["ABANDON", "CONNECT"])
def test_events_of_which_a_kind_is_missing_are_refused(event: str):
    busy = strangers.centre(5, days=5, agents=3)
    rows = [row for row in strangers.queue_log(busy) if row[4] != event]
    with pytest.raises(BadInput, match="never leave it"):
        read("asterisk-queue-log", rows)


@pytest.mark.parametrize(
    ("name", "column"),
    [("amazon-connect-ctr", "ContactId"), ("callcenter", "call_id"), ("asterisk-cdr", 16)],
)
def test_a_name_of_calls_that_is_empty_or_ever_the_same_is_refused(name: str, column: int | str):
    rows = emptied(name, column)
    with pytest.raises(BadInput, match="is to tell calls apart, and is empty"):
        read(name, rows)
    place = rows[0].index(column) if isinstance(column, str) else column
    for row in rows[name in WITH_HEADER :]:
        row[place] = "1.23457E+11"  # what a spreadsheet makes of it
    with pytest.raises(BadInput, match="does not tell calls apart"):
        read(name, rows)


def test_the_wait_of_an_answered_call_does_not_end_where_the_call_ends():
    log = read("asterisk-cdr", emptied("asterisk-cdr", 10))

    assert log.unknown_waits == (sum(c.answered for c in CALLS), 0)
    assert sorted(log.wait[log.abandoned].tolist()) == sorted(float(c.wait_s) for c in CALLS if not c.answered)
    with pytest.raises(BadInput, match="nothing can be told of patience"):
        fit_patience(log)


def test_a_third_of_the_answers_without_a_time_changes_patience_little():
    rows = strangers.asterisk_cdr(CALLS)
    for n, row in enumerate(rows):
        row[10] = row[10] if n % 3 else ""
    whole, part = (fit_patience(read("asterisk-cdr", some)) for some in (strangers.asterisk_cdr(CALLS), rows))

    assert mean_s(part.laws[None, None].law) == pytest.approx(mean_s(whole.laws[None, None].law), rel=0.15)


@pytest.mark.parametrize(
    ("name", "column"),
    [("asterisk-cdr", 13), ("amazon-connect-ctr", "DisconnectTimestamp"), ("callcenter", "talk_s"),
     ("amazon-connect-ctr", "ConnectedToAgentTimestamp"), ("freeswitch-cdr", "answer_epoch")],
)  # fmt: skip
def test_no_talk_time_is_made_up(name: str, column: int | str):
    with pytest.raises(BadInput, match="how long the agent talked"):
        fit_handling(read(name, emptied(name, column)))


def test_of_an_interval_history_without_a_figure_nothing_is_made_up():
    def without(column: str) -> Callable[[Rows], Rows]:
        return lambda rows: [
            ["" if n and rows[0][i] == column else cell for i, cell in enumerate(row)] for n, row in enumerate(rows)
        ]

    with pytest.raises(BadInput, match="calls offered is empty"):
        intervals(without("Offer"))
    log = intervals(without("Abandon"))
    assert int(log.abandoned.sum()) == sum(not c.answered for c in CALLS)
    assert "not answered are taken for them" in " ".join(log.tally.notes)
    with pytest.raises(BadInput, match="how long the agent talked"):
        fit_people(intervals(without("Avg Talk")))
    with pytest.raises(BadInput, match="no wait from which their patience could be estimated"):
        fit_people(intervals(without("Service Level %")))


@pytest.mark.parametrize("name", ONE_A_CALL)
def test_a_last_day_that_breaks_off_is_no_usual_day(name: str):
    last = CALLS[-1].arrived.replace(hour=10, minute=0, second=0)
    log = read(name, WRITERS[name][0]([c for c in CALLS if c.arrived < last]))

    assert fit_arrivals(log).odd_days == (log.days()[-1],)


def test_a_hole_in_a_day_is_said():
    hole = CALLS[700].arrived.replace(hour=10, minute=0, second=0)
    kept = [c for c in CALLS if not hole <= c.arrived < hole + timedelta(hours=1)]
    log = read("callcenter", strangers.our_calls(kept))

    assert f"{hole:%Y-%m-%d} has no calls between 10:00 and 11:00" in " ".join(log.tally.notes)


def test_waits_that_come_out_as_parts_of_a_second_are_doubted():
    rows = strangers.our_calls(CALLS)
    for row in rows[1:]:
        row[5] = str(int(row[5]) / 1000)
    assert any("less than" in note and "unit of wait" in note for note in read("callcenter", rows).tally.notes)


def test_epochs_with_commas_are_no_times():
    rows = strangers.freeswitch_cdr(CALLS)
    for row in rows[1:]:
        row[3] = f"{int(row[3]):,}"
    with pytest.raises(BadInput, match=r"^log: .* the time \(column 'start'\) cannot be read"):
        read("freeswitch-cdr", rows)


def test_blank_lines_above_a_table_hide_nothing():
    seen = look(Source.of(("\n\n" + csv_text(strangers.our_calls(CALLS))).encode(), "log"))

    assert seen.format_name == "callcenter"


def test_who_leaves_a_queue_by_a_rule_has_not_hung_up():
    rows = strangers.our_calls(CALLS)
    for row in rows[1:]:
        row[6] = row[6].replace("abandoned", "overflowed")
    log = read("callcenter", rows)

    assert not log.abandoned.any()
    assert int(log.overflowed.sum()) == np.sum([not c.answered for c in CALLS])
