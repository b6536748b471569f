"""The roster, in a real browser: plan, keep, move a shift by pointer and by keyboard, print, a calendar's address."""

import httpx2
from playwright.sync_api import Route, expect

from tests.browser.conftest import Desk, Look, checked, shot
from tests.browser.test_keyboard import planned
from tests.browser.test_what_if import SLOW


def test_a_shift_is_moved_by_hand_and_one_sees_what_that_does(desk: Desk, look: Look):
    with look(desk.key_for("supervisor")) as page:
        page.goto(desk.url + "/roster")
        assert checked(page) == []
        page.get_by_label("Scenario with shift types").select_option("computer-maker")
        page.get_by_role("button", name="Plan", exact=True).click()
        page.get_by_label("Keep as").fill("<b>March</b>", timeout=3 * SLOW)
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_role("heading", name="<b>March</b>")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "roster") == []

        shift = page.locator("[data-line]").first
        line, before = shift.get_attribute("data-line"), shift.inner_text()
        shift.focus()
        page.keyboard.press("ArrowRight")
        moved = page.locator(f"[data-line='{line}']")
        expect(moved).not_to_have_text(before, timeout=SLOW)
        expect(moved).to_be_focused()
        expect(page.get_by_text("The simulation is of the roster before the last change.")).to_be_visible()

        day = page.locator(f"td:has([data-line='{line}'])").get_attribute("data-date")
        others = page.locator(f"td[data-date='{day}']:not(:has([data-line='{line}']))")
        whose = others.first.get_attribute("data-person")
        carried = {"dataTransfer": page.evaluate_handle("new DataTransfer()")}  # a hand that never slips
        there = page.locator(f"td[data-date='{day}'][data-person='{whose}']")
        moved.dispatch_event("dragstart", carried)
        there.dispatch_event("dragover", carried)
        there.dispatch_event("drop", carried)
        theirs = page.locator(f"td[data-date='{day}'][data-person='{whose}'] [data-line='{line}']")
        expect(theirs).to_be_visible(timeout=SLOW)
        expect(theirs).to_be_focused()

        moved.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert checked(page) == []
        page.get_by_label("Later by minutes").fill("-15")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(moved).to_have_text(before, timeout=SLOW)
        expect(page.get_by_role("dialog")).to_be_hidden()

        page.get_by_role("button", name="Calendar link for").first.click()
        address = page.get_by_role("dialog").get_by_role("link").inner_text()
        answer = httpx2.get(address, timeout=60)
        assert answer.text.startswith("BEGIN:VCALENDAR")
        page.get_by_role("button", name="Close").click()
        page.get_by_role("link", name="Print").click()
        expect(page.get_by_role("table")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "roster-print") == []


def test_a_dialog_asked_for_twice_stays_as_it_opened_and_closes_when_it_is_done(desk: Desk, look: Look):
    key = desk.key_for("supervisor")
    _, roster = planned(desk, key)
    with look(key) as page:
        page.goto(desk.url + roster)
        first: list[Route] = []
        held: list[Route] = []

        def hold_the_second(route: Route) -> None:
            if first:
                held.append(route)
            else:
                first.append(route)
                route.continue_()

        page.route("**/line/*", hold_the_second)
        page.route("**/move", lambda route: held.append(route))  # noqa: PLW0108  # asked how many arguments it takes
        shift = page.locator("[data-line]").first
        line = shift.get_attribute("data-line")
        shift.evaluate("shift => { shift.click(); shift.click(); }")
        take_away = page.get_by_role("dialog").get_by_role("button", name="Take away")
        with page.expect_request("**/move"):
            take_away.press("Enter")
        for _frame in range(600):  # a request is told before it is held
            if len(held) == 2:
                break
            page.evaluate("() => new Promise(requestAnimationFrame)")
        second, carried_out = sorted(held, key=lambda route: route.request.url.endswith("/move"))
        with page.expect_response("**/line/*"):
            second.continue_()
        carried_out.continue_()
        expect(page.locator(f"[data-line='{line}']")).to_have_count(0, timeout=SLOW)
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#roster [data-line]:focus")).to_have_count(1)
