"""A live service in this process: the real dispatcher on SQLite, a clock that is moved by hand, no socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.auth.keys import Access
from api.live.clock import HandClock
from api.live.dispatcher import Dispatcher
from api.serve import open_access
from api.services import Services
from api.settings import Settings
from api.store.encryption import Vault
from api.store.rows import Batch
from api.store.store import Store
from callcenter.centre import Centre, Group, Queue
from callcenter.units import SECOND, Millis

BEGIN = 1_772_442_000_000
"""2026-03-02T09:00Z, a Monday."""
CENTRE = Centre(
    "small",
    (Queue("hotline", wrap_up=Millis(10 * SECOND)), Queue("sales"), Queue("tiny", max_waiting=0)),
    (Group("desk", break_cap=1),),
)


@dataclass
class Service:
    """What a test holds in its hands."""

    client: httpx2.AsyncClient
    services: Services
    live: Dispatcher
    clock: HandClock
    access: Access
    app: Any
    calls: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, status: int | None = None, /, **body: Any) -> dict[str, Any]:
        """Post JSON, and expect a status."""
        answer = await self.client.post(f"/v1{path}", json=body)
        assert status is None or answer.status_code == status, f"{answer.status_code}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str, status: int = 200) -> dict[str, Any]:
        """Get JSON, and expect a status."""
        answer = await self.client.get(f"/v1{path}")
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def call(self, external_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Post a call."""
        self.calls += 1
        return await self.post(
            "/calls", None, **{"source": "pbx", "external_call_id": external_id or f"x{self.calls}", **more}
        )

    async def agent(self, name: str = "ana", **more: Any) -> dict[str, Any]:
        """Let an agent come."""
        return await self.post(f"/agents/{name}/state", 200, **{"state": "available", "group": "desk", **more})

    async def report(self, call_id: str, kind: str, status: int | None = 200, /, **more: Any) -> dict[str, Any]:
        """Report what happened to a call."""
        return await self.post(f"/calls/{call_id}/events", status, type=kind, **more)

    async def passes(self, seconds: float) -> None:
        """Let time pass, and the engine notice."""
        self.clock.move(round(seconds * 1000))
        self.live.tick()
        await self.services.feed.catch_up()

    async def key(self, *scopes: str, **more: Any) -> dict[str, str]:
        """Make a key and return the header that carries it; a telephony system's reaches all sources unless told."""
        if "telephony" in scopes:
            more = {"sources": ["*"]} | more
        made = await self.post("/keys", 201, scopes=list(scopes), **more)
        return {"X-API-Key": made["key"]}


@asynccontextmanager
async def running(
    path: Path,
    centre: Centre = CENTRE,
    settings: Settings | None = None,
    clock: HandClock | None = None,
    vault: Vault | None = None,
) -> AsyncIterator[Service]:
    """Give a service on the SQLite file `path`."""
    clock = clock if clock is not None else HandClock(BEGIN)
    settings = settings if settings is not None else Settings()
    async with Dispatcher.open(centre, str(path), clock=clock, vault=vault) as live:
        access, first = await open_access(live, settings)
        if first is None:
            key, first = access.make(("admin",), live.now())
            access.add(key)
        app = create_app(live, access, settings)
        transport = httpx2.ASGITransport(app=app)
        async with app.router.lifespan_context(app):
            headers = {"X-API-Key": first}
            async with httpx2.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
                yield Service(client, app.state.services, live, clock, access, app)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Give a service that is empty and new."""
    async with running(tmp_path / "live.sqlite3") as found:
        yield found


@pytest.fixture
def serving(tmp_path: Path) -> Any:
    """Give `running` in this test's folder: for restarts and other centres."""

    def give(**more: Any) -> Any:
        return running(tmp_path / "live.sqlite3", **more)

    return give


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """Give the transactions that are carried out from now on."""
    batches: list[Batch] = []
    write = Store.write

    def noted(store: Store, batch: Batch) -> None:
        write(store, batch)
        batches.append(batch)

    monkeypatch.setattr(Store, "write", noted)
    return batches


def refused(answer: httpx2.Response, status: int, code: str | None = None, *, about: object = "") -> dict[str, Any]:
    """Return a problem that is as it is documented."""
    assert answer.status_code == status, f"{about}: {answer.status_code}: {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert problem["detail"].isprintable(), "one line, and nothing that a terminal obeys"
    assert len(problem["detail"]) <= 500
    assert code in (None, problem["code"])
    return problem
