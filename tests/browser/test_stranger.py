"""What a stranger does to pages: a double click, a reload in the middle of a job, a line that is gone, odd names."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import RUNS_OUT, Desk, Look, checked, opened
from tests.browser.test_what_if import A_LONG_RUN, SLOW
from tests.live.served import served

NAMES = ("hotline", "مرحبا بكم", "<script>alert(1)</script>", "L" * 80, "a b'c\"d&e", "50%q", "slash/queue")
WIDTHS = (320, 720, 2560)
"""A small telephone; 1440 pixels at 200 %; a large screen."""


def test_a_double_click_acts_once(desk: Desk, look: Look):
    key = desk.post("/customers", {"customer_id": "C-1", "number": "+442079460001", "name": "Ada"})["customer_key"]
    with look() as page:
        page.goto(f"{desk.url}/customers/{key}")
        page.locator("main a.button", has_text="Take down a complaint").click()
        dialog = page.locator("#dialog[open]")
        dialog.get_by_label("What it is about").fill("late")
        with page.expect_navigation():
            dialog.get_by_role("button", name="Take it down").dblclick()
        expect(page.get_by_role("link", name="Resolve")).to_have_count(1)
    assert len(desk.get(f"/complaints?customer_key={key}")["complaints"]) == 1


def test_a_page_that_is_loaded_anew_goes_on_with_its_job_and_is_worked_by_keys(desk: Desk, look: Look):
    with look(desk.key_for("supervisor")) as page:
        page.goto(desk.url + "/what-if?scenario=first-steps")
        expect(page.locator("#tried")).to_contain_text("20 replications", timeout=SLOW)
        page.get_by_label("More settings").fill(A_LONG_RUN)
        page.get_by_label("Replications", exact=True).first.fill("1000")
        page.get_by_role("button", name="Run beside the base").press("Enter")
        cancel = page.locator("#ran").get_by_role("button", name="Cancel")
        expect(cancel).to_be_visible()
        page.wait_for_url("**job=*")
        assert checked(page) == []
        page.reload()
        expect(cancel).to_be_visible(timeout=SLOW)
        cancel.focus()
        for _ in range(2):  # it is drawn anew meanwhile
            page.wait_for_event("response", lambda answer: "/what-if/job/" in answer.url)
        expect(cancel).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#ran")).to_contain_text("Cancelled")
        expect(page.locator("body:focus-within")).to_have_count(1)  # the focus stays where the job was


def test_an_offer_is_taken_by_keys_alone_from_the_first_tab_on(desk: Desk, look: Look):
    with look(desk.key_for("agent", agent_id="ana")) as page:
        desk.post("/agents/ana/state", {"state": "available", "group": "desk"})
        expect(page.locator("#my-state")).to_contain_text("free")
        posted = desk.post("/calls", {"source": "pbx", "external_call_id": "x1"}, desk.key_for("telephony"))
        accept = page.get_by_role("button", name="Accept", exact=True)
        expect(accept).to_be_visible()
        for _ in range(40):
            page.keyboard.press("Tab")
            if accept.evaluate("one => one === document.activeElement"):
                break
        expect(accept).to_be_focused()
        page.keyboard.press("Space")
        expect(page.locator("#my-state")).to_contain_text("talking")
        assert desk.get(f"/calls/{posted['call_id']}")["state"] == "connected"


def test_what_cannot_be_asked_is_said_and_the_time_is_the_centres(browser: Browser, tmp_path: Path):
    centre = tmp_path / "centre.yaml"
    centre.write_text("version: 1\nzone: Asia/Kolkata\nqueues: {hotline: {}}\ngroups: {desk: {}}\n")
    with served(tmp_path, "--centre", str(centre)) as (url, key):
        desk = Desk(url, key)
        desk.post("/agents/ana/state", {"state": "available", "group": "desk"})
        with opened(browser, desk, timezone_id="America/New_York") as page:
            expect(page.locator("#line")).to_have_text("live")
            page.context.set_offline(True)
            expect(page.locator("#line")).to_contain_text("Connection lost", timeout=20_000)
            here = page.evaluate(
                "[0, 1].map(n => new Date(Date.now() - n * 60000).toLocaleTimeString('en', {timeZone: 'Asia/Kolkata', "
                "hourCycle: 'h23', hour: '2-digit', minute: '2-digit'}))"
            )
            assert any(one in page.locator("#line").inner_text() for one in here)
            page.locator("#agent-ana a").click()
            expect(page.locator("#says")).to_contain_text("cannot be reached")
            page.context.set_offline(False)
            expect(page.locator("#line")).to_have_text("live", timeout=20_000)
            page.faults.clear()


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """Give a centre of sixty queues and twelve tiers, some of them named as nobody should."""
    queues = [*NAMES, *(f"queue-{n}" for n in range(60 - len(NAMES)))]
    tiers = ["vip", "<b>gold</b>", "ذهبي", "T" * 80, *(f"tier-{n}" for n in range(8))]
    lines = ["version: 1", "queues:", *(f"  {json.dumps(one, ensure_ascii=False)}: {{}}" for one in queues), "tiers:"]
    lines += [f"  {json.dumps(one, ensure_ascii=False)}: {{band: {n}, target: 90/20}}" for n, one in enumerate(tiers)]
    path = tmp_path / "centre.yaml"
    path.write_text("\n".join([*lines, "groups: {desk: {}}", ""]), "utf-8")
    return path


def test_a_large_centre_with_odd_names_fits_every_screen(browser: Browser, tmp_path: Path, crowded: Path):
    with served(tmp_path, "--centre", str(crowded)) as (url, key):
        desk = Desk(url, key)
        telephone = desk.key_for("telephony")
        queues = [one["queue"] for one in desk.get("/queues")["queues"]]
        tiers = [one["tier"] for one in desk.get("/tiers")["tiers"]]
        for n in range(60):
            call = {"source": "pbx", "external_call_id": f"{'e' * 100}{n}", "queue": queues[n], "tier": tiers[n % 12]}
            desk.post("/calls", call, telephone)
        who = {"customer_id": "C-1", "number": "+442079460001", "name": "N" * 200, "tier": tiers[3]}
        customer = desk.post("/customers", who)["customer_key"]
        call_id = desk.get("/calls")["calls"][0]["call_id"]
        with opened(browser, desk) as page:
            for address in ("/now", "/book", "/customers/tiers", f"/customers/{customer}", f"/now/calls/{call_id}"):
                page.goto(url + address)
                assert checked(page) == [], address
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    assert page.evaluate(RUNS_OUT) == [], f"{address} at {width}"
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(url + "/now")
            place = page.locator("#waiting").bounding_box()
            assert place is not None
            assert place["y"] < 1_300, "who waits is not pushed off the wall"
