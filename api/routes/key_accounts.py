"""Account managers over HTTP: what each has on their hands, and who stands in while they are away."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, Field

from api.customers.directory.key_accounts import Absence
from api.customers.directory.record import managers_of
from api.errors import Invalid
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Instant
from api.http.instants import moment
from api.routes.calls import AgentName
from api.services import Ask, Services
from api.state.views import instant
from callcenter.ids import AgentId
from callcenter.units import DAY

routes = router("customers")
SCOPES = ("supervisor", "admin")
BATCH_SIZE: Final = 2_000
"""Calls looked at before others have their turn."""


class ManagerOut(BaseModel):
    """An account manager; `calls_today` are of their customers, since midnight, `own_calls_today` those they took."""

    agent_id: str
    customers: int
    open_calls: int
    calls_today: int
    own_calls_today: int
    here: bool
    away: bool
    away_from: str | None
    away_until: str | None
    deputy: str | None
    reason: str | None


class ManagersOut(BaseModel):
    """Account managers, the one with most customers first."""

    account_managers: list[ManagerOut]


EXAMPLE: Plain = {
    "agent_id": "ana", "customers": 35, "open_calls": 2, "calls_today": 9, "own_calls_today": 7, "here": True,
    "away": False, "away_from": None, "away_until": None, "deputy": "dora", "reason": None,
}  # fmt: skip


@operation(routes, "GET", "/account-managers", scopes=SCOPES, answer=ManagersOut, says={"account_managers": [EXAMPLE]})
async def list_account_managers(ask: Ask) -> Reply:
    """List account managers with their load: customers, calls of those customers that are open, and today's."""
    services = ask.services
    found = {name: [count, 0, 0, 0] for name, count in (await services.live.read(_customers_of, apart=True)).items()}
    for name in services.customers.managers.absences:
        found.setdefault(name, [0, 0, 0, 0])
    zone = services.live.engine.centre.zone
    local = zone.local(ask.now)
    midnight = ask.now - local % DAY
    for n, line in enumerate(list(services.board.calls.values())):
        if n % BATCH_SIZE == BATCH_SIZE - 1:
            await asyncio.sleep(0)
        if line.customer is None or (line.ended and line.queued_at < midnight):
            continue
        known = await services.customers.of_key(line.customer)
        for name in () if known is None else known.managers:
            load = found.setdefault(name, [0, 0, 0, 0])
            load[1] += not line.ended
            load[2] += line.queued_at >= midnight
            load[3] += line.queued_at >= midnight and line.agent_id == name
    ranked = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    return Reply({"account_managers": [_shown(services, name, load) for name, load in ranked]})


def _customers_of(store: Any) -> dict[str, int]:
    """Return how many customers each manager has; of several managers each counts."""
    counts: dict[str, int] = {}
    for names, count in store.connection.execute(
        "SELECT account_manager, count(*) FROM customers WHERE account_manager IS NOT NULL GROUP BY account_manager"
    ):
        for name in managers_of(names):
            counts[name] = counts.get(name, 0) + count
    return counts


def _shown(services: Services, name: str, load: list[int]) -> Plain:
    absence = services.customers.managers.absences.get(name) or Absence(AgentId(name))
    return {
        "agent_id": name, "customers": load[0], "open_calls": load[1], "calls_today": load[2],
        "own_calls_today": load[3], "here": name in services.board.agents, "away": absence.is_away(services.live.now()),
        "away_from": None if absence.away_from is None else instant(absence.away_from),
        "away_until": None if absence.away_until is None else instant(absence.away_until),
        "deputy": absence.deputy, "reason": absence.reason,
    }  # fmt: skip


class AbsenceIn(In):
    """Who stands in, and a leave; without `away_from` there is no leave, without `away_until` it has no end yet."""

    deputy: AgentName | None = None
    away_from: Instant | None = None
    away_until: Instant | None = None
    reason: str | None = Field(None, max_length=200)


@operation(
    routes, "POST", "/account-managers/{agent_id}", scopes=SCOPES, body=AbsenceIn, answer=ManagerOut, says=EXAMPLE,
    asks={"deputy": "dora", "away_from": "2026-03-02T00:00:00Z", "away_until": "2026-03-16T00:00:00Z"},
)  # fmt: skip
async def put_account_manager(ask: Ask) -> Reply:
    """Say who stands in for an account manager, and when the manager is away; it replaces what was said before."""
    wish: AbsenceIn = ask.body
    name = AgentId(ask.path("agent_id"))
    begins, ends = moment(wish.away_from, "away_from"), moment(wish.away_until, "away_until")
    if ends is not None and (begins is None or begins >= ends):
        raise Invalid("/away_until: a leave begins (away_from) before it ends")
    if wish.deputy == name:
        raise Invalid("/deputy: nobody stands in for themselves")
    deputy = None if wish.deputy is None else AgentId(wish.deputy)
    absence = replace(Absence(name), deputy=deputy, away_from=begins, away_until=ends, reason=wish.reason)
    row = ask.services.audited(ask.key, "account_manager.put", name, wish.deputy)
    await ask.services.customers.managers.keep(absence, ask.now, row)
    customers = (await ask.services.live.read(_customers_of, apart=True)).get(name, 0)
    return Reply(_shown(ask.services, name, [customers, 0, 0, 0]))
