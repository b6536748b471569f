"""SIGHUP: settings and centre are read again, checked first; a centre put in force over HTTP outlives a restart."""

from typing import Any

import pytest

from api.live.clock import HandClock
from api.reloading import Reloading
from api.settings import Settings
from callcenter.centre import Centre, Group, Queue
from callcenter.errors import BadInput
from tests.live.conftest import BEGIN, CENTRE, Service

pytestmark = pytest.mark.anyio
OTHER = Centre("other", (*CENTRE.queues, Queue("night")), CENTRE.groups)
YAML = "name: by hand\nqueues: {hotline: {}, sales: {}, tiny: {}, extra: {}}\ngroups: {desk: {}}\n"


async def reloaded(service: Service, centre: Centre, **settings: Any) -> str:
    said: list[str] = []
    await Reloading(service.services, lambda: Settings(**settings), lambda _: centre, said.append).reload()
    (line,) = said
    return line


async def name(service: Service) -> str:
    return str((await service.get("/centre"))["name"])


async def test_the_centre_and_what_is_looked_at_each_time_change_at_once(service: Service):
    waiting = await service.call()
    line = await reloaded(service, OTHER, poll_ms=500, port=9_999)

    assert "reloaded: centre 'other'; from the next start on: port" in line
    assert await name(service) == "other"
    again = await service.call("x1")
    assert again["call_id"] == waiting["call_id"]
    assert service.services.settings.poll_ms == 500


async def test_what_is_wrong_changes_nothing_and_says_so_in_a_line(service: Service):
    await service.call()
    empty = Centre("empty", (Queue("else"),), (Group("desk"),))
    assert "nothing is changed: " in await reloaded(service, empty)

    def bad(_: Settings) -> Centre:
        raise BadInput("centre.yaml:3: no")

    said: list[str] = []
    await Reloading(service.services, Settings, bad, said.append).reload()
    assert said == ["callcenter: nothing is changed: centre.yaml:3: no"]
    assert await name(service) == "small"


async def test_a_centre_put_in_force_over_http_outlives_a_restart(serving: Any):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await service.post("/centre", 200, yaml=YAML)
    async with serving(clock=clock) as service:
        assert await name(service) == "by hand"
    async with serving(clock=clock, centre=OTHER) as service:
        assert await name(service) == "other", "the file says something else than before"
    async with serving(clock=clock, centre=OTHER) as service:
        await service.post("/centre", 200, yaml=YAML)
        await reloaded(service, OTHER)
        assert await name(service) == "other"
    async with serving(clock=clock, centre=OTHER) as service:
        assert await name(service) == "other"
