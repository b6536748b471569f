"""Workbooks of several sheets: that which holds the table is read; several of one layout are one log, or refused."""

from dataclasses import replace

import pytest

from callcenter.config.tables import Layout, Table, read_table, tables_in
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.report.tables import workbook

CALLS = ("calls", ("came", "wait"), [("2026-03-02 09:00", 3)])
COVER = ("cover", ("Report of March",), [("made by ana",)])
EMPTY = ("empty", (), [])
LAYOUT = Layout(needed=("came", "wait"))
APRIL = ("april", ("came", "wait"), [("2026-04-01 09:00", 5)])


def read(*sheets: tuple) -> Table:
    return read_table(Source.of(workbook(sheets), "book.xlsx"), LAYOUT)


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


def test_parts_of_one_layout_are_parts_of_one_table_named_by_their_sheets():
    source = Source.of(workbook((COVER, CALLS, EMPTY, APRIL)), "book.xlsx")
    parts = tables_in(source, LAYOUT)

    assert [part.name for part in parts] == ["book.xlsx, calls", "book.xlsx, april"]
    assert [[row for _, row in read_table(part, LAYOUT).rows()] for part in parts] == [
        [["2026-03-02 09:00", "3"]], [["2026-04-01 09:00", "5"]]
    ]  # fmt: skip
    assert tables_in(Source.of(workbook((COVER, CALLS)), "book.xlsx"), LAYOUT)[0].part is None


def test_where_one_table_is_meant_several_parts_of_its_layout_are_refused_by_name():
    with pytest.raises(BadInput, match=r"several sheets have such columns \('calls', 'april'\), and one is read"):
        read_table(Source.of(workbook((CALLS, APRIL)), "book.xlsx"), replace(LAYOUT, one_sheet=True))


def test_a_workbook_without_the_table_is_refused_by_its_first_sheet():
    with pytest.raises(BadInput, match="has no column 'came'"):
        read(COVER, EMPTY)
