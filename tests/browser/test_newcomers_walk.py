"""Five questions of a supervisor who sees the pages for the first time: each answered in at most four clicks."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from api.live.clock import HandClock
from callcenter.centre import Centre, Group, Queue
from tests.browser.conftest import Desk, Look, checked, shot
from tests.live.conftest import running
from tests.live.served import served

CENTRE = Centre("small", (Queue("hotline"),), (Group("desk"),))
MOST_CLICKS = 4


def instant(days: int, hour: int) -> datetime:
    """Return an hour of a day, so many days from today."""
    return datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)


async def yesterday_at_ten(folder: Path) -> str:
    """Live through yesterday's half hour from ten: VIP were answered at once, one middle customer of two was not."""
    clock = HandClock(round(instant(-1, 10).timestamp() * 1000))
    async with running(folder / "callcenter.sqlite3", CENTRE, clock=clock) as service:
        await service.agent()
        for n in range(6):
            away = n == 5  # a callback is promised by that
            if away:
                await service.agent(state="not_ready", reason="break")
            call = await service.call(tier=("vip", "mid")[n % 2], caller=f"+4420794600{n:02}")
            await service.passes(40 if away else 5)
            await service.report(call["call_id"], "abandoned" if away else "answered")
            await service.passes(60)
            await service.report(call["call_id"], "completed", None)
            await service.passes(40)
        plan = [{"start": instant(-1, 10).isoformat(), "queue": "hotline", "calls": 8}]
        plan += [{"start": instant(-1, 10).isoformat(), "group": "desk", "agents": 2}]
        await service.post("/intervals:plan", 200, rows=plan)
        await service.agent(state="logged_out", forced=True)
        await service.passes(3_600)
        return str(service.client.headers["X-API-Key"])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a service that had a yesterday, and in which calls wait, callbacks are promised and a VIP is known."""
    with ThreadPoolExecutor(1) as apart:  # in this thread the browser's loop runs
        key = apart.submit(asyncio.run, yesterday_at_ten(tmp_path)).result()
    with served(tmp_path) as (url, _):
        desk = Desk(url, key)
        phone = desk.key_for("telephony")
        vip = {"customer_id": "C-1", "number": "+442079460001", "name": "Ada Lovelace", "tier": "vip"}
        desk.post("/customers", vip | {"grade": "platinum", "why": "revenue 48,200 a year: among the first 1 %"})
        for n, at in enumerate((datetime.now(UTC) + timedelta(minutes=20), instant(3, 9))):
            desk.post("/customers", {"customer_id": f"B-{n}", "number": f"+44207946010{n}", "name": f"Called {n}"})
            desk.post("/callbacks", {"customer_id": f"B-{n}", "queue": "hotline", "promise": at.isoformat()})
        for n in (1, 2):
            call = {"source": "pbx", "external_call_id": f"today-{n}", "caller": f"+44207946000{n}", "queue": "hotline"}
            desk.keys[f"call{n}"] = desk.post("/calls", call, phone)["call_id"]
        yield desk


class Walk:
    """Counts the clicks on the way to an answer, choices of a list among them."""

    def __init__(self, page: Page, question: str) -> None:
        self.page, self.question, self.clicks = page, question, 0
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/")

    def click(self, what: Locator) -> None:
        """Click, once more."""
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS, self.question
        what.click()

    def go(self, title: str) -> None:
        """Go to a page of the navigation."""
        self.click(self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=title))


def test_who_waits_longest_and_why(look: Look, desk: Desk):
    with look(desk.key_for("supervisor")) as page:
        walk = Walk(page, "who waits longest and why")
        walk.click(page.get_by_role("link", name="Why does today-").first)
        expect(page.get_by_role("dialog").get_by_text("no agent is logged in")).to_be_visible()
        walk.click(page.get_by_role("dialog").get_by_role("link", name="The call's story"))
        expect(page.get_by_text("Came to the queue hotline")).to_be_visible()
        expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()


def test_did_we_keep_the_promise_yesterday_at_ten(look: Look, desk: Desk):
    with look(desk.key_for("supervisor")) as page:
        walk = Walk(page, "did we keep 85/20 yesterday at ten")
        walk.go("The book")
        walk.click(page.get_by_role("link", name="Yesterday"))
        row = page.get_by_role("row", name="10:00")
        expect(row).to_contain_text(re.compile(r"100%\s+met"))
        expect(row).to_contain_text(re.compile(r"67%\s+missed"))
        assert checked(page) == []
        assert shot(page, "book") == []
        page.get_by_label("Language").select_option("zh_CN")
        expect(page.get_by_role("heading", level=1)).to_contain_text("日报")
        assert checked(page) == []
        assert shot(page, "book-zh") == []


def heading_of(promise: datetime, now: datetime) -> str:
    """Return under what a promise stands, in the centre's zone (UTC here)."""
    if promise < now:
        return "Past their promise"
    if promise.date() == now.date():
        return "Before noon" if promise.hour < 12 else "Before the end of the day"
    return "Tomorrow" if promise.date() == now.date() + timedelta(days=1) else "Later"


def test_who_must_be_called_back_before_noon(look: Look, desk: Desk):
    """Yesterday's promise, one of twenty minutes from now and one of in three days: each under its own heading."""
    with look(desk.key_for("supervisor")) as page:
        walk = Walk(page, "who must be called back before noon")
        walk.go("Customers")
        walk.click(page.get_by_role("link", name="To call back"))
        now = datetime.now(UTC)
        owed = desk.get("/callbacks")["callbacks"]
        headings = Counter(heading_of(datetime.fromisoformat(one["promise"]), now) for one in owed)
        assert len(owed) == 3
        assert headings["Later"] == 1
        for heading, count in headings.items():
            expect(page.get_by_role("heading", name=heading)).to_have_text(f"{heading} ({count})")
        soon = next(one for one in owed if one["customer_id"] == "B-0")
        under = page.get_by_role("region", name=heading_of(datetime.fromisoformat(soon["promise"]), now))
        expect(under.get_by_text("Called 0")).to_be_visible()
        expect(page.get_by_role("region", name="Later").get_by_text("Called 1")).to_be_visible()


def test_why_is_this_customer_vip(look: Look, desk: Desk):
    with look(desk.key_for("supervisor")) as page:
        walk = Walk(page, "why is this customer VIP")
        walk.go("Customers")
        page.get_by_label("Number, customer id or name").fill("lovelace")
        walk.click(page.get_by_role("main").get_by_role("button", name="Look up"))
        standing = page.get_by_role("region", name="Tier and why")
        expect(standing).to_contain_text("vip")
        expect(standing).to_contain_text("revenue 48,200 a year: among the first 1 %")


def test_what_do_two_people_more_give(look: Look, desk: Desk):
    """Of the day of a scenario: tomorrow's, where one was made for it."""
    with look(desk.key_for("supervisor")) as page:
        walk = Walk(page, "what do two people more give tomorrow")
        walk.go("What if")
        walk.clicks += 1
        page.get_by_label("Scenario", exact=True).select_option("first-steps")
        walk.click(page.get_by_role("button", name="Open"))
        walk.clicks += 1
        page.get_by_label("desk: heads more or fewer all day").fill("2", timeout=60_000)
        assert walk.clicks <= MOST_CLICKS
        expect(page.locator("#tried")).to_contain_text("extra.desk=", timeout=60_000)
