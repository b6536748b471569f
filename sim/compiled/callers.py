"""Who calls on one day, as the table that compiled code reads: a column for each field, a row for each attempt."""

from typing import Any, Final

import numpy as np

from sim.compiled import chance as ch
from sim.compiled import layout as at
from sim.compiled.jit import Memory
from sim.compiled.setting import Ground
from sim.model import streams as draw
from sim.model.demand import NONE, Arrivals
from sim.model.laws import NEVER_MS
from sim.model.people import FirstAttempts
from sim.model.streams import Chance, Ints

_PURPOSES: Final = {
    ch.RETRIAL: draw.RETRIAL,
    ch.RETRIAL_DELAY: draw.RETRIAL_DELAY,
    ch.PATIENCE: draw.PATIENCE,
    ch.RING: draw.RING,
    ch.MISS: draw.MISS,
    ch.ANSWER: draw.ANSWER,
    ch.DIAL: draw.DIAL,
    ch.VIRTUAL_HOLD: draw.VIRTUAL_HOLD,
    ch.RESULT: draw.RESULT,
}


class Table:
    """The table: by field, an array with a row for each attempt, or one number where all have the same.

    `memory` tells compiled code, by field, where that stands and how far it is to the next row (0: it is the same).
    """

    def __init__(self, rows: int, columns: dict[int, Any]) -> None:
        self._rows = rows
        self._columns: list[Ints] = []
        self.memory: Memory = np.zeros(2 * at.P_SIZE, np.int64)
        for field in range(at.P_SIZE):
            column = np.ascontiguousarray(columns.get(field, 0), np.int64).reshape(-1)
            self._columns.append(column)
            self.memory[2 * field : 2 * field + 2] = column.ctypes.data, 0 if len(column) == 1 else 1

    def __len__(self) -> int:
        return self._rows

    @property
    def room(self) -> int:
        """How many rows there may be; one more is never written where nobody rings again."""
        return self._rows if self.memory[1::2].all() else at.NEVER

    def column(self, field: int) -> Ints:
        """Return a field that each row has of its own."""
        return self._columns[field]

    def wider(self, rows: int) -> "Table":
        """Return a table of so many rows, each of its own, of which the first are these."""
        found: dict[int, Any] = {}
        for field, values in enumerate(self._columns):
            found[field] = np.zeros(max(2, rows), np.int64)
            if values.any():
                found[field][: len(self)] = values
        return Table(max(2, rows), found)


def people_of(ground: Ground, first: FirstAttempts, arrivals: Arrivals) -> tuple[Table, int]:
    """Return the table of who calls, with room for those who ring again, and how many customers there are."""
    scenario, count = ground.scenario, len(first)
    known = ground.words[at.KNOWS_CUSTOMERS] != 0
    columns: dict[int, Any] = {
        at.P_AT: first.at,
        at.P_KIND: _kinds(ground, first, arrivals),
        at.P_HANDLING: first.handling_ms,
        at.P_PATIENCE: first.patience_ms if scenario.patience else NEVER_MS,
        at.P_WRAP: first.wrap_up_ms,
        at.P_QUIET: first.quiet_wrap_up_ms,
        at.P_RECALL: first.recall_ms,
        at.P_KEY: first.kept(arrivals.key) if known or ground.draws_rings else None,
        at.P_ATTEMPT: 1 if known else None,
        at.P_MARK: np.zeros(count, np.int64),  # written to, as the next
        at.P_WAIT: np.empty(count, np.int64),
    }
    customers = count
    if scenario.recorded:
        names: dict[str, int] = {}
        columns[at.P_CUSTOMER] = [names.setdefault(name, len(names)) for name in first.customers()]
        customers = len(names)
    elif known:
        columns[at.P_CUSTOMER] = np.arange(count)
    people = Table(count, {field: values for field, values in columns.items() if values is not None})
    if scenario.retrials:
        people = people.wider(count + 1024 + count // 4)
    return people, customers


def _kinds(ground: Ground, first: FirstAttempts, arrivals: Arrivals) -> Ints:
    """Return where the record of each call's kind stands."""
    table, scenario = ground.kinds, ground.scenario
    if len(scenario.streams) == 1 and not scenario.recorded and not scenario.streams[0].intents:
        by_tier = table[ground.queue_of[0], :, 0, NONE]
        return np.asarray(by_tier if len(by_tier) == 1 else by_tier[first.tier])
    intent = first.kept(arrivals.intent) if ground.centre.intents else NONE
    return np.asarray(table[first.queue, first.tier, first.stream, intent])


def philox_keys(ground: Ground, day_chance: Chance) -> list[int]:
    """Return the keys of the draws that nobody can list beforehand, two words for each purpose; 0: none is made."""
    words = [0] * (2 * ch.PURPOSES)
    if not ground.words[at.KNOWS_CUSTOMERS] and not ground.draws_rings:
        return words
    for purpose, name in _PURPOSES.items():
        state = np.asarray(day_chance.sequence(name).generate_state(2, np.uint64), np.uint64).view(np.int64)
        words[2 * purpose : 2 * purpose + 2] = state.tolist()
    return words
