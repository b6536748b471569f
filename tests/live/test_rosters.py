"""Rosters over HTTP: planned, kept, changed by hand, told as calendars to who has the secret."""

import asyncio

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.ci]
TEXT = """
version: 1
name: small
centre: {queues: {hotline: {}}, groups: {desk: {}}}
arrivals: [{queue: hotline, calls_per_hour: 20, from: 08:00, until: 18:00}]
handling: {exponential: 3m}
patience: {exponential: 5m}
shifts: [{group: desk, agents: 4, from: 08:00, to: 18:00}]
shift_types: {day: {group: desk, length: 6h, earliest: 08:00, latest: 12:00, cost: 6}}
horizon: {start: 2026-03-02, days: 1}
"""
PEOPLE = (
    "people: ["
    + ", ".join(f"{{name: {name}}}" for name in ("Ana", "Bo", "Cem", "Dia", "Eva", "Fay", "Gil", "Hui"))
    + "]"
)


async def planned(service, name="one day"):
    job = await service.post("/rosters:plan", 201, yaml=TEXT, people=PEOPLE)
    for _ in range(600):
        found = await service.get(f"/simulations/{job['id']}")
        if found["state"] not in ("waiting", "running"):
            break
        await asyncio.sleep(0.1)
    assert (found["state"], found["error"]) == ("done", None)
    return await service.post(f"/simulations/{job['id']}:keep", 201, name=name)


async def test_a_roster_is_planned_moved_by_hand_simulated_and_told_as_a_calendar(service):
    kept = await planned(service)
    before = (await service.get(f"/rosters/{kept['id']}"))["roster"]
    line = before["lines"][0]
    moved = await service.post(f"/rosters/{kept['id']}:move", 200, line=line["id"], by_minutes=60)
    wrong = await service.post(f"/rosters/{kept['id']}:move", 422, line=9_999)
    again = await service.post(f"/rosters/{kept['id']}:simulate", 200)
    taken = await service.post(f"/rosters/{kept['id']}:move", 200, line=line["id"], remove=True)

    assert before["under_hours"] == 0
    assert before["broken"] == []
    assert next(one for one in moved["roster"]["lines"] if one["id"] == line["id"])["begin"] == line["begin"] + 60
    assert moved["change"]["cost"] == 0
    assert moved["change"]["under_hours"] > 0
    assert moved["roster"]["simulated_before"] is True
    assert "no line" in wrong["detail"]
    assert again["roster"]["simulated_before"] is False
    assert taken["change"]["paid_hours"] == -6
    assert [one["id"] for one in (await service.get("/rosters"))["rosters"]] == [kept["id"]]
    assert (await service.get("/kept-simulations"))["kept"] == []

    other = before["lines"][1]["person"]
    link = await service.post("/calendar-links", 201, person=other)
    del service.client.headers["X-API-Key"]
    answer = await service.client.get(link["path"])
    stranger = await service.client.get("/v1/calendars/guessed")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.count("BEGIN:VEVENT") == sum(one["person"] == other for one in before["lines"])
    assert f"{other}:" in answer.text
    assert stranger.status_code == 404


async def test_a_new_link_ends_the_one_before_and_a_scenario_without_shift_types_is_told(service):
    first = await service.post("/calendar-links", 201, person="Ana")
    second = await service.post("/calendar-links", 201, person="Ana")
    job = await service.post("/rosters:plan", 201, scenario="first-steps")
    for _ in range(600):
        found = await service.get(f"/simulations/{job['id']}")
        if found["state"] not in ("waiting", "running"):
            break
        await asyncio.sleep(0.1)

    assert (await service.client.get(first["path"])).status_code == 404
    assert (await service.client.get(second["path"])).status_code == 200
    assert found["state"] == "failed"
    assert "shift_types" in found["error"]
