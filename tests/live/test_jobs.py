"""Simulations as jobs: child processes with progress, cancel and a result."""

import asyncio
import json
import sys

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


SECRET = "kept-for-nobody"


async def test_no_file_is_read_for_whoever_asks_over_http(service, tmp_path):
    canary = tmp_path / "canary.yaml"
    canary.write_text(f"{SECRET}: yes\n")
    text = f"version: 1\nname: x\ncentre: {canary}\n"
    for wish in (
        {"yaml": text},
        {"yaml": text.replace(str(canary), "../canary.yaml")},
        {"scenario": "first-steps", "sets": [f" centre={canary}"]},
        {"scenario": "first-steps", "sets": [f"centre={canary}"]},
        {"yaml": "version: 1\ncentre: /dev/zero\n"},
    ):
        found = await _over(service, await service.post("/simulations", 201, **wish))

        assert found["state"] == "failed"
        assert "no shipped centre" in found["error"]
        assert SECRET not in str(found)


async def test_what_is_too_large_is_refused_before_it_runs(service):
    wish = {"scenario": "first-steps", "sets": ["arrivals.0.calls_per_hour=1000000"]}
    found = await _over(service, await service.post("/simulations", 201, **wish))

    assert found["state"] == "failed"
    assert "calls a replication" in found["error"]


async def test_a_long_result_comes_whole(service):
    wish = {"scenario": "first-steps", "replications": 2, "sets": ["horizon.days=14"]}
    found = await _over(service, await service.post("/simulations", 201, **wish))

    assert (found["state"], found["error"]) == ("done", None)
    assert len(str(found["result"])) > 200_000  # a pipe holds 65,536 bytes
    assert len(found["result"]["intervals"]) > 600


async def test_a_child_has_nothing_of_the_service_in_reach(service, monkeypatch, tmp_path):
    """A child in place of the simulation tells what it finds."""
    told = tmp_path / "child"
    told.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        "files = [os.readlink(f'/proc/self/fd/{n}') for n in sorted(os.listdir('/proc/self/fd'), key=int)"
        " if os.path.lexists(f'/proc/self/fd/{n}')]\n"
        "found = dict(words=sys.argv[1:], here=os.listdir('.'), environment=sorted(os.environ), files=files)\n"
        "print(json.dumps({'error': json.dumps(found)[:490]}), end='')\nsys.exit(2)\n"
    )
    told.chmod(0o755)
    monkeypatch.setattr("api.jobs.simulations.sys.executable", str(told))
    monkeypatch.setenv("CALLCENTER_NUMBERS_KEY", SECRET)
    found = json.loads((await _over(service, await service.post("/simulations", 201, scenario="first-steps")))["error"])

    assert found["here"] == []
    assert set(found["environment"]) <= {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "LC_CTYPE"}
    assert {name.partition(":")[0] for name in found["files"]} <= {"pipe", "socket"}
    assert not any("/" in word for word in found["words"])
