"""What a hostile client, a careless one and an auditor tried, against the real service over sockets, on both stores."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import postgres
from tests.live.served import served

pytestmark = pytest.mark.ci
SECRET = "kept-for-nobody-91c4"


class Desk:
    """A service, and an administrator's client of it."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.client = httpx2.Client(base_url=f"{url}/v1", headers={"X-API-Key": key}, trust_env=False, timeout=30)
        self.calls = 0

    def post(self, path: str, status: int, /, **body: Any) -> dict[str, Any]:
        """Post, and expect a status."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, f"{path}: {answer.status_code}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def call(self, **more: Any) -> dict[str, Any]:
        """Post a call."""
        self.calls += 1
        return self.post("/calls", 201, **{"source": "pbx", "external_call_id": f"s{self.calls}", **more})

    def key(self, *scopes: str, **more: Any) -> dict[str, str]:
        """Make a key, and return the header that carries it."""
        return {"X-API-Key": self.post("/keys", 201, scopes=list(scopes), **more)["key"]}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("sockets")
    database = "sockets.sqlite3"
    if request.param == "postgres":
        server: postgres.Server = request.getfixturevalue("server")
        database = server.database(f"sockets_{folder.name}")
    (folder / "centre.yaml").write_text(
        "version: 1\nname: desk\nregion: GB\nqueues: {hotline: {}, sales: {}}\ngroups: {desk: {}, night: {}}\n"
    )
    with served(folder, "--centre", "centre.yaml", "--database", database) as (url, key):
        found = Desk(url, key)
        yield found
        found.client.close()


def test_a_simulation_that_names_a_file_reads_none(desk: Desk, tmp_path: Path):
    (tmp_path / "canary.yaml").write_text(f"{SECRET}: yes\n")
    text = f"version: 1\nname: x\ncentre: {tmp_path}/canary.yaml\n"
    supervisor = desk.key("supervisor")
    wished = desk.client.post("/simulations", json={"yaml": text}, headers=supervisor)
    assert wished.status_code == 201, wished.text
    end = time.monotonic() + 60
    while True:
        found = desk.client.get(f"/simulations/{wished.json()['id']}", headers=supervisor).json()
        if found["state"] not in ("queued", "running", "waiting"):
            break
        assert time.monotonic() < end, found
        time.sleep(0.05)

    assert found["state"] == "failed"
    assert SECRET not in str(found)


def test_a_key_of_another_source_reaches_no_call_of_this_one(desk: Desk):
    call = desk.call()
    other = desk.key("telephony", sources=["other-trunk"])
    name = {"source": "pbx", "external_call_id": f"s{desk.calls}"}
    asked = [
        ("/calls", name | {"external_call_id": "theirs"}),
        ("/events", name | {"type": "abandoned"}),
        (f"/calls/{call['call_id']}/events", {"type": "abandoned"}),
        ("/reconcile", {"source": "pbx", "live_call_ids": []}),
    ]
    for path, body in asked:
        answer = desk.client.post(path, json=body, headers=other)
        assert answer.status_code in (403, 404), (path, answer.text)
    assert desk.client.get(f"/calls/{call['call_id']}").json()["state"] == "queued"


def test_a_stream_and_a_bell_end_within_seconds_of_their_key(desk: Desk):
    made = desk.post("/keys", 201, scopes=["supervisor"])
    with desk.client.stream("GET", "/stream", headers={"X-API-Key": made["key"]}) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        desk.post(f"/keys/{made['id']}:revoke", 200)
        begun = time.monotonic()
        for _ in lines:
            pass
    assert time.monotonic() - begun < 10, "it would say that it lives every fifteen seconds, for ever"
    assert desk.client.get("/queues", headers={"X-API-Key": made["key"]}).status_code == 401


def test_one_survey_for_a_call_and_only_if_it_was_answered(desk: Desk):
    call = desk.call(queue="sales")
    desk.post(f"/calls/{call['call_id']}/events", 200, type="abandoned")
    desk.post("/surveys", 409, call_id=call["call_id"], csat=5)


def test_a_parameter_that_is_not_known_is_refused(desk: Desk):
    answer = desk.client.get("/customers?phone=+442079460958")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    "written", ["020 7946 0111", "sip:02079460111@gw", '"Ann" <tel:+442079460111>', "０２０７９４６０１１１"]
)
def test_a_vip_is_one_however_the_number_is_written(desk: Desk, written: str):
    desk.post("/customers", 200, customer_id="V-1", number="+442079460111", tier="vip")

    assert desk.call(caller=written)["tier"] == "vip"


def test_what_was_missed_outlives_a_log_out_and_in_again(desk: Desk):
    desk.post("/agents/nan/state", 200, state="available", group="night")
    desk.post("/agents/nan/phone", 200, phone="busy_elsewhere")
    desk.post("/agents/nan/state", 200, state="logged_out", forced=True)
    desk.post("/agents/nan/state", 200, state="available", group="night")
    agent = desk.client.get("/agents/nan").json()
    desk.post("/agents/nan/state", 200, state="logged_out", forced=True)

    assert agent["phone"] == "busy_elsewhere"


def test_readiness_and_problems_name_no_place(desk: Desk):
    for path in ("/readyz", "/healthz"):
        answer = httpx2.get(f"{desk.url}{path}", trust_env=False, timeout=30)
        assert answer.status_code == 200
        assert "127.0.0.1" not in answer.text
