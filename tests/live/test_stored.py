"""A stored answer is in the transaction of what it answers: with the one there is the other."""

import asyncio
import http.client
import json
import signal
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from api.store.errors import StoreFailed
from api.store.open import reading
from api.store.rows import Batch
from api.store.store import Store
from tests.live.conftest import Service
from tests.live.served import served, start

pytestmark = pytest.mark.anyio


async def send(service: Service, path: str, key: str = "k", **body: Any) -> Any:
    return await service.client.post(f"/v1{path}", json=body, headers={"Idempotency-Key": key})


def named(batch: Batch) -> set[str]:
    return {change.table for change in batch.changes}


async def test_a_posted_call_and_its_stored_answer_are_one_transaction(service: Service, written: list[Batch]):
    # A freephone number tells of no zone: one that did would have the engine learn it first.
    first = await send(service, "/calls", source="pbx", external_call_id="1", caller="+18005550199")
    again = await send(service, "/calls", source="pbx", external_call_id="1", caller="+18005550199")

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    (batch,) = [batch for batch in written if "idempotency_keys" in named(batch)]
    assert [json.loads(row.body)["is"] for row in batch.commands] == ["AdmitCall"]
    assert {"natural_keys", "call_details", "customers"} <= named(batch)


async def test_a_report_that_implies_others_is_one_transaction_too(service: Service, written: list[Batch]):
    await service.agent()
    call = await service.call()
    assert call["decision"] == "offer"
    done = await send(service, f"/calls/{call['call_id']}/events", type="completed", talk_s=5)
    truth = await service.get(f"/calls/{call['call_id']}")

    assert done.json()["call"] == truth, "the answer is what anybody sees when it is durable"
    (batch,) = [batch for batch in written if "idempotency_keys" in named(batch)]
    assert [json.loads(row.body)["is"] for row in batch.commands] == ["Reported", "EndCall"]


async def test_a_look_ahead_sees_what_is_on_its_way_and_changes_nothing(service: Service):
    calls = [
        send(service, "/calls", key=f"k{n}", source="pbx", external_call_id=f"{n}") if n % 2
        else service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": f"{n}"})
        for n in range(40)
    ]  # fmt: skip
    answers = [answer.json() for answer in await asyncio.gather(*calls)]

    assert sorted(answer["position"] for answer in answers if answer["position"] is not None) != []
    for answer in answers:
        assert (await service.get(f"/calls/{answer['call_id']}"))["state"] == "queued"
    assert len(service.services.board.calls) == 40
    assert service.services.board.seq == service.live.last_seq


async def test_two_requests_with_one_key_at_the_same_moment_are_carried_out_once(service: Service):
    both = await asyncio.gather(*(send(service, "/calls", source="pbx", external_call_id="1") for _ in range(2)))

    assert sorted(answer.status_code for answer in both) == [201, 409]


async def test_what_did_not_become_durable_is_neither_told_nor_remembered(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:

        def full(_store: Store, _batch: Batch) -> None:
            raise StoreFailed("the disk is full")

        patch.setattr(Store, "write", full)
        failed = await send(service, "/calls", source="pbx", external_call_id="1", caller="+442079460958")
    assert (failed.status_code, failed.json()["decision"]) == (503, "fallback")
    assert service.services.board.calls == {}
    async with asyncio.timeout(20):
        while service.live.problems():
            service.live.tick()
            await asyncio.sleep(0)
    again = await send(service, "/calls", source="pbx", external_call_id="1", caller="+442079460958")

    assert (again.status_code, again.json()["decision"]) == (201, "queue")
    assert await service.live.find("customer_numbers", {"number": "+442079460958"}) != []


async def test_a_refused_request_is_journaled_and_its_answer_is_not_stored(service: Service, written: list[Batch]):
    refused = await send(service, "/agents/nobody/state", state="not_ready")

    assert refused.status_code == 404
    assert [batch for batch in written if "idempotency_keys" in named(batch)] == []
    assert [row.refused for batch in written for row in batch.commands if row.refused] == ["unknown_agent"]


@pytest.mark.ci
def test_a_kill_leaves_no_call_without_its_stored_answer(tmp_path: Path):
    process, url, key = start(tmp_path)
    host, port = url.removeprefix("http://").split(":")
    answered: list[str] = []

    def post(number: int) -> None:
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            for turn in range(10_000):
                name = f"{number}-{turn}"
                body = json.dumps({"source": "pbx", "external_call_id": name})
                connection.request("POST", "/v1/calls", body, {"X-API-Key": key, "Idempotency-Key": name})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 201
                answered.append(name)
                if len(answered) == 1_000:
                    process.send_signal(signal.SIGKILL)

    posters = [threading.Thread(target=post, args=(number,)) for number in range(16)]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    with reading(str(tmp_path / "callcenter.sqlite3")) as store:
        calls = {str(row["external_call_id"]) for row in store.find("natural_keys", None, None, 100_000)}
        stored = {str(row["key"]) for row in store.find("idempotency_keys", None, None, 100_000)}

    assert set(answered) <= calls
    assert calls == stored
    with served(tmp_path) as (again, _):
        assert again.startswith("http")
