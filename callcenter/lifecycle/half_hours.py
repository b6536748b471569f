"""Events → the day's book: what came to pass in each half hour, by queue, tier and group, and what each agent did.

One fold for a live service and a simulated day. A call is booked in the half hour in which it came, whatever is told
of it later; agents' time where it was spent. Cells can be added up along any of queue, tier and group: a total equals
its rows. The state is plain data, so that a service goes on where it stopped and counts nothing twice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from callcenter import events as ev
from callcenter.callbacks import OUTREACH
from callcenter.centre import Centre
from callcenter.events import Event, OfferEnd
from callcenter.hours import Zone
from callcenter.ids import is_first_segment
from callcenter.late_reports import when
from callcenter.lifecycle.cells import (
    GOES_ON,
    HALF_HOUR,
    OPEN_LATE,
    RESULTS,
    TALKING,
    THERE,
    WAITED,
    WRAPPING,
    Key,
    Sums,
    stepped,
)
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, limits_of
from callcenter.lifecycle.waiting import NOTHING, Known, Waits
from callcenter.units import DAY

Plain = dict[str, Any]


class Book:
    """Folds events into cells, agents' days and the contacts of known customers that are over."""

    def __init__(self, centre: Centre) -> None:
        self.adopt(centre)
        self.seq = 0
        self.cells: dict[Key, Sums] = {}
        """What changed since `take`."""
        self.days: dict[tuple[str, int], Sums] = {}
        """Agent, local midnight → figures; since `take`."""
        self.contacts: list[Plain] = []
        """Over since `take`."""
        self.results: dict[str, str] = {}
        """Call whose contact was handed out → what came of it, as its agent said since."""
        self._waits = Waits()
        self._known: Mapping[str, Known] = NOTHING
        self._calls: dict[str, Plain] = {}
        """Those that were answered."""
        self._ended: tuple[str, Plain] | None = None
        """The call whose conversation ended last: its wrap-up begins at once, or never."""
        self._wraps: dict[str, Plain] = {}
        self._tasks: dict[str, Plain] = {}
        self._agents: dict[str, Plain] = {}
        self.folds: dict[type[Event], Callable[..., None]] = {
            ev.CallQueued: self._queued, ev.CallConnected: self._connected, ev.CallHeld: self._held,
            ev.CallResumed: self._resumed, ev.CallCompleted: self._completed, ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._overflowed, ev.CallRejected: self._rejected, ev.CallConverted: self._converted,
            ev.CallFailed: self._failed, ev.OfferEnded: self._offer_ended, ev.WrapUpStarted: self._wrap_up_started,
            ev.WrapUpEnded: self._wrap_up_ended, ev.ResultNoted: self._result_noted,
            ev.AgentLoggedIn: self._agent_in, ev.AgentLoggedOut: self._agent_out,
            ev.AgentBecameAvailable: self._available, ev.AgentBecameNotReady: self._not_ready,
            ev.AgentStoppedResponding: self._not_ready, ev.TaskScheduled: self._scheduled,
            ev.TaskAttempted: self._attempted, ev.TaskReached: self._reached, ev.TaskNotReached: self._not_reached,
            ev.TaskCallAgain: self._talked, ev.TaskCompleted: self._talked, ev.TaskExpired: self._task_gone,
            ev.TaskCancelled: self._task_gone, ev.TaskSuperseded: self._task_gone,
        }  # fmt: skip

    def adopt(self, centre: Centre) -> None:
        """Go by another centre's thresholds and midnight."""
        self.zone: Zone = centre.zone
        self._today: tuple[int, int, int] = (0, 0, 0)
        """From, until, and the midnight of all instants between: asked for several times per call."""
        self.within = limits_of(centre.tiers)

    def fold(self, events: Iterable[Event], known: Mapping[str, Known] = NOTHING) -> None:
        """Take in what happened, oldest first; what is known already is passed over.

        `known`: calls that another keeps, too.
        """
        self._known = known
        for event in events:
            if event.seq > self.seq:
                self.seq = event.seq
                fold = self.folds.get(type(event))
                if fold is not None:
                    fold(event)

    # --- what is kept

    def saved(self) -> Plain:
        """Return what it needs to go on from here, as plain data."""
        return {
            "waits": self._waits.saved(), "calls": self._calls, "wraps": self._wraps, "tasks": self._tasks,
            "agents": self._agents, "ended": self._ended,
        }  # fmt: skip

    def go_on(self, seq: int, plain: Plain, known: Mapping[str, Known] = NOTHING) -> None:
        """Go on from what was saved after event `seq`; `known`: calls that another keeps, too."""
        self.seq = seq
        self._calls, self._wraps = plain["calls"], plain["wraps"]
        if "waits" in plain:
            self._waits.go_on(plain["waits"], known)
        else:  # by an older version: all in one
            for call_id in [call_id for call_id, call in self._calls.items() if "left" not in call]:
                self._waits.put(call_id, **self._calls.pop(call_id))
        self._tasks, self._agents = plain["tasks"], plain["agents"]
        ended = plain.get("ended")  # not saved by older versions
        self._ended = None if ended is None else (ended[0], ended[1])

    @property
    def in_hand(self) -> int:
        """How many calls and tasks are not over."""
        return len(self._waits) + len(self._calls) + len(self._tasks)

    def cut(self, now: int) -> None:
        """Book the time of who is there, and what they do for customers, up to now."""
        for agent_id, agent in self._agents.items():
            self._present(agent_id, agent, now)
        for what, begun, these in (("talk", "left", self._calls), ("wrap_up", "end", self._wraps)):
            for one in these.values():
                if "booked" in one:  # not by an older version
                    until = max(now, one["booked"])
                    self._day(one["agent"], one[begun])[GOES_ON] += until - one["booked"]
                    self._occupied(what, one, until, one["cost"])

    def late(self, now: int) -> Iterator[tuple[Key, Sums]]:
        """Yield the cells of calls that wait past their threshold now, and how many they are."""
        found: defaultdict[Key, int] = defaultdict(int)
        for at, queue, tier in self._waits.late(self.within, DEFAULT_THRESHOLD, now):
            found[at - at % HALF_HOUR, queue, tier, ""] += 1
        for key, n in found.items():
            yield key, defaultdict(int, {OPEN_LATE: n})

    def take(self) -> "tuple[dict[Key, Sums], dict[tuple[str, int], Sums], list[Plain], dict[str, str]]":
        """Hand out what changed since, once."""
        found = self.cells, self.days, self.contacts, self.results
        self.cells, self.days, self.contacts, self.results = {}, {}, [], {}
        return found

    def _cell(self, at: int, queue: str = "", tier: str = "", group: str = "") -> Sums:
        key = (at - at % HALF_HOUR, queue, tier, group)
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = defaultdict(int)
        return cell

    def _day(self, agent_id: str, at: int) -> Sums:
        since, until, midnight = self._today
        if not since <= at < until:
            midnight = self._turn_to(at)
        key = (agent_id, midnight)
        day = self.days.get(key)
        if day is None:
            day = self.days[key] = defaultdict(int)
        return day

    def _turn_to(self, at: int) -> int:
        """Return the local midnight before an instant, and keep it for others of the same day."""
        local = self.zone.local(at)
        begin = local - local % DAY
        midnight = self.zone.instant(begin)
        since, until = next(span for span in self.zone.stretches(begin, begin + DAY) if span[0] <= at < span[1])
        self._today = since, until, midnight
        return midnight

    def _spent(self, what: str, group: str, agent_id: str, begin: int, end: int, cost: int = 100) -> None:
        """Book a stretch of an agent's time in the half hours and the days that it lies in.

        Args:
            what: What they did.
            group: Theirs.
            agent_id: Who.
            begin: ms.
            end: ms; before `begin` where a late report takes back what was booked already.
            cost: Of their capacity, percent; the rest was spare.
        """
        if begin == end:
            return
        name = f"{what}_ms"
        sign = 1
        if begin > end:
            sign, begin, end = -1, end, begin
        while begin < end:
            slot = begin - begin % HALF_HOUR
            until = min(end, slot + HALF_HOUR)
            spent = sign * (until - begin)
            cell, day = self._cell(begin, "", "", group), self._day(agent_id, begin)
            cell[name] += spent
            day[name] += spent
            if cost < 100:
                for sums in (cell, day):
                    sums["spare_ms"] += spent * (100 - cost) // 100
            if what == "logged_in":
                day[f"{THERE}{slot}"] += spent
            begin = until

    def _occupied(self, what: str, one: Plain, until: int, cost: int) -> None:
        """Book an agent's time on a call from where it is booked up to; back from there where it ended before that."""
        self._spent(what, one["group"], one["agent"], one["booked"], until, cost)
        one["booked"] = until

    # --- calls

    def _queued(self, event: ev.CallQueued) -> None:
        self._came(event.call_id, event.contact_id, event.queue, event.tier, event.at, event.customer)

    def _came(self, call_id: str, contact: str, queue: str, tier: str, at: int, customer: str | None) -> None:
        self._waits.put(call_id, contact, queue, tier, at, customer, self._known)
        cell = self._cell(at, queue, tier)
        cell["offered"] += 1
        if not is_first_segment(call_id):
            cell["transferred_in"] += 1
            self._handed_over(contact, at)

    def _handed_over(self, contact: str, at: int) -> None:
        """Count a transfer for the agent who had the contact: their part is over, or goes on for a consultation."""
        ended = None if self._ended is None else self._ended[1]
        before = [ended] if ended is not None and ended["contact"] == contact else []
        before += [call for name, call in self._calls.items() if name.partition("/")[0] == contact]
        if before:
            self._day(before[0]["agent"], at)["transferred"] += 1

    def _waited(self, call: Plain, left: int, outcome: str, cell: Sums) -> None:
        wait = max(0, left - call["at"])
        cell[outcome] += 1
        if outcome in ("answered", "abandoned"):
            cell[f"{outcome}_in"] += wait <= self.within.get(call["tier"], DEFAULT_THRESHOLD)
            cell[f"wait_{outcome}_ms"] += wait
            cell["wait_max_ms"] = max(cell["wait_max_ms"], wait)
            cell[f"{WAITED}{stepped(wait)}"] += 1
        call["wait_ms"] = wait

    def _connected(self, event: ev.CallConnected) -> None:
        call = self._waits.pop(event.call_id)
        if call is None:  # before what is kept of the past
            return
        self._calls[event.call_id] = call
        at = when(event)
        cell = self._cell(call["at"], call["queue"], call["tier"], event.group)
        # It came to its queue before anybody knew whose it would be: there it is taken back, and booked with its group.
        unknown = self._cell(call["at"], call["queue"], call["tier"])
        for name in ("offered",) if is_first_segment(event.call_id) else ("offered", "transferred_in"):
            unknown[name] -= 1
            cell[name] += 1
        self._waited(call, at, "answered", cell)
        cell["call_ring_ms"] += max(0, at - event.offered_at)
        self._spent("ring", event.group, event.agent_id, event.offered_at, at, event.cost)
        cell[TALKING] += 1
        call |= {
            "left": at, "booked": at, "group": event.group, "agent": event.agent_id, "cost": event.cost, "hold_ms": 0,
        }  # fmt: skip

    def _held(self, event: ev.CallHeld) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:
            call["held"] = max(when(event), call["left"])

    def _resumed(self, event: ev.CallResumed) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:
            self._off_hold(call, when(event))

    def _off_hold(self, call: Plain, at: int) -> None:
        if "held" in call:
            call["hold_ms"] += max(0, at - call.pop("held"))

    def _completed(self, event: ev.CallCompleted) -> None:
        self._hung_up(event.call_id, when(event), "answered")

    def _hung_up(self, call_id: str, at: int, outcome: str) -> None:
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        self._off_hold(call, at)
        end = max(at, call["left"])
        cell = self._cell(call["at"], call["queue"], call["tier"], call["group"])
        day = self._day(call["agent"], call["left"])
        if "booked" in call:
            day[GOES_ON] -= call["booked"] - call["left"]
            self._occupied("talk", call, end, call["cost"])
            cell[TALKING] -= 1
        else:  # connected under an older version
            self._spent("talk", call["group"], call["agent"], call["left"], end, call.get("cost", 100))
        cell["call_talk_ms"] += end - call["left"]
        cell["call_hold_ms"] += call["hold_ms"]
        day["hold_ms"] += call["hold_ms"]
        day["handled"] += 1
        names = ("at", "queue", "tier", "group", "agent", "contact")
        more = {"end": end, "cost": call.get("cost", 100), "known": call["customer"] is not None}
        self._ended = call_id, {name: call[name] for name in names} | more
        self._over(call_id, call, outcome, talk_ms=end - call["left"], result=call.get("result"))

    def _over(self, call_id: str, call: Plain, outcome: str, **more: object) -> None:
        if call["customer"] is not None:
            self.contacts.append(
                {"customer_key": call["customer"], "at": call["at"], "id": call_id, "contact": call["contact"],
                 "kind": call.get("kind", "call"), "queue": call["queue"], "tier": call["tier"], "outcome": outcome,
                 "wait_ms": call.get("wait_ms"), "agent_id": call.get("agent"), "talk_ms": None, "result": None} | more
            )  # fmt: skip

    def _left(self, call_id: str, at: int, outcome: str) -> None:
        call = self._waits.pop(call_id)
        if call is not None:
            self._waited(call, at, outcome, self._cell(call["at"], call["queue"], call["tier"]))
            self._over(call_id, call, outcome)

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        where = self._waits.where(event.call_id)
        if where is not None:
            self._cell(*where)["short_abandoned"] += event.short
        self._left(event.call_id, when(event), "abandoned")

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        if event.call_id not in self._waits and event.at == event.queued_at:  # it never came in
            self._came(event.call_id, event.contact, event.queue, event.tier, event.queued_at, event.customer)
        self._left(event.call_id, event.at, "overflowed")

    def _rejected(self, event: ev.CallRejected) -> None:
        if event.call_id not in self._waits and event.at == event.queued_at:
            self._came(event.call_id, event.contact_id, event.queue, event.tier, event.queued_at, event.customer)
        self._left(event.call_id, event.at, "rejected")

    def _converted(self, event: ev.CallConverted) -> None:
        self._left(event.call_id, when(event), "converted")

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is None:
            self._left(event.call_id, when(event), "failed")
        else:  # the customer was answered, and lost later: answered stays true
            self._hung_up(event.call_id, when(event), "cut_off")

    # --- agents

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        self._spent("ring", event.group, event.agent_id, event.offered_at, when(event), event.cost)
        if event.end in (OfferEnd.NO_ANSWER, OfferEnd.REJECTED):
            self._day(event.agent_id, event.offered_at)["missed"] += 1

    def _wrap_up_started(self, event: ev.WrapUpStarted) -> None:
        if self._ended is not None and self._ended[0] == event.subject:
            self._wraps[event.subject] = wrap = self._ended[1]
            wrap |= {"booked": wrap["end"], "cost": wrap.get("cost", 100)}
            self._cell(wrap["at"], wrap["queue"], wrap["tier"], wrap["group"])[WRAPPING] += 1

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        wrap = self._wraps.pop(event.subject, None)
        begin = event.started_at if wrap is None else wrap["end"]
        at = max(when(event), begin)
        if wrap is None or "booked" not in wrap:  # of a call to a customer, or begun under an older version
            self._spent("wrap_up", event.group, event.agent_id, begin, at, event.cost)
        else:
            self._day(wrap["agent"], begin)[GOES_ON] -= wrap["booked"] - begin
            self._occupied("wrap_up", wrap, at, event.cost)
            self._cell(wrap["at"], wrap["queue"], wrap["tier"], wrap["group"])[WRAPPING] -= 1
        if wrap is not None:
            self._cell(wrap["at"], wrap["queue"], wrap["tier"], wrap["group"])["call_wrap_ms"] += at - begin

    def _result_noted(self, event: ev.ResultNoted) -> None:
        call = self._calls.get(event.call_id) or self._wraps.get(event.call_id)
        if call is None:  # before what is kept of the past
            return
        cell = self._cell(call["at"], call["queue"], call["tier"], call["group"])
        if event.solved_before is not None:
            cell[RESULTS[event.solved_before]] -= 1
        cell[RESULTS[event.solved]] += 1
        call["result"] = event.result
        if event.call_id in self._wraps and call.get("known"):  # the contact is told of already
            told = next((row for row in self.contacts if row["id"] == event.call_id), None)
            if told is None:
                self.results[event.call_id] = event.result
            else:
                told["result"] = event.result

    def _agent_in(self, event: ev.AgentLoggedIn) -> None:
        self._agents[event.agent_id] = {"group": event.group, "since": event.at}
        self._day(event.agent_id, event.at)  # they were there, however short it was

    def _present(self, agent_id: str, agent: Plain, at: int) -> None:
        self._spent("logged_in", agent["group"], agent_id, agent["since"], at)
        agent["since"] = max(agent["since"], at)
        if "away" in agent:
            self._spent("not_ready", agent["group"], agent_id, agent["away"], at)
            agent["away"] = max(agent["away"], at)

    def _agent_out(self, event: ev.AgentLoggedOut) -> None:
        agent = self._agents.pop(event.agent_id, None)
        if agent is not None:
            self._present(event.agent_id, agent, event.at)

    def _not_ready(self, event: ev.AgentBecameNotReady | ev.AgentStoppedResponding) -> None:
        agent = self._agents.get(event.agent_id)
        if agent is not None:
            agent.setdefault("away", event.at)

    def _available(self, event: ev.AgentBecameAvailable) -> None:
        agent = self._agents.get(event.agent_id)
        if agent is not None:
            self._present(event.agent_id, agent, event.at)
            agent.pop("away", None)

    # --- calls to customers: booked in the half hour in which they were promised

    def _scheduled(self, event: ev.TaskScheduled) -> None:
        contact = (event.from_call or event.task_id).partition("/")[0]
        self._tasks[event.task_id] = {
            "at": event.at, "queue": event.queue, "tier": event.tier, "customer": event.customer, "contact": contact,
            "kind": str(event.kind), "of": "outreach" if event.kind in OUTREACH else "callbacks",
        }  # fmt: skip
        self._task_cell(event.task_id, "made")

    def _task_cell(self, task_id: str, what: str, n: int = 1) -> Plain | None:
        task = self._tasks.get(task_id)
        if task is not None:
            self._cell(task["at"], task["queue"], task["tier"])[f"{task['of']}_{what}"] += n
        return task

    def _attempted(self, event: ev.TaskAttempted) -> None:
        task = self._task_cell(event.task_id, "attempts")
        if task is not None:
            self._spent("ring", event.group, event.agent_id, event.offered_at, when(event), event.cost)
            task |= {"since": when(event), "group": event.group, "agent": event.agent_id, "doing": "dial"}

    def _reached(self, event: ev.TaskReached) -> None:
        task = self._tasks.get(event.task_id)
        if task is None:
            return
        self._let_go(task, when(event))
        task |= {"since": when(event), "doing": "talk", "talk_from": when(event)}
        if not task.get("reached"):
            task["reached"] = True
            self._task_cell(event.task_id, "reached")
            self._task_cell(event.task_id, "kept", int(event.in_time))

    def _let_go(self, task: Plain, at: int) -> None:
        if "doing" in task:
            self._spent(task.pop("doing"), task["group"], task["agent"], task["since"], at, task.get("cost", 100))

    def _not_reached(self, event: ev.TaskNotReached) -> None:
        task = self._tasks.get(event.task_id)
        if task is not None:
            self._let_go(task, when(event))

    def _talked(self, event: ev.TaskCompleted | ev.TaskCallAgain) -> None:
        task = self._tasks.get(event.task_id)
        if task is None or "agent" not in task:
            return
        at = when(event)
        self._let_go(task, at)
        day = self._day(task["agent"], task["talk_from"])
        day["called"] += 1
        over = isinstance(event, ev.TaskCompleted)
        if isinstance(event, ev.TaskCompleted):
            day["solved"] += event.solved is True
            self._task_cell(event.task_id, "solved", int(event.solved is True))
            self._task_cell(event.task_id, "unsolved", int(event.solved is False))
            self._task_cell(event.task_id, "done")
            del self._tasks[event.task_id]
        told = task | {"at": task["talk_from"]}
        talked = max(0, at - task["talk_from"])
        self._over(event.task_id, told, "reached" if over else "call_again", talk_ms=talked, result=event.result)

    def _task_gone(self, event: ev.TaskExpired | ev.TaskCancelled | ev.TaskSuperseded) -> None:
        task = self._task_cell(event.task_id, "done")
        if task is not None:
            self._let_go(task, event.at)
            del self._tasks[event.task_id]
