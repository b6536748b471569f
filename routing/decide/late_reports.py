"""Dates what a late report tells: decisions stay those of its arrival, measures count from when it happened."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.events import Event
from callcenter.late_reports import Reported
from callcenter.units import Millis
from routing.state.floor import Floor
from routing.state.records import Waiting


def known_since(floor: Floor, command: cmd.Reportable) -> Millis:
    """Return when the call or task of `command` came: nothing happened to it before."""
    item: Waiting | None
    match command:
        case cmd.AcceptOffer() | cmd.EndOffer():
            offer = floor.offers.get(command.offer_id)
            item = None if offer is None else offer.item
        case cmd.ReportReached() | cmd.ReportNotReached() | cmd.EndTask():
            item = floor.tasks.get(command.task_id)
        case cmd.EndWrapUp():
            item = None  # after-call work has its own begin
        case _:
            item = floor.calls.get(command.call_id)
    return Millis(0) if item is None else item.queued_at


def dated(floor: Floor, events: Sequence[Event], happened_at: Millis, since: Millis) -> Iterator[Event]:
    """Yield `events`, those that were reported with the instant at which they happened.

    It lies between what must have come before (`since`; the begin of the ring or of after-call work) and the arrival.
    """
    for event in events:
        if isinstance(event, Reported):
            begun = getattr(event, "offered_at", getattr(event, "started_at", since))
            at = Millis(max(happened_at, begun))
            yield event if at >= event.at else _dated(floor, event, at)
        else:
            yield event


def _dated(floor: Floor, event: Reported, at: Millis) -> Event:
    match event:
        case ev.CallAbandoned():
            short = at - event.queued_at <= floor.queues[event.queue].config.short_abandon
            return replace(event, short=short, happened_at=at)
        case ev.TaskAttempted() | ev.TaskReached():
            return replace(event, in_time=at <= floor.tasks[event.task_id].promise, happened_at=at)
    return replace(event, happened_at=at)
