"""Asterisk's queue_log: events of one call joined to one row, and the presence of its agents.

A call enters a queue (ENTERQUEUE), is answered (CONNECT), hangs up (ABANDON) or is sent on by a rule (EXITWITHTIMEOUT,
EXITWITHKEY, EXITEMPTY); answered, it is completed or transferred. A call that enters another queue is a call there.
Members are there from ADDMEMBER (or AGENTLOGIN) to REMOVEMEMBER, PAUSE and UNPAUSE apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from callcenter.config.batches import Batch
from callcenter.config.rows import BATCH_SIZE
from callcenter.config.tables import Layout, Table, cut_off, raw_lines, read_table
from callcenter.config.unpacking import Progress, Source
from callcenter.errors import BadInput
from callcenter.hours import UTC
from callcenter.language.said import said
from sim.analysis.fit.cells import Clock
from sim.analysis.fit.tally import TOLERANCE

EVENTS: Final = ("time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")
"""Columns of the file, which has no line of names."""
CALLS: Final = ("call", "entered", "left", "ended", "queue", "agent", "outcome", "caller")
LEFT: Final = ("ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY")
OVER: Final = ("COMPLETEAGENT", "COMPLETECALLER", "TRANSFER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "AGENTDUMP")
COMES: Final = ("ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN")
GOES: Final = ("REMOVEMEMBER", "AGENTLOGOFF", "AGENTCALLBACKLOGOFF")
RANK: Final = {"ENTERQUEUE": 0, "CONNECT": 1}
"""Events of one call in one second, in the order in which they can happen; others come last."""
OF_CALLS: Final = ("ENTERQUEUE", "CONNECT", *LEFT, *OVER)
NOBODYS: Final = ("", "NONE", "MANAGER", "REALTIME")
"""What stands in place of a call where an event has none."""
MOST_OPEN: Final = 50
"""Calls that may wait when a log ends."""
OF_AGENTS: Final = (*COMES, *GOES, "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL")


@dataclass(slots=True)
class Duty:
    """When an agent was there, breaks apart, as far as the events tell; ms since the epoch."""

    agent: str
    begin: int
    end: int


@dataclass(slots=True)
class _Stay:
    """A call in one queue."""

    line: int
    call: str
    queue: str
    entered: int
    caller: str
    left: int | None = None
    ended: int | None = None
    agent: str = ""
    outcome: str = "open"

    def row(self) -> list[str]:
        stamps = ["" if at is None else f"{at / 1000:.3f}" for at in (self.entered, self.left, self.ended)]
        return [f"{self.call}/{self.queue}/{self.entered}", *stamps, self.queue, self.agent, self.outcome, self.caller]


@dataclass(slots=True)
class Presence:
    """Who is there, told event by event."""

    last: int = 0
    """The last event of the log."""
    _over: list[Duty] = field(default_factory=list)
    _queues: dict[str, set[str]] = field(default_factory=dict)
    _paused: dict[str, set[str]] = field(default_factory=dict)
    _since: dict[str, int] = field(default_factory=dict)

    def take(self, at: int, agent: str, event: str, queue: str) -> None:
        """Take an event of an agent; `PAUSEALL` and an empty queue are of all queues."""
        here, paused = self._queues.setdefault(agent, set()), self._paused.setdefault(agent, set())
        if event in COMES:
            here.add(queue)
        elif event in GOES:
            here.discard(queue)
            paused.discard(queue)
        elif event in {"PAUSE", "PAUSEALL"}:
            paused.update({queue} if event == "PAUSE" and queue in here else here)
        elif event == "UNPAUSE":
            paused.discard(queue)
        elif event == "UNPAUSEALL":
            paused.clear()
        ready = bool(here - paused)
        if ready and agent not in self._since:
            self._since[agent] = at
        elif not ready and agent in self._since:
            self._over.append(Duty(agent, self._since.pop(agent), at))

    def duties(self) -> list[Duty]:
        """Return all duties; who is still there is taken to stay until the last event."""
        return [*self._over, *(Duty(agent, since, self.last) for agent, since in sorted(self._since.items()))]


def calls_of(source: Source, layout: Layout, progress: Progress | None = None) -> tuple[Table, Presence]:
    """Return the calls of a queue_log as a table with the columns `CALLS`, and who was there once they are taken.

    Raises:
        BadInput: a time cannot be read, or there is no event of a queue at all.
    """
    table = read_table(source, layout, progress)
    presence = Presence()
    return Table(
        source.name,
        list(CALLS),
        _batches(source, table, presence),
        table.decoding,
        above=table.above,
        close=table.close,
    ), presence


def _batches(source: Source, table: Table, presence: Presence) -> Iterator[Batch]:
    events = _events(table)
    ordered = _by_second(events) if _in_order(source) else iter(sorted((e for part in events for e in part), key=_when))
    stays: list[_Stay] = []
    for stay in _stays(ordered, presence, table.name):
        stays.append(stay)
        if len(stays) == BATCH_SIZE:
            yield Batch([stay.line for stay in stays], [stay.row() for stay in stays])
            stays = []
    if stays:
        yield Batch([stay.line for stay in stays], [stay.row() for stay in stays])


Event = tuple[int, int, list[str]]
"""When, on which line, and its cells."""


def _events(table: Table) -> Iterator[list[Event]]:
    clock = Clock(UTC, "iso_or_epoch", None)
    place = [table.place(name) for name in EVENTS[:5]]
    rest = [table.header.index(name) for name in EVENTS[5:] if name in table.header]
    last = (0, len(table.header))
    for batch in table.batches:
        lines, rows = [], []
        for line, row in zip(batch.lines, batch.rows, strict=True):
            if len(row) > place[4]:
                lines.append(line)
                rows.append([row[i].strip() if i < len(row) else "" for i in (*place, *rest)])
        moments = clock.of([row[0] for row in rows], None)
        for i, ok in enumerate(moments.known.tolist()):
            if not ok:
                raise BadInput(
                    "{table}:{lines}: its first column is no time: a queue_log has time|call|queue|agent|event|…",
                    table=table.name,
                    lines=lines[i],
                )
        yield list(zip(moments.first.tolist(), lines, rows, strict=True))
        last = batch.lines[-1], len(batch.rows[-1])
    if last[1] <= place[4] and table.is_cut():
        raise cut_off(table.name, last[0])
    if table.is_cut():
        table.above.append(
            said("{source}: its last line has no end: bring the file again if it was being written", source=table.name)
        )


def _when(event: Event) -> tuple[int, str, int]:
    """Return what events are sorted by: those of one second in the order in which they can happen."""
    return event[0], event[2][1], RANK.get(event[2][4], 2)


def _in_order(source: Source) -> bool:
    """Tell whether a file is in order of time, as Asterisk writes it: then it need not be kept in memory."""
    last = 0
    for line in raw_lines(source):
        stamp = line.split(b"|", 1)[0]
        if not stamp.isdigit() or int(stamp) < last:
            return False
        last = int(stamp)
    return True


def _by_second(batches: Iterator[list[Event]]) -> Iterator[Event]:
    for _, second in groupby((event for batch in batches for event in batch), key=lambda event: event[0]):
        yield from sorted(second, key=_when)


def _stays(events: Iterator[Event], presence: Presence, source: str) -> Iterator[_Stay]:
    open_: dict[str, _Stay] = {}
    known = False
    entered = lost = 0
    for at, line, (_, call, queue, agent, event, *data) in events:
        presence.last = at
        if event in OF_AGENTS:
            presence.take(at, agent, event, queue)
            continue
        if call in NOBODYS and event in OF_CALLS:
            raise BadInput(
                "{source}:{line}: its second column names no call, and the events of a call are joined by it: bring "
                "the file as Asterisk writes it (time|call|queue|agent|event|…)",
                source=source,
                line=line,
            )
        stay = open_.get(call)
        if event == "ENTERQUEUE":
            entered += 1
            if stay is not None:
                lost += 1
                yield stay
            known = True
            open_[call] = _Stay(line, call, queue, at, data[1] if len(data) > 1 else "")
        elif event == "CONNECT":
            if stay is None:  # the log begins while the call waits
                held = int(data[0]) * 1000 if data and data[0].isdigit() else 0
                stay = open_[call] = _Stay(line, call, queue, at - held, "")
            known = True
            stay.left, stay.agent, stay.outcome = at, agent, "CONNECT"
        elif event in LEFT and stay is not None:
            stay.left, stay.outcome = at, event
            yield open_.pop(call)
        elif event in OVER and stay is not None and stay.left is not None:
            stay.ended = at
            yield open_.pop(call)
    yield from open_.values()
    if lost > TOLERANCE * entered:
        raise BadInput(
            "{source}: {lost:,} of {entered:,} calls enter a queue again before they have left it or ended: does its "
            "second column name the call, and are all its events there (ABANDON, CONNECT, COMPLETE…)?",
            source=source,
            lost=lost,
            entered=entered,
        )
    waiting = sum(stay.left is None for stay in open_.values())
    if waiting > max(MOST_OPEN, TOLERANCE * entered):
        raise BadInput(
            "{source}: {lost:,} of {entered:,} calls enter a queue and never leave it: are all events there (ABANDON, "
            "CONNECT…)?",
            source=source,
            lost=waiting,
            entered=entered,
        )
    if not known:
        raise BadInput(
            "{source}: holds no ENTERQUEUE: is it a queue_log of Asterisk (time|call|queue|agent|event|…)?",
            source=source,
        )
