"""Duplicate records: recognised by the call's name where the map has it, else by what cannot occur twice."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import DAY_S, CallLog
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.order import in_order
from sim.model.streams import Ints

SAME_CALLS: Final = 0.5
"""Two files that share more than this part of the calls of a day hold the same calls."""


def agents_at_two_calls(log: CallLog) -> int:
    """Return how many answered calls begin at the very instant at which their agent begins another."""
    known = np.nonzero(log.answered & (log.agent >= 0) & np.isfinite(log.wait))[0]
    begin = np.rint((log.day[known] * DAY_S + log.clock[known] + log.wait[known]) * 1000).astype(np.int64)
    order = in_order(log.agent[known], begin)
    agent, begin = log.agent[known][order], begin[order]
    return int(((agent[1:] == agent[:-1]) & (begin[1:] == begin[:-1])).sum())


def newest(key: Ints, latest: Ints) -> Bools:
    """Return which rows are the newest of their call: the greatest of `latest`, the last of those.

    Args:
        key: A number for each call; 0: a call of its own.
        latest: How new the record is.

    >>> newest(np.array([7, 7, 0, 0]), np.array([2, 1, 0, 0])).tolist()
    [True, False, True, True]
    """
    keep = np.ones(len(key), np.bool_)
    order = in_order(key)
    ordered = key[order]
    follows = np.append(False, ordered[1:] == ordered[:-1]) & (ordered != 0)
    several = order[follows | np.append(follows[1:], False)]
    if len(several):
        place = several[np.lexsort((several, latest[several], key[several]))]
        keep[place[:-1]] = key[place[1:]] != key[place[:-1]]
    return keep


def together(marks: Sequence[Ints]) -> Ints:
    """Return one number for several that name a call together; 0 where the first is 0.

    >>> together([np.array([5, 0]), np.array([1, 2])]).tolist()
    [5000014, 0]
    """
    found = marks[0]
    for more in marks[1:]:
        found = found * np.int64(1_000_003) ^ more
    return np.where(marks[0] == 0, 0, found)


def replaced(key: Ints, keep: Bools) -> tuple[Ints, Ints]:
    """Return the places of the records that are left out, and of those that are kept of their calls.

    >>> [places.tolist() for places in replaced(np.array([7, 7, 0]), np.array([False, True, True]))]
    [[0], [1]]
    """
    gone = np.flatnonzero(~keep)
    kept = np.flatnonzero(keep & (key != 0))
    kept = kept[np.argsort(key[kept])]
    return gone, kept[np.searchsorted(key[kept], key[gone])] if len(gone) else gone


def check_apart(table: dict[str, Any], files: Sequence[str]) -> None:
    """Refuse two files that hold the same calls: a day may be in both (a month's end in another zone), calls not."""
    rows = {name: table[name] for name in ("file", "day", "clock", "wait", "queue")}
    order = np.lexsort(tuple(np.nan_to_num(rows[name]) for name in ("file", "queue", "wait", "clock", "day")))
    rows = {name: np.nan_to_num(values[order]) for name, values in rows.items()}
    same = np.ones(len(order) - 1, np.bool_)
    for name in ("day", "clock", "wait", "queue"):
        same &= rows[name][1:] == rows[name][:-1]
    same &= rows["file"][1:] != rows["file"][:-1]
    if not same.any():
        return
    days = rows["day"].astype(np.int64)
    for day in np.unique(days[1:][same]).tolist():
        there = days == day
        count = np.bincount(rows["file"][there].astype(np.int64))
        twice = int((same & there[1:] & there[:-1]).sum())
        fewest = int(count[count > 0].min())
        if twice > SAME_CALLS * fewest:
            first, second = sorted({int(f) for f in np.unique(rows["file"][there])})[:2]
            raise BadInput(
                "{files}: holds calls of {day} that {files_2} holds too: name each call once (call: "
                "COLUMN in the map tells which records are one call)",
                files=files[second],
                day=date_text(int(day)),
                files_2=files[first],
            )
