"""The same callers live and simulated: the green channel of a grade, a downgrade, and the blacklist until it lapses."""

import asyncio
import csv
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.lifecycle.measures import CallRecord
from sim.analysis.from_journal import live_through, scenario_of
from sim.run.driver import Day
from tests.live.conftest import BEGIN, CENTRE, Service
from tests.live.test_imports import send

pytestmark = pytest.mark.anyio
GRADED, LISTED = "+442079460001", "+442079460002"
HOUR = 3_600


def graded(folder: Path, spending: float) -> str:
    """Grade a hundred customers by RFM, one of whom spends so much, and return what `tiers --out` wrote."""
    crm, out = folder / "crm.csv", folder / f"grades-{spending}.csv"
    much = spending > 100
    with crm.open("w", newline="") as file:
        written = csv.writer(file)
        written.writerow(["customer_id", "phone", "revenue_12m", "last_contact", "contacts_12m"])
        for n in range(100):
            row = [f"C-{n}", f"+44207946{n:04}", 100 + n, f"2026-02-{1 + n % 28:02}", 1 + n % 5]
            if n == 1:
                row[1:] = [GRADED, spending, "2026-03-01" if much else "2024-01-01", 50 if much else 1]
            written.writerow(row)
    assert main(["tiers", str(crm), "--method", "rfm", "--out", str(out)]) == 0
    return out.read_text()


async def wave(service: Service, callers: list[tuple[str, str | None]]) -> list[str]:
    """Let callers ring while the one agent talks, then let her take them all; return in which order she did."""
    first = await service.call(caller="+442079469999")
    await service.report(first["call_id"], "answered")
    names = {}
    for caller, said in callers:
        await service.passes(10)
        call = await service.call(caller=caller, **({} if said is None else {"tier": said}))
        names[call["call_id"]] = caller
    talks, order = first["call_id"], []
    for _ in callers:
        await service.passes(60)
        await service.report(talks, "completed")
        await service.passes(10)  # after-call work
        [talks] = [name for name in names if service.services.board.call(name).state == "offered"]
        await service.report(talks, "answered")
        order.append(names.pop(talks))
    await service.passes(60)
    await service.report(talks, "completed")
    await service.passes(10)
    return order


def order_of(calls: list[CallRecord]) -> list[tuple[int, str]]:
    """Return when those rang who were answered, and in which tier, in the order of the answers."""
    answered = [call for call in calls if call.outcome == "answered"]
    return [(call.queued_at, call.tier) for call in sorted(answered, key=lambda call: call.left_at or 0)]


async def test_a_grade_by_rfm_opens_the_green_channel_until_the_downgrade_and_a_listed_caller_is_last_until_it_lapses(
    service, tmp_path
):
    """Whatever is said of a listed caller; and the calls of this story, simulated, are served in the same order."""
    before = await asyncio.to_thread(graded, tmp_path, 90_000.0)
    after = await asyncio.to_thread(graded, tmp_path, 1.0)
    assert (await send(service, before))["state"] == "done"
    assert (await service.get("/customers/C-1"))["why"]
    entry = {"customer_id": "C-2", "reason": "threats", "review_at": BEGIN + 30 * 86_400_000}
    await service.post("/blacklist", 201, **entry, expires_at=BEGIN + HOUR * 1000)
    await service.agent()
    ordinary = ["+442079468001", "+442079468002"]
    callers = [(LISTED, "vip"), (ordinary[0], None), (ordinary[1], None), (GRADED, None)]

    assert await wave(service, callers) == [GRADED, *ordinary, LISTED]
    await service.passes(HOUR)
    await service.services.sweep.settled()
    assert (await send(service, after))["state"] == "done"
    assert await wave(service, [(LISTED, None), (ordinary[0], None), (GRADED, None)]) == [LISTED, ordinary[0], GRADED]

    lived = live_through(await service.live.events_after(0, 10_000), CENTRE, service.live.now())
    day = Day(scenario_of(lived, CENTRE, 1, 1), 0, keep_records=True).run()
    told = order_of(list(lived.calls))
    assert order_of(day.ledger.calls) == told
    assert [tier for _, tier in told] == ["standard", "vip", "standard", "standard", "blacklisted", *["standard"] * 4]


async def test_a_waiting_caller_keeps_the_green_channel_when_the_grade_falls(service, tmp_path):
    await send(service, await asyncio.to_thread(graded, tmp_path, 90_000.0))
    green = await service.call(caller="+44 20 7946 0001")
    await send(service, await asyncio.to_thread(graded, tmp_path, 1.0))
    ordinary = await service.call(caller=GRADED)

    assert (green["tier"], green["band"]) == ("vip", 0)
    assert ordinary["tier"] != "vip"
    assert ordinary["band"] > 0
    assert (await service.get(f"/calls/{green['call_id']}"))["tier"] == "vip", "a demotion acts from the next contact"
