"""The day's book, customers' stories, agents' days: equal to the events, over restarts, corrected by late reports."""

import csv
from dataclasses import replace
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest

from api.state import history
from api.store.store import Store
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.lifecycle.ledger import Ledger
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, SECOND, Millis
from tests.live.conftest import BEGIN, Service, refused

pytestmark = pytest.mark.anyio
NUMBER = "+442079460958"
CENTRE = Centre(
    "small",
    (Queue("hotline", wrap_up=Millis(10 * SECOND), callbacks=CallbackPolicy(window=(0, DAY))), Queue("sales")),
    (Group("desk"),),
)
COUNTS = ("offered", "answered", "abandoned", "overflowed", "converted", "rejected", "failed", "open")


async def busy_hour(service: Service) -> None:
    """Let calls be answered, given up, withdrawn and transferred, one still talking at the end."""
    await service.agent()
    for n in range(6):
        call = await service.call(caller=f"+44207946{n:04d}", tier=("vip", "mid", "standard")[n % 3])
        await service.passes(7)
        if call["decision"] == "offer" and n != 5:
            await service.report(call["call_id"], "answered")
            await service.passes(60)
            if n == 3:
                await service.report(call["call_id"], "transferred", queue="sales")
            await service.report(call["call_id"], "completed", None)
            await service.passes(12)
        elif n % 2:
            await service.report(call["call_id"], "abandoned")
        await service.passes(400)


async def the_events_say(service: Service) -> Ledger:
    ledger = Ledger()
    ledger.fold(await service.live.events_after(0, 10_000))
    return ledger


def total(rows: list[dict[str, object]], name: str) -> int:
    return sum(int(str(row[name])) for row in rows)


async def test_the_book_equals_the_events_to_the_last_call_along_any_line(serving):
    async with serving(centre=CENTRE) as service:
        await busy_hour(service)
        ledger = await the_events_say(service)
        books = {by: (await service.get(f"/intervals?by={by}"))["intervals"] for by in ("", "queue", "tier,queue")}
        groups = (await service.get("/intervals?by=group"))["intervals"]

    for by, rows in books.items():
        assert total(rows, "offered") == len(ledger.calls), by
        assert total(rows, "answered") == sum(call.outcome == "answered" for call in ledger.calls), by
        assert total(rows, "abandoned") == sum(call.outcome == "abandoned" for call in ledger.calls), by
        assert all(row["offered"] == sum(row[name] for name in COUNTS[1:]) for row in rows), "each ends in one way"
    assert total(groups, "offered") == len(ledger.calls)
    tiers = [row for row in books["tier,queue"] if row["tier"] == "vip" and row["offered"]]
    assert {(row["target_share"], row["target_within_s"]) for row in tiers} == {(0.9, 20.0)}
    half_hours = [row for row in groups if row["group"] == "desk"]
    assert max(row["agents_present"] for row in half_hours) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("written", [False, True])
async def test_what_came_of_calls_is_counted_once_and_stands_in_the_customers_story(serving, written):
    async with serving(centre=CENTRE) as service:
        await service.post("/customers", 200, customer_id="C-1", number=NUMBER, name="Ada")
        await service.agent()
        call = (await service.call(caller=NUMBER))["call_id"]
        await service.report(call, "answered")
        await service.post("/agents/ana/result", 200, result="unsolved")
        await service.passes(60)
        await service.report(call, "completed", None)
        if written:  # the contact is in the table before its agent has said the last word
            await service.get("/intervals")
        await service.post("/agents/ana/result", 200, result="solved", call_id=call)
        [row] = (await service.get("/intervals"))["intervals"]
        [contact] = (await service.get("/customers/C-1/contacts"))["contacts"]

    assert (row["results_solved"], row["results_unsolved"]) == (1, 0)
    assert (contact["outcome"], contact["result"]) == ("answered", "solved")


async def test_a_half_hour_is_closed_and_a_late_report_corrects_it_and_is_counted(serving):
    async with serving(centre=CENTRE) as service:
        call = await service.call(tier="vip")
        before = (await service.get("/intervals"))["intervals"][0]
        await service.passes(3_600)
        closed = (await service.get("/intervals"))["intervals"][0]
        await service.report(call["call_id"], "abandoned", at=BEGIN + 3_000)
        corrected = (await service.get("/intervals"))["intervals"][0]

    assert [(row["closed"], row["version"]) for row in (before, closed, corrected)] == [
        (False, 0),
        (True, 1),
        (True, 2),
    ]
    assert (closed["open"], corrected["open"], corrected["abandoned"], corrected["short_abandoned"]) == (1, 0, 1, 1)


async def test_the_book_goes_on_over_a_restart_and_counts_nothing_twice(serving):
    async with serving(centre=CENTRE) as service:
        await busy_hour(service)
        before = (await service.get("/intervals?by=queue,tier"))["intervals"]
        waiting = await service.call(tier="mid", caller=NUMBER)
        # What is written now is lost with the process: the events tell it once more.
        service.services.history.stop = _nothing  # type: ignore[method-assign]
    async with serving(centre=CENTRE, clock=service.clock) as service:
        await service.passes(30)
        await service.report(waiting["call_id"], "abandoned")
        after = (await service.get("/intervals?by=queue,tier"))["intervals"]
        ledger = await the_events_say(service)

    assert total(after, "offered") == total(before, "offered") + 1 == len(ledger.calls)
    assert total(after, "abandoned") == sum(call.outcome == "abandoned" for call in ledger.calls)


async def _nothing() -> None:
    """A process that is killed writes nothing."""


async def test_what_happened_before_a_restart_is_written_in_parts_and_equals_what_a_service_that_lived_on_wrote(
    serving, monkeypatch
):
    monkeypatch.setattr(history, "GATHERED", 2)
    monkeypatch.setattr(history, "PAGE_SIZE", 7)
    async with serving(centre=CENTRE) as service:
        for n in range(6):
            await service.post("/customers", 200, customer_id=f"C-{n}", number=f"+44207946{n:04d}", name="Ada")
        await busy_hour(service)
        before = (await service.get("/intervals?by=queue,tier"))["intervals"]
        told = [await service.get(f"/customers/C-{n}/contacts") for n in range(6)]
        days = await service.get("/agents/ana/figures")
        await service.live.change(_forget_the_book)
        service.services.history.stop = _nothing  # type: ignore[method-assign]
    gathered: list[int] = []
    monkeypatch.setattr(history, "_write", lambda store, batch: (gathered.append(len(batch[4])), write(store, batch)))
    async with serving(centre=CENTRE, clock=service.clock) as service:
        after = (await service.get("/intervals?by=queue,tier"))["intervals"]
        again = [await service.get(f"/customers/C-{n}/contacts") for n in range(6)]
        days_again = await service.get("/agents/ana/figures")

    assert len(gathered) >= 3, "in parts"
    assert max(gathered) <= 2 + 3, "no more is gathered than a page adds"
    assert after == before
    assert again == told
    assert days_again == days


write = history._write


def _forget_the_book(store: Store) -> None:
    for table in ("projections", "intervals", "contacts", "agent_days"):
        store.connection.execute(f"DELETE FROM {table}")


async def test_what_was_planned_stands_beside_what_came(serving):
    async with serving(centre=CENTRE) as service:
        rows = [
            {"start": "2026-03-02T09:00:00Z", "queue": "hotline", "calls": 10, "aht_s": 200},
            {"start": "2026-03-02T09:00:00Z", "queue": "sales", "calls": 30, "aht_s": 100},
            {"start": "2026-03-02T09:00:00Z", "group": "desk", "agents": 4},
        ]
        await service.post("/intervals:plan", 200, rows=rows)
        await service.call()
        await service.passes(1)
        (whole,) = (await service.get("/intervals"))["intervals"]
        odd = await service.client.post("/v1/intervals:plan", json={"rows": [rows[0] | {"start": BEGIN + 1}]})

    assert (whole["calls_forecast"], whole["aht_forecast_s"], whole["agents_planned"]) == (40, 125, 4)
    refused(odd, 422)


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_contacts_that_end_in_one_millisecond_are_each_told_once(serving, limit):
    async with serving(centre=CENTRE) as service:
        await service.post("/customers", 200, customer_id="C1", number=NUMBER, tier="standard")
        for group in (3, 1, 4):
            calls = [await service.call(caller=NUMBER) for _ in range(group)]
            await service.passes(30)
            for call in calls:
                await service.report(call["call_id"], "abandoned")
        told: list[str] = []
        page = await service.get(f"/customers/C1/contacts?limit={limit}")
        while True:
            told += [one["call_id"] for one in page["contacts"]]
            if page["next"] is None:
                break
            page = await service.get(f"/customers/C1/contacts?limit={limit}&before={page['next']}")
        whole = [one["call_id"] for one in (await service.get("/customers/C1/contacts"))["contacts"]]
        for odd in ("2026-03-02T09:00:00Z~x", "2026-03-02T09:00:00Z~-1", "~", "~1"):
            refused(await service.client.get(f"/v1/customers/C1/contacts?before={odd}"), 422)

    assert told == whole
    assert len(set(told)) == 8


async def test_a_customers_story_is_told_page_by_page_and_on_the_screen_pop(serving):
    async with serving(centre=CENTRE) as service:
        await service.post("/customers", 200, customer_id="C1", number=NUMBER, tier="standard")
        for _ in range(4):
            call = await service.call(caller=NUMBER)
            await service.passes(30)
            await service.report(call["call_id"], "abandoned")
        await service.agent()
        last = await service.call(caller=NUMBER)
        await service.report(last["call_id"], "answered")
        await service.passes(20)
        await service.report(last["call_id"], "completed")
        await service.post("/surveys", 201, call_id=last["call_id"], csat=4)
        page = await service.get("/customers/C1/contacts?limit=3")
        rest = await service.get(f"/customers/C1/contacts?limit=3&before={page['next']}")
        from api.routes.agent_stream import screen_pop

        pop = await screen_pop(service.services, service.services.board.call(last["call_id"]).customer, "standard")
        await service.passes(60)  # until her after-call work is done
        figures = await service.get("/agents/ana/figures")
        going_on = await service.call()
        await service.report(going_on["call_id"], "answered")
        await service.passes(500)
        while_she_talks = await service.get("/agents/ana/figures")
        key = await service.key("agent", agent_id="ana")
        own = await service.client.get("/v1/agents/ana/figures", headers=key)
        assert (await service.post("/customers:erase", 200, customer_id="C1"))["erased"]
        left = await service.live.find("contacts")

    assert [one["outcome"] for one in page["contacts"]] == ["answered", "abandoned", "abandoned"]
    assert (page["contacts"][0]["agent_id"], page["contacts"][0]["csat"]) == ("ana", 4)
    assert ([one["wait_s"] for one in rest["contacts"]], rest["next"]) == ([30.0, 30.0], None)
    assert pop["last_contacts"] == page["contacts"]
    assert (figures["total"]["handled"], figures["total"]["csat"]) == (1, 4)
    assert while_she_talks["total"]["aht_s"] == figures["total"]["aht_s"], "of what is over"
    assert while_she_talks["total"]["occupancy"] > figures["total"]["occupancy"], "of what is"
    assert figures["days"][0]["day"] == "2026-03-02"
    refused(own, 403)
    assert left == []
    assert [one["adherence"] for one in (figures["total"], *figures["days"])] == [None, None], "nothing was planned"


async def test_adherence_is_the_share_of_the_planned_time_in_which_an_agent_was_there(serving):
    """From 09:00 to 11:00 planned; there from 09:15 to 10:30, and again outside the plan."""
    async with serving(centre=CENTRE) as service:
        shift = {"begins": "2026-03-02T09:00:00Z", "ends": "2026-03-02T11:00:00Z"}
        made = await service.post("/agents/ana/plan", 200, shifts=[shift])
        away = await service.post("/agents/bob/plan", 200, shifts=[shift])
        await service.passes(15 * 60)
        await service.agent()
        await service.passes(30 * 60)
        early = await service.get("/agents/ana/figures")
        await service.passes(45 * 60)
        await service.agent(state="logged_out")
        await service.passes(60 * 60)
        await service.agent()
        await service.passes(30 * 60)
        ana, bob = [await service.get(f"/agents/{name}/figures") for name in ("ana", "bob")]
        over = [shift, shift | {"begins": "2026-03-02T10:59:59Z"}]
        wrong = await service.client.post("/v1/agents/ana/plan", json={"shifts": over})
        # A new plan of a day takes the place of the old one, and of no other day's.
        moved = {"begins": "2026-03-02T10:30:00Z", "ends": "2026-03-02T11:00:00Z"}
        await service.post("/agents/ana/plan", 200, shifts=[moved])
        missed = await service.get("/agents/ana/figures")

    assert (made["planned_s"], made["days"], away["planned_s"]) == (7_200, ["2026-03-02"], 7_200)
    assert early["total"]["adherence"] == pytest.approx(0.5), "of the half hour that is over"
    assert ana["total"]["adherence"] == pytest.approx(75 / 120)
    assert [day["adherence"] for day in ana["days"]] == [pytest.approx(75 / 120)]
    assert (bob["total"]["adherence"], [day["day"] for day in bob["days"]]) == (0, ["2026-03-02"]), "who never came"
    assert (missed["total"]["planned_s"], missed["total"]["adherence"]) == (1_800, 0)
    refused(wrong, 422)


async def test_a_half_hour_tells_people_there_against_people_planned(serving):
    async with serving(centre=CENTRE) as service:
        rows = [{"start": "2026-03-02T09:00:00Z", "group": "desk", "agents": 4}]
        await service.post("/intervals:plan", 200, rows=rows)
        for name in ("ana", "bob", "cat"):
            await service.agent(name)
        await service.passes(29 * 60)
        (running,) = (await service.get("/intervals?by=group"))["intervals"]
        await service.passes(60 * 60)
        first, second, _ = (await service.get("/intervals?by=group"))["intervals"]

    assert running["adherence"] is None, "the half hour is not over"
    assert (first["adherence"], second["adherence"]) == (pytest.approx(0.75), None)


async def test_the_book_is_told_as_csv_to_who_asks_for_it(serving):
    async with serving(centre=CENTRE) as service:
        await busy_hour(service)
        told = await service.client.get("/v1/intervals?by=tier", headers={"Accept": "text/csv"})
        same = await service.client.get("/v1/intervals?by=tier&format=csv")
        rows = (await service.get("/intervals?by=tier"))["intervals"]
        empty = await service.client.get("/v1/intervals?from=0&to=0&format=csv")

    read = list(csv.DictReader(StringIO(told.text)))
    assert told.headers["content-type"].startswith("text/csv")
    assert told.text == same.text
    assert [list(row) for row in read] == [list(row) for row in rows], "the same columns in the same order"
    for line, row in zip(read, rows, strict=True):
        for name, value in row.items():
            said = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert line[name] == said, name
    assert empty.text.startswith("start,closed,")
    assert empty.text.count("\n") == 1


async def test_waits_are_told_by_quantiles_to_the_second_over_any_line(serving):
    async with serving(centre=CENTRE) as service:
        for n in range(20):  # 1 s to 20 s
            call = await service.call(tier=("vip", "mid")[n % 2])
            await service.passes(n + 1)
            await service.report(call["call_id"], "abandoned")
        (whole,) = (await service.get("/intervals"))["intervals"]
        tiers = (await service.get("/intervals?by=tier"))["intervals"]
        (empty,) = [row for row in (await service.get("/intervals?by=group"))["intervals"] if not row["offered"]] or [
            {}
        ]

    assert [whole[f"wait_p{q}_s"] for q in (50, 95, 99)] == [10, 19, 20]
    assert [(row["tier"], row["wait_p50_s"], row["wait_max_s"]) for row in tiers] == [("mid", 10, 20), ("vip", 9, 19)]
    assert empty.get("wait_p50_s") is None


async def test_a_story_tells_the_channel_of_each_contact(serving):
    centre = replace(CENTRE, channels=(("voice", 100), ("chat", 40)))
    async with serving(centre=centre) as service:
        await service.post("/customers", 200, customer_id="C1", number=NUMBER, tier="standard")
        for channel in ("chat", "voice"):
            call = await service.call(caller=NUMBER, channel=channel)
            await service.passes(30)
            await service.report(call["call_id"], "abandoned")
        page = await service.get("/customers/C1/contacts")

    assert [one["channel"] for one in page["contacts"]] == ["voice", "chat"]


async def test_a_day_of_the_centre_is_asked_by_its_name_and_equals_its_half_hours(serving):
    """In Shanghai the day begins at 16:00 UTC the day before."""
    centre = replace(CENTRE, zone=zone("Asia/Shanghai"))
    async with serving(centre=centre) as service:
        await busy_hour(service)
        halves = await service.get("/intervals?day=today&by=tier,queue")
        (whole,) = (await service.get("/intervals?day=2026-03-02&per=day"))["intervals"]
        before = await service.get("/intervals?day=yesterday")
        odd = [
            await service.client.get(f"/v1/intervals?{asked}")
            for asked in ("day=soon", "day=today&from=0", "per=week", "day=2026-02-30", "day=0001-01-01")
        ]

    assert (halves["from"], halves["to"]) == ("2026-03-01T16:00:00.000Z", "2026-03-02T16:00:00.000Z")
    assert (halves["zone"], before["to"]) == ("Asia/Shanghai", halves["from"])
    for name in ("offered", "answered", "abandoned", "short_abandoned"):
        assert whole[name] == sum(row[name] for row in halves["intervals"]) > 0 or whole[name] == 0
    assert whole["wait_max_s"] == max(row["wait_max_s"] or 0 for row in halves["intervals"])
    assert (whole["agents_present"], whole["closed"]) == (None, False)
    for answer in odd:
        refused(answer, 422)


async def test_the_book_opens_as_a_workbook_in_which_no_name_is_a_formula(serving):
    polars = pytest.importorskip("polars")
    queue = '=HYPERLINK("http://127.0.0.1")'
    centre = replace(CENTRE, queues=(Queue(queue),))
    async with serving(centre=centre) as service:
        await service.call(queue=queue)
        rows = (await service.get("/intervals?by=queue"))["intervals"]
        book = await service.client.get("/v1/intervals?by=queue&format=xlsx")
        text = await service.client.get("/v1/intervals?by=queue&format=csv")

    assert book.headers["content-disposition"] == 'attachment; filename="intervals.xlsx"'
    (first,) = polars.read_excel(BytesIO(book.content), sheet_name="intervals").to_dicts()
    assert list(first) == list(rows[0])
    assert (first["queue"], first["offered"], first["start"]) == (queue, 1, rows[0]["start"])
    with ZipFile(BytesIO(book.content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    (line,) = csv.DictReader(StringIO(text.text))
    assert line["queue"] == f"'{queue}"
