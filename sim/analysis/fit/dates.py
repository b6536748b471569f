"""Dates and times of day of all calls together: a wrong unit is refused, days by a clock that jumped are left out."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.language.said import said
from sim.analysis.fit.call_table import NEVER, rows_of
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.tally import Tally
from sim.model.streams import Floats, Ints

YEAR_DAYS: Final = 366
LAST_DAY: Final = 47_482
"""2100-01-01."""
FAR_DAYS: Final = 400
"""Dates this far from all others, and fewer than those, come from a clock that jumped."""
APART_DAYS, SPARSE, FEW = 60, 0.1, 0.01
"""So are those from this distance on that have a tenth of the calls a day, and one in a hundred of all."""
FEWEST: Final = 10
"""Calls that do not all come at midnight by chance."""


def check_years(day: Ints, column: str, source: str) -> None:
    """Refuse calls of which most come out in 1970 or after 2100: their arrival is in another unit."""
    if np.median(day) > LAST_DAY:
        raise BadInput(
            "{source}: the calls come out after the year 2100: is the arrival (column {column!r}) "
            "written so (as: epoch_s, epoch_ms, spreadsheet, or a format)?",
            source=source,
            column=column,
        )
    if np.median(day) < YEAR_DAYS:
        raise BadInput(
            "{source}: the calls come out in 1970: is the unit of the arrival (column {column!r}) "
            "right (as: epoch_s, epoch_ms, iso_or_epoch)?",
            source=source,
            column=column,
        )


def check_time_of_day(clock: Floats, column: str, source: str) -> None:
    """Refuse calls that all come at midnight: how they come over the day is what a centre is made for."""
    if len(clock) >= FEWEST and not clock.any():
        raise BadInput(
            "{source}: all calls come at 00:00: column {column!r} tells days and no time of day: name the column "
            "that does, or export it with the time",
            source=source,
            column=column,
        )


def without_far(table: dict[str, Any], files: Sequence[str], tally: Tally) -> dict[str, Any]:
    """Return the rows without those whose date is far from all others; they are counted as rows that cannot be."""
    far = table["day"] != NEVER
    far[far] = far_from_others(table["day"][far])
    for i in np.nonzero(far)[0].tolist():
        reason = said("the date is far from all others (a clock that jumped?)")
        shown_source = files[int(table["file"][i])] if len(files) > 1 else ""
        tally.drop(reason, int(table["line"][i]), date_text(int(table["day"][i])), source=shown_source)
    return rows_of(table, ~far)


def lie_together(day: Ints) -> bool:
    """Tell whether no days are further apart than a log with a gap has them.

    >>> lie_together(np.array([3, 1, 2])), lie_together(np.array([1, 2, 999]))
    (True, False)
    """
    return bool((np.diff(np.unique(day)) <= FAR_DAYS).all())


def far_from_others(day: Ints) -> Bools:
    """Return which days lie far from the days that most calls are of and all that are near those.

    Far is more than `FAR_DAYS`, or more than `APART_DAYS` for days with next to no calls, as single dates of another
    year are.

    >>> far_from_others(np.array([10, 10, 300, 600, 900, 5_000])).tolist()
    [False, False, False, False, False, True]
    >>> far_from_others(np.array([10] * 400 + [11] * 400 + [375, 376])).nonzero()[0].tolist()
    [800, 801]
    """
    days, place, calls = np.unique(day, return_inverse=True, return_counts=True)
    gaps = np.append(0, np.diff(days))
    near, part = np.cumsum(gaps > FAR_DAYS), np.cumsum(gaps > APART_DAYS)
    most = int(np.bincount(near, calls).argmax())
    there = np.bincount(part, calls)
    a_day = there / np.bincount(part)
    sparse = (a_day < SPARSE * a_day[int(there.argmax())]) & (there < FEW * there.sum())
    far = (near != most) | sparse[part]
    return np.asarray(far[place.reshape(-1)])
