"""The floor as plain data, and back: what is derived is built again, what is state is kept."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from callcenter.agents import Phone, Presence
from callcenter.callbacks import OUTREACH, TaskKind, TaskState
from callcenter.calls import CallState
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId, TaskId
from callcenter.skills import Levels
from callcenter.units import Millis
from routing.columns import Rows, columns_of
from routing.facts.agents import can_be_offered
from routing.state.deadlines import Deadline, Due
from routing.state.expected_wait import Pulse
from routing.state.floor import Floor, LostPlace
from routing.state.line import PLACE
from routing.state.records import Absent, AgentState, Call, Offer, Task, Waiting, Wish, WrapUp

VERSION = 2
_READ = (1, 2)
"""What can be loaded; 1 writes out what is as in most calls."""
Snapshot = dict[str, Any]
"""Plain data: dicts with string keys, lists, strings, numbers, None."""

_SELDOM = ("zone", "customer", "relaxed_steps", "waited", "cost", "held", "stood_in_line", "offers", "away_ms")
"""Left out where they are as the class has them."""
_OF_A_CALL = (
    *_SELDOM, "segment", "connected_at", "held_at", "hold_ms", "served_by", "suspended", "intent", "doubt_until",
    "solved",
)  # fmt: skip
Usual = tuple[tuple[str, Any], ...]
"""Attributes with what they are as a rule."""
_USUAL_CALL: Usual = tuple((name, getattr(Call, name)) for name in _OF_A_CALL)
_USUAL_TASK: Usual = tuple((name, getattr(Task, name)) for name in _SELDOM)
_TASK = (
    "due_at",
    "promise",
    "virtual_start",
    "contact",
    "from_call",
    "attempts",
    "attempted_at",
    "reached_at",
)
_AGENT = ("reason", "since", "logged_in_at", "idle_serial", "on_break", "taken", "last_offer", "occupied_ms")


def save(floor: Floor) -> Snapshot:
    """Return the state of `floor` as plain data."""
    return {
        "version": VERSION,
        "now": floor.now,
        "seq": floor.seq,
        "serial": floor.serial,
        "deadline_serial": floor.deadlines.serial,
        "deadlines": [[d.at, d.serial, str(d.due), d.subject] for d in floor.deadlines.live()],
        "queues": {q.name: {"open": q.open, "pulse": _pulse(q.pulse)} for q in floor.queues.values()},
        "groups": {g.name: list(g.wants_break.items()) for g in floor.groups.values()},
        "calls": [_call(call) for call in floor.calls.values()],
        "tasks": [_task(task) for task in floor.tasks.values()],
        "agents": [_agent(agent) for agent in floor.agents.values()],
        "absent": [[agent_id, str(left.phone)] for agent_id, left in floor.absent.items()],
        "offers": [[o.id, o.item.id, o.agent.id, o.offered_at] for o in floor.offers.values()],
        "past": [list(entry) for entry in floor.past()],
        "segments": dict(floor.segments),
        "lost": [[customer, queue, *lost] for (customer, queue), lost in floor.lost.items()],
        "zones": [[zone.name, zone.starts, zone.offsets] for zone in floor.learned.values()],
    }


def _pulse(pulse: Pulse) -> list[Any]:
    arrivals = [[list(count) for count in sorted(counts.items())] for counts in pulse.arrivals]
    return [pulse.handled, pulse.handled_ms, pulse.abandoned, pulse.waited_ms, pulse.turns_at, arrivals]


def _waiting(item: Waiting, seldom: Usual) -> dict[str, Any]:
    plain = {
        "id": item.id,
        "queue": item.queue.name,
        "tier": item.tier.name,
        "serial": item.serial,
        "band": item.band,
        "turn": item.turn,
        "base_needs": [list(need) for need in item.base_needs],
        "in_line": item.lane is not None,
    }
    if item.needs != item.base_needs:
        plain["needs"] = [list(need) for need in item.needs]
    if item.preferred:
        plain["preferred"] = list(item.preferred)
    if item.deadlines is not None:
        plain["timed"] = True
    # Not by `vars`: it would leave a dictionary behind at each of a hundred thousand that wait.
    for name, usual in seldom:
        if (value := getattr(item, name)) != usual:
            plain[name] = value
    return plain


def _call(call: Call) -> dict[str, Any]:
    plain = _waiting(call, _USUAL_CALL)
    plain["contact"], plain["queued_at"], plain["state"] = call.contact, call.queued_at, str(call.state)
    if call.failed_at:
        plain["failed_at"] = list(call.failed_at)
    return plain


def _task(task: Task) -> dict[str, Any]:
    plain = {name: getattr(task, name) for name in _TASK}
    return (
        _waiting(task, _USUAL_TASK)
        | plain
        | {
            "kind": str(task.kind),
            "intent": task.intent,
            "state": str(task.state),
            "queued_at": task.queued_at,
            "risen": task.risen,
            "late": task.late,
        }
    )


def _agent(agent: AgentState) -> dict[str, Any]:
    wish = agent.wish
    return {name: getattr(agent, name) for name in _AGENT} | {
        "id": agent.id,
        "group": agent.crew.group.name,
        "skills": [list(level) for level in agent.crew.skills],
        "presence": str(agent.presence),
        "phone": str(agent.phone),
        "talks": list(agent.talks),
        "wraps": [
            [w.subject, w.queue.name, w.tier, w.cost, w.started_at, *([] if w.solved is None else [w.solved])]
            for w in agent.wraps.values()
        ],
        "misses": list(agent.misses),
        "wish": [wish.log_out, wish.reason, wish.on_break] if wish is not None else None,
    }


def load(floor: Floor, plain: Snapshot) -> None:
    """Fill a fresh `floor` from a snapshot; raises `BadInput` when its centre lacks what the snapshot needs."""
    if plain.get("version") not in _READ:
        raise BadInput(
            "snapshot version {version!r} is none of {read}: replay the journal instead",
            version=plain.get("version"),
            read=_READ,
        )
    calls = plain["calls"] if isinstance(plain["calls"], Rows) else Rows(columns_of(plain["calls"]))
    _check_names(floor, calls, plain)
    floor.learn(Zone(name, tuple(starts), tuple(offsets)) for name, starts, offsets in plain.get("zones", ()))
    floor.now = plain["now"]
    floor.seq, floor.serial = plain["seq"], plain["serial"]
    for name, kept in plain["queues"].items():
        if name in floor.queues:
            floor.queues[name].open = kept["open"]
            _fill_pulse(floor.queues[name].pulse, kept["pulse"])
    deadlines = _load_deadlines(floor, plain)
    items: dict[str, Waiting] = {}
    items |= _load_calls(floor, calls, deadlines)
    for row in plain["tasks"]:
        items[row["id"]] = _load_task(floor, row, deadlines)
    for row in plain["agents"]:
        _load_agent(floor, row, items, deadlines)
    for agent_id, phone in plain.get("absent", ()):
        floor.absent[agent_id] = Absent(Phone(phone), deadlines.get((Due.PHONE, agent_id), [None])[0], {})
    for (due_kind, subject), (deadline, *_) in deadlines.items():
        if due_kind is Due.EXCLUSION:
            agent_id, _, item_id = subject.partition("\x1f")
            left = floor.absent.get(AgentId(agent_id))
            (floor.agents[AgentId(agent_id)] if left is None else left).excluded[item_id] = deadline
    for offer_id, item_id, agent_id, offered_at in plain["offers"]:
        due = deadlines.get((Due.OFFER, offer_id), [None])[0]
        offer = Offer(OfferId(offer_id), items[item_id], floor.agents[agent_id], offered_at, due)
        floor.offers[offer.id] = offer.item.offer = offer.agent.offer = offer
    _seat_all(floor)
    _line_up_all(floor, list(items.values()))
    for name, wanting in plain["groups"].items():
        if name in floor.groups:
            floor.groups[name].wants_break.update(dict(wanting))
    for at, item_id, how, *_ in plain["past"]:  # up to November 2026 the contact came after it
        floor.remember(item_id, how, at)
    floor.segments = {CallId(call_id): n for call_id, n in plain["segments"].items()}
    floor.lost = {
        (CustomerKey(customer), queue): LostPlace(start, until, contact)
        for customer, queue, start, until, contact in plain["lost"]
        if queue in floor.queues
    }


def _check_names(floor: Floor, calls: Rows, plain: Snapshot) -> None:
    names = ("id", "queue", "tier")
    of_tasks = ([row[name] for name in names] for row in plain["tasks"])
    for item_id, queue, tier in (*_together(calls, names), *of_tasks):
        if queue not in floor.queues:
            raise BadInput(
                "centre {centre!r} lacks queue {queue!r}, which {id} is in: keep it until what is there has ended",
                centre=floor.centre.name,
                queue=queue,
                id=item_id,
            )
        if tier not in floor.tiers:
            raise BadInput(
                "centre {centre!r} lacks tier {tier!r}, which {id} is of: keep it until what is of it has ended",
                centre=floor.centre.name,
                tier=tier,
                id=item_id,
            )
    for row in plain["agents"]:
        for subject, queue, *_ in row["wraps"]:
            if queue not in floor.queues:
                raise BadInput(
                    "centre {centre!r} lacks queue {queue!r}, whose {subject} is wrapped up: keep it until that "
                    "is done",
                    centre=floor.centre.name,
                    queue=queue,
                    subject=subject,
                )
        if row["group"] not in floor.groups:
            raise BadInput(
                "centre {centre!r} lacks group {group!r}, which {id} is in: keep it until they have logged out",
                centre=floor.centre.name,
                group=row["group"],
                id=row["id"],
            )


def _fill_pulse(pulse: Pulse, plain: list[Any]) -> None:
    pulse.handled, pulse.handled_ms, pulse.abandoned, pulse.waited_ms, pulse.turns_at, arrivals = plain
    pulse.arrivals = [dict(counts) for counts in arrivals]
    pulse.arriving = pulse.arrivals[-1]


def _load_deadlines(floor: Floor, plain: Snapshot) -> dict[tuple[Due, str], list[Deadline]]:
    """Fill the heap and return its deadlines by kind and subject."""
    found: dict[tuple[Due, str], list[Deadline]] = {}
    heap = floor.deadlines.heap
    for at, serial, due, subject in plain["deadlines"]:
        deadline = Deadline(at, serial, Due(due), subject)
        if deadline.due is Due.HOURS and (subject not in floor.queues or floor.queues[subject].config.hours is None):
            continue
        heap.append((at, serial, deadline))  # sorted already, and a sorted list is a heap
        found.setdefault((deadline.due, subject), []).append(deadline)
    floor.deadlines.serial = plain["deadline_serial"]
    return found


_OF_CALLS = (Due.MAX_WAIT, Due.RELAX, Due.HOLD, Due.RESERVE)
_OF_TASKS = (Due.TASK_DUE, Due.TASK_RISE, Due.TASK_LATE, Due.TASK_EXPIRE, Due.TASK_WINDOW)


def _need(item: Waiting, base_needs: list[list[Any]]) -> None:
    """Let an item need what it brought, or what its queue asks for: one tuple for all of those."""
    base, usual = _levels(base_needs), item.queue.config.needs
    item.base_needs = item.needs = usual if base == usual else base


def _deadlines_of(
    item: Waiting, kinds: tuple[Due, ...], deadlines: dict[tuple[Due, str], list[Deadline]]
) -> tuple[Deadline, ...]:
    return tuple([d for due in kinds for d in deadlines.get((due, item.id), ())]) if deadlines else ()


def _levels(plain: list[list[Any]]) -> Levels:
    return tuple((skill, level) for skill, level in plain) if plain else ()


def _together(rows: Rows, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield these values of each row."""
    return islice(zip(*map(rows.column, names), strict=False), len(rows))  # what all have in common never ends


_EACH = ("id", "contact", "queue", "tier", "band", "serial", "queued_at", "turn", "base_needs")


def _load_calls(floor: Floor, rows: Rows, deadlines: dict[tuple[Due, str], list[Deadline]]) -> dict[str, Waiting]:
    """Load the calls, column by column: of a hundred thousand each step counts."""
    calls: list[Call] = []
    queues, tiers = floor.queues, floor.tiers
    for call_id, contact, queue, tier, band, serial, at, turn, base_needs in _together(rows, _EACH):
        one = call_id if contact == call_id else contact  # one text for both, as when it came
        call = Call(call_id, one, queues[queue], tiers[tier], band, serial, at)
        if turn != at:
            call.turn = turn
        _need(call, base_needs)
        calls.append(call)
    for name, usual in _USUAL_CALL:
        once: dict[Any, Any] = {}  # customers ring again, and a gap is the same for all
        for n, value in rows.having(name):
            if value != usual:
                setattr(calls[n], name, once.setdefault(value, value))
    for n, needs in rows.having("needs"):
        call = calls[n]
        loose = _levels(needs)
        call.needs = call.base_needs if loose == call.base_needs else loose
    for name in ("preferred", "failed_at"):
        for n, agents in rows.having(name):
            if agents:
                setattr(calls[n], name, tuple(agents))
    for n, timed in rows.having("timed"):
        if timed:
            calls[n].deadlines = _deadlines_of(calls[n], _OF_CALLS, deadlines)
    for n, state in rows.having("state"):
        if state != CallState.QUEUED:
            calls[n].state = CallState(state)
    for n, in_line in rows.having("in_line"):
        if in_line:
            calls[n].lane = floor.lane_of(calls[n])
    for call in calls:
        floor.calls[call.id] = call
    return dict(floor.calls)  # type: ignore[arg-type]  # by name, as tasks are


def _load_task(floor: Floor, row: dict[str, Any], deadlines: dict[tuple[Due, str], list[Deadline]]) -> Task:
    queue, tier = floor.queues[row["queue"]], floor.tiers[row["tier"]]
    task = Task(TaskId(row["id"]), TaskKind(row["kind"]), queue, tier, row["serial"], row["queued_at"])
    task.band, task.turn = row["band"], row["turn"]
    for name, usual in _USUAL_TASK:
        if name in row and row[name] != usual:
            setattr(task, name, row[name])
    _need(task, row["base_needs"])  # what waiting loosens, and who is preferred, is of calls alone
    if row.get("timed"):
        task.deadlines = _deadlines_of(task, _OF_TASKS, deadlines)
    for name in _TASK:
        setattr(task, name, row[name])
    task.intent = row.get("intent")
    task.state, task.risen, task.late = TaskState(row["state"]), row["risen"], row["late"]
    if row["in_line"]:
        task.lane = floor.lane_of(task)
    floor.tasks[task.id] = task
    if task.customer is not None:
        floor.open_tasks[task.customer, queue.name, task.kind in OUTREACH] = task
    return task


def _load_agent(
    floor: Floor,
    row: dict[str, Any],
    items: dict[str, Waiting],
    deadlines: dict[tuple[Due, str], list[Deadline]],
) -> None:
    skills = tuple((skill, level) for skill, level in row["skills"])
    agent_id = AgentId(row["id"])
    agent = floor.agents[agent_id] = AgentState(agent_id, floor.crew(row["group"], skills), row["since"])
    for name in _AGENT:
        setattr(agent, name, row[name])
    agent.presence, agent.phone = Presence(row["presence"]), Phone(row["phone"])
    agent.misses = [Millis(at) for at in row["misses"]]
    agent.wish = Wish(*row["wish"]) if row["wish"] is not None else None
    for item_id in row["talks"]:
        item = agent.talks[item_id] = items[item_id]
        item.agent = agent
        agent.used += item.cost
    for subject, queue, tier, cost, started_at, *solved in row["wraps"]:
        due = deadlines[Due.WRAP_UP, f"{agent_id}\x1f{subject}"][0]
        agent.wraps[subject] = WrapUp(subject, floor.queues[queue], tier, cost, started_at, due, *solved)
        agent.used += cost
    agent.phone_retry = deadlines.get((Due.PHONE, agent_id), [None])[0]
    agent.back = deadlines.get((Due.BACK, agent_id), [None])[0]
    crew = agent.crew
    crew.logged_in += 1
    crew.working += agent.presence is Presence.AVAILABLE
    crew.group.on_break += agent.on_break


def _seat_all(floor: Floor) -> None:
    """Stand the free in their pools, longest idle first."""
    for agent in sorted(floor.agents.values(), key=lambda agent: agent.idle_serial):
        if can_be_offered(agent):
            pool = agent.crew.pools.setdefault(agent.used, type(agent.crew.pools[0])())
            pool[agent] = None
            agent.pool = pool
            agent.crew.group.idle += not agent.used


def _line_up_all(floor: Floor, items: list[Waiting]) -> None:
    """Give everyone who waits the place they had."""
    for item in sorted(items, key=PLACE):
        if item.lane is not None:
            item.lane.add(item)
        elif item.held:
            for agent_id in item.preferred:
                floor.held.setdefault(agent_id, []).append(item)
        else:
            continue
        if isinstance(item, Call):
            item.queue.waiting += 1
    for agent in floor.agents.values():
        agent.personal = floor.held.get(agent.id, agent.personal)
