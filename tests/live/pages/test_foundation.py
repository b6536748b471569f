"""Sign-in, sessions and the foundation of every page, without a browser."""

import re
from typing import Any

import httpx2
import pytest

from api.auth.sessions import COOKIE
from tests.live.conftest import Service
from tests.live.pages.conftest import HOST, browser, token

pytestmark = pytest.mark.anyio


async def test_who_is_not_signed_in_is_led_to_sign_in_and_back(service: Service):
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST) as client:
        assert (await client.get("/")).headers["location"] == "/sign-in"
        assert (await client.get("/now?x=1")).headers["location"] == "/sign-in?next=/now%3Fx%3D1"
        there = {"hx-request": "true", "hx-current-url": "http://test/desk?agent=ana"}
        acted = await client.post("/desk/state", headers=there)
        assert acted.headers["hx-redirect"] == "/sign-in?next=/desk%3Fagent%3Dana"
        elsewhere = await client.post("/desk/state", headers=there | {"hx-current-url": "http://evil.example//evil"})
        assert elsewhere.headers["hx-redirect"] == "/sign-in"
        page = await client.get("/sign-in?next=/now")
        assert 'value="/now"' in page.text
        answer = await client.post("/sign-in", data={"key": service.client.headers["X-API-Key"], "next": "/now"})
        assert answer.headers["location"] == "/now"
        said = answer.headers["set-cookie"]
        assert "HttpOnly" in said
        assert "SameSite=Strict" in said
        assert (await client.get("/now")).status_code == 200


async def test_a_page_runs_nothing_from_elsewhere(service: Service):
    page = await (await browser(service)).get("/now")

    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers.get_list("content-security-policy") == [policy]
    assert page.headers.get_list("referrer-policy") == ["same-origin"]
    assert "style=" not in page.text
    assert "<style" not in page.text
    assert not re.search(r"<script(?! [^>]*src=)", page.text)
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)


async def test_a_key_without_the_scope_gets_a_page_that_says_so(service: Service):
    page = await (await browser(service, "agent")).get("/now")

    assert page.status_code == 403
    assert "may not" in page.text


async def test_a_write_by_cookie_needs_the_token_of_a_page_of_ours(service: Service):
    client = await browser(service, "supervisor")
    body = {"state": "available", "group": "desk"}

    bare = await client.post("/v1/agents/ana/state", json=body)
    wrong = await client.post("/v1/agents/ana/state", json=body, headers={"X-CSRF-Token": "x"})
    foreign = await client.post(
        "/v1/agents/ana/state", json=body, headers={"X-CSRF-Token": token(client), "Origin": "http://elsewhere"}
    )
    right = await client.post(
        "/v1/agents/ana/state", json=body, headers={"X-CSRF-Token": token(client), "Origin": HOST}
    )

    assert [bare.status_code, wrong.status_code, foreign.status_code, right.status_code] == [403, 403, 403, 200]
    assert (await client.post("/sign-out")).status_code == 403
    assert (await client.post("/sign-out", data={"csrf": token(client)})).status_code == 303


async def test_a_session_ends_with_its_key_when_idle_and_by_signing_out(service: Service):
    client = await browser(service, "supervisor")
    assert (await client.get("/v1/queues")).status_code == 200
    key_id = next(key.id for key in service.access.keys.values() if key.scopes == {"supervisor"})
    await service.post(f"/keys/{key_id}:revoke", 200)
    assert (await client.get("/v1/queues")).status_code == 401

    client = await browser(service, "supervisor")
    service.clock.move(3_500_000)
    assert (await client.get("/now")).status_code == 200
    service.clock.move(3_700_000)
    assert (await client.get("/now")).status_code == 303

    client = await browser(service, "supervisor")
    cookie = client.cookies[COOKIE]
    await client.post("/sign-out", data={"csrf": token(client)})
    assert (await client.get("/v1/queues", headers={"cookie": f"{COOKIE}={cookie}"})).status_code == 401


async def test_a_session_survives_a_restart_and_its_cookie_is_not_in_the_store(serving: Any):
    async with serving() as service:
        client = await browser(service)
        cookie = client.cookies[COOKIE]
        rows = await service.live.find("sessions")
        assert len(rows) == 1
        assert cookie not in str(rows)
        clock = service.clock
    async with serving(clock=clock) as service:
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)
        assert (await client.get("/now", headers={"cookie": f"{COOKIE}={cookie}"})).status_code == 200


async def test_sign_in_leads_to_no_other_host(service: Service):
    client = await browser(service)

    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = await client.get("/sign-in", params={"next": elsewhere})
        assert answer.headers["location"] == "/"


async def test_a_language_and_colours_are_kept(service: Service):
    client = await browser(service)
    answer = await client.post("/preferences", data={"language": "zh_CN", "theme": "dark", "csrf": token(client)})
    assert answer.status_code == 303
    page = await client.get("/now")

    assert '<html lang="zh-CN" data-theme="dark">' in page.text
    assert "退出" in page.text


async def test_an_asset_may_be_kept_for_ever_under_the_address_of_its_version(service: Service):
    client = await browser(service)
    found = re.search(r'href="(/assets/[^"]+/app\.css)"', (await client.get("/now")).text)
    assert found is not None
    asset = await client.get(found[1])

    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]
    assert (await client.get("/assets/000000000000/app.css")).status_code == 404


async def test_a_person_signs_in_by_name_and_password_and_is_locked_out_for_guessing(service: Service):
    made = await service.post("/keys", 201, scopes=["supervisor"], name="Vera")
    await service.post(f"/keys/{made['id']}:password", 200, name="Vera", password="a sentence to keep")
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)

    async def tries(name: str, password: str) -> int:
        return (await client.post("/sign-in", data={"name": name, "password": password})).status_code

    assert await tries("vera", "a sentence to keep") == 303
    assert (await client.get("/v1/queues")).status_code == 200
    rows = await service.live.find("passwords")
    assert str(rows[0]["hash"]).startswith("$argon2id$")
    client.cookies.clear()
    assert [await tries("vera", "wrong") for _ in range(5)] == [401] * 5
    assert await tries("Vera", "a sentence to keep") == 429, "also with the right one"
    assert await tries("nobody", "wrong") == 401
    service.clock.move(15 * 60_000)
    assert await tries("vera", "a sentence to keep") == 303


async def test_a_password_goes_with_its_key_and_ends_the_sessions_before_it(service: Service):
    made = await service.post("/keys", 201, scopes=["supervisor"], name="Vera")
    await service.post(f"/keys/{made['id']}:password", 200, name="vera", password="a sentence to keep")
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)
    await client.post("/sign-in", data={"name": "vera", "password": "a sentence to keep"})
    await service.post(f"/keys/{made['id']}:password", 200, name="vera", password="another sentence to keep")
    assert (await client.get("/now")).status_code == 303

    await service.post(f"/keys/{made['id']}:rotate", 200)
    answer = await client.post("/sign-in", data={"name": "vera", "password": "another sentence to keep"})
    assert answer.status_code == 303
    assert (await client.get("/now")).status_code == 200
    other = await service.post("/keys", 201, scopes=["supervisor"], name="Bo")
    await service.post(f"/keys/{other['id']}:password", 409, name="Vera", password="the same name again")
    await service.post(f"/keys/{other['id']}:password", 422, name="Bo", password="short")


async def test_a_link_signs_in_once(service: Service):
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)
    key = next(iter(service.access.keys.values()))
    secret = service.services.sessions.invite(key)
    assert (await client.get(f"/sign-in/once/{secret}")).status_code == 200, "looking at it does not use it up"
    assert (await client.post("/sign-in/once", data={"secret": secret})).status_code == 303
    assert (await client.get("/now")).status_code == 200
    client.cookies.clear()
    assert (await client.post("/sign-in/once", data={"secret": secret})).status_code == 401
    late = service.services.sessions.invite(key)
    service.clock.move(3_700_000)
    assert (await client.post("/sign-in/once", data={"secret": late})).status_code == 401


async def test_a_page_knows_who_looks_on_by_the_public_interface_alone(service: Service):
    client = await browser(service, "supervisor", name="vera")
    page = (await client.get("/me")).text
    told = (await client.get("/v1/me")).json()

    assert told["scopes"] == ["supervisor"]
    assert told["centre"]["queues"] == [queue.name for queue in service.live.engine.centre.queues]
    assert (told["name"], "keys, centre, audit trail" in page) == ("vera", False)
    assert (await service.get("/me"))["scopes"] == ["telephony", "agent", "supervisor", "admin", "metrics"]


async def test_one_sets_a_password_of_ones_own_and_the_one_in_force_is_asked_for(service: Service):
    async def sets(client: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
        new = {"password": "a sentence is easy to keep", "again": "a sentence is easy to keep"} | fields
        return await client.post("/me/password", data={"csrf": token(client), **new})

    key = (await service.key("supervisor"))["X-API-Key"]
    client = await browser(service, key=key)
    other = await browser(service, key=key)
    differ = await sets(client, name="Vera", again="another one entirely")
    done = await sets(client, name="Vera")

    assert (differ.status_code, "not the same" in differ.text) == (422, True)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    assert (await other.get("/now")).headers["location"] == "/sign-in?next=/now", "sessions before it are over"
    answer = await other.post("/sign-in", data={"name": "vera", "password": "a sentence is easy to keep"})
    assert answer.status_code == 303
    wrong = await sets(other, current="not this one")
    assert (wrong.status_code, "not the password in force" in wrong.text) == (422, True)
    assert (await other.get("/now")).status_code == 200, "who errs stays signed in"
    right = await sets(other, current="a sentence is easy to keep")
    assert right.status_code == 303


async def test_a_browser_at_an_address_where_nothing_is_gets_a_page(service: Service):
    client = await browser(service, "supervisor")
    looks = {"accept": "text/html,application/xhtml+xml"}
    nowhere = await client.get("/no-such-page", headers=looks)
    posted_to = await client.get("/desk/state", headers=looks)
    told = await client.get("/no-such-page")
    interface = await client.get("/v1/no-such-thing", headers=looks)

    assert (nowhere.status_code, posted_to.status_code) == (404, 405)
    for page in (nowhere.text, posted_to.text):
        assert "There is nothing here" in page
        assert 'href="/now"' in page, "with the way back"
    assert told.json()["code"] == interface.json()["code"] == "not_found"
    client.cookies.clear()
    assert 'href="/now"' not in (await client.get("/no-such-page", headers=looks)).text


async def test_a_form_of_an_earlier_sign_in_says_so_and_blames_no_key(service: Service):
    client = await browser(service, "supervisor")
    old = token(client)
    await client.post("/sign-out", data={"csrf": old})
    await client.post("/sign-in", data={"key": service.client.headers["X-API-Key"]}, headers={"origin": HOST})
    page = await client.post("/now/calls:withdraw", data={"csrf": old, "call_id": "x"})
    part = await client.post(
        "/now/calls:withdraw", data={"csrf": old, "call_id": "x"},
        headers={"HX-Request": "true", "HX-Target": "dialog"},
    )  # fmt: skip

    assert (page.status_code, part.status_code) == (403, 403)
    for text in (page.text, part.text):
        assert "load the page anew" in text
        assert "Your key may not" not in text
    assert "data-close" in part.text, "a dialog has its way out"
