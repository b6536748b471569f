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
