"""What if, in a real browser: change, watch, run, keep, share, take along; by pointer and by keyboard."""

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Look, checked, shot

SLOW = 60_000
"""The first answer of a service starts a process, on a machine that has other work."""
A_LONG_RUN = "arrivals.*.calls_per_hour*=30"
"""With a thousand replications: 14 million calls, many seconds' work however fast the machine is."""


def _opened(page: Page, desk: Desk, scenario: str = "first-steps") -> None:
    page.goto(desk.url + "/what-if")
    page.get_by_label("Scenario", exact=True).select_option(scenario)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="What it gives")).to_be_visible(timeout=SLOW)


def test_two_people_more_are_typed_watched_run_kept_and_shared(desk: Desk, look: Look):
    with look(desk.key_for("supervisor")) as page:
        _opened(page, desk)
        assert checked(page) == []
        heads = page.get_by_label("desk at 10:00")
        before = float(heads.input_value())
        heads.fill(f"{before + 2:g}")
        expect(page.locator("#tried")).to_contain_text("extra.desk={10:00-10:30: 2}", timeout=SLOW)

        page.get_by_label("Name").fill("<b>two</b> more")
        page.get_by_label("Replications").first.fill("4")
        page.get_by_role("button", name="Run beside the base").click()
        expect(page.locator("#ran").get_by_role("heading", name="Result")).to_be_visible(timeout=SLOW)
        expect(page.locator("#ran")).to_contain_text("4 replications")
        assert checked(page) == []
        assert shot(page, "what-if") == []

        expect(page.locator("#tried")).to_contain_text("20 replications", timeout=SLOW)
        page.locator("#ran").get_by_role("button", name="Keep").click()
        page.wait_for_url(re.compile("/what-if/kept/"))
        expect(page.get_by_role("heading", name="<b>two</b> more")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "what-if-kept") == []
        link = page.locator("#f-link").inner_text()
        with page.expect_download(timeout=SLOW) as download:
            page.get_by_role("link", name="PDF").click()
        assert download.value.path().read_bytes().startswith(b"%PDF")
    with look(desk.key_for("supervisor"), locale="zh-CN") as other:
        other.goto(link)
        expect(other.get_by_role("heading", name="<b>two</b> more")).to_be_visible()
        assert checked(other) == []


def test_bars_are_dragged_and_what_is_wrong_is_said_in_the_command_lines_words(desk: Desk, look: Look):
    with look(desk.key_for("supervisor")) as page:
        _opened(page, desk)
        heads = page.get_by_label("desk at 10:00")
        stick = page.locator("[data-column]", has=heads).locator("[data-stick]")
        box = stick.bounding_box()
        before = float(heads.input_value())
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, box["y"] + 2, steps=4)
        page.mouse.up()
        assert float(heads.input_value()) > before
        expect(page.locator("#tried")).to_contain_text("extra.desk={10:00-10:30:", timeout=SLOW)

        page.get_by_label("More settings").fill("tiers.vpi.target=90/20")
        expect(page.get_by_role("alert")).to_contain_text("did you mean", timeout=SLOW)
        page.get_by_role("button", name="As it was").click()
        expect(page.get_by_role("heading", name="What it gives")).to_be_visible(timeout=SLOW)
        assert float(heads.input_value()) == before
        expect(page.locator("#tried")).to_contain_text("20 replications", timeout=SLOW)


def test_a_curve_is_drawn_and_a_long_run_cancelled_by_the_keyboard(desk: Desk, look: Look):
    with look(desk.key_for("supervisor")) as page:
        _opened(page, desk)
        page.get_by_label("Replications").first.fill("3")
        page.get_by_role("button", name="Draw the curve").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Curve of heads of desk")).to_be_visible(timeout=SLOW)
        assert checked(page) == []
        page.get_by_label("More settings").fill(A_LONG_RUN)
        page.get_by_label("Replications").first.fill("1000")
        page.get_by_role("button", name="Run beside the base").focus()
        page.keyboard.press("Enter")
        cancel = page.get_by_role("button", name="Cancel")
        cancel.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#ran")).to_contain_text("Cancelled", timeout=SLOW)
        expect(page.locator("#tried")).to_contain_text("20 replications", timeout=SLOW)


def _run(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Replications").first.fill("3")
    page.get_by_role("button", name="Run beside the base").click()


def _kept(desk: Desk, key: str, name: str) -> None:
    variant = {"name": name, "sets": [f"extra.desk={len(name)}"]}
    job: dict[str, Any] = desk.post(
        "/simulations", {"scenario": "first-steps", "replications": 2, "variants": [variant]}, key
    )
    until = time.monotonic() + SLOW / 1000
    while desk.get(f"/simulations/{job['id']}")["state"] in ("waiting", "running"):
        assert time.monotonic() < until
    desk.post(f"/simulations/{job['id']}:keep", {"name": name}, key)


def test_two_supervisors_plan_at_once_and_four_that_are_kept_are_compared_by_the_keyboard(desk: Desk, look: Look):
    names = ["a", "bb", "ccc", "dddd"]
    mine, theirs = desk.key_for("supervisor"), desk.key_for("supervisor")
    with look(mine) as page, look(theirs) as other:
        for one in (page, other):
            _opened(one, desk)
        _run(page, "of the first")
        _run(other, "of the second")
        for one, name, not_mine in ((page, "of the first", "of the second"), (other, "of the second", "of the first")):
            expect(one.locator("#ran")).to_contain_text(name, timeout=SLOW)
            expect(one.locator("#ran")).not_to_contain_text(not_mine)
        for name in [*names, "eeeee"]:
            _kept(desk, mine, name)
        page.goto(desk.url + "/what-if")
        for name in [*names, "eeeee"]:
            page.get_by_label(f"Compare {name}", exact=True).focus()
            page.keyboard.press("Space")
        button = page.get_by_role("button", name="Compare up to four")
        button.press("Enter")
        expect(page.locator("#compared")).to_contain_text("Choose one to four of the same scenario.")
        page.get_by_label("Compare eeeee").press("Space")
        button.press("Enter")
        expect(page.locator("#compared").get_by_role("heading", name="Result")).to_be_visible(timeout=SLOW)
        for name in names:
            expect(page.locator("#compared").get_by_role("table").first).to_contain_text(name)
        assert checked(page) == []
        assert shot(page, "what-if-compared") == []
