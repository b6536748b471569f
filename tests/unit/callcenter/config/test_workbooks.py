"""Workbooks of several sheets: the one that holds the table is read, and which other holds one is said."""

import pytest

from callcenter.config.tables import Layout, Table, read_table
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.report.tables import workbook

CALLS = ("calls", ("came", "wait"), [("2026-03-02 09:00", 3)])
COVER = ("cover", ("Report of March",), [("made by ana",)])
EMPTY = ("empty", (), [])
APRIL = ("april", ("came", "wait"), [("2026-04-01 09:00", 5)])


def read(*sheets: tuple) -> Table:
    return read_table(Source.of(workbook(sheets), "book.xlsx"), Layout(needed=("came", "wait")))


@pytest.mark.parametrize("sheets", [(CALLS,), (CALLS, COVER), (CALLS, EMPTY)])
def test_of_a_workbook_with_one_table_nothing_is_said(sheets: tuple):
    table = read(*sheets)

    assert [row for _, row in table.rows()] == [["2026-03-02 09:00", "3"]]
    assert table.notes() == []


@pytest.mark.parametrize("before", [COVER, EMPTY])
def test_a_table_that_is_not_on_the_first_sheet_is_found_and_that_is_said(before: tuple):
    table = read(before, CALLS)

    assert [row for _, row in table.rows()] == [["2026-03-02 09:00", "3"]]
    assert table.notes() == ["book.xlsx: the sheet 'calls' is read"]


def test_a_second_sheet_with_the_same_columns_is_never_left_out_silently():
    assert "the sheet 'april' has such columns too, and is not read" in read(CALLS, APRIL).notes()[0]


def test_a_workbook_without_the_table_is_refused_by_its_first_sheet():
    with pytest.raises(BadInput, match="has no column 'came'"):
        read(COVER, EMPTY)
