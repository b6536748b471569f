"""The figures of a log's rows as columns: what kind of call each is, some of them taken, and their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from callcenter.units import DAY
from sim.analysis.fit.cells import Bools
from sim.model.streams import Floats, Ints

KINDS: Final = ("answered", "abandoned", "overflowed", "ignored", "refuse")
ANSWERED, ABANDONED, OVERFLOWED, IGNORED, REFUSED = range(5)
NOT_OFFERED: Final = 5
NEVER: Final = -1_000_000
"""The day of a row that does not say when it came, and need not: it never asked for an agent."""


@dataclass(slots=True)
class Rows:
    """Figures of the rows of one batch that can be; arrays of one length."""

    day: Ints
    clock: Floats
    wait: Floats
    kind: np.ndarray[Any, np.dtype[np.int8]]
    service: Floats
    wrap_up: Floats
    tier: Ints
    queue: Ints
    agent: Ints
    customer: Ints
    """A number that tells each from others; 0: not known."""
    line: Ints
    file: Ints
    key: Ints
    """A number for each call's name; 0: it has none."""
    latest: Ints
    row: Ints
    """A number for each row's cells together."""


NARROW: Final = {"kind": np.int8, "tier": np.int32, "queue": np.int32, "agent": np.int32,
                 "file": np.int16, "day": np.int32}  # fmt: skip


def narrow(name: str, values: Any) -> Any:
    """Return a column of `Rows` in as few bytes as it takes."""
    return values.astype(NARROW[name]) if name in NARROW else values


def joined(found: Sequence[Rows]) -> dict[str, Any]:
    """Return the rows of all batches by column; the batches are used up, since there may be ten million rows."""
    table: dict[str, Any] = {}
    for name in Rows.__slots__:
        parts = [getattr(rows, name) for rows in found]
        table[name] = np.concatenate(parts) if parts else np.empty(0)
        for rows in found:
            setattr(rows, name, None)
    return table


def rows_of(table: dict[str, Any], which: Bools) -> dict[str, Any]:
    """Return some of the rows; the table itself is used up, since there may be ten million of them."""
    if not which.all():
        for name in table:
            table[name] = table[name][which]
    return table


def order_of_arrival(table: dict[str, Any]) -> Ints:
    """Return the order of arrival; of calls that come together one that does not hang on the order of the rows."""
    at = table["day"].astype(np.int64) * DAY + np.rint(table["clock"] * 1000).astype(np.int64)
    order = np.argsort(at, kind="stable")
    ordered = at[order]
    together = np.append(False, ordered[1:] == ordered[:-1])
    places = np.flatnonzero(together | np.append(together[1:], False))
    if len(places):
        keys = ("service", "wait", "agent", "tier", "queue", "kind")
        rows = order[places]
        order[places] = rows[np.lexsort((*(table[name][rows] for name in keys), at[rows]))]
    return order
