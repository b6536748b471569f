"""An agent's hour at the desk, in a real browser and both languages."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Look, checked, shot

WORDS = {
    "en": (
        "Begin",
        "A call rings",
        "Accept",
        "Note for the next",
        "Keep the note",
        "Done with after-call work",
        "free",
    ),
    "zh_CN": ("开始工作", "来电振铃", "接听", "给下一位的备注", "保存备注", "话后处理完成", "空闲"),
}


@pytest.mark.parametrize("language", WORDS)
def test_an_agent_works_an_hour_by_the_keyboard(desk: Desk, look: Look, language: str):
    _, rings, accept, note, keep, finished, free = WORDS[language]
    desk.post("/customers", {"customer_id": "C-7", "number": "+442079460958", "name": "Ada <i>L</i>", "tier": "vip"})
    telephone = desk.key_for("telephony")
    with look(desk.key_for("agent", agent_id="ana"), locale="zh-CN" if language == "zh_CN" else "en-GB") as page:
        page.wait_for_url("**/desk")
        assert shot(page, f"desk-{language}-out") == []
        page.locator("#f-contact").focus()
        page.keyboard.type("PJSIP/1001")
        page.keyboard.press("Enter")
        expect(page.locator("#my-state")).to_contain_text(free)
        call = {"source": "pbx", "external_call_id": "x1", "caller": "+442079460958", "attributes": {"menu": "1>3"}}
        posted = desk.post("/calls", call, telephone)
        begun = time.monotonic()
        expect(page.get_by_role("heading", name=rings)).to_be_visible()
        print(f"the offer shows {time.monotonic() - begun:.2f} s after the call was posted")
        expect(page.locator("#offer")).to_contain_text("Ada <i>L</i>")
        assert checked(page) == []
        assert shot(page, f"desk-{language}-offer") == []
        page.get_by_role("button", name=accept, exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_label(note).fill("wants the invoice corrected")
        desk.post("/agents/bo/state", {"state": "available", "group": "desk"})  # something else happens meanwhile
        page.wait_for_timeout(300)
        expect(page.get_by_label(note)).to_have_value("wants the invoice corrected")
        page.get_by_role("button", name=keep).press("Enter")
        expect(page.locator("#says")).not_to_be_empty()
        assert checked(page) == []
        desk.post(f"/calls/{posted['call_id']}/events", {"type": "completed"}, telephone)
        page.get_by_role("button", name=finished).press("Enter")
        expect(page.locator("#my-state")).to_contain_text(free)
        assert desk.get("/agents/ana")["state"] == "available"
