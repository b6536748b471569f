"""More than the service can take, all at once and each on a new connection: taken whole, or not at all."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from tests import postgres
from tests.live.served import served

pytestmark = pytest.mark.ci
CALLS = 1_500
"""Some three quarters of a second's work: a call may wait for a fifth of one."""


async def _posted(port: int, key: str, n: int) -> tuple[str, int, dict[str, object]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    name = f"burst-{n}"
    body = json.dumps({"source": "pbx", "external_call_id": name})
    writer.write(
        f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return name, int(head[9:12]), json.loads(answer)


async def _burst(port: int, key: str) -> Sequence[tuple[str, int, dict[str, object]]]:
    return await asyncio.gather(*(_posted(port, key, n) for n in range(CALLS)))


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_of_a_burst_each_call_is_taken_and_told_so_or_refused_and_not_there(
    store: str, server: postgres.Server, tmp_path: Path
):
    words = () if store == "sqlite" else ("--database", server.database("burst"))
    with served(tmp_path, *words) as (url, key), httpx2.Client(base_url=url, headers={"X-API-Key": key}) as client:
        told = asyncio.run(_burst(int(url.rpartition(":")[2]), key))
        there = {call["external_call_id"] for call in client.get("/v1/calls?limit=10000").json()["calls"]}

        refused = {name for name, _, answer in told if "more is asked" in str(answer.get("detail"))}
        assert {name for name, status, _ in told if status == 201} <= there
        assert not refused & there
        assert {status for _, status, _ in told} <= {201, 503}
        assert {answer["decision"] for _, status, answer in told if status == 503} <= {"fallback"}
        assert client.post("/v1/calls", json={"source": "pbx", "external_call_id": "later"}).status_code == 201
