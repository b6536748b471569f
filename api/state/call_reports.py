"""Reports of telephony systems about calls: which commands each becomes in the call's present state, if any.

At-least-once and out of order are normal. A later state implies the earlier ones (completed with talk time implies
answered); only a report from which nothing new is learned is not applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from api.state.records import AgentLine, CallLine
from api.state.vocabulary import cause_of
from callcenter import commands as cmd
from callcenter.commands import Command
from callcenter.errors import IllegalMove, OfferNotPending
from callcenter.events import OfferEnd
from callcenter.ids import AgentId, CallId, OfferId, is_first_segment
from callcenter.language.said import said
from callcenter.state_words import in_words
from callcenter.units import SECOND, Millis

ReportType = Literal[
    "ringing", "answered", "no_answer", "rejected", "busy", "unreachable", "abandoned", "completed", "transferred",
    "callback_requested", "held", "resumed", "wrapup_done", "failed", "relinked", "complaint", "result",
]  # fmt: skip
REPORTS: Final[tuple[ReportType, ...]] = get_args(ReportType)
OF_AN_AGENT: Final = frozenset(REPORTS) - {"abandoned", "failed", "callback_requested", "complaint", "relinked"}
"""What an agent's telephone did; the others are about the caller."""
CALLER_GONE: Final = frozenset({"abandoned", "failed"})
"""The caller is on no line any more."""


@dataclass(slots=True)
class Report:
    """What was said to have happened."""

    type: ReportType
    offer_id: str | None = None
    agent_id: str | None = None
    at: int | None = None
    """When it happened, clamped; None: not said."""
    cause: str | None = None
    talk_s: float | None = None
    queue: str | None = None
    kind: Literal["blind", "consult", "return"] = "blind"
    result: str | None = None
    """What came of it, by a code of the queue."""


@dataclass(slots=True)
class Meaning:
    """Commands to tell, in order; or none and why. `learned`: worth knowing though it asks nothing of the engine."""

    commands: list[Command]
    reason: str | None = None
    learned: bool = False


def meaning(report: Report, line: CallLine, agents: Mapping[str, AgentLine], queues: frozenset[str]) -> Meaning:
    """Return what `report` means for the call as it stands.

    Raises:
        Refusal: it cannot be as things stand, and the client has to know.
    """
    if report.type == "result":
        return _result(report, line)
    if line.ended:
        return _after_the_end(report, line, agents)
    if report.type in OF_AN_AGENT and _about_an_earlier_offer(report, line):
        return _nothing("offer_over")
    return MEANINGS[report.type](report, line, queues)


def told(report: Report, commands: list[Command], now: Millis) -> list[Command]:
    """Return the commands with the instants that the report says, or implies: measures count from them.

    A conversation that is told of when it is over began as long before as it lasted.
    """
    at, talked_ms = report.at, round((report.talk_s or 0) * SECOND)
    found: list[Command] = []
    for command in commands:
        happened_at = at
        if isinstance(command, cmd.AcceptOffer) and talked_ms and report.type == "completed":
            happened_at = (now if at is None else at) - talked_ms
        found.append(dated(command, happened_at))
    return found


def dated(command: Command, happened_at: int | None) -> Command:
    """Return the command as the report of what happened then (None: now)."""
    if happened_at is None or not isinstance(command, cmd.Reportable):
        return command
    return cmd.Reported(command, Millis(happened_at))


def _nothing(reason: str) -> Meaning:
    return Meaning([], reason)


def _call(line: CallLine) -> CallId:
    return CallId(line.id)


def _after_the_end(report: Report, line: CallLine, agents: Mapping[str, AgentLine]) -> Meaning:
    if report.type == "wrapup_done":
        for agent in agents.values():
            if line.id in agent.wraps:
                return Meaning([cmd.EndWrapUp(AgentId(agent.id), line.id)])
        return _nothing("duplicate")
    final = {"completed": "completed", "abandoned": "abandoned", "failed": "failed"}
    return _nothing("duplicate" if final.get(report.type) == line.state else "call_has_ended")


def _about_the_live_offer(report: Report, line: CallLine) -> bool:
    """Tell whether the report can be about the offer that rings now."""
    offer = line.offer
    if offer is None or (report.offer_id is not None and report.offer_id != offer.id):
        return False
    if report.agent_id is not None and report.agent_id != offer.agent_id:
        return False
    # Without an id the time tells: what happened before this offer was about an earlier one.
    return report.offer_id is not None or report.at is None or report.at >= offer.at


def _about_an_earlier_offer(report: Report, line: CallLine) -> bool:
    """Tell whether a report on a conversation is about an offer before the one that was accepted."""
    return (
        line.accepted is not None
        and report.offer_id not in (None, line.accepted)
        and str(report.offer_id).rpartition("/o")[0] == line.id
    )


def segment_of(
    report_type: str, offer_id: str | None, agent_id: str | None, segments: list[CallLine]
) -> CallLine | None:
    """Return the segment of a contact whose agent did what is reported, or None: it does not say, or is of the caller.

    What one agent's telephone tells late must not end the conversation of the one to whom the call was handed on.

    Args:
        report_type: What is said to have happened.
        offer_id: Whose phone it was, if it says so.
        agent_id: The same.
        segments: Of the contact, the oldest first.
    """
    if report_type not in OF_AN_AGENT:
        return None
    if offer_id is not None:
        whose = offer_id.rpartition("/o")[0]
        return next((one for one in segments if one.id == whose), None)
    agents = ((one, one.agent_id if one.offer is None else one.offer.agent_id) for one in reversed(segments))
    return next((one for one, whose in agents if whose == agent_id), None)


def _accept(report: Report, line: CallLine) -> list[Command]:
    """Return what makes an offered call a connected one; nothing if it is; refuse if nobody can have answered."""
    if line.state == "connected":
        return []
    if not _about_the_live_offer(report, line) or line.offer is None:
        offer_id = report.offer_id or f"{line.id}/o?"
        raise OfferNotPending(
            said("no such offer rings: the call is {state}", state=in_words(line.state)),
            offer_id=offer_id,
            state=line.state,
        )
    return [cmd.AcceptOffer(OfferId(line.offer.id))]


def _ringing(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    if line.state == "connected":
        return _nothing("answered_already")
    if not _about_the_live_offer(report, line) or line.offer is None:
        return _nothing("offer_over" if report.offer_id else "no_offer")
    if line.rings == line.offer.id:
        return _nothing("duplicate")
    return Meaning([], learned=True)


def _answered(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    if line.state == "connected":
        if report.agent_id is not None and report.agent_id != line.agent_id:
            raise OfferNotPending(
                said("agent {agent_id} has the call", agent_id=line.agent_id),
                offer_id=report.offer_id,
                state=line.state,
                agent_id=line.agent_id,
            )
        return _nothing("duplicate")
    return Meaning(_accept(report, line))


def _missed(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    if line.state == "connected":
        return _nothing("answered_already")
    if not _about_the_live_offer(report, line) or line.offer is None:
        return _nothing("offer_over")
    return Meaning([cmd.EndOffer(OfferId(line.offer.id), OfferEnd(report.type))])


def _abandoned(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    # The caller is gone whatever we thought: hung up in the moment of the answer is a conversation of no length.
    return Meaning([cmd.EndCall(_call(line)) if line.state == "connected" else cmd.AbandonCall(_call(line))])


def _completed(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    if line.state == "connected":
        return Meaning([cmd.EndCall(_call(line))])
    if not report.talk_s:
        return Meaning([cmd.AbandonCall(_call(line))])
    if _about_the_live_offer(report, line):
        return Meaning([*_accept(report, line), cmd.EndCall(_call(line))])
    # Somebody talked to the customer, nobody of whom we know: the call is over all the same.
    return Meaning([cmd.FailCall(_call(line), "answered_elsewhere")])


def _transferred(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    unasked = line.state in ("queued", "offered") and report.offer_id is None and report.agent_id is None
    if unasked and report.queue == line.queue and not is_first_segment(line.id):
        return _nothing("duplicate")  # it waits there already: nobody has talked who could hand it on again
    accept = _accept(report, line)
    if report.queue is not None and report.queue not in queues:
        return Meaning([*accept, cmd.EndCall(_call(line))])  # to somewhere outside: the agent's part is over
    if report.queue is None:
        raise IllegalMove("transferred: say to which queue", call_id=line.id, state=line.state)
    return Meaning([*accept, cmd.TransferCall(_call(line), report.queue, report.kind)])


def _callback_requested(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    return Meaning([cmd.ConvertCall(_call(line))])


def _held(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    if line.held:
        return _nothing("duplicate")
    return Meaning([*_accept(report, line), cmd.HoldCall(_call(line))])


def _resumed(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    accept = _accept(report, line)
    if line.held:
        return Meaning([cmd.ResumeCall(_call(line))])
    return Meaning(accept) if accept else _nothing("duplicate")


def _wrapup_done(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    accept = _accept(report, line)
    agent_id = line.agent_id if line.offer is None else line.offer.agent_id
    assert agent_id is not None, "a connected call has an agent"
    return Meaning([*accept, cmd.EndCall(_call(line)), cmd.EndWrapUp(AgentId(agent_id), line.id)])


def _failed(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    return Meaning([cmd.FailCall(_call(line), cause_of(report.cause))])


def _result(report: Report, line: CallLine) -> Meaning:
    if report.result is None:
        raise IllegalMove("result: say what came of the call, by a code of its queue", call_id=line.id)
    if line.agent_id is None:
        raise IllegalMove(
            said("the call is {state}: nobody has talked", state=in_words(line.state)),
            call_id=line.id,
            state=line.state,
        )
    if line.result == report.result:
        return _nothing("duplicate")
    return Meaning([cmd.NoteResult(AgentId(line.agent_id), report.result, _call(line))])


def _complaint(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    return Meaning([], learned=True)


def _relinked(report: Report, line: CallLine, queues: frozenset[str]) -> Meaning:
    return Meaning([], learned=True)


MEANINGS: Final[dict[ReportType, Callable[[Report, CallLine, frozenset[str]], Meaning]]] = {
    "ringing": _ringing,
    "answered": _answered,
    "no_answer": _missed,
    "rejected": _missed,
    "busy": _missed,
    "unreachable": _missed,
    "abandoned": _abandoned,
    "completed": _completed,
    "transferred": _transferred,
    "callback_requested": _callback_requested,
    "held": _held,
    "resumed": _resumed,
    "wrapup_done": _wrapup_done,
    "failed": _failed,
    "relinked": _relinked,
    "complaint": _complaint,
    "result": lambda report, line, queues: _result(report, line),
}
"""Type of report → what it means for a call that has not ended."""
