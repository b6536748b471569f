"""The day's book over HTTP: what came to pass in each half hour, and what was planned for it."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.errors import Invalid
from api.http.endpoint import Plain, Reply, operation, router, word_of
from api.http.formats import In, Instant, NotBool
from api.http.instants import LAST, moment
from api.http.sheets import table, wants_table
from api.routes.calls import Name
from api.services import Ask, Services
from api.state.views import instant
from api.store.store import Store
from callcenter.config.words import day_number
from callcenter.hours import Zone
from callcenter.lifecycle.book_figures import PlanKey, columns_of, row_of
from callcenter.lifecycle.cells import CLOSED_AFTER, HALF_HOUR, Key, rolled
from callcenter.units import DAY

routes = router("intervals")
SCOPES: Final = ("supervisor",)
BY: Final = ("queue", "tier", "group")
PER: Final = ("half_hour", "day")
LONGEST: Final = 400 * DAY
Cells = list[tuple[Key, dict[str, int]]]


class IntervalsOut(BaseModel):
    """Half hours or days, in order, added up along what was not asked for; a total equals its rows."""

    by: list[str]
    per: str
    begin: str = Field(alias="from")
    until: str = Field(alias="to")
    zone: str
    intervals: list[dict[str, Any]]


SAYS: Plain = {
    "by": ["tier"], "per": "half_hour", "from": "2026-03-02T00:00:00.000Z", "to": "2026-03-03T00:00:00.000Z",
    "zone": "UTC",
    "intervals": [{"start": "2026-03-02T09:00:00.000Z", "tier": "vip", "closed": True, "version": 1, "offered": 12}],
}  # fmt: skip


def asked_by(ask: Ask) -> tuple[str, ...]:
    """Return along what the figures are asked for, in our order."""
    names = [name for name in (ask.asked("by") or "").split(",") if name]
    unknown = [name for name in names if name not in BY]
    if unknown:
        raise Invalid("by: {unknown!r} is none (there is: {known})", unknown=unknown[0][:30], known=", ".join(BY))
    return tuple(name for name in BY if name in names)


def asked_span(ask: Ask, zone: Zone) -> tuple[int, int]:
    """Return from when to before when: a day of the centre, or whatever was said; the last 24 hours unless it was."""
    until, begin, day = ask.asked("to"), ask.asked("from"), ask.asked("day")
    if day is not None:
        if until is not None or begin is not None:
            raise Invalid("day: give a day, or from and to")
        return day_of(day, zone, ask.now)
    end = ask.now + 1 if until is None else instant_asked(until, "to")
    start = end - DAY if begin is None else instant_asked(begin, "from")
    if not start <= end:
        raise Invalid("from: is after to")
    if end - start > LONGEST:
        raise Invalid("from: ask for 400 days at most")
    return start - start % HALF_HOUR, end


def day_of(text: str, zone: Zone, now: int) -> tuple[int, int]:
    """Return when a day of the centre begins, and the next one.

    Raises:
        Invalid: the text is neither a date nor today or yesterday.
    """
    if text in ("today", "yesterday"):
        day = zone.local(now) // DAY - (text == "yesterday")
    else:
        try:
            day = day_number(text)
        except ValueError as wrong:
            raise Invalid("day: {wrong}: write 2026-03-02, today or yesterday", wrong=wrong) from None
    begin, end = zone.instant(day * DAY), zone.instant((day + 1) * DAY)
    if not 0 <= begin < LAST:
        raise Invalid("day: lies before 1970 or after 9998")
    return begin, end


def instant_asked(text: str, name: str) -> int:
    """Return an instant of the query string."""
    found = moment(text, name)
    assert found is not None
    return found


def read_cells(store: Store, begin: int, end: int) -> tuple[Cells, dict[Key, int]]:
    """Return the cells of half hours that begin in a span, and how often each was corrected."""
    rows: Any = store.connection.execute(
        "SELECT begin, queue, tier, crew, version, body FROM intervals WHERE begin >= ? AND begin < ? "
        "ORDER BY begin, queue, tier, crew",
        (begin, end),
    )
    cells = [((int(at), queue, tier, crew), json.loads(body)) for at, queue, tier, crew, _, body in rows]
    return cells, {(int(at), queue, tier, crew): int(version) for at, queue, tier, crew, version, _ in rows}


def read_plans(store: Store, begin: int, end: int) -> dict[PlanKey, Plain]:
    """Return what was planned for half hours that begin in a span."""
    rows: Any = store.connection.execute(
        "SELECT begin, queue, crew, agents, calls, aht_s FROM interval_plans WHERE begin >= ? AND begin < ?",
        (begin, end),
    )
    return {
        (int(at), queue, crew): {"agents": agents, "calls": calls, "aht_s": aht_s}
        for at, queue, crew, agents, calls, aht_s in rows
    }


def told(
    services: Services, store: Store, span: tuple[int, int], by: tuple[str, ...], per: str, now: int,
    late: Iterable[tuple[Key, dict[str, int]]] = (),
) -> Iterator[Plain]:  # fmt: skip
    """Yield the rows of the book; `late`: who waits past their threshold, where that is to count."""
    centre = services.live.engine.centre
    cells, versions = read_cells(store, *span)
    cells += [(key, sums) for key, sums in late if span[0] <= key[0] < span[1]]
    plans = read_plans(store, *span)
    corrected: dict[Key, int] = {}
    kept = tuple(name in by for name in BY)

    def day(at: int) -> int:
        local = centre.zone.local(at)
        return max(span[0], centre.zone.instant(local - local % DAY))

    of = day if per == "day" else int
    for (at, *where), version in versions.items():
        key = (of(at), *(name if keep else "" for name, keep in zip(where, kept, strict=True)))
        corrected[key] = corrected.get(key, 0) + version  # type: ignore[index,arg-type]
    for key, sums in rolled(cells, by, of):
        until = None
        if per == "day":
            local = centre.zone.local(key[0])
            until = min(span[1], centre.zone.instant(local - local % DAY + DAY))
        yield {"start": instant(key[0])} | row_of(centre, key, sums, by, plans, now, corrected.get(key, 0), until)


@operation(
    routes, "GET", "/intervals", scopes=SCOPES, answer=IntervalsOut, says=SAYS, table=True,
    query=(
        {"name": "from", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "RFC 3339, or ms since 1970; a day before `to` where left out."},
        {"name": "to", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Before this; now where left out."},
        {"name": "by", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Any of queue, tier, group, divided by commas; left out: all together."},
        {"name": "day", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Instead of from and to: a day of the centre's zone, 2026-03-02, `today` or `yesterday`."},
        {"name": "per", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "`half_hour` (the default), or `day`: added up by day of the centre's zone, where who was "
         "there is not told."},
    ),
)  # fmt: skip
async def list_intervals(ask: Ask) -> Reply | Response:
    """Tell what came to pass in each half hour: equal to the events to the last call, corrected by late reports.

    A half hour is closed 30 minutes after its end; `version` counts from 1 and grows with each correction after that.
    """
    services = ask.services
    by, zone = asked_by(ask), services.live.engine.centre.zone
    span, per = asked_span(ask, zone), word_of(ask, "per", PER) or PER[0]
    await services.history.flush()
    now = services.live.now()
    # As on the wall: who waits past their threshold is a miss already, whatever comes.
    late = list(services.history.book.late(now)) if span[1] > now - HALF_HOUR - CLOSED_AFTER else []
    rows = await services.live.read(lambda store: list(told(services, store, span, by, per, now, late)), apart=True)
    if wants_table(ask.request):
        return await asyncio.to_thread(table, ask.request, rows, columns_of(by), "intervals")
    begin, until = (instant(at) for at in span)
    return Reply({"by": list(by), "per": per, "from": begin, "to": until, "zone": zone.name, "intervals": rows})


class PlanRow(In):
    """What was planned for one half hour."""

    start: Instant
    queue: Name | None = None
    group: Name | None = None
    agents: Annotated[float, Field(ge=0), NotBool] | None = None
    calls: Annotated[float, Field(ge=0), NotBool] | None = None
    aht_s: Annotated[float, Field(ge=0), NotBool] | None = None


class PlanIn(In):
    """Half hours with people planned (by group) or calls forecast (by queue)."""

    rows: list[PlanRow] = Field(min_length=1, max_length=2_000)


class PlanOut(BaseModel):
    """How many half hours were taken over."""

    rows: int


@operation(
    routes, "POST", "/intervals:plan", scopes=SCOPES, body=PlanIn, answer=PlanOut,
    asks={"rows": [{"start": "2026-03-02T09:00:00Z", "queue": "hotline", "calls": 120, "aht_s": 240}]},
    says={"rows": 1},
)  # fmt: skip
async def plan_intervals(ask: Ask) -> Reply:
    """Say what was planned and forecast, half hour by half hour: it stands beside what came to pass."""
    rows = []
    for n, row in enumerate(ask.body.rows):
        begin = moment(row.start, f"rows/{n}/start")
        assert begin is not None, "required"
        if begin % HALF_HOUR:
            raise Invalid("/rows/{n}/start: a half hour begins at :00 or :30", n=n)
        if row.queue is None and row.group is None:
            raise Invalid("/rows/{n}: say of which queue or group", n=n)
        rows.append((begin, row.queue or "", row.group or "", row.agents, row.calls, row.aht_s))

    def write(store: Store) -> None:
        same = "DELETE FROM interval_plans WHERE begin = ? AND queue = ? AND crew = ?"
        for row in dict.fromkeys(rows):
            store.connection.execute(same, row[:3])
        newest = {row[:3]: row for row in rows}
        columns = ("begin", "queue", "crew", "agents", "calls", "aht_s")
        store.connection.insert("interval_plans", columns, list(newest.values()))

    await ask.services.live.change(write)
    return Reply({"rows": len(rows)})
