"""A call's story: what happened to it, in order, with what was told of it and what people did to it."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from api.customers.reasons import described, notes_of, root_of, who
from api.customers.stories import AFTERWARDS, AROUND, details_of, events_of, steps_of
from api.http.endpoint import Plain, Reply, operation, router
from api.routes.intervals import instant_asked
from api.services import Ask
from api.state.numbers import masked
from api.state.records import CallLine, TaskLine
from api.state.views import instant
from api.store.retention import EVENTS_KEPT
from api.store.store import Store
from callcenter.errors import UnknownCall
from callcenter.language.said import said
from callcenter.units import DAY

routes = router("calls")


class StoryOut(BaseModel):
    """All that is known of a contact: its call, its segments after transfers, its callbacks."""

    call_id: str
    came_at: str
    source: str | None
    external_call_id: str | None
    channel: str | None
    caller: str | None
    called: str | None
    attributes: dict[str, Any]
    customer_key: str | None
    customer_id: str | None
    name: str | None
    segments: list[dict[str, Any]]
    events: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    callbacks: list[dict[str, Any]]
    complete: bool
    kept_since: str | None


EXAMPLE: Plain = {
    "call_id": "c3f2a9d1c0b4e8f7a6d5c", "came_at": "2026-03-02T09:00:00.123Z", "source": "pbx-1",
    "external_call_id": "1718031.42", "channel": "voice", "caller": "+44*******58", "called": None,
    "attributes": {"menu": "1>3"}, "customer_key": "p3d0", "customer_id": "C-1001", "name": "Ada", "segments": [],
    "events": [{"is": "CallQueued", "at": 1772442000123, "seq": 1, "call_id": "c3f2a9d1c0b4e8f7a6d5c"}],
    "steps": [{"at": "2026-03-02T09:00:09.000Z", "by": "anna", "action": "call.reprioritize",
               "detail": "{\"tier\": \"vip\"}"}],
    "notes": [], "callbacks": [], "complete": True, "kept_since": "2026-02-23T09:00:00.000Z",
}  # fmt: skip


@dataclass(slots=True)
class _Told:
    """What the database has of a contact."""

    events: list[Plain]
    complete: bool
    came: int
    details: Plain
    steps: list[Plain]
    notes: list[Plain]
    who: Plain


@operation(
    routes, "GET", "/calls/{call_id:path}/story", scopes=("supervisor",), answer=StoryOut, fails=(404,), says=EXAMPLE,
    query=(
        {"name": "at", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "For a call that ended more than a day ago: when it came, as its customer's contacts say, or "
         "a little before."},
    ),
)  # fmt: skip
async def tell_story(ask: Ask) -> Reply:
    """Tell what happened to a call: every event of it, what was told of it, notes, callbacks, and what people did.

    Events are kept for 7 days; `complete` is false where there are so many that not all were read.
    """
    services = ask.services
    contact, when = root_of(ask.path("call_id")), ask.asked("at")
    lines = list(services.board.segments(contact))
    tasks = [task for task in services.board.tasks.values() if root_of(task.from_call or task.id) == contact]
    if lines:
        begin = min(line.queued_at for line in lines)
    elif tasks:
        begin = min(task.created_at for task in tasks)
    elif when is not None:
        begin = instant_asked(when, "at")
    else:
        raise UnknownCall(
            said(
                "there is no call {contact} of the last day: say when it came (?at=2026-03-02T09:00:00Z)",
                contact=contact,
            ),
            call_id=contact,
        )
    parts: list[CallLine | TaskLine] = [*lines, *tasks]
    ended = [one.ended_at for one in parts]
    last = max((at for at in ended if at is not None), default=begin + DAY)
    end = int(ask.now) if None in ended else last + AFTERWARDS
    customer = next((one.customer for one in parts if one.customer is not None), None)

    def look(store: Store) -> _Told:
        events, complete = events_of(store, contact, begin - AROUND, end)
        key = customer or next((str(one["customer"]) for one in events if one.get("customer")), None)
        came = begin if lines or not events else int(events[0]["at"])
        return _Told(
            events, complete, came, details_of(store, contact, came) or {},
            list(steps_of(store, contact, begin - AROUND, end)), notes_of(store, contact), who(store, key),
        )  # fmt: skip

    told = await services.live.read(look, apart=True)
    if not (lines or tasks or told.events or told.details):
        raise UnknownCall(said("nothing is kept of a call {contact} at that time", contact=contact), call_id=contact)
    details, plain = told.details, ask.key.may("telephony")
    names = {f"key:{key.id}": key.agent_id or key.name for key in services.access.keys.values()}
    return Reply(
        {
            "call_id": contact, "came_at": instant(told.came),
            **{name: details.get(name) for name in ("source", "external_call_id", "channel")},
            **{name: details.get(name) if plain else masked(details.get(name)) for name in ("caller", "called")},
            "attributes": json.loads(str(details.get("attributes") or "{}")),
            **told.who,
            "segments": [services.call_answer(line) | {"offer": None} for line in lines],
            "events": told.events,
            "steps": [
                one | {"at": instant(one["at"]), "by": names.get(one["by"]) or one["by"]} for one in told.steps
            ],
            "notes": told.notes,
            "callbacks": await described(services.live, ask.key, tasks),
            "complete": told.complete,
            "kept_since": instant(max(0, ask.now - EVENTS_KEPT)),
        }
    )  # fmt: skip
