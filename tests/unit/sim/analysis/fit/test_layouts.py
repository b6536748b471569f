"""Logs of other systems, written in all usual ways and damaged as files are: read rightly by `look`'s map, or refused.

A person's part is played by giving the zone alone: where the proposal would have to be corrected it has to be refused.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from callcenter.config import render
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.look import look
from sim.analysis.fit.reading import read_logs
from tests import strangers
from tests.layouts import LAYOUTS, LENGTHS, MOMENTS, OF_ROWS, OF_TEXT, Layout, rows_of, truth, written
from tests.strangers import Call

DAMAGED = {"zero bytes": "zero byte", "ends of lines of old Macs": "old Macs",
           "two exports joined, of other columns": "two exports in one file"}  # fmt: skip
"""What is refused, and the words that say why."""
FORM = """version: 1
zone: Europe/Berlin
arrival: {column: came, as: iso}
wait: wait
outcome: {column: end, answered: [y], abandoned: [n]}
"""
WITH_DAYS_APART = ("German spreadsheet", "French spreadsheet")
Case = tuple[str, str, str]


@cache
def calls_of(seed: int, days: int = 14) -> list[Call]:
    return strangers.centre(seed, days=days, calls_a_day=30, agents=3)


def data_of(case: Case, seed: int) -> bytes:
    """Return the file of a case: a layout, the kind of the change, and the change."""
    layout, calls = LAYOUTS[case[0]], calls_of(seed)
    match case[1]:
        case "moment":
            return written(layout, rows_of(layout, calls, moment=case[2])).encode(layout.encoding)
        case "length":
            return written(layout, rows_of(layout, calls, length=case[2])).encode(layout.encoding)
        case "rows":
            return written(layout, OF_ROWS[case[2]](rows_of(layout, calls), seed)).encode(layout.encoding)
        case _:
            return OF_TEXT[case[2]](written(layout, rows_of(layout, calls)), layout.encoding, seed)


def read_as_proposed(data: bytes) -> CallLog:
    """Return what a file tells by the map that `look` proposes, the zone filled in."""
    source = Source.of(data, "log.csv")
    proposal = {**look(source).proposal, "zone": "Europe/Berlin"}
    return read_logs([source], read_columns(render(proposal), "map.yaml"))


def told(log: CallLog) -> list[tuple[float, ...]]:
    """Return what a log tells of each call, as `truth` does."""
    of_support = np.array([name == "support" for name in log.queues])[log.queue]
    at = log.day * 86_400 + log.clock
    figures = (at, log.answered, np.nan_to_num(log.wait, nan=-1), np.nan_to_num(log.service, nan=-1), of_support)
    return sorted(zip(*(np.asarray(values, float).tolist() for values in figures), strict=True))


def holds(case: Case, seed: int) -> None:
    """Hold a case to the truth, or to a refusal where the file cannot be read."""
    data, layout = data_of(case, seed), LAYOUTS[case[0]]
    if case[2] in DAMAGED:
        with pytest.raises(BadInput, match=DAMAGED[case[2]]) as refusal:
            read_as_proposed(data)
        assert "\n" not in str(refusal.value)
        assert not any(c.caller in str(refusal.value) for c in calls_of(seed))
        return
    try:
        log = read_as_proposed(data)
    except BadInput as refusal:
        # What ends within a row is refused, if enough of the row is there to tell that it is a call's.
        if case[2] == "cut off" and "ends in the middle of a row" in str(refusal):
            return
        raise
    found, true = told(log), truth(layout, calls_of(seed))
    # A last row of which too little is there is left out, and said.
    assert len(found) + (log.tally.bad if case[2] == "cut off" else 0) == len(true)
    if case[2] != "cut off":
        np.testing.assert_allclose(np.array(found), np.array(true), atol=0.6)
    if layout.agents:
        assert len(np.unique(log.agent[log.agent >= 0])) == 3


def cases() -> list[Case]:
    of = {"rows": OF_ROWS, "text": OF_TEXT, "length": LENGTHS, "moment": MOMENTS}
    changes = [(kind, name) for kind, names in of.items() for name in names]
    return [
        (layout, kind, name)
        for layout in LAYOUTS
        for kind, name in changes
        if (kind != "moment" or layout not in WITH_DAYS_APART)
        and not (name == "cut off" and LAYOUTS[layout].below)  # a total that is cut off is no call
    ]


@pytest.mark.parametrize("change", [
    "a mark at the end of each row, none at that of the names", "marks at the end of the names alone",
    "sums in between",
])  # fmt: skip
def test_what_stands_at_the_end_of_rows_and_between_them_is_no_call(change: str):
    holds(("Zendesk Talk", "rows", change), 1)


def test_which_calls_are_inbound_is_told_by_a_letter_or_asked_about():
    letters = with_cells(LAYOUTS["Zendesk Talk"], "Direction", lambda c: "O" if c.number % 5 == 0 else "I", calls_of(1))
    others = letters.replace(b",I,", b",External,").replace(b",O,", b",Internal,").replace(b"Direction", b"Call Type")

    assert look(Source.of(letters, "log")).proposal["where"] == {"Direction": ["I"]}
    asked = look(Source.of(others, "log")).questions
    assert any("each of these cells of Call Type count" in line for line in asked)


@pytest.mark.parametrize("name", ["Genesys Cloud interactions", "German spreadsheet", "moments only"])
def test_a_layout_that_is_not_known_is_read_by_the_map_that_is_proposed(name: str):
    holds((name, "rows", "as it is"), 1)


@pytest.mark.ci
@pytest.mark.parametrize("case", cases()[::9], ids=" / ".join)
def test_however_a_log_is_written_it_is_read_rightly_or_refused(case: Case):
    holds(case, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 20261129])
@pytest.mark.parametrize("case", cases(), ids=" / ".join)
def test_every_layout_with_every_change_is_read_rightly_or_refused(case: Case, seed: int):
    holds(case, seed)


# --- what cannot be told is asked, and the question is no map that reads


def with_cells(layout: Layout, column: str, change: Callable[[Call], str], calls: list[Call]) -> bytes:
    """Return a layout's file with another content of a column."""
    rows = rows_of(layout, calls)
    at = layout.header.index(column)
    for row, call in zip(rows[1:], calls, strict=False):
        row[at] = change(call)
    return written(layout, rows).encode(layout.encoding)


def test_days_and_months_that_could_be_either_way_round_are_asked_about():
    one_day = [c for c in calls_of(1, 21) if (c.arrived.month, c.arrived.day) == (4, 5)]
    layout = LAYOUTS["flags of the lost"]
    data = written(layout, rows_of(layout, one_day, moment="day first")).encode()

    with pytest.raises(BadInput, match=r"arrival\.format: is no pattern \(DAYS OR MONTHS FIRST"):
        read_as_proposed(data)
    assert any("whether days come before months" in line for line in look(Source.of(data, "log")).questions)


def test_a_cell_of_the_outcome_that_no_word_tells_is_no_guess():
    layout = LAYOUTS["Twilio TaskRouter tasks"]
    data = with_cells(layout, "AssignmentStatus", lambda c: "completed" if c.answered else "canceled"
                      if c.number % 2 else "wrapping", calls_of(1))  # fmt: skip

    with pytest.raises(BadInput, match="outcome"):
        read_as_proposed(data)
    assert any("wrapping" in line for line in look(Source.of(data, "log")).questions)


def test_words_that_the_other_cells_of_their_rows_contradict_are_not_used():
    layout = LAYOUTS["Twilio TaskRouter tasks"]
    data = with_cells(layout, "AssignmentStatus", lambda c: "canceled" if c.answered else "completed", calls_of(1))

    assert look(Source.of(data, "log")).proposal["outcome"]["column"] == "WorkerName"
    np.testing.assert_allclose(told(read_as_proposed(data)), truth(layout, calls_of(1)))


def test_tickets_of_several_calls_are_no_names_of_calls():
    layout = LAYOUTS["Genesys Cloud interactions"]
    data = with_cells(layout, "Conversation ID", lambda c: f"T{c.number // 3}", calls_of(1))

    assert len(read_as_proposed(data)) == len(calls_of(1))
    assert any("come again at another time" in line for line in look(Source.of(data, "log")).questions)


@pytest.mark.parametrize(("cell", "way"), [("20260323093000", "epoch_ms"), ("1774254600", "epoch_ms")])
def test_moments_that_come_out_in_another_century_are_refused(cell: str, way: str):
    text = f"came,wait,end\n{cell},5,y\n{cell},6,n\n"
    form = FORM.replace("as: iso", f"as: {way}")

    with pytest.raises(BadInput, match="come out"):
        read_logs([Source.of(text.encode(), "log")], read_columns(form, "map"))


@pytest.mark.parametrize("name", ["CET", "CEST"])
def test_the_name_of_the_time_tells_which_of_two_hours_it_was(name: str):
    text = f"came,wait,end\n2026-10-25 02:30:00 {name},5,y\n"
    log = read_logs([Source.of(text.encode(), "log")], read_columns(FORM, "map"))

    assert log.clock.tolist() == [9_000.0]
    assert log.tally.notes == []


@pytest.mark.parametrize(("way", "doubted"), [("%d/%m/%Y %H:%M", False), ("%m/%d/%Y %H:%M", True)])
def test_dates_that_are_a_week_only_with_day_and_month_exchanged_are_doubted(way: str, doubted: bool):
    text = "came,wait,end\n" + "".join(f"0{day}/03/2026 10:00,5,y\n" for day in range(2, 7))
    form = read_columns(FORM.replace("as: iso", f'format: "{way}"'), "map")
    notes = read_logs([Source.of(text.encode(), "log")], form).tally.notes

    assert any("with day and month exchanged" in note for note in notes) is doubted
