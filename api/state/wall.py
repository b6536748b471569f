"""The wall: a summary of the present for wallboards, made at most twice a second however many look at it.

Service levels are of calls whose wait was over (answered, abandoned) in the last half hour, and of calls that came
since midnight in the centre's zone; both by `sl_net`, where a call that still waits past its threshold is a miss.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from pydantic_core import to_json

from api.state.board import Board
from api.state.ended_calls import CallLines
from api.state.event_stream import Broadcast
from api.state.history import History
from api.state.ports import Live
from api.state.records import CallLine, breaks_next
from api.state.views import Source, agent_out, instant, task_out
from callcenter.callbacks import TASK_ENDED
from callcenter.centre import Centre
from callcenter.events import CallAbandoned, CallConnected, Event
from callcenter.late_reports import when
from callcenter.lifecycle.cells import tally
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, FORMULAS, Share, Tally
from callcenter.metrics.numbers import Counts
from callcenter.units import DAY, MINUTE, SECOND
from routing.explain.picture import View, Waits

Plain = dict[str, Any]
WINDOW: Final = 30 * MINUTE
OFTEN_MS: Final = 500
"""A picture is kept so long, ms, while nothing happens; a change is told at most so often."""
EACH_MS: Final = 6
"""The more walls listen, the more seldom it is told: so much later for each, …"""
SELDOM_MS: Final = 800
"""… this late at most: with the drawing a wall is less than a second behind."""
AT_ONCE_MS: Final = 100
"""… and so long whatever happens: for all who ask because of the same change."""
AT_LEAST_S: Final = 3.0
"""So often a wall hears that the service lives, or it takes the line for cut."""
MOST_WAITING: Final = 200
"""Who waits behind them is counted, not listed."""
MOST_CALLBACKS: Final = 20
NEAR: Final = 15 * MINUTE
"""A promise that breaks so soon, and nobody calls yet, is told."""
ENOUGH: Final = 10
"""Decided calls in the half hour below which a service level is no alert: one miss of three is chance."""
FORMULA: Final = "sl_net"
Where = tuple[str, str]
"""Queue, tier."""


class Recent:
    """Calls whose wait was over in the last half hour, counted by queue and tier."""

    def __init__(self) -> None:
        self._decided: deque[tuple[int, Where, str, bool]] = deque()
        """When, where, how, within the threshold; in the order in which it was told."""
        self.tallies: dict[Where, Tally] = {}
        self._seq = -1

    def follow(self, broadcast: Broadcast, lines: "Callable[[int], Iterable[CallLine]]", seq: int, now: int,
               within: Mapping[str, int]) -> None:  # fmt: skip
        """Take in what has happened up to `seq`: by its events, or anew from the calls that are remembered."""
        events = broadcast.since(self._seq) if self._seq >= 0 else None
        if events is None or (not events and self._seq < seq):
            self._decided.clear()
            self.tallies.clear()
            for line in sorted(_over(lines(now - WINDOW), now - WINDOW), key=lambda line: line.left_at or 0):
                assert line.left_at is not None
                how = ("short" if line.short else "abandoned") if line.state == "abandoned" else "answered"
                self._add(line.left_at, (line.queue, line.tier), how, line.left_at - line.queued_at, within)
        else:
            for event in events:
                self._hear(event, within)
        self._seq = seq
        while self._decided and self._decided[0][0] <= now - WINDOW:
            _, where, how, inside = self._decided.popleft()
            self._count(where, how, inside, -1)

    def _hear(self, event: Event, within: Mapping[str, int]) -> None:
        if type(event) is CallConnected:
            at = when(event)
            self._add(at, (event.queue, event.tier), "answered", at - event.queued_at, within)
        elif type(event) is CallAbandoned:
            at = when(event)
            how = "short" if event.short else "abandoned"
            self._add(at, (event.queue, event.tier), how, at - event.queued_at, within)

    def _add(self, at: int, where: Where, how: str, wait: int, within: Mapping[str, int]) -> None:
        inside = wait <= within.get(where[1], DEFAULT_THRESHOLD)
        self._decided.append((at, where, how, inside))
        self._count(where, how, inside, 1)

    def _count(self, where: Where, how: str, inside: bool, n: int) -> None:
        found = self.tallies.setdefault(where, Tally())
        if how == "answered":
            found.answered += n
            found.answered_in += n * inside
        else:
            found.abandoned += n
            found.abandoned_in += n * inside
            found.short_abandoned += n * (how == "short")


def _over(lines: Iterable[CallLine], since: int) -> Iterator[CallLine]:
    for line in lines:
        decided = line.state == "abandoned" or line.agent_id is not None
        if decided and line.left_at is not None and line.left_at > since:
            yield line


class WallSource(Source, Protocol):
    """What the picture is made from."""

    @property
    def live(self) -> Live:
        """The engine, what is folded of its events, and the time."""
        ...

    @property
    def history(self) -> History:
        """The day so far."""
        ...

    @property
    def broadcast(self) -> Broadcast:
        """What happens."""
        ...

    def problems(self) -> list[str]:
        """Return why the service is not ready (empty: ready)."""
        ...


class Wall:
    """Makes the picture, and rings when it has changed."""

    def __init__(self, services: WallSource) -> None:
        self._services = services
        self._recent = Recent()
        self._made: Plain | None = None
        self._made_at = 0
        self._changed = False
        """A change was told after the picture was made."""
        self._rung = -1
        """Up to which event walls were told."""
        self._walls = 0
        """How many listen."""
        self._turn: asyncio.Future[bytes] | None = None
        self._ringing: asyncio.Task[None] | None = None

    async def picture(self) -> Plain:
        """Return the present, half a second old at most."""
        services = self._services
        now = services.live.now()
        if self._made is not None and not self._changed:
            age = now - self._made_at
            if age < AT_ONCE_MS or (age < OFTEN_MS and self._made["seq"] == services.board.seq):
                return self._made
        centre = services.live.engine.centre
        local = centre.zone.local(now)
        day = await services.history.day(centre.zone.instant(local - local % DAY))
        now = services.live.now()  # nothing is awaited from here on
        self._made, self._made_at, self._changed = self._look(centre, day, now), now, False
        return self._made

    def _look(self, centre: Centre, day: dict[Where, Any], now: int) -> Plain:
        services = self._services
        engine, board = services.live.engine, services.board
        at = max(now, engine.now or 0)
        within = {tier.name: tier.target.within for tier in centre.tiers if tier.target is not None}
        calls = board.calls
        lines = calls.since if isinstance(calls, CallLines) else lambda since: calls.values()
        self._recent.follow(services.broadcast, lines, board.seq, now, within)
        view = engine.view()
        waits = engine.who_waits(now=at, most=MOST_WAITING)  # type: ignore[arg-type]  # an instant
        counted = services.live.projections.counting.calls
        counted.pass_thresholds(now)
        late = counted.late  # missed already, whatever comes
        levels = _levels(centre, self._recent.tallies, day, late, view, now)
        agents = [agent_out(services, agent) for agent in board.agents.values()]
        tasks = board.open_tasks()
        waiting = sum(row.waiting for row in view.queues)
        oldest = min((row.oldest for row in view.queues if row.oldest is not None), default=None)
        return {
            "at": instant(now),
            "seq": board.seq,
            "formula": FORMULA,
            "totals": {
                "waiting": waiting,
                "oldest_wait_s": None if oldest is None else max(0, now - oldest) / SECOND,
                "oldest_since": instant(oldest),
                "agents": len(agents),
                "free": sum(agent["state"] == "available" for agent in agents),
                "callbacks_open": len(tasks),
                "callbacks_late": sum(task.late and task.reached_in_time is None for task in tasks),
            },
            "levels": levels,
            "waiting": [_waits(board, within, row, n, now) for n, row in enumerate(waits)],
            "waiting_more": max(0, waiting - sum(row.is_call for row in waits)),
            "agents": sorted(agents, key=lambda agent: (agent["group"], agent["agent_id"])),
            "callbacks": [task_out(task) for task in breaks_next(tasks, MOST_CALLBACKS)],
            "alerts": [*_alerts(levels, view, now), *_promises(tasks, now), *_troubles(services)],
        }

    # --- the bell

    async def rings(self) -> AsyncIterator[bytes]:
        """Yield at once, and then when the picture has changed; also that the service lives.

        Twice a second at most, and more seldom for many.
        """
        broadcast = self._services.broadcast
        broadcast.listeners += 1  # or nobody would wake it
        self._walls += 1
        try:
            yield b"retry: 1000\n\n" + self._told()
            while not broadcast.closed:
                if self._turn is None:
                    self._turn = asyncio.get_running_loop().create_future()
                if self._ringing is None:
                    self._ringing = asyncio.ensure_future(self._ring())
                yield await asyncio.shield(self._turn)
        finally:
            broadcast.listeners -= 1
            self._walls -= 1

    async def _ring(self) -> None:
        """Wait for something to happen, and a little more: one text for all who listen."""
        broadcast = self._services.broadcast
        # What happened while the last ring was on its way woke nobody.
        changed = self._services.board.seq != self._rung or await broadcast.more(AT_LEAST_S)
        if changed and not broadcast.closed:
            await asyncio.sleep(min(OFTEN_MS + EACH_MS * self._walls, SELDOM_MS) / SECOND)
            self._changed = True
        turn, self._turn, self._ringing = self._turn, None, None
        self._rung = self._services.board.seq
        if turn is not None and not turn.done():
            turn.set_result(self._told())

    def _told(self) -> bytes:
        seq = self._services.board.seq
        text = to_json({"seq": seq, "at": instant(self._services.live.now())})
        return b"id: %d\nevent: wall\ndata: %s\n\n" % (seq, text)


# --- its parts


def _levels(
    centre: Centre, recent: dict[Where, Tally], day: dict[Where, Any], late: Counts, view: View, now: int
) -> list[Plain]:
    """Return each queue's tiers, the best band first, with what they were promised and got."""
    tiers = sorted(centre.tiers, key=lambda tier: tier.band)
    shown = {(row.queue, row.tier): row for row in view.queues}
    today = {where: tally(sums, late=False) for where, sums in day.items()}
    rows = []
    for queue in centre.queues:
        for tier in tiers:
            where = queue.name, tier.name
            waits, half_hour, whole = shown.get(where), recent.get(where, Tally()), today.get(where, Tally())
            if not (whole.offered or half_hour.answered or half_hour.abandoned or (waits and waits.waiting)):
                continue
            above, below = _share(half_hour, late[where])
            above_day, below_day = _share(whole, late[where])
            target = tier.target
            oldest = None if waits is None else waits.oldest
            rows.append(
                {
                    "queue": queue.name, "tier": tier.name, "band": tier.band,
                    "target_share": None if target is None else target.share,
                    "target_within_s": None if target is None else target.within / SECOND,
                    "half_hour": above / below if below else None, "half_hour_calls": below,
                    "day": above_day / below_day if below_day else None, "day_calls": below_day,
                    "abandoned_day": whole.abandoned - whole.short_abandoned,
                    "waiting": 0 if waits is None else waits.waiting,
                    "oldest_wait_s": None if oldest is None else max(0, now - oldest) / SECOND,
                    "oldest_since": instant(oldest), "late": late[where],
                }
            )  # fmt: skip
    return rows


def _share(counts: Tally, late: int) -> Share:
    counts = Tally(**{name: getattr(counts, name) for name in Tally.__dataclass_fields__})
    counts.open_late = late
    return FORMULAS[FORMULA](counts)


def _waits(board: Board, thresholds: Mapping[str, int], row: Waits, place: int, now: int) -> Plain:
    ewt = row.expected
    line = board.calls.get(row.id) if row.is_call else None
    within = thresholds.get(row.tier)
    wait = max(0, now - row.since)
    return {
        "id": row.id, "kind": "call" if row.is_call else "callback", "place": place, "queue": row.queue,
        "tier": row.tier, "band": row.band, "since": instant(row.since), "wait_s": wait / SECOND, "held": row.held,
        "late": within is not None and wait > within,
        "ewt_p50_s": None if ewt is None else round(ewt.p50_ms / SECOND, 1),
        "ewt_p90_s": None if ewt is None else round(ewt.p90_ms / SECOND, 1),
        "source": None if line is None else line.source,
        "external_call_id": None if line is None else line.external_id,
    }  # fmt: skip


def _alerts(levels: list[Plain], view: View, now: int) -> Iterator[Plain]:
    """Yield where a promise to callers is being missed."""
    for row in levels:
        where = {"queue": row["queue"], "tier": row["tier"]}
        target, share = row["target_share"], row["half_hour"]
        if target is not None and share is not None and share < target and row["half_hour_calls"] >= ENOUGH:
            yield {"code": "service_level", "severity": "bad", **where, "share": share, "target_share": target}
        if row["late"] and target is not None:
            yield {
                "code": "waits_too_long", "severity": "bad", **where, "count": row["late"],
                "oldest_wait_s": row["oldest_wait_s"],
            }  # fmt: skip
    staff = dict(view.staff)
    for queue in view.open_queues:
        waiting = sum(row.waiting for row in view.queues if row.queue == queue)
        if waiting and not staff.get(queue):
            yield {"code": "nobody_serves", "severity": "bad", "queue": queue, "tier": None, "count": waiting}


def _promises(tasks: Iterable[Any], now: int) -> Iterator[Plain]:
    """Yield which promises to call are broken, or break soon."""
    broken = near = hopeless = 0
    for task in tasks:
        if task.reached_in_time is not None or task.state in TASK_ENDED:
            continue
        broken += task.late or task.promise < now
        soon = not task.late and now <= task.promise < now + NEAR
        near += soon and task.state not in ("attempting", "offered")
        hopeless += task.cannot_keep and not task.late
    for code, severity, count in (("promise_broken", "bad", broken), ("promise_near", "warn", near),
                                  ("promise_hopeless", "warn", hopeless)):  # fmt: skip
        if count:
            yield {"code": code, "severity": severity, "queue": None, "tier": None, "count": count}


def _troubles(services: WallSource) -> Iterator[Plain]:
    for problem in services.problems():
        yield {"code": "service", "severity": "bad", "queue": None, "tier": None, "detail": problem}
