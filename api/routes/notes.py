"""Agents' notes: what the next who talks to the customer should know, of a call or a callback."""

from pydantic import BaseModel, Field

from api.customers.reasons import note_row
from api.http.endpoint import Reply, operation, router
from api.http.formats import In
from api.routes.callbacks import task_of
from api.routes.calls import line_of
from api.services import Ask
from api.state.views import instant

routes = router("calls")
SCOPES = ("agent", "supervisor", "telephony")
LONGEST = 2_000


class ContactNoteIn(In):
    """What the next should know."""

    text: str = Field(min_length=1, max_length=LONGEST)


class NoteOut(BaseModel):
    """The note was kept."""

    note_id: str
    at: str


SAYS = {"note_id": "n5b1c", "at": "2026-03-02T09:05:00.000Z"}


async def _keep(ask: Ask, subject: str, customer: str | None) -> Reply:
    row = note_row(ask.key, ask.now, subject, customer, ask.body.text)
    await ask.services.live.keep(row)
    return Reply({"note_id": row.values["id"], "at": instant(ask.now)}, 201)


@operation(
    routes, "POST", "/calls/{call_id:path}/notes", scopes=SCOPES, body=ContactNoteIn, answer=NoteOut,
    created=True, fails=(404,), asks={"text": "wants the invoice of March corrected"}, says=SAYS,
)  # fmt: skip
async def note_on_call(ask: Ask) -> Reply:
    """Write down what the next should know of this call's business; it travels to the callback, if the call is lost."""
    line = line_of(ask.services, ask.path("call_id"))
    return await _keep(ask, line.id, line.customer)


@operation(
    routes, "POST", "/callbacks/{callback_id:path}/notes", scopes=SCOPES, body=ContactNoteIn, answer=NoteOut,
    created=True, fails=(404,), asks={"text": "is at home after six"}, says=SAYS,
)  # fmt: skip
async def note_on_callback(ask: Ask) -> Reply:
    """Write down what the next who calls this customer should know."""
    task = task_of(ask, ask.path("callback_id"))
    return await _keep(ask, task.from_call or task.id, task.customer)
