"""Customers and calls in a real browser: found, explained, put in another tier; by keyboard; in both languages."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Look, checked, shot

LONG = "Wilhelmina Charlotte von und zu Hohenstein-Langenburg <b>& Sons</b>"


def soon(hours: float) -> str:
    """Return an instant so far from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@pytest.fixture
def lively(desk: Desk) -> Desk:
    """Give a service with customers who have rung, complained, been listed and promised a call."""
    for n in range(1, 9):
        desk.post(
            "/customers",
            {"customer_id": f"C-{n}", "number": f"+4420794600{n:02}", "name": f"Person {n}" if n > 1 else LONG,
             "tier": ("vip", "mid", "standard")[n % 3], "grade": "gold", "why": "revenue 48,200 a year: first 5 %",
             "revenue_12m": 60_000 / n, "tenure_months": 61, "contacts_12m": 14, "notes": "prefers mornings"},
        )  # fmt: skip
    phone = desk.key_for("telephony")
    calls = [
        desk.post("/calls", {"source": "pbx", "external_call_id": f"x{n}", "caller": f"+4420794600{n:02}"}, phone)
        for n in range(1, 6)
    ]
    desk.post(f"/calls/{calls[1]['call_id']}/events", {"type": "abandoned"}, phone)
    desk.post(f"/calls/{calls[0]['call_id']}:reprioritize", {"tier": "vip", "reason": "waits since yesterday"})
    desk.post(f"/calls/{calls[0]['call_id']}/notes", {"text": "wants the invoice of March corrected"})
    desk.post("/overrides", {"customer_id": "C-1", "tier": "vip", "reason": "won the prize", "until": soon(500)})
    desk.post("/complaints", {"customer_id": "C-1", "about": "cut off twice, money taken twice"})
    desk.post("/blacklist", {"customer_id": "C-3", "reason": "threatened two agents", "review_at": soon(480)})
    for n, hours in ((4, 0.5), (5, 3), (6, 26), (7, 200)):
        desk.post("/callbacks", {"customer_id": f"C-{n}", "queue": calls[0]["queue"], "promise": soon(hours)})
    desk.keys["call"], desk.keys["gone"] = calls[0]["call_id"], calls[1]["call_id"]
    return desk


ADDRESSES = {
    "customers": "/customers", "callbacks": "/customers/callbacks", "complaints": "/customers/complaints",
    "blacklist": "/customers/blacklist", "tiers": "/customers/tiers",
}  # fmt: skip


def look_up(page: Page, wanted: str) -> None:
    """Look a customer up as one does."""
    page.get_by_label(re.compile("Number, customer id or name|号码、客户编号或姓名")).fill(wanted)
    page.keyboard.press("Enter")


def test_back_from_one_of_those_found_shows_them_again_and_asks_nothing(lively: Desk, look: Look):
    with look(lively.key_for("supervisor")) as page:
        page.goto(lively.url + "/customers")
        look_up(page, "person")
        rows = page.locator("tbody tr")
        expect(rows).not_to_have_count(0)
        many = rows.count()
        rows.first.get_by_role("link").click()
        expect(page.locator("h1")).to_contain_text("Person")
        page.go_back()
        expect(rows).to_have_count(many)
        expect(page.get_by_label("Number, customer id or name")).to_have_value("person")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_every_page_about_customers_is_whole_and_accessible(lively: Desk, look: Look, locale: str):
    with look(lively.key_for("supervisor"), locale=locale) as page:
        for name, address in ADDRESSES.items():
            page.goto(lively.url + address)
            assert checked(page) == [], name
            assert shot(page, f"{name}-{locale[:2]}") == [], name
        page.goto(lively.url + "/customers")
        look_up(page, "Person")
        expect(page.get_by_role("table")).to_be_visible()
        assert checked(page) == []
        assert shot(page, f"customers-found-{locale[:2]}") == []
        look_up(page, "C-1")
        expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
        assert checked(page) == []
        assert shot(page, f"customer-{locale[:2]}") == []
        for name in ("call", "gone"):
            page.goto(f"{lively.url}/calls/{lively.keys[name]}")
            assert checked(page) == []
            assert shot(page, f"story-{name}-{locale[:2]}") == []


def test_a_customer_is_put_in_another_tier_by_keyboard_alone(lively: Desk, look: Look):
    with look(lively.key_for("supervisor", name="anna")) as page:
        page.goto(lively.url + "/customers")
        look_up(page, "C-3")
        page.get_by_role("link", name="Put in another tier…").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading", name="Put in another tier for a while")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "act-override") == []
        dialog.get_by_label("Tier").focus()
        page.keyboard.type("vip")
        page.keyboard.press("Tab")
        page.keyboard.type("a mistake of ours")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert lively.get("/overrides")["overrides"][0]["author"] != "anna", "Escape did nothing"
        page.keyboard.press("Enter")
        dialog.get_by_label("Tier").select_option("vip")
        dialog.get_by_label("Reason").fill("a mistake of ours")
        dialog.get_by_role("button", name="Put in this tier").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("by the word of anna")).to_be_visible()
    assert {one["author"] for one in lively.get("/overrides")["overrides"]} >= {"anna"}


def test_what_is_refused_is_said_in_the_dialog_and_what_was_written_stays(lively: Desk, look: Look):
    with look() as page:
        page.goto(lively.url + "/customers")
        look_up(page, "C-4")
        page.get_by_role("link", name="Propose for the blacklist…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("loud")
        dialog.get_by_label("Review by").fill("2020-01-01")
        dialog.get_by_role("button", name="Propose").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
        expect(dialog.get_by_label("Reason")).to_have_value("loud")
        assert checked(page) == []
        page.faults.clear()  # the browser's console counts an answer of 422 or 409 as an error
