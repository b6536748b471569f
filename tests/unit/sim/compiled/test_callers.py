"""The table of who calls, as compiled code reads it: by field, where the numbers stand and how far apart."""

import numpy as np
import pytest

from sim.compiled import layout as at
from sim.compiled.callers import Table


def read(table: Table, field: int) -> list[int]:
    """Read a field of every row as compiled code does: from where it stands, so far to the next."""
    column = table._columns[field]
    where, step = table.memory[2 * field : 2 * field + 2].tolist()
    assert where == column.ctypes.data
    return [int(column[row * step]) for row in range(len(table))]


def test_what_all_callers_have_stands_there_once_and_what_each_has_of_their_own_row_by_row():
    table = Table(3, {at.P_ATTEMPT: 7, at.P_AT: [10, 20, 30]})

    assert [read(table, field) for field in (at.P_ATTEMPT, at.P_AT, at.P_WRAP)] == [[7] * 3, [10, 20, 30], [0] * 3]


@pytest.mark.parametrize("shared", range(at.P_SIZE))
def test_no_row_is_written_to_where_all_callers_share_a_single_number(shared: int):
    table = Table(3, {field: [10, 20, 30] for field in range(at.P_SIZE) if field != shared})

    assert table.room == at.NEVER


def test_a_wider_table_has_the_same_callers_first_and_room_for_those_who_ring_again():
    table = Table(2, {at.P_ATTEMPT: 7, at.P_AT: np.array([10, 20])}).wider(4)

    assert [read(table, field) for field in (at.P_ATTEMPT, at.P_AT)] == [[7, 7, 0, 0], [10, 20, 0, 0]]
    assert (len(table), table.room) == (4, 4)
