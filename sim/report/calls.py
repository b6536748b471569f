"""The calls of one replication as files: `calls.csv` and `calls.parquet`, block by block.

`calls.csv`, one line a segment of the first replication, in order of arrival, then of caller:
    call_id, contact (the call it belongs to), queue, tier, customer (a code), arrived (local time with offset),
    wait_s, outcome (answered, abandoned, overflowed, converted, rejected, failed, open), short (an abandon too short
    to count), reason (where an overflowed call went, why one was rejected or failed), group, agent, ring_s, talk_s
    (hold included), hold_s, wrap_up_s. An empty cell is not known or does not apply. `simulate --calls` reads this.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from callcenter.config.formula_cells import harmless_text
from callcenter.hours import Zone
from callcenter.lifecycle.measures import CallRecord
from callcenter.units import SECOND
from sim.analysis.recorded_calls import iso
from sim.experiment.progress import Progress, tell_nobody
from sim.results.call_table import COLUMNS, CallTable, Cell, cells

BLOCK: Final = 100_000
"""Calls that are turned into text at once; of Parquet, those of a row group."""
_SECONDS: Final = ("wait_s", "ring_s", "talk_s", "hold_s", "wrap_up_s")


def call_csv(table: CallTable, progress: Progress = tell_nobody) -> Iterator[str]:
    """Yield the lines of `calls.csv`, many at once; `progress` is told how many calls are written."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for block in _blocks(table, progress):
        columns = cells(block, harmless_text)
        short = COLUMNS.index("short")
        columns[short] = [("false", "true")[cell is True] for cell in columns[short]]
        writer.writerows(zip(*columns, strict=True))
        yield sink.getvalue()
        sink.seek(0)
        sink.truncate()
    yield sink.getvalue()


def call_parquet(table: CallTable, progress: Progress = tell_nobody) -> Iterator[bytes] | None:
    """Return the calls as Parquet, `arrived` as a UTC timestamp; None where pyarrow is not installed."""
    return None if find_spec("pyarrow") is None else _parquet(table, progress)


def _parquet(table: CallTable, progress: Progress) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[str, Any] = dict.fromkeys(COLUMNS, pa.string())
    kinds |= dict.fromkeys(_SECONDS, pa.float64())
    kinds |= {"short": pa.bool_(), "arrived": pa.timestamp("ms", tz="UTC")}
    sink = _Sink()
    with pq.ParquetWriter(sink, pa.schema(kinds.items()), compression="zstd") as writer:
        for block in _blocks(table, progress):
            columns: dict[str, Any] = dict(zip(COLUMNS, cells(block), strict=True))
            columns["arrived"] = block.queued.astype(np.int64)
            writer.write_table(pa.table({name: pa.array(columns[name], kind) for name, kind in kinds.items()}))
            yield from sink.taken()
    yield from sink.taken()


class _Sink(io.RawIOBase):
    """A file that is only ever written on, and handed over in parts."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return how much has been written."""
        return self._size

    def write(self, data: Any) -> int:
        """Take what comes next."""
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def taken(self) -> list[bytes]:
        """Return what has been written since this was last asked."""
        found, self._parts = self._parts, []
        return found


def _blocks(table: CallTable, progress: Progress) -> Iterator[CallTable]:
    for first in range(0, len(table), BLOCK):
        yield table.part(first, first + BLOCK)
        progress(min(first + BLOCK, len(table)), len(table))


def call_rows(records: Iterable[CallRecord], zone: Zone) -> list[tuple[Cell, ...]]:
    """Return the lines of `calls.csv` of records, such as those of a live journal."""
    return [
        (
            r.call_id,
            r.contact,
            r.queue,
            r.tier,
            r.customer,
            iso(zone, r.queued_at),
            None if r.left_at is None else (r.left_at - r.queued_at) / SECOND,
            r.outcome,
            r.short,
            r.target,
            r.group,
            r.agent,
            None if r.offered_at is None or r.left_at is None else (r.left_at - r.offered_at) / SECOND,
            None if r.talk_ms is None else r.talk_ms / SECOND,
            None if r.talk_ms is None else r.hold_ms / SECOND,
            None if r.talk_ms is None else r.wrap_ms / SECOND,
        )
        for r in records
    ]
