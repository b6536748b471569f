"""Signing in, and out, in a real browser."""

from playwright.sync_api import expect

from tests.browser.conftest import Desk, Look, checked, shot


def test_who_signs_in_sees_the_wall_and_is_gone_after_signing_out(desk: Desk, look: Look):
    with look() as page:
        expect(page).to_have_title("Now · callcenter")
        assert checked(page) == []
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert checked(page) == []
        assert shot(page, "sign-in") == []
        page.goto(desk.url + "/now")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_choice_of_a_language_takes_effect_at_once(look: Look):
    with look() as page:
        page.get_by_label("Language").select_option("zh_CN")
        expect(page.get_by_role("button", name="退出")).to_be_visible()
        assert checked(page) == []


WEIGHT = """performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .reduce((sum, one) => sum + one.transferSize, 0)"""
MOST_BYTES = 200_000


def test_the_first_page_weighs_little_with_nothing_kept(look: Look):
    """Of another host nothing is asked on any page: `opened` sees to that."""
    with look() as page:
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.reload(wait_until="load")

        assert 10_000 < page.evaluate(WEIGHT) < MOST_BYTES


def test_one_sets_a_password_and_signs_in_by_it(desk: Desk, look: Look):
    password = "a sentence is easy to keep"
    with look(desk.key_for("supervisor", name="Vera")) as page:
        page.get_by_role("link", name="Vera").click()
        assert checked(page) == []
        assert shot(page, "me") == []
        page.get_by_label("Name to sign in by").fill("vera")
        page.get_by_label("New password").fill(password)
        page.get_by_label("The same again").fill(password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_label("Name", exact=True).fill("vera")
        page.get_by_label("Password", exact=True).fill(password)
        page.keyboard.press("Enter")
        expect(page).to_have_title("Now · callcenter")


def test_whose_session_ended_at_the_desk_signs_in_and_is_back_at_it(desk: Desk, look: Look):
    with look() as page:
        page.goto(desk.url + "/desk?agent=ana")
        page.context.clear_cookies()
        desk.post("/agents/ana/state", {"state": "available", "group": "desk"})  # the page asks what is new
        expect(page.get_by_text("not signed in (any more)")).to_be_visible()
        page.locator("input[name=key]").fill(desk.key)
        page.locator("input[name=key]").press("Enter")
        page.wait_for_url("**/desk?agent=ana")
        expect(page.locator("#my-state")).to_contain_text("free")
        page.faults.clear()
