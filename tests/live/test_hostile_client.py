"""A hostile client with every kind of key: nothing beyond its scopes, no fault of ours, no file read, nobody called.

A canary file holds a secret, a canary listener on loopback takes note of who connects. Both are asked for in every text
field of every operation, besides random bodies. Short in `make test-ci`, long in `make test-slow`.
"""

import asyncio
import json
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from api.app import ROUTES
from api.auth.keys import SCOPES
from api.http.routing import EndpointRoute
from api.recovery.verification import prove
from api.store.open import reading
from tests.live.conftest import Service

pytestmark = pytest.mark.anyio
SECRET: Final = "kept-for-nobody-7f3a"
FILE: Final = "canary-7f3a.yaml"
SHORT, LONG = 150, 6_000
opened: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and FILE in str(arguments[0]):
        opened.append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture
def canary(tmp_path) -> str:
    """Return the path of a file that nobody reads."""
    path = tmp_path / FILE
    path.write_text(f"version: 1\nname: {SECRET}\nqueues: {{hotline: {{}}}}\ngroups: {{desk: {{}}}}\n")
    opened.clear()
    return str(path)


class Listener:
    """Listens on loopback and takes note of who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def called(self) -> bool:
        with suppress(BlockingIOError):
            self._socket.accept()
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


def operations(service: Service) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, address and description of every operation."""
    paths = service.app.openapi()["paths"]
    return [(method.upper(), path, one) for path, methods in paths.items() for method, one in methods.items()]


def address(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace("{" + name + "}", value)
    return path.replace("{", "").replace("}", "")


async def a_busy_desk(service: Service) -> dict[str, str]:
    """Return names of things that are there, to be asked about."""
    await service.post("/customers", 200, customer_id="C-1", number="+442079460958", name="Ada", tier="vip")
    await service.agent("ana")
    call = await service.call("x1", caller="+442079460958")
    await service.call("x2")
    task = await service.post("/callbacks", 201, number="+442079460958", queue="hotline")
    return {
        "call_id": call["call_id"], "offer_id": call["offer"]["id"], "agent_id": "ana", "customer_id": "C-1",
        "callback_id": task["callback_id"], "queue": "hotline",
    }  # fmt: skip


async def test_no_operation_is_open_to_a_key_without_its_scope(service):
    keys = {scope: await service.key(scope) for scope in SCOPES}
    ids = await a_busy_desk(service)
    before = service.live.engine.snapshot()["seq"]
    asked = 0
    for method, path, one in operations(service):
        allowed = one.get("x-scopes")
        if allowed is None:
            continue  # open to everybody, or a vendor's: it has its own signature
        refused = [scope for scope in SCOPES if scope not in (*allowed, "admin")]
        for scope in refused:
            answer = await service.client.request(method, address(path, ids), json={}, headers=keys[scope])
            assert answer.status_code == 403, (scope, method, path, answer.text)
            asked += 1
        answer = await service.client.request(method, address(path, ids), json={}, headers={"X-API-Key": "cc_a_b"})
        assert answer.status_code == 401, (method, path)
    assert asked > 200
    assert service.live.engine.snapshot()["seq"] == before, "nothing has happened"


async def test_every_operation_says_its_scopes(service):
    open_ones = {path for _, path, one in operations(service) if "x-scopes" not in one}
    # A vendor's adapter has the vendor's signature, an offer's token, or a key that its document names; a calendar's
    # address is its secret.
    assert {path for path in open_ones if "/adapters/" not in path} == {
        "/healthz", "/readyz", "/v1/calendars/{secret}"
    }  # fmt: skip
    assert all(isinstance(route, EndpointRoute) for router in ROUTES for route in router.routes), (
        "nothing beside the door"
    )


def texts(schema: dict[str, Any]) -> list[str]:
    """Return the fields of a body that take a text."""
    found = []
    for name, field in schema.get("properties", {}).items():
        kinds = field.get("anyOf", [field])
        if any(kind.get("type") == "string" for kind in kinds):
            found.append(name)
    return found


def asked_for(file: str, port: int) -> list[str]:
    """Return ways to write a file and an address."""
    return [
        file, f"file://{file}", f"../{FILE}", f"version: 1\ncentre: {file}\n", f"!include {file}",
        f"http://127.0.0.1:{port}/", f"http://localhost:{port}/x", f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://2130706433:{port}/", f"sip:ana@127.0.0.1:{port}", f"gopher://127.0.0.1:{port}/_",
    ]  # fmt: skip


async def ask_everywhere(service: Service, ids: dict[str, str], words: list[str]) -> list[str]:
    """Put each of the words into every text field of every body, query and header; return what was answered."""
    said = []
    for method, path, one in operations(service):
        if path.endswith("/stream"):
            continue
        where = address(path, ids)
        media = one.get("requestBody", {}).get("content", {}).get("application/json")
        example = {} if media is None else dict(media.get("example", {}))
        fields = [] if media is None else texts(media["schema"])
        query = [p["name"] for p in one.get("parameters", ()) if p["in"] == "query" and p["name"] != "wait_s"]
        for n, word in enumerate(words):
            for field in fields:
                said.append(await answered(service, method, where, {"json": example | {field: word}}))
            if query:
                said.append(await answered(service, method, where, {"params": {query[n % len(query)]: word}}))
            said.append(await answered(service, method, where, {"json": example, "headers": {"X-Forwarded-For": word}}))
    return said


async def answered(service: Service, method: str, where: str, more: dict[str, Any]) -> str:
    if method == "GET":
        more.pop("json", None)
    service.clock.move(1)  # or the key would have used its share, and the rest would be refused at the door
    with suppress(UnicodeEncodeError):
        if "headers" in more:
            more["headers"] = {name: json.dumps(value)[:500] for name, value in more["headers"].items()}
        answer = await service.client.request(method, where, **more)
        assert answer.status_code != 500, (method, where, more, answer.text)
        return answer.text
    return ""


async def settle(service: Service) -> list[str]:
    """Return what became of the simulations that were asked for."""
    for _ in range(600):
        jobs = (await service.get("/simulations"))["simulations"]
        if all(job["state"] not in ("waiting", "running") for job in jobs):
            return [json.dumps(await service.get(f"/simulations/{job['id']}")) for job in jobs]
        await asyncio.sleep(0.1)
        service.clock.move(100)
    raise AssertionError("simulations go on")


@pytest.mark.parametrize(
    "most", [pytest.param(2, marks=pytest.mark.ci), pytest.param(100, marks=pytest.mark.slow)], ids=["short", "long"]
)
async def test_no_text_is_a_file_that_is_read_or_an_address_that_is_called(service, canary, listener, most):
    ids = await a_busy_desk(service)
    words = asked_for(canary, listener.port)
    words = words if most >= len(words) else [words[3], words[5]][:most]
    said = await ask_everywhere(service, ids, words)
    said += await settle(service)
    await service.passes(60)

    assert len(said) > 300
    assert not [text for text in said if SECRET in text]
    assert opened == []
    assert not listener.called()


def a_value(chance: random.Random, schema: dict[str, Any], deep: int = 0) -> Any:
    """Return something for a field: mostly of its kind, sometimes anything."""
    odd = [None, True, -1, 0, 1e308, 2**63, "", "\u202e", "a" * 5_000, [], {}, [[]], {"a": {}}, "\ufffd", "NaN", "-0"]
    if chance.random() < 0.25:
        return chance.choice(odd)
    kind = chance.choice(schema.get("anyOf", [schema]))
    if "enum" in kind:
        return chance.choice(kind["enum"])
    match kind.get("type"):
        case "string":
            return chance.choice(["vip", "hotline", "desk", "ana", "x", "2026-03-02", "+442079460958", "é" * 30])
        case "integer" | "number":
            return chance.choice([0, 1, 5, 60, -5, 10**6, 10**15, 0.5])
        case "boolean":
            return chance.random() < 0.5
        case "array" if deep < 3:
            return [a_value(chance, kind.get("items", {}), deep + 1) for _ in range(chance.randrange(4))]
        case "object" if deep < 3:
            return {f"k{n}": a_value(chance, {"type": "string"}, deep + 1) for n in range(chance.randrange(4))}
    return chance.choice(odd)


@pytest.mark.parametrize(
    "most",
    [pytest.param(SHORT, marks=pytest.mark.ci), pytest.param(LONG, marks=pytest.mark.slow)],
    ids=["short", "long"],
)
async def test_random_bodies_are_no_fault_of_ours_and_the_journal_replays_the_same(service, most):
    keys = [await service.key(scope) for scope in SCOPES] + [None]
    ids = await a_busy_desk(service)
    chance = random.Random(20261129)
    all_ = [one for one in operations(service) if not one[1].endswith(("/stream", "/simulations", ":import"))]
    statuses = set()
    for n in range(most):
        method, path, one = chance.choice(all_)
        media = one.get("requestBody", {}).get("content", {}).get("application/json", {})
        properties = media.get("schema", {}).get("properties", {})
        body = {name: a_value(chance, field) for name, field in properties.items() if chance.random() < 0.6}
        if chance.random() < 0.5:
            body = dict(media.get("example", {})) | body
        more: dict[str, Any] = {"headers": chance.choice(keys)} | ({"json": body} if method == "POST" else {})
        answer = await service.client.request(method, address(path, ids), **more)
        assert answer.status_code != 500, (n, method, path, body, answer.text)
        statuses.add(answer.status_code)
        if chance.random() < 0.1:
            await service.passes(chance.choice([0.1, 5, 60]))
    assert {200, 422} <= statuses
    await service.services.feed.catch_up()
    with reading(str(service.live.database.address)) as store:
        assert prove(store).difference is None
