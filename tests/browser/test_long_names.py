"""Long names, many who wait and no room: nothing runs over its neighbour, and no short word is broken."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Look, shot
from tests.live.served import served

LONG = "gold customers of the northern and the eastern provinces"
CENTRE = f"""
version: 1
name: long
tiers:
  vip: {{band: 0, target: 90/20}}
  {LONG}: {{band: 1, target: 85/20}}
  standard: {{band: 2, target: 80/20}}
default_tier: standard
queues:
  hotline: {{callbacks: {{window: 00:00-24:00}}}}
groups: {{desk: {{}}}}
"""
PAGES = {
    "now": "/now", "desk": "/desk?agent=ana-0", "book": "/book?by=tier", "tiers": "/customers/tiers",
    "callbacks": "/customers/callbacks",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a service at which everybody waits, and customers are to be called."""
    (tmp_path / "centre.yaml").write_text(CENTRE, encoding="utf-8")
    with served(tmp_path, "--centre", "centre.yaml") as (url, key):
        desk = Desk(url, key)
        telephone = desk.key_for("telephony")
        for n in range(50):
            for state in ({"state": "available", "group": "desk"}, {"state": "not_ready", "reason": "lunch"}):
                desk.post(f"/agents/ana-{n}/state", state)
        for n, tier in enumerate((LONG, "vip", "standard") * 3):
            desk.post("/calls", {"source": "pbx", "external_call_id": f"call-{n}", "tier": tier}, telephone)
        for n, name in enumerate(("Ada Lovelace", "王小明")):
            who = {"customer_id": f"C-{n}", "number": f"+44207946095{n}", "name": name}
            desk.post("/customers", who)
            promise = (datetime.now(UTC) + timedelta(minutes=5 + n)).isoformat()
            desk.post("/callbacks", {"customer_id": f"C-{n}", "queue": "hotline", "promise": promise})
        yield desk


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_nothing_runs_over_its_neighbour_and_no_short_word_is_broken(desk: Desk, look: Look, locale: str):
    with look(locale=locale) as page:
        for name, address in PAGES.items():
            page.goto(desk.url + address)
            expect(page.locator("main table").first).to_be_visible()
            assert shot(page, f"long-{name}-{locale[:2]}") == [], name


def box(page: Page, card: str) -> dict[str, float]:
    found = page.locator(card).bounding_box()
    assert found is not None, card
    return dict(found)


def test_callbacks_stand_below_who_waits_and_leave_no_hole(desk: Desk, look: Look):
    with look(viewport={"width": 1400, "height": 900}) as page:
        page.goto(desk.url + "/now")
        waits, agents, callbacks = (box(page, card) for card in ("#waiting", "#agents", "#callbacks"))

    assert callbacks["x"] == waits["x"]
    assert callbacks["y"] - waits["y"] - waits["height"] < 24
    assert agents["x"] > waits["x"] + waits["width"]


def test_on_a_telephone_who_is_to_be_called_and_where_is_seen_at_once(desk: Desk, look: Look):
    with look(viewport={"width": 390, "height": 844}) as page:
        page.goto(desk.url + "/customers/callbacks")
        number = page.get_by_text("+442079460950", exact=True)
        place = number.bounding_box()

    assert place is not None
    assert place["x"] + place["width"] < 390


def test_who_waits_still_is_told_beside_waits_that_are_over(desk: Desk, look: Look):
    with look() as page:
        page.goto(desk.url + "/customers/tiers")
        table = page.locator("section[aria-labelledby=waits] table")
        at = table.locator("thead th").all_text_contents().index("Still waiting")
        told = [row.locator("th, td").nth(at).text_content() for row in table.locator("tbody tr").all()]

    assert told == ["3", "3", "3"]
