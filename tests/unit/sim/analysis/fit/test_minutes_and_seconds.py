"""Lengths written as minutes and seconds without a colon are never taken for numbers of seconds or minutes."""

from collections.abc import Callable

import numpy as np
import pytest

from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_log
from sim.analysis.fit.sixties import sixty_of
from tests import strangers
from tests.strangers import csv_text

CALLS = strangers.centre(5, days=4)
MAP = """version: 1
zone: Europe/Berlin
arrival: {column: came, as: iso}
wait: {column: wait}
service: {column: talk}
outcome: {column: end, answered: [yes], abandoned: [no]}
"""
Write = Callable[[int], str]


def marked(s: int) -> str:
    return f"{s // 60}.{s % 60:02d}"


def comma(s: int) -> str:
    return marked(s).replace(".", ",")


def cut(s: int) -> str:
    return repr(float(marked(s)))


def six(s: int) -> str:
    return f"{s // 3600:02d}{s // 60 % 60:02d}{s % 60:02d}"


def bare(s: int) -> str:
    return str(int(six(s)))


def read(write: Write, columns: str = MAP) -> CallLog:
    rows = [
        [c.arrived.isoformat(), write(c.wait_s), write(c.talk_s) if c.answered else "", "yes" if c.answered else "no"]
        for c in CALLS
    ]
    text = csv_text([["came", "wait", "talk", "end"], *rows], ";")
    return read_log(text.encode(), read_columns(columns, "map.yaml"), "log.csv")


@pytest.mark.parametrize(
    ("write", "unit"), [(marked, "m.ss"), (comma, "m.ss"), (cut, "m.ss"), (six, "hhmmss"), (bare, "hhmmss")]
)
def test_minutes_and_seconds_are_asked_about_and_read_once_that_is_told(write: Write, unit: str):
    marks = MAP + "decimal: ','\n" if write is comma else MAP
    for guess in ("", ", unit: minutes"):
        with pytest.raises(BadInput, match=f"are minutes and seconds .*write unit: {unit}"):
            read(write, marks.replace("wait}", f"wait{guess}}}").replace("talk}", f"talk{guess}}}"))

    log = read(write, marks.replace("wait}", f"wait, unit: {unit}}}").replace("talk}", f"talk, unit: {unit}}}"))

    plain = read(str)
    assert np.array_equal(log.wait, plain.wait)
    assert np.array_equal(log.service, plain.service, equal_nan=True)


@pytest.mark.parametrize(
    "write",
    [str, lambda s: f"{s / 60:.2f}", lambda s: f"{s / 60:.1f}", lambda s: f"{round(s / 30) / 2}", lambda s: f"{s}.0",
     lambda s: str(s // 100 * 100), lambda s: str(s % 60)],
)  # fmt: skip
def test_plain_numbers_are_not_taken_for_minutes_and_seconds(write: Write):
    assert sixty_of(write(c.talk_s) for c in CALLS) is None
