"""A day of the service as a scenario: its calls and people by half hour, its own centre."""

import pytest

from callcenter.config import load_centre, parse_scenario
from callcenter.config.parse import parse_centre
from tests.live.conftest import running

pytestmark = [pytest.mark.anyio]


async def test_today_becomes_a_scenario_with_its_calls_and_its_people(tmp_path):
    async with running(tmp_path / "x.sqlite3", centre=load_centre("telecom")) as service:
        await service.agent("ana", group="desk")
        for n in range(3):
            call = await service.call(f"c{n}", tier="vip")
            await service.report(call["call_id"], "answered", agent_id="ana")
            await service.passes(60)
            await service.report(call["call_id"], "held")
            await service.passes(60)
            await service.report(call["call_id"], "completed")
            await service.passes(60)
        await service.passes(1800)
        found = await service.get("/simulations:day")
        later = await service.get("/simulations:day?date=2031-01-01", 422)
    scenario = parse_scenario(found["yaml"], "day")
    [stream] = scenario.streams

    assert (stream.tiers, sum(stream.calls)) == ((("vip", 1.0),), 3)
    assert scenario.centre.queues == load_centre("telecom").queues
    assert sum(max(entry.agents) for entry in scenario.staffing) >= 1
    assert scenario.handling[0].law.mean_s == pytest.approx(120, abs=15), "a talk has its hold in it"
    assert "a patience of 30m is a guess" in scenario.about
    assert "handling time" not in scenario.about
    assert "still to come" in later["detail"]


OVER_HTTP = """
version: 1
name: small
queues: {counter: {wrap_up: 30s, hours: {mon-sun: 00:00-24:00}}}
groups: {desk: {}}
"""


async def test_so_does_a_day_of_a_centre_that_was_put_in_force_over_http(service):
    await service.post("/centre", 200, yaml=OVER_HTTP)
    await service.agent("ana", group="desk")
    call = await service.call("c1", tier="vip", queue="counter")
    await service.report(call["call_id"], "answered")
    await service.passes(1_800)
    scenario = parse_scenario((await service.get("/simulations:day"))["yaml"], "day")

    assert scenario.centre == service.live.engine.centre
    assert "no talk is over: a handling time of 3m is a guess" in scenario.about


async def test_a_centre_is_given_as_its_file_and_posted_again_is_the_same(service):
    before = service.live.engine.centre
    file = await service.client.get("/v1/centre:file")
    await service.post("/centre", 200, yaml=OVER_HTTP)
    small = service.live.engine.centre
    first = await service.client.get("/v1/centre:file?version=1")
    unknown = await service.client.get("/v1/centre:file?version=9")
    await service.post("/centre", 200, yaml=(await service.client.get("/v1/centre:file")).text)

    assert file.headers["content-type"].startswith("application/yaml")
    assert parse_centre(first.text) == parse_centre(file.text) == before
    assert service.live.engine.centre == small
    assert unknown.status_code == 404


async def test_the_first_minutes_of_a_service_are_a_scenario_with_the_calls_so_far(service):
    """They were "nobody rang on this day": the half hour that runs was left to a week before, and there was none."""
    await service.post("/centre", 200, yaml=OVER_HTTP)
    await service.passes(60)
    await service.agent("ana", group="desk")
    call = await service.call("c1", tier="vip", queue="counter")
    await service.report(call["call_id"], "answered")
    await service.call("c2", tier="vip", queue="counter")
    await service.passes(30)
    scenario = parse_scenario((await service.get("/simulations:day"))["yaml"], "day")

    assert sum(sum(stream.calls) for stream in scenario.streams) == 2
    assert [max(entry.agents) for entry in scenario.staffing] == [1]
    assert "a week before had no calls" in scenario.about


async def test_a_week_before_stands_for_what_is_still_to_come(service):
    for day in (0, 7):
        for n in range(2 + day):
            await service.call(f"{day}-{n}", tier="vip", queue="hotline")
        await service.agent(f"ana{day}", group="desk")
        await service.passes(7 * 86_400 * (day == 0))
    scenario = parse_scenario((await service.get("/simulations:day"))["yaml"], "day")

    assert sum(sum(stream.calls) for stream in scenario.streams) == 2
    assert "are those of a week before" in scenario.about


async def test_a_day_without_calls_is_told(service):
    assert "nobody rang" in (await service.get("/simulations:day", 409))["detail"]
