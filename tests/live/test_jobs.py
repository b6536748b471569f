"""Simulations as jobs: child processes with progress, cancel and a result."""

import asyncio

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.ci]


async def _over(service, job):
    for _ in range(600):
        found = await service.get(f"/simulations/{job['id']}")
        if found["state"] not in ("waiting", "running"):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def test_a_simulation_runs_beside_the_service_and_gives_its_result(service):
    job = await service.post("/simulations", 201, scenario="first-steps", replications=2, seed=1)
    found = await _over(service, job)

    assert (found["state"], found["error"]) == ("done", None)
    assert found["result"]["replications"] == 2


async def test_a_wrong_scenario_fails_with_the_line_that_is_wrong(service):
    found = await _over(service, await service.post("/simulations", 201, yaml="version: 1\nname: x\n"))

    assert found["state"] == "failed"
    assert "scenario.yaml" in found["error"]


async def test_a_simulation_is_cancelled(service):
    job = await service.post("/simulations", 201, scenario="telecom-hotline", replications=1000)
    await asyncio.sleep(1)
    found = await service.post(f"/simulations/{job['id']}:cancel", 200)

    assert found["state"] == "cancelled"


async def test_what_is_no_shipped_scenario_is_refused(service):
    assert (await service.post("/simulations", 422, scenario="../../etc/passwd"))["code"] == "validation_failed"
    assert (await service.post("/simulations", 422, scenario="first-steps", yaml="x"))["code"] == "validation_failed"
