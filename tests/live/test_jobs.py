"""Simulations as jobs: child processes with progress, cancel and a result."""

import asyncio
import json
import sys

import pytest

from callcenter.config import load_scenario, parse_scenario
from callcenter.errors import BadInput
from tests.live.conftest import running

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


async def test_a_precision_goes_on_until_it_is_reached(service):
    wish = {"scenario": "first-steps", "replications": 3, "seed": 1}
    reached = (await _over(service, await service.post("/simulations", 201, **wish, precision=0.02)))["result"]
    level = reached["tiers"]["standard"]["service_level"]["sl_net"]

    assert reached["replications"] > 3
    assert level["ci_high"] - level["ci_low"] <= 0.04
    assert "precision_not_reached" not in [note["cause"] for note in reached["notes"]]


@pytest.mark.parametrize("field", [{"variants": [{"name": "x"}]}, {"vary": {"path": "volume*", "values": ["1", "2"]}}])
async def test_a_precision_is_of_one_scenario(service, field):
    refused = await service.post("/simulations", 422, scenario="first-steps", precision=0.01, **field)

    assert "/precision" in refused["detail"]
    assert (await service.post("/simulations", 422, scenario="first-steps", precision=0))["code"] == "validation_failed"


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
    """A warm process in place of ours tells what it finds, and what is in a job's socket."""
    told = tmp_path / "warm"
    told.write_text(
        f"#!{sys.executable}\nimport json, os, socket, sys\n"
        "files = [os.readlink(f'/proc/self/fd/{n}') for n in sorted(os.listdir('/proc/self/fd'), key=int)"
        " if os.path.lexists(f'/proc/self/fd/{n}')]\n"
        "found = dict(words=sys.argv[1:], here=os.listdir('.'), environment=sorted(os.environ), files=files)\n"
        "_, (job,), _, _ = socket.recv_fds(socket.socket(fileno=0), 200, 1)\n"
        "own = socket.socket(fileno=job)\nown.recv(1)\n"
        "own.sendall((json.dumps({'error': json.dumps(found)[:490]}) + chr(10)).encode())\nown.recv(10**6)\n"
    )
    told.chmod(0o755)
    monkeypatch.setattr("api.jobs.warm.sys.executable", str(told))
    monkeypatch.setenv("CALLCENTER_NUMBERS_KEY", SECRET)
    found = json.loads((await _over(service, await service.post("/simulations", 201, scenario="first-steps")))["error"])

    assert found["here"] == []
    assert set(found["environment"]) <= {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "LC_CTYPE"}
    assert {name.partition(":")[0] for name in found["files"]} <= {"pipe", "socket"}
    assert not any("/" in word for word in found["words"])


async def test_a_comparison_tells_differences_with_intervals_also_by_half_hour(service):
    found = await _over(
        service,
        await service.post(
            "/simulations", 201, scenario="first-steps", replications=4,
            variants=[{"name": "the same", "sets": []}, {"name": "three more", "sets": ["extra.desk=3"]}],
        ),
    )  # fmt: skip
    same, more = found["result"]["variants"]

    assert found["kind"] == "comparison"
    assert same["differences"]["overall"]["sl_net"] == {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0, "decided": False}
    assert more["differences"]["overall"]["sl_net"]["mean"] > 0
    assert more["differences_by_interval"][0]["service_level"]["overall"]["ci_low"] is not None


async def test_a_sweep_finds_the_elbow(service):
    wish = {
        "scenario": "first-steps",
        "replications": 2,
        "vary": {"path": "extra.desk", "values": ["-2", "-1", "0", "3"]},
    }
    found = await _over(service, await service.post("/simulations", 201, **wish))
    levels = [cell["result"]["overall"]["service_level"]["sl_net"]["mean"] for cell in found["result"]["cells"]]

    assert levels == sorted(levels)
    assert found["result"]["elbow"]["value"] in wish["vary"]["values"]


async def test_what_is_typed_is_checked_with_the_words_of_the_command_line(service):
    wrong = await service.post("/simulations:check", 200, scenario="telecom-hotline", sets=["tiers.vpi.target=90/20"])
    right = await service.post("/simulations:check", 200, scenario="telecom-hotline", sets=["tiers.vip.target=95/20"])

    assert (wrong["ok"], wrong["found"]) == (False, None)
    with pytest.raises(BadInput) as said:
        load_scenario("telecom-hotline", ["tiers.vpi.target=90/20"])
    assert wrong["error"] == str(said.value)
    assert right["found"]["tiers"][0] | {"share": 0.95, "within_s": 20.0} == right["found"]["tiers"][0]
    assert sum(right["found"]["groups"][0]["heads"]) > 1000


async def test_a_change_is_tried_again_and_again_against_one_base(service):
    wish = {"scenario": "first-steps", "replications": 2}
    first = (await service.post("/simulations:try", 200, **wish, change=["extra.desk=1"]))["result"]
    wrong = await service.post("/simulations:try", 422, **wish, change=["extra.dsk=1"])
    more = (await service.post("/simulations:try", 200, **wish | {"replications": 4}, change=["extra.desk=1"]))[
        "result"
    ]
    alone = await _over(
        service,
        await service.post(
            "/simulations", 201, scenario="first-steps", replications=4,
            variants=[{"name": "try", "sets": ["extra.desk=1"]}],
        ),
    )  # fmt: skip

    assert (first["base"]["replications"], more["base"]["replications"]) == (2, 4)
    assert "did you mean" in wrong["detail"]
    assert more == alone["result"]


async def test_one_supervisors_long_simulation_does_not_keep_anothers_from_its_turn(service):
    other = await service.key("supervisor")
    long = [await service.post("/simulations", 201, scenario="telecom-hotline", replications=1000) for _ in range(2)]
    answer = await service.client.post(
        "/v1/simulations", json={"scenario": "first-steps", "replications": 1}, headers=other
    )
    mine = await _over(service, answer.json())
    states = [(await service.get(f"/simulations/{job['id']}"))["state"] for job in long]
    for job in long:
        await service.post(f"/simulations/{job['id']}:cancel", 200)

    assert mine["state"] == "done"
    assert states == ["running", "waiting"]


async def test_a_warm_process_that_dies_fails_its_job_and_is_started_again(service):
    job = await service.post("/simulations", 201, scenario="telecom-hotline", replications=1000)
    while (await service.get(f"/simulations/{job['id']}"))["done"] == 0:
        await asyncio.sleep(0.1)
    service.app.state.jobs.warm._process.kill()
    found = await _over(service, job)
    again = await _over(service, await service.post("/simulations", 201, scenario="first-steps", replications=1))

    assert (found["state"], again["state"]) == ("failed", "done")


@pytest.mark.parametrize(
    ("kind", "begins"), [("csv", b"variant,start"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("yaml", b"# first")]
)
async def test_what_came_of_it_is_taken_along(service, kind, begins):
    wish = {"scenario": "first-steps", "replications": 2, "variants": [{"name": "one more", "sets": ["extra.desk=1"]}]}
    job = await _over(service, await service.post("/simulations", 201, **wish))
    answer = await service.client.get(f"/v1/simulations/{job['id']}/export?as={kind}")

    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(begins)
    if kind == "yaml":
        assert parse_scenario(answer.text, "first-steps.yaml") == load_scenario("first-steps", ["extra.desk=1"])


async def test_what_is_kept_outlives_the_process_until_it_is_forgotten(tmp_path):
    async with running(tmp_path / "kept.sqlite3") as service:
        wish = {"scenario": "first-steps", "replications": 2, "variants": [{"name": "more", "sets": ["extra.desk=1"]}]}
        job = await _over(service, await service.post("/simulations", 201, **wish))
        kept = await service.post(f"/simulations/{job['id']}:keep", 201, name="<b>one</b> more")
    async with running(tmp_path / "kept.sqlite3") as service:
        found = await service.get(f"/kept-simulations/{kept['id']}")
        [listed] = (await service.get("/kept-simulations"))["kept"]
        renamed = await service.post(f"/kept-simulations/{kept['id']}:rename", 200, name="one more")
        picture = await service.client.get(f"/v1/kept-simulations/{kept['id']}/export?as=csv")
        others = await service.client.get(f"/v1/kept-simulations/{kept['id']}", headers=await service.key("agent"))
        await service.post(f"/kept-simulations/{kept['id']}:forget", 200)
        await service.get(f"/kept-simulations/{kept['id']}", 404)

    assert found["result"] == job["result"]
    assert found["name"] == listed["name"] == "<b>one</b> more"
    assert listed["asked"]["variants"] == [{"name": "more", "sets": ["extra.desk=1"]}]
    assert (renamed["name"], picture.status_code, others.status_code) == ("one more", 200, 403)
