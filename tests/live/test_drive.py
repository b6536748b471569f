"""`callcenter drive` against a service: the same people as the simulator's, over HTTP, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.served import served, start
from tests.live.test_serve import ask

FLOOR = str(Path(__file__).parents[1] / "watching" / "floor.yaml")


def driving(url: str, key: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "callcenter", "drive", *words, "--url", url],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"CALLCENTER_KEY": key},
    )  # fmt: skip


def driven(url: str, key: str, *words: str) -> tuple[int, dict[str, Any], str]:
    """Drive to the end; return status, result and what was said."""
    out, said = (process := driving(url, key, *words, "--json")).communicate(timeout=180)
    return process.returncode, json.loads(out), said


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A service with ringing phones, callbacks and too few agents, a scenario of which is driven against it."""
    with served(tmp_path_factory.mktemp("floor"), "--centre", FLOOR) as (url, key):
        yield url, key


@pytest.mark.ci
def test_the_same_people_call_as_in_the_simulated_day_and_both_are_told_side_by_side(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text("always_open = true\n")
    with served(tmp_path, "--centre", "first-steps") as (url, key):
        words = ("first-steps", "--speed", "120", "--minutes", "20", "--replications", "3")
        status, found, said = driven(url, key, *words)
        again, second, _ = driven(url, key, *words)

    assert (status, again) == (0, 0), said
    assert found["http"]["failed"] == 0
    for block in (*found["tiers"].values(), *second["tiers"].values()):
        assert block["live"]["offered"] == block["same_people"]["offered"]
        assert block["simulated"]["offered"]["ci_low"] is not None
    assert sum(block["live"]["answered"] for block in found["tiers"].values()) > 0
    assert sum(block["live"]["open"] for block in found["tiers"].values()) == 0


def until_told(url: str, key: str, kind: str, times: int) -> None:
    """Return when the service's stream has told of so many events of a kind, from its first event on."""
    request = urllib.request.Request(f"{url}/v1/stream?after=0&types={kind}", headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=60) as stream:
        while times:
            times -= stream.readline().startswith(b"event:")


@pytest.mark.ci
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_end_it_leaves_nothing_behind_and_says_what_it_did(tmp_path: Path, sent: signal.Signals, status: int):
    with served(tmp_path, "--centre", FLOOR) as (url, key):
        process = driving(url, key, FLOOR, "--speed", "20", "--json", "--set", "staffing.0.agents=5")
        until_told(url, key, "CallAbandoned", 10)
        until_told(url, key, "TaskScheduled", 2)
        process.send_signal(sent)
        out, said = process.communicate(timeout=60)
        left = [ask(f"{url}/v1/{what}", key)[1][what] for what in ("agents", "calls", "callbacks", "offers")]
        ended = ask(f"{url}/v1/events?after=0&limit=10000&types=TaskCancelled,AgentLoggedOut", key)[1]["events"]

    assert process.returncode == status, said
    assert left == [[], [], [], []]
    last = said.splitlines()[-1]
    assert re.fullmatch(
        r"callcenter drive: interrupted: \d+ calls hung up, \d+ callbacks? cancelled, 5 agents signed out", last
    ), said
    assert sum(event["is"] == "AgentLoggedOut" for event in ended) == 5
    found = json.loads(out)
    assert found["interrupted"] is True
    assert sum(block["live"]["abandoned"] for block in found["tiers"].values()) >= 10


@pytest.mark.ci
def test_agents_take_what_rings_at_their_own_desktops(floor: tuple[str, str]):
    url, key = floor
    status, found, said = driven(url, key, FLOOR, "--speed", "20", "--minutes", "5", "--replications", "1")
    request = urllib.request.Request(f"{url}/metrics", headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    taken = re.search(r'callcenter_http_requests_total\{route="[^"]*:accept",status="200"\} (\S+)', text)

    assert (status, found["http"]["failed"]) == (0, 0), said
    shown = ask(f"{url}/v1/fairness", key)[1]["tiers"]
    for tier, block in found["tiers"].items():
        assert block["live"]["service_level"] == pytest.approx(shown[tier]["service_level"]), "one service, one level"
    answered = sum(block["live"]["answered"] for block in found["tiers"].values())
    assert taken is not None
    assert float(taken[1]) >= answered > 50
    assert re.search(r'callcenter_task_attempts_total\{kind="\w+",result="reached",tier="\w+"\} [1-9]', text)
    assert ask(f"{url}/v1/agents", key)[1]["agents"] == [], "whose time is up is signed out"


@pytest.mark.ci
def test_what_is_wrong_with_key_or_centre_is_said_in_one_line(floor: tuple[str, str]):
    url, key = floor

    def key_of(*scopes: str) -> str:
        return str(ask(f"{url}/v1/keys", key, {"scopes": list(scopes)})[1]["key"])

    for with_key, words, says in (
        ("cc_0_0", (FLOOR,), "CALLCENTER_KEY: the service at .* does not take this key"),
        (key_of("telephony"), (FLOOR,), "CALLCENTER_KEY: GET /v1/centre is refused .*supervisor"),
        (key, ("flash-callback",), "--url .*: has no queue 'orders': serve --centre the scenario's file"),
    ):
        _, said = (process := driving(url, with_key, *words)).communicate(timeout=60)
        assert (process.returncode, said.count("\n")) == (2, 1), said
        assert re.search(says, said), said


@pytest.mark.ci
def test_a_key_that_may_not_call_ends_the_run_at_the_first_call(floor: tuple[str, str]):
    url, key = floor
    weak = str(ask(f"{url}/v1/keys", key, {"scopes": ["supervisor"]})[1]["key"])
    _, said = (process := driving(url, weak, FLOOR, "--speed", "20")).communicate(timeout=60)

    assert process.returncode == 2, said
    assert said.endswith("(403, this needs the scope telephony): use a key of telephony and supervisor\n")
    assert ask(f"{url}/v1/agents", key)[1]["agents"] == []


@pytest.mark.ci
def test_it_goes_on_when_the_service_restarts(tmp_path: Path):
    process, url, key = start(tmp_path, "--centre", FLOOR)
    driver = driving(url, key, FLOOR, "--speed", "20", "--minutes", "8", "--replications", "1", "--json")
    until_told(url, key, "CallConnected", 10)
    process.send_signal(signal.SIGTERM)
    _, lines = process.communicate(timeout=60)
    assert process.returncode == 0, lines
    with served(tmp_path, "--centre", FLOOR, "--port", url.rpartition(":")[2]) as (again, none):
        assert (again, none) == (url, "")
        out, said = driver.communicate(timeout=120)
        left = [ask(f"{url}/v1/{what}", key)[1][what] for what in ("agents", "calls", "callbacks")]
    assert out, (said, driver.returncode)
    found = json.loads(out)

    assert driver.returncode == 0, said
    assert left == [[], [], []]
    assert found["http"]["sent_again"] > 0, "it was away while people acted"
    for tier, block in found["tiers"].items():
        assert block["live"]["offered"] == block["same_people"]["offered"], tier
