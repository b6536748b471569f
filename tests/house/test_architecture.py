"""The map of the house tells the truth: calls go the way it shows."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from callcenter.config.load import load_scenario
from docs.generate.architecture import POSTED, SIMULATED, Hop, found
from sim.experiment.replicate import one
from tests.live.conftest import running


@contextmanager
def _entered(way: tuple[Hop, ...]) -> Iterator[list[str]]:
    """Note the hops of a way in the order in which their code is first entered, on any thread."""
    wanted = {(hop.module, hop.name.rpartition(".")[2]): hop.module for hop in way}
    wanted |= {("api.http.endpoint", "endpoint"): "api.http.endpoint"}  # what `guarded` returns
    first: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            hop = wanted.get((str(frame.f_globals.get("__name__")), frame.f_code.co_name))
            if hop is not None:
                first.setdefault(hop)

    met: list[str] = []
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield met
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        met += first


@pytest.mark.parametrize("hop", POSTED + SIMULATED, ids=lambda hop: f"{hop.module}.{hop.name}")
def test_every_hop_of_the_map_is_there(hop: Hop):
    assert callable(found(hop))


def test_a_posted_call_goes_the_way_of_the_map(tmp_path: Path):
    status, met = asyncio.run(_posted(tmp_path / "live.sqlite3"))

    assert status == 201
    assert met == [hop.module for hop in POSTED]


async def _posted(database: Path) -> tuple[int, list[str]]:
    async with running(database) as service:
        queue = service.services.live.engine.centre.queues[0].name
        call = {"source": "pbx", "external_call_id": "a0", "caller": "+4930123456", "queue": queue}
        await service.client.post("/v1/calls", json=call)  # the first of a time zone: the engine learns it beforehand
        with _entered(POSTED) as met:
            call["external_call_id"] = "a1"
            answer = await service.client.post("/v1/calls", json=call)
    return answer.status_code, met


def test_a_simulated_call_goes_the_way_of_the_map():
    scenario = load_scenario("first-steps")
    with _entered(SIMULATED) as met:
        one(scenario, 0)

    begins = [hop.module for hop in SIMULATED if not hop.name.endswith("reactions")]
    assert [module for module in met if module in begins] == begins
