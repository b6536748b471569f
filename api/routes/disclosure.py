"""Everything that is held about one person, for the one who asks what is known of them."""

from typing import Any, Final

from pydantic import BaseModel

from api.customers.erasure import FORGOTTEN
from api.errors import NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.services import Ask
from api.state.views import task_out
from api.store.tables import TABLES

routes = router("customers")
MOST: Final = 10_000
"""Rows of one table; nobody has rung so often."""


class DisclosureOut(BaseModel):
    """What is held: table → rows, and the outbound tasks that are remembered."""

    customer_key: str
    held: dict[str, list[dict[str, Any]]]
    callbacks: list[dict[str, Any]]


HELD: Plain = {
    "customer_key": "p3d0", "callbacks": [],
    "held": {"customers": [{"key": "p3d0", "customer_id": "C-1001", "name": "Ada", "tier": "vip"}],
             "customer_numbers": [{"customer_key": "p3d0", "number": "+442079460958", "shared": 0}]},
}  # fmt: skip


@operation(
    routes, "GET", "/customers/{customer_id}:export", scopes=("admin",), answer=DisclosureOut, fails=(404,), says=HELD,
)  # fmt: skip
async def export_customer(ask: Ask) -> Reply:
    """Export everything that is held about one customer, calls and complaints included; audited."""
    services = ask.services
    known = await services.customers.find(ask.path("customer_id"), None)
    if known is None:
        raise NotFound("there is no such customer")
    held: dict[str, list[dict[str, Any]]] = {}
    for table in FORGOTTEN:
        columns = TABLES[table].columns
        name = "key" if table == "customers" else "customer_key"
        if name in columns:
            held[table] = await services.live.find(table, {name: known.key}, limit=MOST)
    subjects = [known.key, *(str(row["call_id"]) for row in held["call_details"])]
    subjects += [str(row["id"]) for rows in held.values() for row in rows if "id" in row]
    held["audit"] += [
        row
        for subject in dict.fromkeys(subjects)
        for row in await services.live.find("audit", {"subject": subject})
        if row["customer_key"] is None
    ]
    twins = {twin for table in held for twin in TABLES[table].sealed.values() if twin is not None}
    for rows in held.values():
        for row in rows:
            for own in (twins | {"backup_key"}) & row.keys():
                del row[own]  # the store's own: what a number is found by, what backups are encrypted by
    await services.live.keep(services.audited(ask.key, "customer.export", known.key, about=known.key))
    tasks = [task_out(task) for task in services.board.tasks.values() if task.customer == known.key]
    return Reply({"customer_key": known.key, "held": held, "callbacks": tasks})
