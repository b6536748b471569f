"""Roster: shifts that cover the need; who works when; a shift moved by hand, and what that does; a week to print."""

from datetime import date, timedelta
from typing import Any, Final

from starlette.responses import Response

from api.pages import jobs
from api.pages.api_client import Refused
from api.pages.page import View, action, page
from callcenter.language.said import N_

Plain = dict[str, Any]
SCOPES: Final = ("supervisor",)
RULES: Final = {
    "unknown": N_("not among the people"), "group": N_("another group"), "day_off": N_("a day off"),
    "absent": N_("absent"), "earliest": N_("too early"), "latest": N_("too late"), "twice": N_("two shifts at once"),
    "rest": N_("too little rest"), "days_in_a_row": N_("too many days in a row"), "hours": N_("too many hours"),
}  # fmt: skip
FIGURES: Final = (
    ("cost", N_("Cost")), ("paid_hours", N_("Paid hours")), ("under_hours", N_("Hours short")),
    ("over_hours", N_("Hours too many")),
)  # fmt: skip
STEP: Final = 15
"""Minutes by which an arrow moves a shift."""


@page("/roster", N_("Roster"), scopes=SCOPES, place=50)
async def rosters(view: View) -> Response:
    """List the rosters that are kept, and offer to plan one."""
    names = (await view.get("/v1/scenarios"))["scenarios"]
    kept = (await view.get("/v1/rosters"))["rosters"]
    return view.show("roster_list.html", names=names, kept=kept, job=await jobs.begun_here(view))


@action("/roster/plan", scopes=SCOPES)
async def plan(view: View) -> Response:
    """Plan a roster."""
    try:
        job = await view.post(
            "/v1/rosters:plan", {"scenario": view.field("scenario"), "people": view.field("people") or None}
        )
    except Refused as wrong:
        return view.show("what_if_wrong.html", wrong=str(wrong))
    return view.show("roster_job.html", job=job) if view.is_fragment else view.go(f"/roster?job={job['id']}")


@page("/roster/job/{simulation_id}", scopes=SCOPES)
async def job_so_far(view: View) -> Response:
    """Show how far a plan is; when it is there, how good it is, and the field for its name."""
    return view.show("roster_job.html", job=await jobs.so_far(view))


@action("/roster/job/{simulation_id}/cancel", scopes=SCOPES)
async def cancel(view: View) -> Response:
    """End a plan."""
    return view.show("roster_job.html", job=await jobs.cancelled(view))


@action("/roster/job/{simulation_id}/keep", scopes=SCOPES)
async def keep(view: View) -> Response:
    """Keep a plan, and lead to it."""
    return view.go(f"/roster/{await jobs.kept(view)}")


def given(found: Plain) -> Plain:
    """Return what the template of a roster is given: lines by person, rules broken by line, simulated half hours."""
    roster = found["roster"]
    dates = sorted({line["date"] for line in roster["lines"]} | {one["date"] for one in roster["coverage"]})
    broken: dict[int, list[Plain]] = {}
    for one in roster["broken"]:
        broken.setdefault(one["line"], []).append(one)
    by_person: dict[str, dict[str, list[Plain]]] = {}
    for person in roster["persons"]:
        by_person[person["name"]] = {date: [] for date in dates}
    for line in sorted(roster["lines"], key=lambda one: (one["date"], one["begin"])):
        by_person.setdefault(line["person"], {date: [] for date in dates})[line["date"]].append(line)
    simulated = {
        one["start"][:16].replace("T", " "): one for one in (roster.get("simulated") or {}).get("intervals", ())
    }
    first: dict[str, Plain] = {}
    for lines in by_person.values():
        for of_day in lines.values():
            for line in of_day:
                first.setdefault(line["person"], line)
    order = sorted(
        by_person,
        key=lambda name: (first[name]["date"], first[name]["begin"], name) if name in first else ("9", 0, name),
    )
    return {
        "found": found, "roster": roster, "dates": dates, "broken": broken,
        "people": [(name, by_person[name], _hours(roster, name)) for name in order],
        "wishes": {(one["person"], one["date"]): one for one in roster["wishes"]},
        "simulated": simulated, "figures": FIGURES, "rules": RULES, "step": STEP,
    }  # fmt: skip


def _hours(roster: Plain, name: str) -> Plain:
    found: Plain = next(one for one in roster["persons"] if one["name"] == name)
    return found


@page("/roster/{kept_id}", scopes=SCOPES)
async def one(view: View) -> Response:
    """Show a roster."""
    found = await view.get(f"/v1/rosters/{view.request.path_params['kept_id']}")
    told = given(found)
    asked = view.asked("print")
    if not asked:
        return view.show("roster.html", **told, wrong=None)
    weeks = sorted({monday(day) for day in told["dates"]})
    week = asked if asked in weeks else None if asked == "all" or not weeks else weeks[0]
    if week is not None:
        told["dates"] = [day for day in told["dates"] if monday(day) == week]
    people = [
        (name, days, sum(line["end"] - line["begin"] for day in told["dates"] for line in days[day]) / 60)
        for name, days, _ in told["people"]
    ]
    hours = sum(row[2] for row in people)
    return view.show("roster_print.html", **told | {"people": people}, weeks=weeks, week=week, hours=hours)


def monday(day: str) -> str:
    """Return the first day of a day's week.

    >>> monday("2026-03-08"), monday("2026-03-09")
    ('2026-03-02', '2026-03-09')
    """
    found = date.fromisoformat(day)
    return str(found - timedelta(days=found.weekday()))


@page("/roster/{kept_id}/line/{line_id}", scopes=SCOPES)
async def line_form(view: View) -> Response:
    """Offer what can be done with a shift, in a dialog."""
    found = await view.get(f"/v1/rosters/{view.request.path_params['kept_id']}")
    lines = [line for line in found["roster"]["lines"] if str(line["id"]) == view.request.path_params["line_id"]]
    if not lines:
        return view.show("what_if_wrong.html", wrong=view._("This shift is gone."))
    names = [person["name"] for person in found["roster"]["persons"]]
    return view.show("roster_line.html", found=found, line=lines[0], names=names)


@action("/roster/{kept_id}/move", scopes=SCOPES)
async def move(view: View) -> Response:
    """Move a shift, and show what that did."""
    kept_id = view.request.path_params["kept_id"]
    wish: Plain = {"line": view.field("line") or "0", "remove": view.field("remove") == "yes"}
    wish |= {"by_minutes": view.field("by_minutes") or "0"}
    wish |= {name: view.field(name) for name in ("date", "person") if view.field(name)}
    return await _changed(view, f"/v1/rosters/{kept_id}:move", wish)


@action("/roster/{kept_id}/simulate", scopes=SCOPES)
async def simulate(view: View) -> Response:
    """Simulate a roster as it is now."""
    return await _changed(view, f"/v1/rosters/{view.request.path_params['kept_id']}:simulate", {})


async def _changed(view: View, address: str, wish: Plain) -> Response:
    kept_id = view.request.path_params["kept_id"]
    wrong = None
    try:
        found = await view.post(address, wish)
    except Refused as refused:
        wrong = str(refused)
        found = await view.get(f"/v1/rosters/{kept_id}")
    if not view.is_fragment:
        return view.go(f"/roster/{kept_id}")
    return view.show("roster_body.html", **given(found), wrong=wrong)


@action("/roster/{kept_id}/forget", scopes=SCOPES)
async def forget(view: View) -> Response:
    """Remove a roster."""
    await view.post(f"/v1/rosters/{view.request.path_params['kept_id']}:forget")
    return view.go("/roster")


@action("/roster/{kept_id}/calendar", scopes=SCOPES)
async def calendar_link(view: View) -> Response:
    """Make the address of somebody's calendar, and show it once."""
    link = await view.post("/v1/calendar-links", {"person": view.field("person")})
    return view.show("roster_calendar.html", link=link)
