"""What a compiled day has written out, where it is asked for: as it stands, or as columns of the table of calls."""

from typing import Final

import numpy as np

from sim.compiled import folds as fo
from sim.compiled import layout as at
from sim.compiled.jit import Memory
from sim.model.streams import Ints
from sim.results.call_table import NOTHING, narrow

_WRITTEN: Final = (
    (at.ROWS, at.ROWS_N, at.ROW_SIZE),
    (at.SPANS, at.SPANS_N, at.SPAN_SIZE),
    (at.WRAPS, at.WRAPS_N, at.WRAPPED_SIZE),
)


class KeptRows:
    """Rows of calls, stretches of agents' time and after-call work, as they were written."""

    def __init__(self) -> None:
        self._parts: dict[int, list[Ints]] = {place: [np.empty((0, size), np.int64)] for place, _, size in _WRITTEN}

    def take(self, memory: Memory) -> None:
        """Take what stands written."""
        for place, count, size in _WRITTEN:
            self._parts[place].append(_lines(memory, place, count, size).copy())

    def of(self, place: int) -> Ints:
        """Return what was written at `layout.ROWS`, `SPANS` or `WRAPS`, in its order; what was open yet is last."""
        return np.concatenate(self._parts[place])


class KeptCalls:
    """Rows of calls alone, each column as narrow as it may be."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Ints]] = {}
        self._worked: list[tuple[Ints, Ints]] = []

    def take(self, memory: Memory) -> None:
        """Take what stands written."""
        for name, column in _told(_lines(memory, *_WRITTEN[0]).T).items():
            self._parts.setdefault(name, []).append(narrow(column))
        wraps = _lines(memory, *_WRITTEN[2]).T
        row, begin, end = wraps[[at.WRAPPED_ROW, at.WRAPPED_BEGIN, at.WRAPPED_END]]
        mine = row != at.NONE
        self._worked.append((row[mine], narrow((end - begin)[mine])))

    def columns(self) -> dict[str, Ints]:
        """Return the columns of the table of calls, in the order in which rows were written; no longer kept here."""
        found = {name: np.concatenate(self._parts.pop(name)) for name in list(self._parts)}
        worked = np.zeros(len(found["talk"]), np.int64)
        for rows, spent in self._worked:
            np.add.at(worked, rows, spent)
        self._worked.clear()
        return found | {"wrap_up": narrow(np.where(found["talk"] == NOTHING, NOTHING, worked))}


def _lines(memory: Memory, place: int, count: int, size: int) -> Ints:
    begin, lines = int(memory[place]), int(memory[count])
    return memory[begin : begin + lines * size].reshape(-1, size)


def _told(row: Ints) -> dict[str, Ints]:
    """Return what rows, a column for each field, tell of their calls."""
    outcome, queued, left = row[at.ROW_OUTCOME], row[at.ROW_QUEUED], row[at.ROW_LEFT]
    answered = outcome == fo.ANSWERED
    ended = answered & (row[at.ROW_UNTIL] != at.NONE)
    turned_away = (outcome == fo.OVERFLOWED) | (outcome == fo.REJECTED)
    return {
        "queued": queued,
        "number": row[at.ROW_NUMBER],
        "contact": row[at.ROW_CONTACT],
        "segment": row[at.ROW_SEGMENT],
        "queue": row[at.ROW_QUEUE],
        "tier": row[at.ROW_TIER],
        "wait": np.where(outcome == fo.OPEN, NOTHING, left - queued),
        "outcome": outcome,
        "short": (outcome == fo.ABANDONED) * row[at.ROW_DETAIL],
        "reason": np.where(turned_away, row[at.ROW_DETAIL], NOTHING),
        "group": row[at.ROW_GROUP],
        "agent": row[at.ROW_AGENT],
        "ring": np.where(answered, left - row[at.ROW_RANG], NOTHING),
        "talk": np.where(ended, row[at.ROW_UNTIL] - left, NOTHING),
    }
