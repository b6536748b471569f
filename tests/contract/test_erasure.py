"""Who is erased is gone from every table and from the file; the journal replays the same. On both databases."""

import asyncio
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from api.customers.erasure import FORGOTTEN
from api.live.clock import HandClock
from api.recovery.verification import prove
from api.settings import Settings
from api.store.changes import Delete, Update
from api.store.open import reading
from api.store.store import Store
from api.store.tables import TABLES
from tests.live.conftest import BEGIN, CENTRE, Service, running

NUMBER, SECOND_NUMBER = "+442079460958", "+442079460111"
TRACES = ("2079460958", "2079460111", "Zebulon", "ZB-77", "blue parrot")
"""What is personal, wherever it was said."""


def _text(cell: object) -> str:
    """Return what a cell says; snapshots and what is stored beside them are compressed."""
    if isinstance(cell, bytes | memoryview):
        return zlib.decompress(bytes(cell)).decode(errors="replace")
    return str(cell)


def everything(store: Store) -> dict[str, str]:
    """Return all rows of every table as text, snapshots unpacked."""
    told: dict[str, str] = {}
    for name in TABLES:
        rows = store.connection.execute(f"SELECT * FROM {name}")
        told[name] = "\n".join(" ".join(map(_text, row)) for row in rows)
    return told


def found(address: str) -> list[tuple[str, str]]:
    """Return where something personal is."""
    with reading(address) as store:
        tables = everything(store)
    return [(name, trace) for name, text in tables.items() for trace in TRACES if trace in text]


async def lives(service: Service) -> None:
    """Let one person leave traces wherever a client can put them."""
    once = {"Idempotency-Key": "once"}
    person = {"customer_id": "ZB-77", "number": NUMBER, "name": "Zebulon", "tier": "mid", "notes": "blue parrot"}
    answer = await service.client.post("/v1/customers", json=person, headers=once)
    assert answer.status_code == 200, answer.text
    await service.post("/customers", 200, customer_id="ZB-77", number=SECOND_NUMBER)
    await service.post("/hooks", 201, url="http://crm.invalid/in")
    call = {"source": "pbx", "external_call_id": "1", "caller": "020 7946 0958", "attributes": {"who": "Zebulon"}}
    posted = await service.client.post("/v1/calls", json=call, headers={"Idempotency-Key": "call"})
    assert posted.status_code == 201, posted.text
    await service.call(customer_id="ZB-77", caller=SECOND_NUMBER, callback_number=NUMBER)
    withdrawn = await service.call(caller=NUMBER, queue="sales")
    await service.post(f"/calls/{withdrawn['call_id']}:reprioritize", 200, tier="vip", reason="Zebulon asked")
    await service.post(f"/calls/{withdrawn['call_id']}:withdraw", 200, reason="Zebulon has a blue parrot")
    promised = await service.client.post(
        "/v1/callbacks", json={"queue": "sales", "number": NUMBER}, headers={"Idempotency-Key": "callback"}
    )
    assert promised.status_code == 201, promised.text
    await service.passes(60)
    await service.report(posted.json()["call_id"], "abandoned")  # a mid call: promised a callback
    await treated(service, posted.json()["call_id"])
    await said_to_the_engine(service)


async def said_to_the_engine(service: Service) -> None:
    """Put words that tell who somebody is wherever what is told becomes a command, accepted or refused."""
    words = "Zebulon 2079460958"
    lost = await service.call(caller=NUMBER)
    await service.report(lost["call_id"], "failed", cause=f"caller {words}")
    for name in ("queue", "tier", "intent", "channel"):
        await service.call(caller=NUMBER, **{name: words})
    await service.post("/callbacks", None, queue=words, number=NUMBER)
    moved = await service.call(caller=NUMBER)
    await service.post(f"/calls/{moved['call_id']}:reprioritize", None, tier=words, reason=words)
    await service.post(f"/calls/{moved['call_id']}:withdraw", None, reason=words)
    await service.agent("ana")
    for state in ("break", "not_ready"):
        await service.post("/agents/ana/state", 422, state=state, reason=words)
    await service.post("/agents/ben/state", None, state="available", group=words)
    answered = await service.call(caller=NUMBER)
    await service.report(answered["call_id"], "answered", None)
    await service.report(answered["call_id"], "transferred", None, queue=words)
    await service.post("/agents/ana/state", None, state="logged_out", forced=True, reason=words)


async def treated(service: Service, call_id: str) -> None:
    """Let one person be overridden, listed, complained with and asked, each in words that tell who it is."""
    who, until = {"customer_id": "ZB-77"}, BEGIN + 10**9
    override = await service.post("/overrides", 201, **who, tier="mid", reason="Zebulon won", until=until)
    await service.post(f"/overrides/{override['override_id']}:withdraw", 200, reason="Zebulon lost")
    entry = await service.post("/blacklist", 201, **who, reason="blue parrot", review_at=until)
    await service.post(f"/blacklist/{entry['entry_id']}:appeal", 200, note="Zebulon says no")
    for note in ("blue parrot fed", "Zebulon again"):
        complaint = await service.post("/complaints", 201, call_id=call_id, about=f"ZB-77: {note}")
        path = f"/complaints/{complaint['complaint_id']}"
        await service.post(f"{path}:respond", 200, note="told Zebulon")
    await service.post(f"{path}:resolve", 200, note="Zebulon is glad")
    await service.post("/surveys", 201, complaint_id=complaint["complaint_id"], csat=5, comment="blue parrot sings")


def by_someone_else(service: Service) -> object:
    return service.call("other", caller="+442079469999", attributes={"color": "green"})


def test_who_is_erased_is_gone_from_every_table_and_the_journal_replays_the_same(new_database: Callable[[], str]):
    address = new_database()
    clock = HandClock(BEGIN)
    settings = Settings(region="GB")

    async def work() -> None:
        async with running(Path(address) if "://" not in address else address, CENTRE, settings, clock) as service:  # type: ignore[arg-type]
            await lives(service)
            await by_someone_else(service)  # type: ignore[misc]
            assert {trace for _, trace in found(address)} == set(TRACES), "the test looks where it should"
            assert (await service.get("/callbacks"))["callbacks"] != []
            assert (await service.post("/customers:erase", 200, customer_id="ZB-77"))["erased"]

            assert found(address) == []
            assert (await service.get("/callbacks"))["callbacks"] == [], "nobody is left to call"
            assert not (await service.post("/customers:erase", 200, number=NUMBER))["erased"]
            back = await service.call("back", caller=NUMBER)
            assert back["tier"] == "standard", "a stranger again"
            assert (await service.post("/customers:erase", 200, number=NUMBER))["erased"]
        assert found(address) == [], "after a restart, too: the last snapshot knows nobody"
        with reading(address) as store:
            assert prove(store).difference is None
            assert "green" in everything(store)["call_details"], "the others stay"
            trail = everything(store)["audit"]
        assert trail.count("customer.erase") == 2
        assert "call.withdraw" in trail, "that something was done is not forgotten"

    asyncio.run(work())


def test_the_file_itself_holds_nothing_of_who_was_erased(tmp_path: Path):
    path = tmp_path / "x.sqlite3"

    def holds() -> set[str]:
        files = b"".join(part.read_bytes() for part in tmp_path.iterdir())
        return {trace for trace in TRACES if trace.encode() in files}

    async def work() -> None:
        async with running(path, CENTRE, Settings(region="GB"), HandClock(BEGIN)) as service:
            await lives(service)
            assert holds() == set(TRACES)
            await service.post("/customers:erase", 200, customer_id="ZB-77")
            assert holds() == set()

    asyncio.run(work())


def test_words_about_a_callback_or_a_call_that_nobody_remembers_are_erased_too(tmp_path: Path):
    """The board forgets what ended a day ago, calls go before the audit trail does."""
    path = tmp_path / "x.sqlite3"

    async def work() -> None:
        async with running(path, CENTRE, Settings(region="GB"), HandClock(BEGIN)) as service:
            made = await service.post("/callbacks", 201, queue="sales", number=NUMBER)
            await service.post(f"/callbacks/{made['callback_id']}:cancel", 200, reason="Zebulon moved away")
            call = await service.call(caller=NUMBER)
            await service.post(f"/calls/{call['call_id']}:withdraw", 200, reason="Zebulon has a blue parrot")
            await service.passes(2 * 86_400)
            later = await service.call(caller="+442079469999")
            await service.post(f"/calls/{later['call_id']}:withdraw", 200, reason="wrong number")
            await service.live.keep(Delete("call_details", {"call_id": call["call_id"]}))
            assert made["callback_id"] not in service.services.board.tasks
            assert {"audit"} <= {table for table, _ in found(str(path))}

            assert (await service.post("/customers:erase", 200, number=NUMBER))["erased"]

            assert found(str(path)) == []
            trail = await service.live.find("audit", {"subject": later["call_id"]})
            assert [row["detail"] for row in trail] == ["wrong number"]

    asyncio.run(work())


def test_a_number_whose_owner_was_never_known_is_forgotten_where_it_stands(tmp_path: Path):
    """A call that came in the moment its customer was erased has a number and no customer."""
    path = tmp_path / "x.sqlite3"

    async def work() -> None:
        async with running(path, CENTRE, Settings(region="GB"), HandClock(BEGIN)) as service:
            call = await service.call(caller=NUMBER)
            key = service.services.board.call(call["call_id"]).customer
            await service.services.customers.erase(key)
            await service.live.keep(_unknown(call["call_id"]))
            assert found(str(path)) == [("call_details", "2079460958")]
            assert (await service.post("/customers:erase", 200, number="020 7946 0958"))["erased"]
            assert found(str(path)) == []

    asyncio.run(work())


def _unknown(call_id: str) -> Update:
    return Update("call_details", {"customer_key": None}, {"call_id": call_id})


def test_every_table_that_knows_a_person_is_forgotten():
    """Whoever adds such a table adds it to `api.customers.erasure`, or says here why it holds nobody."""
    personal = {"customer_key", "customer_id", "number", "caller", "callback_number", "lookup"}
    knows = {name for name, table in TABLES.items() if personal & table.columns.keys()}

    assert knows - set(FORGOTTEN) == set()


@pytest.mark.parametrize("body", [{}, {"number": "anonymous"}])
def test_nobody_in_particular_cannot_be_erased(tmp_path: Path, body: dict[str, str]):
    async def work() -> None:
        async with running(tmp_path / "x.sqlite3") as service:
            assert (await service.post("/customers:erase", 422, **body))["code"] == "validation_failed"

    asyncio.run(work())
