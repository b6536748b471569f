"""Commands that were applied and are not durable yet, with their events, on their way to the disk."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from api.store.changes import Change
from api.store.rows import CommandRow
from api.store.writer import Entry
from callcenter.events import Event


@dataclass(slots=True, eq=False)
class Held(Entry):
    """Commands carried out one after another without waiting, and what goes along with them: one transaction."""

    def add(self, row: CommandRow, events: Sequence[Event], changes: Sequence[Change]) -> None:
        self.at = row.at
        self.commands = (*self.commands, row)
        self.events = (*self.events, *events)
        self.changes = (*self.changes, *changes)

    def keep(self, *changes: Change) -> None:
        self.changes = (*self.changes, *changes)

    @property
    def anything(self) -> bool:
        return bool(self.commands or self.changes)

    async def durable(self) -> None:
        if self.done is not None:
            await self.done
        if self.refused is not None:
            raise self.refused


class Pending:
    """Entries in the order in which they were put; they land in it too."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._entries: deque[Entry] = deque()
        self._since = clock_s()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        """Let one more be under way."""
        entry.put_at = self._clock_s()
        if not self._entries:
            self._since = entry.put_at
        self._entries.append(entry)

    @property
    def age_s(self) -> float:
        """For how many seconds the oldest has been under way."""
        return self._clock_s() - self._entries[0].put_at if self._entries else 0.0

    def overdue(self, limit_s: float) -> Iterator[Entry]:
        """Return those that have been under way so long and are still waited for, oldest first."""
        before = self._clock_s() - limit_s
        for entry in self._entries:
            if entry.put_at > before:
                return
            if entry.done is not None and not entry.patient and not entry.done.done():
                yield entry

    def landed(self, entries: Sequence[Entry]) -> None:
        """The oldest are durable, or never will be."""
        for _ in entries:
            self._entries.popleft()
        self._since = self._clock_s()

    def events(self) -> Iterator[Event]:
        """Return what happened and is under way, oldest first."""
        return (event for entry in self._entries for event in entry.events)

    @property
    def stuck_s(self) -> float:
        """For how many seconds nothing has landed though something is under way."""
        return self._clock_s() - self._since if self._entries else 0.0
