"""Who calls on one day, as the table that compiled code reads: a column for each field, a row for each attempt."""

from typing import Any, Final

import numpy as np

from sim.compiled import chance as ch
from sim.compiled import layout as at
from sim.compiled.jit import Memory
from sim.compiled.setting import Ground
from sim.model import streams as draw
from sim.model.demand import NONE, Arrivals
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
    """The table: `memory` is the number of its rows, then its columns; those that nobody writes take no memory."""

    def __init__(self, rows: int) -> None:
        self.memory: Memory = np.zeros(1 + rows * at.P_SIZE, np.int64)
        self.memory[0] = rows

    def __len__(self) -> int:
        return int(self.memory[0])

    @property
    def columns(self) -> Any:
        """By field, then row."""
        return self.memory[1:].reshape(at.P_SIZE, -1)

    def wider(self, used: int) -> "Table":
        """Return a table of more than twice as many rows, of which `used` are these."""
        found = Table(2 * len(self) + 1024)
        for new, old in zip(found.columns, self.columns, strict=True):
            if old[:used].any():
                new[:used] = old[:used]
        return found


def people_of(ground: Ground, first: FirstAttempts, arrivals: Arrivals) -> tuple[Table, int]:
    """Return the table of who calls, with room for those who ring again, and how many customers there are."""
    scenario, count = ground.scenario, len(first)
    people = Table(count + 1024 + (count // 4 if scenario.retrials else 0))
    known = ground.words[at.KNOWS_CUSTOMERS] != 0
    columns: dict[int, Any] = {
        at.P_AT: first.at,
        at.P_KIND: _kinds(ground, first, arrivals),
        at.P_HANDLING: first.handling_ms,
        at.P_PATIENCE: first.patience_ms,
        at.P_WRAP: first.wrap_up_ms,
        at.P_QUIET: first.quiet_wrap_up_ms,
        at.P_RECALL: first.recall_ms,
        at.P_KEY: first.kept(arrivals.key) if known or ground.draws_rings else None,
        at.P_ATTEMPT: 1 if known else None,
    }
    customers = count
    if scenario.recorded:
        names: dict[str, int] = {}
        columns[at.P_CUSTOMER] = [names.setdefault(name, len(names)) for name in first.customers()]
        customers = len(names)
    elif known:
        columns[at.P_CUSTOMER] = np.arange(count)
    for field, values in columns.items():
        if values is not None:  # all zeros to begin with
            people.columns[field, :count] = values
    return people, customers


def _kinds(ground: Ground, first: FirstAttempts, arrivals: Arrivals) -> Ints:
    """Return where the record of each call's kind stands."""
    table, scenario = ground.kinds, ground.scenario
    if len(scenario.streams) == 1 and not scenario.recorded and not scenario.streams[0].intents:
        return np.asarray(table[ground.queue_of[0], :, 0, NONE][first.tier])
    intent = first.kept(arrivals.intent) if ground.centre.intents else NONE
    return np.asarray(table[first.queue, first.tier, first.stream, intent])


def philox_keys(day_chance: Chance) -> list[int]:
    """Return the keys of the draws that nobody can list beforehand, two words for each purpose."""
    words = [0] * (2 * ch.PURPOSES)
    for purpose, name in _PURPOSES.items():
        state = np.asarray(day_chance.sequence(name).generate_state(2, np.uint64), np.uint64).view(np.int64)
        words[2 * purpose : 2 * purpose + 2] = state.tolist()
    return words
