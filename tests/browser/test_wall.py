"""The wall in a real browser: live, by keyboard, over a cut line and a killed service."""

import random
import signal
import socket
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, Look, checked, opened, shot
from tests.browser.wire import wire_to
from tests.live.served import start

LOST = "Connection lost"


def busy(desk: Desk, agents: int = 6, calls: int = 12) -> str:
    """Let people come and calls wait; return the telephony system's key."""
    key = desk.key_for("telephony", "supervisor")
    for n in range(agents):
        desk.post(f"/agents/ana-{n}/state", {"state": "available", "group": "desk"})
    drawn = random.Random(5)
    for n in range(calls):
        tier = drawn.choice(["vip", "standard", "standard", "blacklisted"])
        call = {"source": "pbx", "external_call_id": f"call-{n}", "tier": tier, "caller": f"+4420794609{n:02d}"}
        if desk.post("/calls", call, key)["decision"] == "offer" and n < agents - 1:
            [mine] = [one for one in desk.get("/calls")["calls"] if one["external_call_id"] == f"call-{n}"]
            desk.post(f"/calls/{mine['call_id']}/events", {"type": "answered"}, key)
    return key


def post(desk: Desk, key: str, name: str, **more: str) -> None:
    desk.post("/calls", {"source": "pbx", "external_call_id": name, **more}, key)


def waiting(page: Page, name: str):
    return page.locator("#waiting a", has_text=name)


def test_the_wall_follows_what_happens_and_is_fit_to_be_seen(desk: Desk, look: Look):
    key = busy(desk)
    desk.post("/callbacks", {"queue": "hotline", "number": "+442079460958", "due_at": "2030-01-01T10:00:00Z"})
    with look() as page:
        expect(waiting(page, "call-11")).to_be_visible()
        post(desk, key, "comes-now", tier="vip")
        begun = time.monotonic()
        expect(waiting(page, "comes-now")).to_be_visible()
        print(f"on the wall {time.monotonic() - begun:.2f} s after it was posted")
        before = page.locator("#waiting time").first.text_content()
        expect(page.locator("#waiting time").first).not_to_have_text(before or "")
        assert checked(page) == []
        assert shot(page, "now") == []
        page.get_by_label("Language").select_option("zh_CN")
        expect(page.get_by_role("heading", name="现在")).to_be_visible()
        expect(waiting(page, "comes-now")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "now-zh") == []


def test_all_that_can_be_done_from_it_is_done_by_the_keyboard(desk: Desk, look: Look):
    busy(desk, agents=1, calls=3)
    with look() as page:
        link = waiting(page, "call-2")
        link.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("#dialog[open]")
        expect(dialog.get_by_text("Why nobody has taken it yet")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "now-call") == []
        expect(page.locator("#dialog:focus-within")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.locator("a:focus")).to_have_text("call-2")  # back where it came from

        page.keyboard.press("Enter")
        dialog.get_by_label("Let it wait as").focus()
        page.keyboard.type("vip")
        dialog.get_by_role("button", name="Move").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#says")).to_contain_text("now waits as vip")
        expect(page.locator("#waiting tr", has_text="call-2").get_by_text("vip")).to_be_visible()

        waiting(page, "call-2").focus()
        page.keyboard.press("Enter")
        summary = dialog.locator("summary")
        summary.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("a prank")
        page.keyboard.press("Enter")
        expect(page.locator("#says")).to_contain_text("was taken out")
        expect(waiting(page, "call-2")).to_have_count(0)

        page.locator("#agent-ana-0 a").focus()
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("ringing")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "now-agent") == []
        dialog.locator("summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#agent-ana-0")).to_have_count(0)
        assert desk.get("/agents/ana-0")["state"] == "logged_out"


def test_a_cut_line_is_said_and_the_wall_is_right_again_soon_after(desk: Desk, browser: Browser):
    key = busy(desk, agents=0, calls=1)
    with wire_to(desk.url) as wire, opened(browser, Desk(wire.url, desk.key)) as page:
        expect(page.locator("#line")).to_have_text("live")
        for how in (wire.cut, wire.freeze):
            how()
            expect(page.locator("#line")).to_contain_text(LOST, timeout=20_000)
            post(desk, key, f"during-{how.__name__}")
            wire.mend()
            begun = time.monotonic()
            expect(waiting(page, f"during-{how.__name__}")).to_be_visible(timeout=20_000)
            expect(page.locator("#line")).to_have_text("live")
            print(f"right {time.monotonic() - begun:.2f} s after the end of {how.__name__}")
        page.faults.clear()  # that the line was cut stands in the console, and should


def test_a_wall_goes_on_by_itself_over_a_killed_service(tmp_path: Path, browser: Browser):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process, url, key = start(tmp_path, "--port", port)
    assert process.stderr is not None
    desk = Desk(url, key)
    busy(desk, agents=0, calls=2)
    with opened(browser, desk) as page:
        expect(waiting(page, "call-1")).to_be_visible()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        expect(page.locator("#line")).to_contain_text(LOST)
        process, url, _ = start(tmp_path, "--port", port)
        post(desk, key, "after-the-restart")
        expect(waiting(page, "after-the-restart")).to_be_visible(timeout=20_000)
        expect(waiting(page, "call-1")).to_be_visible()
        expect(page.locator("#line")).to_have_text("live")
        page.faults.clear()
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 0
