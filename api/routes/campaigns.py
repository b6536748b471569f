"""Campaigns: a list of customers who agreed to be called, worked off when no caller waits."""

import json
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.auth.audit import principal
from api.customers.reasons import details_row
from api.errors import Invalid, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Instant, NotBool
from api.http.instants import moment
from api.ids import new_id
from api.routes.calls import Name
from api.services import Ask
from api.state.views import instant
from api.store.changes import Row
from callcenter import commands as cmd
from callcenter.callbacks import TaskKind
from callcenter.ids import TaskId
from callcenter.units import HOUR, Millis

routes = router("callbacks")
SCOPES = ("supervisor",)
MOST = 2_000


class ListedIn(In):
    """A customer of the directory, and what the agent should know."""

    customer_id: Name
    note: str | None = Field(None, max_length=2_000)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=30)


class CampaignIn(In):
    """Whom to call, when, and at which pace."""

    name: Name
    queue: Name = Field(description="Whose agents call, by its callback window, retry plan and result codes.")
    kind: Literal["campaign", "care"] = "campaign"
    begins: Instant
    ends: Instant
    per_hour: Annotated[int, Field(ge=1, le=100_000), NotBool] | None = Field(
        None, description="So many become due in an hour; left out: all at once, as agents are free."
    )
    customers: list[ListedIn] = Field(min_length=1, max_length=MOST)


class CampaignOut(BaseModel):
    """How a campaign stands: how many were listed and taken, why others were not, and what came of those taken."""

    campaign_id: str
    name: str
    queue: str
    kind: str
    begins: str
    ends: str
    listed: int
    taken: int
    refused: dict[str, int]
    states: dict[str, int]
    results: dict[str, int]


SAYS: Plain = {
    "campaign_id": "g5b1c", "name": "spring", "queue": "hotline", "kind": "campaign",
    "begins": "2026-03-02T09:00:00.000Z", "ends": "2026-03-06T18:00:00.000Z", "listed": 3, "taken": 1,
    "refused": {"no_consent": 1, "unknown": 1}, "states": {"scheduled": 1}, "results": {},
}  # fmt: skip


@operation(
    routes, "POST", "/campaigns", scopes=SCOPES, body=CampaignIn, answer=CampaignOut, created=True, fails=(404, 409),
    asks={"name": "spring", "queue": "hotline", "begins": "2026-03-02T09:00:00Z", "ends": "2026-03-06T18:00:00Z",
          "per_hour": 30, "customers": [{"customer_id": "C-1001"}]}, says=SAYS,
)  # fmt: skip
async def create_campaign(ask: Ask) -> Reply:
    """Hand in a list: only customers of the directory who agreed to be called are taken; each is called once."""
    wish: CampaignIn = ask.body
    services = ask.services
    begins, ends = moment(wish.begins, "begins"), moment(wish.ends, "ends")
    assert begins is not None, "required"
    assert ends is not None, "required"
    if not begins < ends or ends <= ask.now:
        raise Invalid("/ends: lies before it begins, or has passed")
    if wish.queue not in {queue.name for queue in services.live.engine.centre.queues}:
        raise NotFound("there is no queue {queue!r}", queue=wish.queue)
    campaign = new_id("g", ask.now)
    refused: Counter[str] = Counter()
    taken = 0
    for one in wish.customers:
        known = await services.customers.find(one.customer_id, None)
        person = None if known is None else await services.customers.behind(known.key)
        if known is None or person is None:
            refused["unknown"] += 1
            continue
        if not person.consent:
            refused["no_consent"] += 1
            continue
        pace = 0 if wish.per_hour is None else taken * HOUR // wish.per_hour
        task_id = TaskId(new_id("t"))
        command = cmd.ScheduleTask(
            task_id, wish.queue, TaskKind(wish.kind), services.standings.of_call(known, None, ask.now), known.key,
            Millis(max(begins, ask.now) + pace), ends, person.zone,
        )  # fmt: skip
        said = {"attributes": one.attributes, "note": one.note, "campaign": campaign}
        told = await services.tell(command, [details_row(task_id, known.key, ask.now, **said)])
        if told.refusal is None:
            taken += 1
        else:
            refused[told.refusal.code] += 1
    row = {
        "id": campaign, "name": wish.name, "queue": wish.queue, "kind": wish.kind, "state": "open", "begins": begins,
        "ends": ends, "listed": len(wish.customers), "taken": taken, "refused": json.dumps(refused),
        "principal": principal(ask.key), "at": ask.now,
    }  # fmt: skip
    await services.live.keep(Row("campaigns", row))
    return Reply(await _stands(ask, row), 201)


async def _stands(ask: Ask, row: dict[str, Any]) -> Plain:
    rows = await ask.services.live.find("task_details", {"campaign": row["id"]}, limit=MOST)
    tasks = [ask.services.board.tasks.get(str(one["task_id"])) for one in rows]
    states = Counter("ended_before" if task is None else str(task.state) for task in tasks)
    results = Counter(task.result for task in tasks if task is not None and task.result is not None)
    return {
        "campaign_id": row["id"], "name": row["name"], "queue": row["queue"], "kind": row["kind"],
        "begins": instant(row["begins"]), "ends": instant(row["ends"]), "listed": row["listed"],
        "taken": row["taken"], "refused": json.loads(row["refused"]), "states": dict(states),
        "results": dict(results),
    }  # fmt: skip


@operation(
    routes, "GET", "/campaigns/{campaign_id}", scopes=SCOPES, answer=CampaignOut, fails=(404,), says=SAYS,
)  # fmt: skip
async def get_campaign(ask: Ask) -> Reply:
    """Tell how a campaign stands; calls that ended more than a day ago are counted as `ended_before`."""
    rows = await ask.services.live.find("campaigns", {"id": ask.path("campaign_id")}, limit=1)
    if not rows:
        raise NotFound("there is no such campaign")
    return Reply(await _stands(ask, dict(rows[0])))
