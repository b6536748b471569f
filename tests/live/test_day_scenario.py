"""A day of the service as a scenario: its calls and people by half hour, its own centre."""

import pytest

from api.settings import Settings
from callcenter.config import load_centre, parse_scenario
from tests.live.conftest import running

pytestmark = [pytest.mark.anyio]


async def test_today_becomes_a_scenario_with_its_calls_and_its_people(tmp_path):
    settings = Settings(centre="telecom")
    async with running(tmp_path / "x.sqlite3", centre=load_centre("telecom"), settings=settings) as service:
        await service.agent("ana", group="desk")
        for n in range(3):
            call = await service.call(f"c{n}", tier="vip")
            await service.report(call["call_id"], "answered", agent_id="ana")
            await service.passes(120)
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
    assert scenario.handling[0].law.mean_s == pytest.approx(120, abs=15)
    assert "guess" in scenario.about
    assert "still to come" in later["detail"]


async def test_a_day_without_calls_and_a_built_in_centre_are_told(service):
    assert "--centre" in (await service.get("/simulations:day", 409))["detail"]
