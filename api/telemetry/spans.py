"""Spans: the parts of a contact's way, each finished by one committed event. Logs and traces are both made of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from api.state.board import Board
from api.state.records import CallLine
from callcenter import events as ev
from callcenter.events import Event

Field = str | int | bool
Spans = Iterator["Span"]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a contact's way that is over.

    Args:
        name: `call` or `callback`, or a part of one: `post`, `wait`, `offer`, `talk`, `attempt`, `wrap_up`.
        of: The whole that this is, or is part of: `call` or `callback`.
        contact: What the customer wants; all its spans are one trace.
        subject: The id of the call or callback.
        begun: Instant, ms.
        ended: Instant, ms.
        fields: What else there is to tell; never a number, never a customer.
        mark: Tells spans of one name and subject apart.
    """

    name: str
    of: str
    contact: str
    subject: str
    begun: int
    ended: int
    fields: Mapping[str, Field]
    mark: str = ""

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits."""
        return _digest(f"{self.name}:{self.subject}:{self.mark}", 16)

    @property
    def parent_id(self) -> str | None:
        """The span that this one is part of: a part has its call or callback, these have the contact's first call."""
        if self.name != self.of:
            return _digest(f"{self.of}:{self.subject}:", 16)
        return None if self.subject == self.contact else _digest(f"call:{self.contact}:", 16)


def trace_id(contact: str) -> str:
    """Return the trace of a contact: 32 hexadecimal digits (W3C Trace Context), the same after every restart.

    >>> trace_id("c3f2a9d1c0b4e8f7a6d5c")
    '154be401eeb3a45df35bef8cfaf31557'
    """
    return _digest(f"contact:{contact}", 32)


def _digest(text: str, digits: int) -> str:
    return sha256(text.encode()).hexdigest()[:digits]


def spans_of(event: Event, board: Board) -> Spans:
    """Yield what this event finished; the board has heard it already."""
    part = _PARTS.get(type(event))
    if part is not None:
        yield from part(event, board)
    yield from ended(event, board)


def ended(event: Event, board: Board) -> Spans:
    """Yield the call or callback that this event ended, or the offer that came to nothing: what logs tell."""
    end = _ENDS.get(type(event))
    if end is not None:
        yield from end(event, board)


# --- calls


def _contact(board: Board, call_id: str) -> str:
    line = board.calls.get(call_id)
    return call_id.partition("/s")[0] if line is None else line.contact


def _part(board: Board, name: str, call_id: str, begun: int, ended: int, mark: str = "", **fields: Field) -> Span:
    return Span(name, "call", _contact(board, call_id), call_id, begun, ended, fields, mark)


def _connected(event: ev.CallConnected, board: Board) -> Spans:
    agent = str(event.agent_id)
    yield _part(
        board, "offer", event.call_id, event.offered_at, event.at, event.offer_id, agent_id=agent, end="accepted"
    )
    yield _part(board, "wait", event.call_id, event.queued_at, event.at, queue=event.queue, tier=event.tier)


def _talked(event: ev.CallCompleted, board: Board) -> Spans:
    yield _part(
        board, "talk", event.call_id, event.connected_at, event.at,
        agent_id=str(event.agent_id), hold_s=event.hold_ms // 1000,
    )  # fmt: skip


def _completed(event: ev.CallCompleted, board: Board) -> Spans:
    return _end(event, board, "answered", event.connected_at, agent_id=str(event.agent_id))


def _end(event: Any, board: Board, outcome: str, wait_ended: int, **more: Field) -> Spans:
    line = board.calls.get(event.call_id)
    if line is not None:
        yield _whole(line, event, outcome, wait_ended, **more)


def _whole(line: CallLine, event: Any, outcome: str, wait_ended: int, **more: Field) -> Span:
    fields = {
        "queue": event.queue, "tier": event.tier, "outcome": outcome, "wait_ms": wait_ended - line.queued_at, **more
    }  # fmt: skip
    return Span("call", "call", line.contact, line.id, line.queued_at, event.at, fields)


def _waited(event: Any, board: Board) -> Spans:
    yield _part(board, "wait", event.call_id, event.queued_at, event.at, queue=event.queue, tier=event.tier)


def _abandoned(event: ev.CallAbandoned, board: Board) -> Spans:
    return _end(event, board, "abandoned", event.at, short=event.short)


def _overflowed(event: ev.CallOverflowed, board: Board) -> Spans:
    return _end(event, board, "overflowed", event.at, target=event.target, reason=str(event.reason))


def _rejected(event: ev.CallRejected, board: Board) -> Spans:
    return _end(event, board, "rejected", event.at, reason=str(event.reason))


def _converted(event: ev.CallConverted, board: Board) -> Spans:
    return _end(event, board, "converted", event.at, callback_id=str(event.task_id))


def _waited_or_talked(event: ev.CallFailed, board: Board) -> Spans:
    if event.connected_at is None:
        return _waited(event, board)
    return iter((
        _part(board, "talk", event.call_id, event.connected_at, event.at, agent_id=str(event.agent_id)),
    ))  # fmt: skip


def _failed(event: ev.CallFailed, board: Board) -> Spans:
    if event.connected_at is None:
        return _end(event, board, "failed", event.at, cause=event.cause)
    return _end(event, board, "failed", event.connected_at, agent_id=str(event.agent_id), cause=event.cause)


# --- offers and after-call work, of calls and callbacks


def _of(board: Board, subject: str) -> tuple[str, str]:
    """Return the whole and the contact that a subject is."""
    task = board.tasks.get(subject)
    if task is None:
        return "call", _contact(board, subject)
    return "callback", subject if task.from_call is None else _contact(board, task.from_call)


def _offer_ended(event: ev.OfferEnded, board: Board) -> Spans:
    of, contact = _of(board, event.subject)
    fields = {"agent_id": str(event.agent_id), "end": str(event.end)}
    yield Span("offer", of, contact, event.subject, event.offered_at, event.at, fields, event.offer_id)


def _wrapped_up(event: ev.WrapUpEnded, board: Board) -> Spans:
    of, contact = _of(board, event.subject)
    yield Span("wrap_up", of, contact, event.subject, event.started_at, event.at, {"agent_id": str(event.agent_id)})


# --- callbacks


def _task_part(board: Board, name: str, event: Any, begun: int, mark: str = "", **fields: Field) -> Span:
    of, contact = _of(board, event.task_id)
    fields["agent_id"] = str(event.agent_id)
    return Span(name, of, contact, str(event.task_id), begun, event.at, fields, mark)


def _attempted(event: ev.TaskAttempted, board: Board) -> Spans:
    yield _task_part(board, "offer", event, event.offered_at, str(event.attempt), end="accepted")


def _reached(event: ev.TaskReached, board: Board) -> Spans:
    yield _task_part(board, "attempt", event, event.attempted_at, str(event.attempted_at), end="reached")


def _not_reached(event: ev.TaskNotReached, board: Board) -> Spans:
    yield _task_part(board, "attempt", event, event.attempted_at, str(event.attempted_at), end=event.cause)


def _task_talked(event: ev.TaskCompleted | ev.TaskCallAgain, board: Board) -> Spans:
    yield _task_part(board, "talk", event, event.reached_at)


def _task_completed(event: ev.TaskCompleted, board: Board) -> Spans:
    return _task_over(event, board, "completed")


def _task_over(event: Any, board: Board, outcome: str, **more: Field) -> Spans:
    task = board.tasks.get(event.task_id)
    if task is not None:
        _, contact = _of(board, event.task_id)
        fields: dict[str, Field] = {
            "queue": event.queue, "tier": event.tier, "kind": event.kind, "outcome": outcome,
            "attempts": task.attempts, "late": task.late, **more,
        }  # fmt: skip
        yield Span("callback", "callback", contact, task.id, task.created_at, event.at, fields)


def _expired(event: ev.TaskExpired, board: Board) -> Spans:
    return _task_over(event, board, "expired", cause=event.cause)


def _cancelled(event: ev.TaskCancelled, board: Board) -> Spans:
    return _task_over(event, board, "cancelled", cause=event.reason)


def _superseded(event: ev.TaskSuperseded, board: Board) -> Spans:
    return _task_over(event, board, "superseded", by_call=str(event.by_call))


Finished = Mapping[type[Event], Callable[[Any, Board], Spans]]
_PARTS: Final[Finished] = {
    ev.CallConnected: _connected,
    ev.CallCompleted: _talked,
    ev.CallAbandoned: _waited,
    ev.CallOverflowed: _waited,
    ev.CallRejected: _waited,
    ev.CallConverted: _waited,
    ev.CallFailed: _waited_or_talked,
    ev.WrapUpEnded: _wrapped_up,
    ev.TaskAttempted: _attempted,
    ev.TaskReached: _reached,
    ev.TaskNotReached: _not_reached,
    ev.TaskCompleted: _task_talked,
    ev.TaskCallAgain: _task_talked,
}
_ENDS: Final[Finished] = {
    ev.CallCompleted: _completed,
    ev.CallAbandoned: _abandoned,
    ev.CallOverflowed: _overflowed,
    ev.CallRejected: _rejected,
    ev.CallConverted: _converted,
    ev.CallFailed: _failed,
    ev.OfferEnded: _offer_ended,
    ev.TaskCompleted: _task_completed,
    ev.TaskExpired: _expired,
    ev.TaskCancelled: _cancelled,
    ev.TaskSuperseded: _superseded,
}
