"""Rows of the journal: commands, snapshots, what was folded beside them; and the batch of one transaction."""

import zlib
from dataclasses import dataclass, field
from typing import Final

from pydantic_core import from_json, to_json

from api.store.changes import Change
from callcenter.events import Event
from callcenter.units import Millis
from routing.columns import Rows, columns_of
from routing.snapshot import Snapshot


@dataclass(slots=True)
class Head:
    """How far the journal goes: `reached` is the last instant told, commands or not."""

    epoch: int
    reached: Millis | None
    last_n: int
    last_seq: int
    sum: int


IN_COLUMNS: Final = "columns"
"""Where a snapshot has its version that keeps calls as columns."""


@dataclass(slots=True)
class CommandRow:
    """A command as it is journaled."""

    n: int
    at: Millis
    body: str
    refused: str | None
    seq: int
    sum: int = 0

    def summed(self, before: int) -> int:
        """Return the checksum of this row, chained to the one before."""
        return zlib.crc32(f"{self.n}|{self.at}|{self.refused or ''}|{self.seq}|{self.body}".encode(), before)


@dataclass(slots=True)
class SnapshotRow:
    """The engine after command `n`: plain data, as bytes."""

    n: int
    at: Millis
    seq: int
    centre_n: int
    body: bytes
    folded: "FoldedRow | None" = None

    @property
    def plain(self) -> Snapshot:
        """What the engine is restored from."""
        found: Snapshot = from_json(zlib.decompress(self.body))
        if (version := found.pop(IN_COLUMNS, None)) is not None:
            found |= {"version": version, "calls": Rows(found["calls"])}
        return found


@dataclass(slots=True)
class FoldedRow:
    """What is folded of the events up to `seq`, as bytes that code of this form can read."""

    seq: int
    form: int
    body: bytes


def packed(plain: Snapshot) -> bytes:
    """Return a snapshot as bytes."""
    if plain.get("calls"):
        # Without a `version` an older program passes the snapshot over, as one that it cannot read.
        said = {name: part for name, part in plain.items() if name != "version"}
        plain = said | {IN_COLUMNS: plain["version"], "calls": columns_of(plain["calls"])}
    return zlib.compress(to_json(plain), 1)


def size_of(plain: Snapshot) -> int:
    """Return of how many calls, tasks, agents and ended calls a snapshot is: what it costs."""
    return sum(len(plain[part]) for part in ("calls", "tasks", "agents", "past") if part in plain)


@dataclass(slots=True)
class Batch:
    """What goes into one transaction."""

    reached: Millis
    commands: list[CommandRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    snapshot: SnapshotRow | None = None
