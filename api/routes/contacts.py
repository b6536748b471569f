"""A customer's story: their contacts that are over, page by page."""

from typing import Any

from pydantic import BaseModel

from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.routes.customers import at_address
from api.routes.intervals import instant_asked
from api.services import Ask
from api.state.views import contact_out, instant

routes = router("customers")


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
        {"name": "before", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
         "description": "At most 500 (default 50)."},
    ),
)  # fmt: skip
async def list_contacts(ask: Ask) -> Reply:
    """Tell the story of a customer: each stay in a queue and each talk in which the centre called, newest first."""
    known = await at_address(ask)
    limit = max(1, number_of(ask, "limit", 50, 500))
    text = ask.asked("before")
    before = None if text is None else instant_asked(text, "before")
    rows = await ask.services.history.contacts_of(known.key, limit, before)
    more = rows[-1]["at"] if len(rows) == limit else None
    return Reply({"contacts": [contact_out(row) for row in rows], "next": instant(more)})
