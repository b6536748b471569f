"""Who sees numbers: on every page that there is, no supervisor does; an administrator does."""

import pytest

from api.routes.agent_stream import own, sees_numbers
from tests.live.conftest import BEGIN
from tests.live.test_imports import send

pytestmark = pytest.mark.anyio
NUMBERS = ("+442079460958", "+442079460111", "+442079460222", "+442079460333")


async def lived(service):
    """Let every kind of row about a person be there; return what stands for the parameters of paths."""
    known, stranger, back, bad = NUMBERS
    await service.post("/customers", 200, customer_id="C-1", number=known, tier="vip", account_manager=["ana"])
    until = BEGIN + 86_400_000
    override = await service.post("/overrides", 201, customer_id="C-1", tier="mid", reason="moved house", until=until)
    entry = await service.post("/blacklist", 201, number=stranger, number_only=True, reason="robot", review_at=until)
    await service.agent("ana")
    call = await service.call(caller=known, called=stranger, callback_number=back, attributes={"ivr": "3"})
    await service.call(caller=stranger)
    task = await service.post("/callbacks", 201, number=back, queue="sales")
    complaint = await service.post("/complaints", 201, call_id=call["call_id"], grade="serious", about="kept waiting")
    imported = await send(service, f"customer_id,phone\nC-2,{bad}\nC-3,{bad}\nC-4,{bad}9999999999\n", dry_run="true")
    await service.get("/customers/C-1:export")
    return {
        "call_id": call["call_id"], "customer_id": "C-1", "callback_id": task["callback_id"], "agent_id": "ana",
        "entry_id": entry["entry_id"], "complaint_id": complaint["complaint_id"], "import_id": imported["id"],
        "override_id": override["override_id"], "queue": "hotline",
    }  # fmt: skip


async def shown_to(service, ids: dict[str, str], headers: dict[str, str] | None) -> dict[str, int]:
    """Return on which pages somebody sees a number, and how many of them; all pages are asked."""
    document = (await service.client.get("/openapi.json")).json()
    found = {}
    for path, item in document["paths"].items():
        if "get" in item and not path.endswith("/stream"):
            asked = {"after": 0} if "'after'" in str(item["get"].get("parameters")) else {}
            answer = await service.client.get(path.format_map(_Known(ids)), params=asked, headers=headers)
            if answer.status_code == 200:
                found[path] = sum(number[1:] in answer.text for number in NUMBERS)
    return found


async def test_no_supervisor_sees_a_number_anywhere(service):
    ids = await lived(service)
    told = await shown_to(service, ids, await service.key("supervisor", "metrics", name="anna"))
    administrators = await shown_to(service, ids, None)

    assert {path: n for path, n in told.items() if n} == {}
    assert len(told) > 20, "most of the pages answered"
    assert administrators["/v1/customers/{customer_id}"] == 1


async def test_who_listens_to_an_agents_stream_without_talking_to_customers_sees_no_number(service):
    await lived(service)
    keys = service.services.access
    told = {}
    for scope in ("agent", "telephony", "supervisor"):
        key = keys.admit(None, (await service.key(scope))["X-API-Key"], BEGIN)
        stream = own(service.services, "ana", plain=sees_numbers(key))
        told[scope] = b"".join([await anext(stream), await anext(stream)]).decode()
        await stream.aclose()

    assert [NUMBERS[2][1:] in told[scope] for scope in told] == [True, True, False]
    assert "+44*******22" in told["supervisor"]


class _Known(dict):
    def __missing__(self, key: str) -> str:
        return "nobody"
