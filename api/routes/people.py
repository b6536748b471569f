"""People's figures: what an agent did, day by day, beside when they were to be there; for supervisors, in no metric."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from api.auth.audit import audit_row, principal
from api.errors import Invalid
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Instant
from api.http.instants import moment
from api.routes.intervals import asked_span
from api.routes.known_agents import see_that_known
from api.services import Ask
from api.state.views import instant
from api.store.store import Store
from callcenter.hours import Zone
from callcenter.lifecycle.cells import GOES_ON, HALF_HOUR, THERE
from callcenter.lifecycle.measures import occupied_ms
from callcenter.units import DAY, Millis

routes = router("agents")
SCOPES: Final = ("supervisor",)
LONGEST_SHIFT: Final = DAY


class FiguresOut(BaseModel):
    """What an agent did: by day, and in all."""

    agent_id: str
    total: dict[str, Any]
    days: list[dict[str, Any]]


PERSON: Plain = {
    "handled": 41, "aht_s": 201.5, "hold_s": 3.1, "missed_offers": 1, "called": 4, "solved": 3, "logged_in_s": 28800.0,
    "not_ready_s": 3600.0, "occupancy": 0.74, "planned_s": 28800.0, "adherence": 0.97, "csat": 4.4, "csat_answers": 9,
}  # fmt: skip


def person(sums: Mapping[str, int], said: list[int], planned: Mapping[int, int]) -> Plain:
    """Return an agent's figures; null: nothing to divide by, or nothing that could tell (adherence: no plan).

    Args:
        sums: What was counted of their day, or of several.
        said: What their customers answered, 1 to 5.
        planned: Half hours that are over → ms of it in which they were to be there.
    """
    handled, ready = sums.get("handled", 0), sums.get("logged_in_ms", 0) - sums.get("not_ready_ms", 0)
    worked = sum(sums.get(f"{what}_ms", 0) for what in ("talk", "wrap_up")) - sums.get(GOES_ON, 0)
    occupied = occupied_ms(sums)
    contacts = handled + sums.get("called", 0)
    return {
        "handled": handled,
        "aht_s": worked / contacts / 1000 if contacts else None,
        "hold_s": sums.get("hold_ms", 0) / handled / 1000 if handled else None,
        "missed_offers": sums.get("missed", 0),
        "transferred": sums.get("transferred", 0),
        "called": sums.get("called", 0),
        "solved": sums.get("solved", 0),
        "logged_in_s": sums.get("logged_in_ms", 0) / 1000,
        "not_ready_s": sums.get("not_ready_ms", 0) / 1000,
        "occupancy": min(1.0, occupied / ready) if ready > 0 else None,
        "planned_s": sum(planned.values()) / 1000 if planned else None,
        "adherence": adherence(sums, planned),
        "csat": sum(said) / len(said) if said else None,
        "csat_answers": len(said),
    }


def adherence(sums: Mapping[str, int], planned: Mapping[int, int]) -> float | None:
    """Return the share of the planned time in which the agent was logged in; None: nothing was planned.

    >>> adherence({"there_0": 900_000, "there_1800000": 1_800_000}, {0: 1_800_000})
    0.5
    """
    there = sum(min(ms, sums.get(f"{THERE}{begin}", 0)) for begin, ms in planned.items())
    everything = sum(planned.values())
    return there / everything if everything else None


@operation(
    routes, "GET", "/agents/{agent_id}/figures", scopes=SCOPES, answer=FiguresOut, fails=(404,),
    says={"agent_id": "ana", "total": PERSON, "days": [{"day": "2026-03-02"} | PERSON]},
    query=(
        {"name": "from", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "to", "in": "query", "required": False, "schema": {"type": "string"}},
    ),
)  # fmt: skip
async def agent_figures(ask: Ask) -> Reply:
    """Tell what an agent did, day by day: for the talk between a supervisor and the agent; never in the metrics.

    `adherence` is the share of the planned time (half hours that are over) in which they were logged in; null where
    nothing was planned for them (`POST /v1/agents/{agent_id}/plan`).
    """
    agent_id, (begin, end) = ask.path("agent_id"), asked_span(ask, ask.services.live.engine.centre.zone)
    services = ask.services
    await see_that_known(services, ask.key, agent_id)
    await services.history.flush()
    zone = services.live.engine.centre.zone

    def look(store: Store) -> tuple[list[tuple[int, dict[str, int]]], list[int], dict[int, int]]:
        rows: Any = store.connection.execute(
            "SELECT day, body FROM agent_days WHERE agent_id = ? AND day > ? AND day < ? ORDER BY day",
            (agent_id, begin - DAY, end),
        )
        said: Any = store.connection.execute(
            # What a customer says of a contact is about the agent who talked to them last.
            "SELECT s.csat FROM surveys s JOIN contacts c ON c.customer_key = s.customer_key "
            "WHERE c.agent_id = ? AND s.csat IS NOT NULL AND s.at >= ? AND s.at < ? AND c.at = "
            "(SELECT max(l.at) FROM contacts l WHERE l.customer_key = s.customer_key AND l.agent_id IS NOT NULL "
            "AND l.at <= s.at AND (l.id = s.task_id OR l.id = s.call_id OR l.contact = s.call_id))",
            (agent_id, begin, end),
        )
        planned: Any = store.connection.execute(
            "SELECT begin, planned_ms FROM agent_plans WHERE agent_id = ? AND begin > ? AND begin < ? AND begin <= ?",
            (agent_id, begin - DAY, end, ask.now - HALF_HOUR),
        )
        days = [(int(day), json.loads(body)) for day, body in rows]
        return days, [int(csat) for (csat,) in said], {int(at): int(ms) for at, ms in planned}

    days, said, planned = await services.live.read(look, apart=True)
    by_day: dict[int, dict[int, int]] = {day: {} for day, _ in days}
    for at, ms in planned.items():
        if at >= begin or midnight(zone, at) in by_day:  # of a day that is told, or of one on which they did not come
            by_day.setdefault(midnight(zone, at), {})[at] = ms
    counted = dict(days)
    total: Counter[str] = Counter()
    for sums in counted.values():
        total.update(sums)
    shown = [
        {"day": _date(zone.local(Millis(day)))} | person(counted.get(day, {}), [], by_day[day])
        for day in sorted(by_day)
    ]
    everything = {at: ms for plan in by_day.values() for at, ms in plan.items()}
    return Reply({"agent_id": agent_id, "total": person(total, said, everything), "days": shown})


def midnight(zone: Zone, at: int) -> int:
    """Return the local midnight before an instant."""
    local = zone.local(Millis(at))
    return zone.instant(Millis(local - local % DAY))


def _date(local: int) -> str:
    return str(instant(local))[:10]


class ShiftIn(In):
    """From when to when an agent is to be there."""

    begins: Instant
    ends: Instant


class AgentPlanIn(In):
    """An agent's shifts."""

    shifts: list[ShiftIn] = Field(min_length=1, max_length=200)


class AgentPlanOut(BaseModel):
    """How long they are to be there in all, and on which days."""

    agent_id: str
    planned_s: float
    days: list[str]


@operation(
    routes, "POST", "/agents/{agent_id}/plan", scopes=SCOPES, body=AgentPlanIn, answer=AgentPlanOut,
    asks={"shifts": [{"begins": "2026-03-02T08:00:00Z", "ends": "2026-03-02T16:30:00Z"}]},
    says={"agent_id": "ana", "planned_s": 30600.0, "days": ["2026-03-02"]},
)  # fmt: skip
async def plan_agent(ask: Ask) -> Reply:
    """Say when an agent is to be there: it takes the place of what was planned for these days (the centre's zone).

    It decides nothing; `adherence` in their figures is told from it. Paid breaks belong to the shift.
    """
    agent_id, zone = ask.path("agent_id"), ask.services.live.engine.centre.zone
    planned: Counter[int] = Counter()
    for n, shift in enumerate(ask.body.shifts):
        begin, end = moment(shift.begins, f"shifts/{n}/begins"), moment(shift.ends, f"shifts/{n}/ends")
        assert begin is not None, "required"
        assert end is not None, "required"
        if not begin < end <= begin + LONGEST_SHIFT:
            raise Invalid("/shifts/{n}/ends: is not after it begins, or a day later", n=n)
        while begin < end:
            slot = begin - begin % HALF_HOUR
            until = min(end, Millis(slot + HALF_HOUR))
            planned[slot] += until - begin
            if planned[slot] > HALF_HOUR:
                raise Invalid("/shifts/{n}: lies over another one", n=n)
            begin = until
    days = sorted({midnight(zone, at) for at in planned})

    def write(store: Store) -> None:
        for day in days:
            after = midnight(zone, day + DAY + DAY // 8)  # a day has 23 to 25 hours
            store.connection.execute(
                "DELETE FROM agent_plans WHERE agent_id = ? AND begin >= ? AND begin < ?", (agent_id, day, after)
            )
        rows = [(agent_id, at, ms) for at, ms in sorted(planned.items())]
        store.connection.insert("agent_plans", ("agent_id", "begin", "planned_ms"), rows)

    dates = [_date(zone.local(Millis(day))) for day in days]
    await ask.services.live.change(write)
    await ask.services.live.keep(audit_row(ask.now, principal(ask.key), "agent.plan", agent_id, ", ".join(dates)))
    return Reply({"agent_id": agent_id, "planned_s": sum(planned.values()) / 1000, "days": dates})
