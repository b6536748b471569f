"""The book: a day's half hours by tier, queue or group; against the forecast, the plan, and the day as simulated."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from api.pages.charts import Chart, Series, chart
from api.pages.page import View, action, page
from callcenter.language.said import N_

Plain = dict[str, Any]
LINES: Final = (("tier", N_("by tier")), ("queue", N_("by queue")), ("group", N_("by group")))
FORMATS: Final = ("xlsx", "csv")
OWN: Final = "own"
"""In place of a scenario's name: the day's own calls and people."""
REPLICATIONS: Final = 10
"""Days that are simulated for a mean to lay beside the real one."""


@page("/book", N_("The book"), scopes=("supervisor",), place=20)
async def book(view: View) -> Response:
    """Show a day's half hours."""
    by = view.asked("by")
    by = by if by in dict(LINES) else LINES[0][0]
    day = view.asked("day") or "today"
    lines, whole, total, all_day, tiers = await asyncio.gather(
        view.get("/v1/intervals", day=day, by=by), view.get("/v1/intervals", day=day),
        view.get("/v1/intervals", day=day, by=by, per="day"), view.get("/v1/intervals", day=day, per="day"),
        view.get("/v1/tiers"),
    )  # fmt: skip
    names = names_of(lines["intervals"], by, [one["tier"] for one in tiers["tiers"]])
    begins = datetime.fromisoformat(whole["from"]).astimezone(view.writer.zone).date()
    beside = await simulated(view, by)
    rows = rows_of(lines["intervals"], whole["intervals"], by)
    return view.show(
        "book.html", own=OWN, by=by, lines=LINES, names=names, rows=rows, beside=beside,
        scenarios=(await view.get("/v1/scenarios"))["scenarios"],
        total={row[by]: row for row in total["intervals"]}, all_day=next(iter(all_day["intervals"]), None), day=begins,
        near={"before": near(begins, -1), "after": near(begins, 1)}, zone=whole["zone"],
        address=lambda **other: "/book?" + urlencode({"day": begins.isoformat(), "by": by} | other),
        files={one: f"/book.{one}?" + urlencode({"day": begins.isoformat(), "by": by}) for one in FORMATS},
        charts=charts(view, [row["whole"] for row in rows if row["whole"]], beside.calls),
        is_today=begins == today(view), label=partial(label_of, zone=view.writer.zone),
    )  # fmt: skip


def label_of(start: str, zone: tzinfo) -> str:
    """Return how a half hour is called: by its local time, in an hour that comes twice with the zone's name of it.

    >>> from zoneinfo import ZoneInfo
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> [label_of(f"2026-10-25T{at}Z", berlin) for at in ("00:00", "01:00", "02:00")]
    ['02:00 CEST', '02:00 CET', '03:00']
    """
    local = datetime.fromisoformat(start).astimezone(zone)
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M} {local.tzname()}" if comes_twice else f"{local:%H:%M}"


def today(view: View) -> date:
    """Return the day it is in the centre's zone."""
    return datetime.fromtimestamp(view.now / 1000, view.writer.zone).date()


def near(day: date, days: int) -> str | None:
    """Return a day so many days from another; None where there is none.

    >>> near(date(2026, 3, 1), -1), near(date.max, 1)
    ('2026-02-28', None)
    """
    try:
        return (day + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def names_of(rows: list[Plain], by: str, tiers: list[str]) -> list[str]:
    """Return the lines that a day has, tiers in the order of their bands; calls that no group answered have no name."""
    # Who is there has neither queue nor tier: their row is told by half hour, under "People".
    there = {str(row[by]) for row in rows if row[by] or by == "group"}
    known = [name for name in tiers if name in there] if by == "tier" else []
    return [*known, *sorted(there - set(known), key=lambda name: (not name, name))]


def rows_of(lines: list[Plain], whole: list[Plain], by: str) -> list[Plain]:
    """Return each half hour with the figures of all, and of each line."""
    found = {row["start"]: {"start": row["start"], "whole": row, "lines": {}} for row in whole}
    for row in lines:
        found.setdefault(row["start"], {"start": row["start"], "whole": None, "lines": {}})["lines"][row[by]] = row
    return [found[start] for start in sorted(found)]


@dataclass(slots=True)
class Beside:
    """The day as simulated, once it is."""

    job: Plain | None = None
    rows: dict[tuple[str, str], Plain] = field(default_factory=dict)
    """Begin and line → figures."""
    calls: dict[str, float] = field(default_factory=dict)
    """Begin → calls of all lines."""

    @property
    def runs(self) -> bool:
        """Whether there is something to wait for."""
        return self.job is not None and self.job["state"] in ("waiting", "running")


async def simulated(view: View, by: str) -> Beside:
    """Return the simulation that the address names, as far as it is."""
    name = view.asked("beside")
    if name is None:
        return Beside()
    found = Beside(await view.get(f"/v1/simulations/{name}"))
    if found.job is not None and found.job["state"] == "done" and found.job["kind"] == "book":
        for row in found.job["result"]["intervals"]:
            if by in row:
                found.rows[row["start"], row[by]] = row
            found.calls[row["start"]] = found.calls.get(row["start"], 0.0) + row["offered"]
    return found


@action("/book/beside", scopes=("supervisor",))
async def lay_beside(view: View) -> Response:
    """Simulate the day by a scenario, in the background, and come back to look at it beside the real one."""
    day, by = view.field("day"), view.field("by")
    by = by if by in dict(LINES) else LINES[0][0]
    name = view.field("scenario")
    if name == OWN:
        base = {"yaml": (await view.get("/v1/simulations:day", date=day))["yaml"]}
    else:
        base = {"scenario": name, "sets": [f"horizon.start={day}"]}
    wish = base | {"book": [by]}
    job = await view.post("/v1/simulations", wish | {"replications": REPLICATIONS})
    return view.go("/book?" + urlencode({"day": day, "by": by, "beside": job["id"]}))


def charts(view: View, whole: list[Plain], expected: dict[str, float]) -> dict[str, Chart]:
    """Return calls against the forecast, and people there against those planned."""
    labels = [label_of(row["start"], view.writer.zone) for row in whole]

    def values(name: str) -> list[float | None]:
        return [row[name] for row in whole]

    return {
        "calls": chart(
            labels,
            [
                Series(view.gettext("calls"), values("offered"), "bars"),
                Series(view.gettext("forecast"), values("calls_forecast"), "line"),
                *(
                    [Series(view.gettext("simulated"), [expected.get(row["start"]) for row in whole], "dashed")]
                    if expected
                    else []
                ),
            ],
        ),
        "people": chart(
            labels,
            [
                Series(view.gettext("there"), values("agents_present"), "bars"),
                Series(view.gettext("planned"), values("agents_planned"), "line"),
            ],
        ),
    }


async def _file(view: View, kind: str) -> Response:
    """Return a day of the book as a file, every figure of it."""
    answer = await view.answer(
        "GET", "/v1/intervals", day=view.asked("day") or "today", by=view.asked("by") or "tier", format=kind
    )
    if answer.status != 200:
        from api.pages.api_client import Refused

        raise Refused(answer.status, answer.payload)
    day = "".join(one for one in view.asked("day") or "today" if one.isalnum() or one == "-")
    named = {"content-disposition": f'attachment; filename="book-{day}.{kind}"'}
    return Response(answer.body, 200, named, answer.headers["content-type"])


@page("/book.xlsx", scopes=("supervisor",))
async def workbook(view: View) -> Response:
    """Return a day as a workbook."""
    return await _file(view, "xlsx")


@page("/book.csv", scopes=("supervisor",))
async def text(view: View) -> Response:
    """Return a day as CSV."""
    return await _file(view, "csv")
