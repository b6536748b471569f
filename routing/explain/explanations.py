"""Why this place, why not yet, and what would happen to such a call: answers that change nothing."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from callcenter.agents import Phone, Presence
from callcenter.commands import AdmitCall
from callcenter.ids import AgentId, CallId
from callcenter.tiers import Leave
from callcenter.units import Millis
from routing.decide.entering import TurnedAway, admission, earns_callback
from routing.decide.matching import eligible, reserved
from routing.decide.on_call import arriving
from routing.decide.promises import can_promise
from routing.state.ahead import competing, in_turn, position
from routing.state.expected_wait import ExpectedWait, expected_wait
from routing.state.floor import Floor
from routing.state.line import Lane
from routing.state.records import AgentState, Waiting


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its stable code, how many agents or calls it is about, and a sentence."""

    code: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a call stands and why, as of one instant."""

    call_id: CallId
    state: str
    queue: str
    tier: str
    band: int
    policy: str
    centre: str
    position: int
    """How many go before it."""
    score: tuple[float, ...]
    """The key it is ordered by inside its band: score, virtual start, sequence; the smaller goes first."""
    ahead: tuple[str, ...]
    """The first of those that go before it, next first."""
    reasons: tuple[Reason, ...]
    """Why no agent has it yet, most agents first."""
    expected_wait: ExpectedWait | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to such a call now."""

    decision: str
    queue: str
    tier: str
    band: int
    reason: str | None
    agent_id: AgentId | None
    position: int | None
    target: str | None
    expected_wait: ExpectedWait | None


SHOWN_AHEAD = 10
IN_DOUBT = (Reason("suspended", 0, "nobody is rung for it before its source says that the caller is still there"),)


def explain(floor: Floor, call_id: CallId, now: Millis) -> Explanation:
    """Return why a live call stands where it stands; refuses for one that has ended."""
    call = floor.call(call_id)
    lane = floor.lane_of(call)
    waits = call.lane is not None or call.held
    score = (*floor.score(lane, call, now), call.turn, call.serial)
    return Explanation(
        call.id,
        call.state,
        call.queue.name,
        call.tier.name,
        call.band,
        call.queue.config.policy,
        floor.centre.name,
        position(floor, call, now) if waits else 0,
        score,
        tuple(item.id for item in _next_ahead(floor, call, lane, now)) if waits else (),
        _reasons(floor, call, lane) if waits else IN_DOUBT if call.suspended else (),
        expected_wait(floor, call, now) if waits else None,
    )


def _next_ahead(floor: Floor, call: Waiting, mine: Lane, now: Millis) -> list[Waiting]:
    """Return the first few that go before `call` in a lane that shares agents with it."""
    lanes = [lane for lane in competing(mine) if lane.rank <= mine.rank]
    few = min(position(floor, call, now), SHOWN_AHEAD)
    return [item for _, item in islice(in_turn(floor, lanes, now), few)]


def _reasons(floor: Floor, call: Waiting, lane: Lane) -> tuple[Reason, ...]:
    """Count, over all agents logged in, what keeps each from taking the call."""
    counts = Counter(_why_not(floor, call, lane, agent) for agent in floor.agents.values())
    if not floor.agents:
        counts["nobody_logged_in", "no agent is logged in"] = 0
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Reason(code, n, text) for (code, text), n in ranked)


def _why_not(floor: Floor, call: Waiting, lane: Lane, agent: AgentState) -> tuple[str, str]:
    """Return the first rule that keeps `agent` from taking `call`."""
    checks = (
        (not agent.crew.can_take(lane), "skills", "without a skill or level that the call needs now"),
        (agent.presence is not Presence.AVAILABLE, "presence", "not available (break, not responding)"),
        (agent.offer is not None, "ringing", "rung for another call"),
        (bool(agent.talks) and agent.used + call.cost > 100, "busy", "talking to another customer"),
        (bool(agent.wraps) and agent.used + call.cost > 100, "wrap_up", "in after-call work"),
        (agent.wish is not None, "leaving", "no more calls before a break or the end of the shift"),
        (agent.phone is not Phone.FREE, "phone", "phone busy elsewhere or unreachable"),
        (call.id in agent.excluded, "excluded", "missed this call a moment ago"),
        (
            call.held and agent.id not in call.preferred,
            "held",
            "left to the preferred agent for now",
        ),
        (reserved(agent.crew, lane), "reserve", "kept free for better tiers"),
    )
    for holds, code, text in checks:
        if holds:
            return code, text
    return ("none", "could take it") if eligible(floor, call, agent) else ("order", "live calls first")


def preview(floor: Floor, command: AdmitCall, now: Millis) -> Preview:
    """Return what admitting `command` would bring now; refuses what admission would refuse."""
    call = arriving(floor, command, now)
    answer = admission(floor, call, floor.lane_of(call), now)
    queue, tier, band = call.queue.name, call.tier.name, call.band
    if isinstance(answer, TurnedAway):
        decision = "reject"
        if answer.way.leave is Leave.OVERFLOW:
            decision = "overflow"
        elif earns_callback(call, answer.way, answer.reason) and can_promise(floor, call):
            decision = "callback"
        return Preview(decision, queue, tier, band, answer.reason, None, None, answer.way.target, None)
    if answer is not None:
        return Preview("offer", queue, tier, band, None, answer.id, 0, None, None)
    ewt = expected_wait(floor, call, now)
    return Preview("queue", queue, tier, band, None, None, position(floor, call, now), None, ewt)
