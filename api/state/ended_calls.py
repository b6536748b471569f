"""The calls of the board: those in hand as lines, those that ended a while ago as bytes.

A line costs about a kilobyte, and a centre remembers a hundred thousand calls a day that nobody asks about any more.
Some thousand calls after its end a call is packed into a hundred bytes; whoever asks about it gets its line back.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, MutableMapping
from struct import Struct
from typing import Any, Final

from pydantic_core import from_json, to_json

from api.state.records import CallLine
from callcenter.units import DAY

KEPT_MS: Final = DAY
"""How long an ended call is remembered: about that, as they are forgotten an hour's worth at a time."""
PARTS: Final = 24
"""In so many parts it is forgotten."""
AS_LINES: Final = 5_000
"""So many that ended last stay lines: what is reported late comes mostly by then."""
AT_ONCE: Final = 3
"""So many are packed at the end of another, if there are more."""

NUMBERS: Final = ("queued_at", "ended_at", "left_at", "ring_ms", "talked_until", "wrap_ms")
SHARED: Final = ("queue", "tier", "band", "state", "agent_id", "target", "reason", "source", "short")
"""What many calls have in common: kept once for all of them."""
OWN: Final = ("contact", "customer", "task_id", "external_id")
_NONE: Final = -1
_FIGURES: Final = Struct("<6qi")
Shared = tuple[Any, ...]


class Packed:
    """Some thousand ended calls, to be forgotten together."""

    def __init__(self) -> None:
        self.calls: dict[str, bytes] = {}
        self.shared: list[Shared] = []
        """What calls have in common."""
        self.places: dict[Shared, int] = {}
        """Where in `shared`."""
        self.since = self.until = 0
        """When the first of them was packed; when the last of them ended."""

    def put(self, line: CallLine, now: int) -> None:
        """Pack an ended call."""
        assert line.ended_at is not None
        if not self.calls:
            self.since = now
        self.until = max(self.until, line.ended_at)
        common = tuple(getattr(line, name) for name in SHARED)
        place = self.places.get(common)
        if place is None:
            place = self.places[common] = len(self.shared)
            self.shared.append(common)
        numbers = (_NONE if (n := getattr(line, name)) is None else n for name in NUMBERS)
        own = [None if line.contact == line.id else line.contact, line.customer, line.task_id, line.external_id]
        self.calls[line.id] = _FIGURES.pack(*numbers, place) + to_json(own)


def _line(call_id: str, kept: bytes, shared: list[Shared]) -> CallLine:
    *numbers, place = _FIGURES.unpack_from(kept)
    own = from_json(kept[_FIGURES.size :])
    fields: dict[str, Any] = dict(zip(SHARED, shared[place], strict=True))
    line = CallLine(call_id, own[0] or call_id, fields["queue"], fields["tier"], own[1], numbers[0])
    vars(line).update(fields)
    for name, number in zip(NUMBERS, numbers, strict=True):
        setattr(line, name, None if number == _NONE else number)
    line.task_id, line.external_id = own[2], own[3]
    return line


class Lines(Collection[CallLine]):
    """All lines as they were when this was made: may be read on another thread, as often as one likes."""

    def __init__(self, lines: list[CallLine], kept: "list[tuple[list[tuple[str, bytes]], list[Shared]]]") -> None:
        self._lines = lines
        self._kept = kept

    def __iter__(self) -> Iterator[CallLine]:
        yield from self._lines
        for calls, shared in self._kept:
            for call_id, kept in calls:
                yield _line(call_id, kept, shared)

    def __len__(self) -> int:
        return len(self._lines) + sum(len(calls) for calls, _ in self._kept)

    def __contains__(self, line: object) -> bool:
        return any(line is other for other in self._lines)


class CallLines(MutableMapping[str, CallLine]):
    """Call → its line; `forget` is told of each one that has had its time."""

    def __init__(self, forget: Callable[[CallLine], None] = lambda line: None) -> None:
        self._forget = forget
        self._lines: dict[str, CallLine] = {}
        self._ended: deque[str] = deque()
        """Calls that ended, or were asked about, and are still lines."""
        self._kept: deque[Packed] = deque()
        """The oldest first."""
        self._now = 0

    # --- remembering

    def end(self, call_id: str, at: int) -> None:
        """Take note that a call has ended; pack what ended before many others, forget what did a day ago."""
        self._now = max(self._now, at)
        self._ended.append(call_id)
        for _ in range(min(AT_ONCE, len(self._ended) - AS_LINES)):
            old = self._ended.popleft()
            line = self._lines.get(old)
            if line is not None and line.ended:
                del self._lines[old]
                self._place().put(line, self._now)
        while self._kept and self._kept[0].until < self._now - KEPT_MS:
            self._let_go(self._kept.popleft())

    def _place(self) -> Packed:
        """Return where calls are packed now."""
        if not self._kept or self._now - self._kept[-1].since > KEPT_MS // PARTS:
            self._kept.append(Packed())
        return self._kept[-1]

    def _let_go(self, packed: Packed) -> None:
        for call_id, kept in packed.calls.items():
            self._forget(_line(call_id, kept, packed.shared))

    def state(self) -> dict[str, Any]:
        """Return what it needs to go on, as plain data and lines."""
        kept = [(packed.calls, packed.shared, packed.since, packed.until) for packed in self._kept]
        return {"lines": self._lines, "ended": self._ended, "kept": kept, "now": self._now}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._lines, self._ended, self._now = state["lines"], state["ended"], state["now"]
        for line in self._lines.values():  # by what a caller is compared is good in one process only
            line.caller = None
        self._kept.clear()
        for calls, shared, since, until in state["kept"]:
            packed = Packed()
            packed.calls, packed.shared, packed.since, packed.until = calls, shared, since, until
            packed.places = {common: place for place, common in enumerate(shared)}
            self._kept.append(packed)

    # --- as any mapping

    def get(self, key: str, default: Any = None) -> Any:
        """Return the line of a call; one that was packed is a line again for a while."""
        line = self._lines.get(key)
        if line is not None:
            return line
        for packed in reversed(self._kept):
            kept = packed.calls.pop(key, None)
            if kept is not None:
                line = self._lines[key] = _line(key, kept, packed.shared)
                self._ended.append(key)
                return line
        return default

    def __getitem__(self, key: str) -> CallLine:
        line: CallLine | None = self.get(key)
        if line is None:
            raise KeyError(key)
        return line

    def __setitem__(self, key: str, line: CallLine) -> None:
        self._lines[key] = line
        for packed in self._kept:
            packed.calls.pop(key, None)

    def __delitem__(self, key: str) -> None:
        self._forget(self[key])
        del self._lines[key]

    def __contains__(self, key: object) -> bool:
        return key in self._lines or any(key in packed.calls for packed in self._kept)

    def __len__(self) -> int:
        return len(self._lines) + sum(len(packed.calls) for packed in self._kept)

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        for packed in self._kept:
            yield from packed.calls

    def in_hand(self) -> list[CallLine]:
        """Return the lines of those that have not ended, the oldest first."""
        return [line for line in self._lines.values() if not line.ended]

    def since(self, at: int) -> Lines:
        """Return the lines of calls that have not ended, or may have ended at or after an instant."""
        parts = [packed for packed in self._kept if packed.until >= at]
        return Lines(list(self._lines.values()), [(list(part.calls.items()), list(part.shared)) for part in parts])

    def values(self) -> Lines:  # type: ignore[override]
        """Return all lines as they are now; those that were packed stay so."""
        kept = [(list(packed.calls.items()), list(packed.shared)) for packed in self._kept]
        return Lines(list(self._lines.values()), kept)

    def items(self) -> Any:
        """Return calls with their lines, as they are now."""
        return [(line.id, line) for line in self.values()]
