"""A customer's story: their contacts that are over, page by page."""

from typing import Any, Final

from pydantic import BaseModel

from api.errors import Invalid
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.routes.customers import at_address
from api.routes.intervals import instant_asked
from api.services import Ask
from api.state.views import contact_out, instant

routes = router("customers")
TOLD: Final = "~"
"""In a cursor, between an instant and how many contacts of it were told."""


class ContactsOut(BaseModel):
    """Contacts, the newest first; ask again with `before=next`, null: there are no more."""

    contacts: list[dict[str, Any]]
    next: str | None


ONE: Plain = {
    "at": "2026-03-02T09:00:00.000Z", "call_id": "c3f2", "kind": "call", "channel": "voice", "queue": "hotline",
    "tier": "mid", "outcome": "abandoned", "wait_s": 61.0, "agent_id": None, "talk_s": None, "result": None,
    "csat": None,
}  # fmt: skip


@operation(
    routes, "GET", "/customers/{customer_id}/contacts", scopes=("supervisor", "admin"), answer=ContactsOut,
    fails=(404,), says={"contacts": [ONE], "next": None},
    query=(
        {"name": "before", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "An instant, or `next` of the page before."},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
         "description": "At most 500 (default 50)."},
    ),
)  # fmt: skip
async def list_contacts(ask: Ask) -> Reply:
    """Tell the story of a customer: each stay in a queue and each talk in which the centre called, newest first."""
    known = await at_address(ask)
    limit = max(1, number_of(ask, "limit", 50, 500))
    before, shown = _cursor(ask.asked("before"))
    rows = await ask.services.history.contacts_of(known.key, limit, before, shown)
    page: dict[str, Any] = {"contacts": [contact_out(row) for row in rows], "next": None}
    if len(rows) == limit:
        last = int(rows[-1]["at"])
        told = sum(row["at"] == last for row in rows) + (shown if last == before else 0)
        page["next"] = f"{instant(last)}{TOLD}{told}"
    return Reply(page)


def _cursor(text: str | None) -> tuple[int | None, int]:
    """Return before when, and how many of that very instant were told already: several may end at once."""
    if text is None:
        return None, 0
    at, _, told = text.partition(TOLD)
    if told and not (told.isascii() and told.isdecimal() and len(told) < 4):
        raise Invalid("before: {text!r} is neither an instant nor `next` of another page", text=text[:60])
    return instant_asked(at, "before"), int(told or 0)
