"""What if and the roster as pages: what they show, names that are text, and who may."""

import html

import pytest

from tests.live.conftest import Service
from tests.live.pages.conftest import browser
from tests.live.test_rosters import planned

pytestmark = [pytest.mark.anyio]
XSS = "<script>alert(1)</script>"


async def test_who_has_not_the_scope_sees_neither(service: Service):
    client = await browser(service, "agent")

    assert [(await client.get(path)).status_code for path in ("/what-if", "/roster", "/what-if/editor")] == [403] * 3


async def test_nothing_is_changed_without_the_token(service: Service):
    client = await browser(service, "supervisor")
    answers = [
        await client.post(path, data={"scenario": "first-steps"}, headers={"origin": "http://desk"})
        for path in ("/what-if/try", "/what-if/run", "/roster/plan")
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


@pytest.mark.ci
async def test_a_roster_is_shown_with_names_as_text_and_printed_by_the_week(service: Service):
    kept = await planned(service, XSS)
    client = await browser(service, "supervisor")
    for address in (
        f"/roster/{kept['id']}",
        f"/roster/{kept['id']}?print=week",
        f"/roster/{kept['id']}/line/1",
        "/roster",
    ):
        answer = await client.get(address)

        assert answer.status_code == 200, address
        assert XSS not in answer.text
    page = (await client.get(f"/roster/{kept['id']}")).text
    assert html.escape(XSS) in page
    assert "Ana" in page

    await service.post(f"/rosters/{kept['id']}:move", 200, line=1, date="2026-03-09")
    heads = {
        asked: [
            date
            for date in ("2026-03-02", "2026-03-09")
            if f'<th scope="col">{date}</th>' in (await client.get(f"/roster/{kept['id']}?print={asked}")).text
        ]
        for asked in ("week", "2026-03-09", "all")
    }
    assert heads == {"week": ["2026-03-02"], "2026-03-09": ["2026-03-09"], "all": ["2026-03-02", "2026-03-09"]}


@pytest.mark.ci
async def test_the_editor_shows_what_can_be_changed_and_what_is_wrong_in_the_command_lines_words(service: Service):
    client = await browser(service, "supervisor")
    right = await client.get("/what-if/editor?scenario=first-steps")
    wrong = await client.get("/what-if/editor?scenario=nothing")

    assert 'name="heads:desk:20"' in right.text
    assert wrong.status_code == 422
