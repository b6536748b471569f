"""A whole day at a supervisor's desk, and an agent's hour, told once and lived in both languages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.pages.i18n import PAGES
from callcenter.language.catalogues import LANGUAGES, translations
from tests.browser.conftest import Desk, Look, checked, shot
from tests.browser.test_what_if import SLOW
from tests.live.served import served

Says = Callable[..., str]
CENTRE = """
version: 1
name: a day
tiers:
  vip: {band: 0, target: 90/2}
  standard: {band: 1, target: 85/2}
queues:
  hotline:
    wrap_up: 60s
    short_abandon: 1s
    results: {sold: solved, lost: unsolved}
    callbacks: {window: 00:00-24:00}
groups: {desk: {}}
"""
"""Two seconds in place of twenty: nobody sleeps in a test."""
PEOPLE = ("ana", "ben", "cem")
MOST_CALLS = 200
LOCALES = {"en": "en-GB", "zh_CN": "zh-CN"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a service of a small centre."""
    (tmp_path / "centre.yaml").write_text(CENTRE, encoding="utf-8")
    with served(tmp_path, "--centre", "centre.yaml") as (url, key):
        yield Desk(url, key)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Give each language in turn."""
    return str(request.param)


@pytest.fixture
def says(language: str) -> Says:
    """Give what a text of the pages is in the language."""

    def say(text: str, **values: object) -> str:
        found: str = translations(PAGES, language).gettext(text)
        return found % values if values else found

    return say


class Telephone:
    """The telephony system: calls come, and are answered."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.key, self.calls = desk, desk.key_for("telephony"), 0

    def call(self, tier: str, **more: object) -> dict[str, object]:
        """Post a call; whoever is rung answers at once."""
        self.calls += 1
        name = f"{tier}-{self.calls}"
        made = self.desk.post("/calls", {"source": "pbx", "external_call_id": name, "tier": tier} | more, self.key)
        if made["decision"] == "offer" and not more:
            self.report(made["call_id"], "answered")
        return made | {"name": name}

    def report(self, call_id: object, kind: str) -> None:
        """Say what happened to a call."""
        self.desk.post(f"/calls/{call_id}/events", {"type": kind}, self.key)


def go(page: Page, says: Says, title: str) -> None:
    """Go to a page of the navigation."""
    page.get_by_role("navigation", name=says("Pages")).get_by_role("link", name=says(title), exact=True).click()


def test_a_supervisors_day_from_signing_in_to_signing_out(desk: Desk, look: Look, language: str, says: Says):
    telephone = Telephone(desk)
    for name in PEOPLE:
        desk.post(f"/agents/{name}/state", {"state": "available", "group": "desk"})
    with look(desk.key_for("supervisor", name="Vera"), locale=LOCALES[language]) as page:
        vip = page.locator("#level-hotline-vip td").nth(1).locator(".level")
        telephone.call("vip")
        expect(vip).to_have_class("level good")
        expect(page.locator("#alerts")).to_be_hidden()

        while "bad" not in (vip.get_attribute("class") or "") and telephone.calls < MOST_CALLS:
            telephone.call(("vip", "standard")[telephone.calls % 2])
            page.wait_for_timeout(50)
        expect(vip).to_contain_text(says("missed"))
        expect(page.locator("#alerts li", has_text="hotline · vip").first).to_be_visible()
        first = page.locator("#waiting tbody a").first
        assert str(first.text_content()).startswith("vip-"), "the better tier is first in turn"
        assert shot(page, f"day-{language}-surge") == []

        first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text(says("talking to another customer"))).to_be_visible()
        page.keyboard.press("Escape")
        for call in desk.get("/calls")["calls"]:
            if call["state"] == "queued":
                telephone.report(call["call_id"], "abandoned")
        expect(page.locator("#waiting tbody")).to_have_count(0)

        go(page, says, "What if")
        page.get_by_label(says("Scenario"), exact=True).select_option("first-steps")
        page.get_by_role("button", name=says("Open")).click()
        more = page.get_by_label(says("%(group)s: heads more or fewer all day", group="desk"))
        more.fill("2", timeout=SLOW)
        expect(page.locator("#tried")).to_contain_text("extra.desk=", timeout=SLOW)
        page.get_by_label(says("Name"), exact=True).fill("+2")
        page.get_by_label(says("Replications")).first.fill("4")
        page.get_by_role("button", name=says("Run beside the base")).click()
        answer = page.locator("#ran")
        expect(answer.get_by_role("heading", name=says("Result"))).to_be_visible(timeout=SLOW)
        expect(answer.get_by_role("table").first).to_contain_text("+2")
        with page.expect_download(timeout=SLOW) as download:
            answer.get_by_role("link", name="CSV").click()
        assert "sl_net" in download.value.path().read_text(encoding="utf-8")

        go(page, says, "The book")
        expect(page.get_by_role("table").first).to_contain_text(says("missed"))
        page.get_by_role("button", name=says("Sign out")).click()
        page.wait_for_url("**/sign-in")


def test_an_agents_hour_from_the_first_ring_to_the_last_callback(desk: Desk, look: Look, language: str, says: Says):
    telephone = Telephone(desk)
    number = "+442079460958"
    desk.post(
        "/customers", {"customer_id": "C-7", "number": number, "name": "Ada", "tier": "vip", "why": "48,200 a year"}
    )
    with look(desk.key_for("agent", agent_id="ana"), locale=LOCALES[language]) as page:
        page.get_by_label(says("My telephone")).fill("PJSIP/1001")
        page.get_by_role("button", name=says("Begin")).click()
        expect(page.locator("#my-state")).to_contain_text(says("free"))

        call = telephone.call("vip", caller=number, attributes={"menu": "1>3"})
        offer = page.locator("#offer")
        expect(offer.get_by_role("heading", name=says("A call rings"))).to_be_visible()
        expect(offer).to_contain_text("48,200 a year")
        offer.get_by_role("button", name=says("Accept"), exact=True).click()
        page.get_by_label(says("Note for the next")).fill("wants the invoice corrected")
        page.get_by_role("button", name=says("Keep the note")).click()
        expect(page.locator("#says")).to_contain_text(says("Noted"))
        expect(page.get_by_label(says("Note for the next"))).to_have_value("")
        telephone.report(call["call_id"], "completed")
        expect(page.get_by_role("heading", name=says("After-call work"))).to_be_visible()
        assert checked(page) == []
        assert shot(page, f"desk-{language}-after-call") == []
        page.get_by_label(says("Result")).select_option("sold")
        page.get_by_role("button", name=says("Done with after-call work")).click()
        expect(page.locator("#my-state")).to_contain_text(says("free"))
        assert desk.get(f"/calls/{call['call_id']}")["result"] == "sold"

        due = {"queue": "hotline", "customer_id": "C-7", "note": "the invoice is ready"}
        made = desk.post("/callbacks", due | {"due_at": "2020-01-01T00:00:00Z"})
        expect(offer.get_by_role("heading", name=says("A callback is to be made"))).to_be_visible()
        expect(offer).to_contain_text("the invoice is ready")
        expect(offer, "what came of the last contact").to_contain_text("sold")
        offer.get_by_role("button", name=says("Accept"), exact=True).click()
        page.get_by_role("button", name=says("Reached"), exact=True).click()
        page.get_by_label(says("Result")).select_option("solved")
        page.get_by_role("button", name=says("Done"), exact=True).click()
        page.get_by_role("button", name=says("Done with after-call work")).click()
        page.get_by_role("button", name=says("End my shift")).click()
        expect(page.locator("#my-state")).to_contain_text(says("signed out"))
        assert desk.get(f"/callbacks/{made['callback_id']}")["result"] == "solved"
