"""Every text field of every operation in the OpenAPI document is told about one person; erased, none of it is anywhere.

Looked for in every table, in the database's file and its log, in snapshots and what is packed in them, in the archive
of the journal, in copies made before and afterwards, and in a database that the older copy was put back into. What may
stay is listed here, with the reason; whoever adds a field makes it erasable, or says why not.
"""

import asyncio
import gzip
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import pytest

from api.live.clock import HandClock
from api.recovery.verification import prove
from api.settings import Settings
from api.store.backup import KEYS_NAME, copy, put_back
from api.store.open import Database, reading
from api.store.tables import TABLES
from tests.live.conftest import BEGIN, CENTRE, Service, running

pytestmark = pytest.mark.ci
NUMBER: Final = "+442079460958"
WHO: Final = "ZB-77"
ABOUT: Final = {
    "customer_id": WHO, "number": NUMBER, "caller": NUMBER, "callback_number": NUMBER, "queue": "hotline",
    "agent_id": "ana", "tier": "mid", "group": "desk", "url": "http://crm.invalid/in",
}  # fmt: skip
"""What examples are made to speak of."""
NO_PERSON: Final = {
    "/v1/keys": "what an administrator calls a key",
    "/v1/hooks": "where an administrator has events sent",
    "/v1/centre": "the centre's own names; every version is kept",
    "/v1/campaigns": "what a supervisor calls a campaign",
    "/v1/agents/{agent_id}/": "an agent's groups, phones and plans: of those who work here",
    "/v1/account-managers/{agent_id}": "an agent",
    "/v1/calendar-links": "who works here, whose calendar it is",
    "/v1/intervals:plan": "how many people are planned",
    "/v1/reconcile": "a telephony system's name of itself",
}
"""Operations that are about nobody who calls."""
NAMES: Final = {
    "source": "what a telephony system calls itself",
    "external_call_id": "what it calls a call: a number of its own",
    "new_external_call_id": "the same",
    "agent_id": "who works here",
    "zone": "a name of the IANA's list",
}
"""Fields that are names in some system's list."""


def texts_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield address, field and example of every text that a POST takes, those in maps too."""
    for path, methods in document["paths"].items():
        media = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if media is None or "/adapters/" in path or path == "/v1/customers:erase":
            continue
        for name, field in media["schema"].get("properties", {}).items():
            kinds = field.get("anyOf", [field])
            types = {kind.get("type") for kind in kinds}
            if any(kind.get("type") == "string" and "enum" not in kind for kind in kinds) or "object" in types:
                yield path, name, media.get("example") or {}


async def things(service: Service, n: int) -> dict[str, str]:
    """Let there be a fresh one of everything that can be spoken of, all about one person."""
    call = await service.call(f"fresh{n}", caller=NUMBER, customer_id=WHO, queue="sales")
    complaint = await service.post("/complaints", None, customer_id=WHO, about="a thing")
    task = await service.post("/callbacks", None, number=NUMBER, queue="hotline", customer_id=WHO)
    until = service.clock.now() + 10**9
    override = await service.post("/overrides", None, customer_id=WHO, tier="mid", reason="asked", until=until)
    return {
        "call_id": str(call.get("call_id", "none")),
        "complaint_id": str(complaint.get("complaint_id", "none")),
        "callback_id": str(task.get("callback_id", "none")),
        "override_id": str(override.get("override_id", "none")),
        "agent_id": "ana", "customer_id": WHO, "offer_id": str((call.get("offer") or {}).get("id", "none")),
    }  # fmt: skip


async def told(service: Service) -> tuple[dict[str, tuple[str, str]], set[tuple[str, str]]]:
    """Say something in every field; return what was said where, and where it was accepted."""
    said: dict[str, tuple[str, str]] = {}
    accepted: set[tuple[str, str]] = set()
    listed = (await service.client.get("/openapi.json")).json()
    entry = await service.post("/blacklist", None, customer_id=WHO, reason="rude", review_at=BEGIN + 10**9)
    for n, (path, field, example) in enumerate(texts_of(listed)):
        word = f"Zebulon{n:03d}"
        said[word] = (path, field)
        ids = await things(service, n) | {"entry_id": str(entry.get("entry_id", "none"))}
        where = path
        for name, value in ids.items():
            where = where.replace("{" + name + "}", value).replace("{" + name + ":path}", value)
        body = {**example, **{k: v for k, v in (ABOUT | ids).items() if k in example}}
        body[field] = {"who": word} if isinstance(example.get(field), dict) or field == "attributes" else word
        if path == "/v1/calls":
            body.setdefault("caller", NUMBER)
            body["external_call_id"] = word if field == "external_call_id" else f"told{n}"
        answer = await service.client.post(where, json=body)
        assert answer.status_code < 500, (path, field, answer.text)
        if answer.is_success:
            accepted.add((path, field))
    return said, accepted


async def erased(service: Service, **who: str) -> None:
    """Erase somebody, on a machine that may be slow: what is not durable in time is asked for again."""
    for _ in range(30):
        answer = await service.client.post("/v1/customers:erase", json=who)
        if answer.status_code == 200:
            return
        assert answer.status_code == 503, answer.text
    raise AssertionError(answer.text)


def unpacked(body: bytes, depth: int = 0) -> bytes:
    """Return bytes with all that is compressed in them, in whatever stands around it."""
    parts, at = [body], body.find(b"\x78")
    while at >= 0 and depth < 4:
        if body[at + 1 : at + 2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
            with suppress(zlib.error):
                parts.append(unpacked(zlib.decompressobj().decompress(body[at:]), depth + 1))
        at = body.find(b"\x78", at + 1)
    return b"\n".join(parts)


def everything(address: str) -> bytes:
    """Return all that a database says, packed or not; of SQLite the files themselves, too."""
    parts = []
    with reading(address) as store:
        for name in TABLES:
            for row in store.connection.execute(f"SELECT * FROM {name}"):
                for cell in row:
                    whole = isinstance(cell, bytes | memoryview)
                    parts.append(unpacked(bytes(cell)) if whole else str(cell).encode())  # type: ignore[arg-type]
    if "://" not in address:
        copied = Path(address).with_suffix(".copy")
        copy(Database(address), copied, copied.with_name(f"{copied.stem}.keys"))
        parts += [file.read_bytes() for file in Path(address).parent.glob(f"{Path(address).stem}.*")]
        parts.append(said_by(copied))
        copied.unlink()
    return b"\n".join(parts)


def said_by(copied: Path) -> bytes:
    """Return all that a copy says, packed or not, to whoever has no keys."""
    parts = [copied.read_bytes()]
    with closing(sqlite3.connect(copied)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {name}"):
                parts += [unpacked(cell) if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    return b"\n".join(parts)


def may_stay(path: str, field: str) -> bool:
    return field in NAMES or any(path.startswith(about) for about in NO_PERSON)


def test_no_text_about_a_person_outlives_the_person(new_database: Callable[[], str], tmp_path: Path):
    address = new_database()
    earlier, archive = tmp_path / "copies" / "earlier", tmp_path / "archive"
    earlier.parent.mkdir()

    def opened_by(keys: Path | None) -> str:
        put_back(earlier, Database(fresh := new_database()), keys)
        return fresh

    def open_tasks(service: Service) -> list[str]:
        return sorted(task.id for task in service.services.board.tasks.values() if task.ended_at is None)

    async def work() -> None:
        where: Any = address if "://" in address else Path(address)
        settings = Settings(region="GB", keep_journal_days=0, journal_archive=archive)
        async with running(where, CENTRE, settings, HandClock(BEGIN)) as service:
            person = {"customer_id": WHO, "number": NUMBER, "name": "Z", "tier": "mid"}
            await service.post("/customers", 200, **person)
            await service.agent("ana")
            said, accepted = await told(service)
            before = everything(address)
            kept = {said[word] for word in said if word.encode() in before}
            assert len(said) > 100
            assert len(kept) > 25, "the test says what is kept"
            copy(Database(address), earlier)
            then = shutil.copy(earlier.with_name(KEYS_NAME), tmp_path / "keys then")
            for who in (WHO, *said):  # whoever a field named is a person, too
                await erased(service, customer_id=who)
            await erased(service, number=NUMBER)
            left = {said[word] for word in said if word.encode() in everything(address)}
            assert sorted(place for place in left if not may_stay(*place)) == []
            still_open = open_tasks(service)
            await service.services.pruning.prune(service.live.now())
            copy(Database(address), tmp_path / "copies" / "later")
            old = everything(opened_by(Path(then)))
            assert {said[word] for word in said if word.encode() in old} == kept, "who had the keys could read it"
        after = everything(address) + said_by(earlier) + said_by(tmp_path / "copies" / "later")
        after += gzip.decompress(archive.read_bytes()) if archive.exists() else b""
        again = opened_by(None)
        after += everything(again)  # before its service has started
        async with running(again if "://" in again else Path(again), CENTRE, settings, HandClock(BEGIN)) as service:
            assert open_tasks(service) == still_open, "what was promised to who was erased is called off again"
        after += everything(again)
        with reading(again) as store:
            assert prove(store).difference is None
        left = {said[word] for word in said if word.encode() in after}
        assert sorted(place for place in left if not may_stay(*place)) == []
        print(f"{len(said)} texts, {len(accepted)} accepted, {len(kept)} kept, {len(left)} stay: names and operations")

    asyncio.run(work())
