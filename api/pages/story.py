"""A call's story: what happened to it, in order and in words; why it still waits; what was told and noted of it."""

import json
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from api.pages.page import View, page
from api.pages.words import reason, sentence, word
from callcenter.units import HOUR

WAITS = ("queued", "offered")


def story_address(call_id: str, at: str | None = None, hours_before: int = 0) -> str:
    """Return where a call's story is; `at` finds one of more than a day ago, which came then or so long before."""
    when = "" if at is None else f"?at={_ms(at) - hours_before * HOUR}"
    return f"/calls/{quote(call_id, safe='')}{when}"


@page("/calls/{call_id:path}", scopes=("supervisor",))
async def story(view: View) -> Response:
    """Show a call's story."""
    told = await view.get(f"/v1/calls/{quote(view.request.path_params['call_id'])}/story", at=view.asked("at"))
    waiting = next((one for one in reversed(told["segments"]) if one["state"] in WAITS), None)
    explained: dict[str, Any] | None = None
    if waiting is not None:
        answer = await view.answer("POST", f"/v1/calls/{waiting['call_id']}:explain", {})
        explained = answer.payload if answer.status == 200 else None  # it has just left
    steps = [
        {"at": event["at"], "text": sentence(view, event), "by": None, "detail": None} for event in told["events"]
    ] + [
        {"at": _ms(one["at"]), "text": word(view, one["action"]), "by": one["by"], "detail": said(one["detail"])}
        for one in told["steps"]
    ]
    return view.show(
        "story.html", story=told, steps=sorted(steps, key=lambda one: int(one["at"])), waiting=waiting,
        explained=explained, reasons=[] if explained is None else [reason(view, one) for one in explained["reasons"]],
        word=lambda code: word(view, code), came=_ms(told["came_at"]), story_address=story_address,
    )  # fmt: skip


def said(detail: str | None) -> str | None:
    """Return what somebody wrote, of what the audit trail has.

    >>> said('{"tier": "vip", "reason": "waits"}'), said('{"tier": "vip"}'), said("prank call"), said(None)
    ('waits', None, 'prank call', None)
    """
    try:
        told = json.loads(detail or "")
    except ValueError:
        return detail
    return told.get("reason") if isinstance(told, dict) else detail


def _ms(instant: str) -> int:
    from api.http.instants import parsed_instant

    found = parsed_instant(instant)
    assert found is not None, "the interface writes instants"
    return found
