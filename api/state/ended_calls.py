"""The calls of the board: those in hand as lines, those that ended a while ago as bytes.

A line costs about a kilobyte, and a centre remembers a hundred thousand calls a day that nobody asks about any more.
Some thousand calls after its end a call is packed into a few dozen bytes (`callcenter.compact_memory`); whoever asks
about it gets its line back.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from itertools import islice
from sys import intern
from types import MappingProxyType
from typing import Any, Final

from api.state.records import CallLine
from callcenter.compact_memory import Remembered, Values
from callcenter.units import DAY
from routing.columns import Rows, columns_of_all

KEPT_MS: Final = DAY
"""How long an ended call is remembered."""
AS_LINES: Final = 5_000
"""So many that ended last stay lines: what is reported late comes mostly by then."""
PACKED_PER_END: Final = 3
"""So many are packed at the end of another, if there are more."""

FIELDS: Final = (
    "queued_at", "ended_at", "left_at", "ring_ms", "talked_until", "wrap_ms",
    "queue", "tier", "band", "state", "agent_id", "target", "reason", "source", "short",
    "contact", "customer", "task_id", "external_id", "result", "solved",
)  # fmt: skip
_GIVEN: Final = ("id", "contact", "queue", "tier", "customer", "queued_at", "band", "source", "external_id")
"""What is said of each line; by what its caller is compared is good in one process only."""
_USUAL: Final = {
    name: value
    for name, value in vars(CallLine).items()
    if not name.startswith("__") and not callable(value) and not isinstance(value, property)
}
"""What most lines never change stands in the class."""
_SOURCE, _EXTERNAL_ID = FIELDS.index("source"), FIELDS.index("external_id")


def _values(line: CallLine) -> Values:
    return tuple(None if name == "contact" and line.contact == line.id else getattr(line, name) for name in FIELDS)


def _line(call_id: str, values: Values) -> CallLine:
    fields = dict(zip(FIELDS, values, strict=False))  # older ones knew of no results
    fields["contact"] = fields["contact"] or call_id
    line = CallLine(call_id, fields["contact"], fields["queue"], fields["tier"], fields["customer"], 0)
    vars(line).update(fields)
    return line


def _lines_of(rows: Rows) -> list[CallLine]:
    """Return the lines of which this was said; not by `vars`, or each would have a dictionary besides."""
    lines = []
    customers: dict[str, str] = {}
    columns = zip(*map(rows.column, _GIVEN), strict=False)
    for call_id, contact, queue, tier, customer, at, band, source, external_id in islice(columns, len(rows)):
        # One text where there is one thing: what was folded of stored events has a text for each.
        key = customer if customer is None else customers.setdefault(customer, customer)
        line = CallLine(call_id, call_id if contact == call_id else contact, queue, tier, key, at)
        line.band, line.source, line.external_id = band, source, call_id if external_id == call_id else external_id
        lines.append(line)
    for name in _USUAL:
        for n, value in rows.having(name):
            setattr(lines[n], name, value)
    return lines


class Lines(Collection[CallLine]):
    """All lines as they were when this was made: may be read on another thread, as often as one likes."""

    def __init__(self, lines: list[CallLine], kept: Remembered) -> None:
        self._lines = lines
        self._kept = kept

    def __iter__(self) -> Iterator[CallLine]:
        yield from self._lines
        for call_id, _, values in self._kept:
            yield _line(call_id, values)

    def __len__(self) -> int:
        return len(self._lines) + len(self._kept)

    def __contains__(self, line: object) -> bool:
        return any(line is other for other in self._lines)


class CallLines(MutableMapping[str, CallLine]):
    """Call → its line; `forget` is told of each one that has had its time."""

    def __init__(self, forget: Callable[[CallLine], None] = lambda line: None) -> None:
        self._forget = forget
        self._lines: dict[str, CallLine] = {}
        self._ended: deque[str] = deque()
        """Calls that ended, or were asked about, and are still lines."""
        self._kept = Remembered()
        """Those that were packed, by when."""
        self._now = 0

    # --- remembering

    def end(self, call_id: str, at: int) -> None:
        """Take note that a call has ended; pack what ended before many others, forget what did a day ago."""
        self._now = max(self._now, at)
        self._ended.append(call_id)
        for _ in range(min(PACKED_PER_END, len(self._ended) - AS_LINES)):
            self._pack(self._ended.popleft())
        for old, _, values in self._kept.forget(self._now - KEPT_MS):
            self._forget(_line(old, values))

    def _pack(self, call_id: str) -> None:
        line = self._lines.get(call_id)
        if line is not None and line.ended:
            del self._lines[call_id]
            self._kept.put(call_id, self._now, *_values(line))

    def name(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Let calls have these names in telephony systems, source and external id; those that are packed stay so."""
        for call_id, (source, external_id) in names.items():
            line = self._lines.get(call_id)
            if line is not None:
                line.source = intern(source)  # there are few
                line.external_id = line.id if external_id == line.id else external_id
        renamed: dict[str, Values] = {}
        for call_id, _, values in self._kept:
            if call_id in names:
                told = list(values)
                told[_SOURCE], told[_EXTERNAL_ID] = names[call_id]
                renamed[call_id] = tuple(told)
        self._kept.rewrite(renamed)

    def state(self) -> dict[str, Any]:
        """Return what it needs to go on, as plain data and lines."""
        lines = columns_of_all(list(self._lines.values()), (*_GIVEN, *_USUAL), _USUAL)
        return {"lines": lines, "ended": self._ended, "kept": self._kept.state(), "now": self._now}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._ended, self._now = state["ended"], state["now"]
        self._lines = {line.id: line for line in _lines_of(Rows(state["lines"]))}
        self._kept.go_on(state["kept"])

    # --- as any mapping

    def get(self, key: str, default: Any = None) -> Any:
        """Return the line of a call; one that was packed is a line again for a while."""
        line = self._lines.get(key)
        if line is not None:
            return line
        kept = self._kept.pop(key)
        if kept is None:
            return default
        line = self._lines[key] = _line(key, kept)
        self._ended.append(key)
        return line

    def __getitem__(self, key: str) -> CallLine:
        line: CallLine | None = self.get(key)
        if line is None:
            raise KeyError(key)
        return line

    def __setitem__(self, key: str, line: CallLine) -> None:
        self._lines[key] = line
        self._kept.pop(key)

    def __delitem__(self, key: str) -> None:
        self._forget(self[key])
        del self._lines[key]

    def __contains__(self, key: object) -> bool:
        return key in self._lines or (isinstance(key, str) and key in self._kept)

    def __len__(self) -> int:
        return len(self._lines) + len(self._kept)

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        for call_id, _, _ in self._kept:
            yield call_id

    def as_lines(self) -> Mapping[str, CallLine]:
        """Return those that are lines, in hand or ended a while ago; looking at one unpacks nothing."""
        return MappingProxyType(self._lines)

    def in_hand(self) -> list[CallLine]:
        """Return the lines of those that have not ended, the oldest first."""
        return [line for line in self._lines.values() if not line.ended]

    def since(self, at: int) -> Lines:
        """Return the lines of calls that have not ended, or may have ended at or after an instant."""
        return Lines(list(self._lines.values()), self._kept.copied(at))  # packed when they ended, or later

    def values(self) -> Lines:  # type: ignore[override]
        """Return all lines as they are now; those that were packed stay so."""
        return Lines(list(self._lines.values()), self._kept.copied())

    def items(self) -> Any:
        """Return calls with their lines, as they are now."""
        return [(line.id, line) for line in self.values()]
