"""The book without a browser: what the interface tells, by tier, queue or group; files; texts of others."""

import asyncio
import html
import re
from dataclasses import replace

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from tests.live.conftest import BEGIN, Service
from tests.live.pages.conftest import browser, token
from tests.live.test_history import CENTRE, busy_hour

pytestmark = pytest.mark.anyio
NASTY = "<img src=x onerror=alert(1)>"


def rows(text: str) -> dict[str, str]:
    """Return the text of each row of the half hours, by its begin."""
    table = text[text.index('class="halves"') :]
    found = re.findall(r'<tr id="t(\d{4})">(.*?)</tr>', table, re.S)
    return {at: " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cells)).split()) for at, cells in found}


async def test_the_book_shows_what_the_interface_tells(serving):
    async with serving(centre=CENTRE) as service:
        plan = [
            {"start": "2026-03-02T09:00:00Z", "queue": "hotline", "calls": 77},
            {"start": "2026-03-02T09:00:00Z", "group": "desk", "agents": 6},
        ]
        await service.post("/intervals:plan", 200, rows=plan)
        await busy_hour(service)
        client = await browser(service, "supervisor")
        pages = {by: (await client.get(f"/book?by={by}")).text for by in ("tier", "queue", "group")}
        told = (await service.get("/intervals?day=today"))["intervals"]
        tomorrow = (await client.get("/book?day=2026-03-03")).text

    for by, text in pages.items():
        found = rows(text)
        assert len(found) == len(told), by
        for row in told:
            assert f" {row['offered']} " in f" {found[row['start'][11:16].replace(':', '')]} "
    assert "77" in rows(pages["queue"])["0900"], "the forecast"
    assert "6.0" in rows(pages["tier"])["0900"], "the people planned"
    assert pages["tier"].index(">vip<") < pages["tier"].index(">mid<") < pages["tier"].index(">standard<")
    assert "Nothing came to pass" in tomorrow


async def test_did_we_keep_the_promise_at_ten_is_a_word_beside_a_figure(serving):
    async with serving(centre=CENTRE) as service:
        await service.agent()
        kept = await service.call(tier="vip")
        await service.report(kept["call_id"], "answered")
        missed = await service.call(tier="mid")
        await service.passes(40)
        await service.report(missed["call_id"], "abandoned")
        text = (await (await browser(service, "supervisor")).get("/book")).text

    row = rows(text)["0900"]
    assert re.search(r"100% met", row)
    assert re.search(r"0% missed", row)


async def test_a_day_is_one_of_the_centres_zone(serving):
    async with serving(centre=replace(CENTRE, zone=zone("Asia/Shanghai"))) as service:
        await service.call()
        text = (await (await browser(service, "supervisor")).get("/book?day=2026-03-02")).text

    assert list(rows(text)) == ["1700"]
    assert "Asia/Shanghai" in text


async def test_the_book_is_saved_as_a_workbook_and_as_csv(serving):
    async with serving(centre=CENTRE) as service:
        await busy_hour(service)
        client = await browser(service, "supervisor")
        text = (await client.get("/book?by=queue")).text
        files = {
            kind: await client.get(html.unescape(re.search(rf'href="(/book\.{kind}[^"]+)"', text)[1]))  # type: ignore[index]
            for kind in ("csv", "xlsx")
        }
        same = await service.client.get("/v1/intervals?day=2026-03-02&by=queue&format=csv")
        odd = await client.get("/book.csv?day=never")

    assert files["csv"].text == same.text
    assert files["xlsx"].content.startswith(b"PK")
    assert files["xlsx"].headers["content-disposition"] == 'attachment; filename="book-2026-03-02.xlsx"'
    assert odd.status_code == 422


async def test_odd_questions_are_answered_with_a_page(service: Service):
    client = await browser(service, "supervisor")

    assert (await client.get("/book?by=nothing")).status_code == 200
    assert (await client.get("/book?day=soon")).status_code == 422
    assert (await client.get("/book?day=2059-12-31")).status_code == 200
    assert (await client.get("/book?day=1970-01-01")).status_code == 200
    assert (await (await browser(service, "agent")).get("/book")).status_code == 403


async def test_names_of_queues_and_groups_are_text(serving):
    centre = Centre("odd", (Queue(NASTY),), (Group(NASTY),))
    async with serving(centre=centre) as service:
        await service.post("/agents/ana/state", 200, state="available", group=NASTY)
        await service.call(queue=NASTY)
        await service.passes(60)
        client = await browser(service, "supervisor")
        for by in ("queue", "group"):
            text = (await client.get(f"/book?by={by}")).text
            assert NASTY not in text
            assert html.escape(NASTY) in text


async def test_the_book_speaks_chinese(serving):
    async with serving(centre=CENTRE) as service:
        await busy_hour(service)
        client = await browser(service, "supervisor")
        await client.post("/preferences", data={"language": "zh_CN", "csrf": token(client)})
        text = (await client.get("/book")).text

    assert "2026年3月2日星期一" in text
    assert BEGIN


@pytest.mark.ci
async def test_a_day_is_laid_beside_its_simulation(service: Service):
    client = await browser(service, "supervisor")
    for _ in range(3):
        await service.call(tier="vip")
    await service.passes(1_800)
    said = {"csrf": token(client), "day": "2026-03-02", "by": "tier", "scenario": "first-steps"}
    answer = await client.post("/book/beside", data=said, headers={"origin": "http://desk"})
    address = answer.headers["location"]
    job = address.partition("beside=")[2]
    own = await client.post("/book/beside", data=said | {"scenario": "own"}, headers={"origin": "http://desk"})
    running = (await client.get(address)).text
    for _ in range(600):
        found = await service.get(f"/simulations/{job}")
        if found["state"] not in ("waiting", "running"):
            break
        await asyncio.sleep(0.1)
    text = (await client.get(address)).text
    stranger = await client.get("/book?beside=nothing")

    assert "being simulated" in running
    assert (own.status_code, "no agent was there on this day" in own.text) == (409, True), (
        "the day's own: nobody was there"
    )
    assert (found["state"], found["kind"], found["result"]["by"]) == ("done", "book", ["tier"])
    expected = {(row["start"], row["tier"]): row["offered"] for row in found["result"]["intervals"]}
    assert f"{expected['2026-03-02T09:00:00.000Z', 'vip']:.1f}" in rows(text)["0900"]
    assert "simulated" in text
    assert stranger.status_code == 404
    odd = await client.post("/book/beside", data=said | {"scenario": "nothing"}, headers={"origin": "http://desk"})
    assert odd.status_code == 422
    assert await service.post("/simulations", 422, scenario="first-steps", book=["tier"], variants=[{"name": "x"}])
