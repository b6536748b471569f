"""Pages about customers, callbacks, complaints, the blacklist, tiers and calls, without a browser."""

import html
import re
from dataclasses import MISSING, fields
from types import SimpleNamespace

import httpx2
import pytest

from api.pages.customer_actions import ACTS
from api.pages.words import SENTENCES, sentence
from api.settings import Settings
from callcenter.language.writer import Writer
from routing.journal import EVENTS
from tests.live.conftest import BEGIN, Service
from tests.live.pages.conftest import browser, token
from tests.live.test_stories import CENTRE, NUMBER, lived

pytestmark = pytest.mark.anyio
DAY = 86_400_000
NASTY = "<script>alert(1)</script>"
PAGES = ("/customers", "/customers/callbacks", "/customers/complaints", "/customers/blacklist", "/customers/tiers")


async def post(client: httpx2.AsyncClient, address: str, **said: str) -> httpx2.Response:
    """Post a form as a page of ours does."""
    return await client.post(address, data={"csrf": token(client), **said}, headers={"origin": "http://desk"})


async def look_up(client: httpx2.AsyncClient, wanted: str) -> httpx2.Response:
    """Look somebody up as a browser does: what is posted sends it to an address."""
    address = (await post(client, "/customers", wanted=wanted)).headers["location"]
    assert wanted not in address
    return await client.get(address)


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_about_customers_is_for_supervisors(service: Service, address: str):
    assert (await (await browser(service, "supervisor")).get(address)).status_code == 200
    assert (await (await browser(service, "agent")).get(address)).status_code == 403


async def test_a_customer_is_found_by_number_id_or_name_and_the_number_stays_masked(service: Service):
    await service.post("/customers", 200, customer_id="C-1001", number=NUMBER, name="Ada Lovelace")
    await service.post("/customers", 200, customer_id="C-1002", number="+442079460111", name="Ada Byron")
    key = (await service.get("/customers/C-1001"))["customer_key"]
    client = await browser(service, "supervisor")

    for wanted in ("C-1001", "+44 20 7946 0958", "lovelace"):
        answer = await look_up(client, wanted)
        assert answer.headers["location"] == f"/customers/{key}", wanted
    both = (await look_up(client, "ada")).text
    nobody = (await look_up(client, "9999999")).text
    shown = (await client.get(f"/customers/{key}")).text

    assert "Ada Lovelace" in both
    assert "Ada Byron" in both
    assert "Nobody fits" in nobody
    assert "+44*******58" in shown
    assert NUMBER not in shown + both
    assert NUMBER in (await (await browser(service)).get(f"/customers/{key}")).text, "an administrator may"
    refused = await client.post("/customers", data={"wanted": "ada"}, headers={"origin": "http://desk"})
    assert refused.status_code == 403


async def test_what_was_looked_up_stands_sealed_in_the_address_and_only_its_session_reads_it(service: Service):
    for number, name in ("1", "Ada Lovelace"), ("2", "Ada Byron"):
        await service.post("/customers", 200, customer_id=f"C-{number}", name=name)
    client, another = await browser(service, "supervisor"), await browser(service, "supervisor", name="bo")
    address = (await post(client, "/customers", wanted="ada")).headers["location"]

    assert "Ada Byron" in (await client.get(address)).text
    assert "Ada Byron" in (await client.get(address)).text, "on Back it is asked again"
    assert "Ada" not in (await another.get(address)).text
    assert (await client.get(f"{address}x")).status_code == 200


async def test_every_text_of_others_is_text(serving):
    async with serving(centre=CENTRE) as service:
        await service.post("/customers", 200, customer_id=NASTY, number=NUMBER, name=NASTY, notes=NASTY, tier="mid")
        call = await service.call(NASTY, caller=NUMBER, attributes={"x": NASTY})
        await service.post(f"/calls/{call['call_id']}/notes", 201, text=NASTY)
        await service.post(f"/calls/{call['call_id']}:reprioritize", 200, tier="vip", reason=NASTY)
        await service.post("/overrides", 201, customer_id=NASTY, tier="vip", reason=NASTY, until=BEGIN + DAY)
        await service.post("/blacklist", 201, customer_id=NASTY, reason=NASTY, review_at=BEGIN + DAY)
        await service.post("/complaints", 201, call_id=call["call_id"], about=NASTY)
        await service.post("/callbacks", 201, customer_id=NASTY, queue="sales", note=NASTY)
        await service.report(call["call_id"], "abandoned")
        key = call["call_id"] and (await service.get(f"/calls/{call['call_id']}/story"))["customer_key"]
        client = await browser(service)
        addresses = [*PAGES, f"/customers/{key}", f"/calls/{call['call_id']}"]
        texts = {address: (await client.get(address)).text for address in addresses}
        texts["found"] = (await look_up(client, "script")).text
        texts["act"] = (await client.get(f"/acts/override/{key}?next={NASTY}")).text

    for address, text in texts.items():
        assert NASTY not in text, address
    for address in (f"/customers/{key}", f"/calls/{call['call_id']}", "/customers/callbacks", "/customers/complaints"):
        assert html.escape(NASTY) in texts[address], address


async def test_why_a_customer_is_in_a_tier_is_said_and_an_override_is_a_form_with_reason_and_end(service: Service):
    await service.post("/customers", 200, customer_id="C1", number=NUMBER, tier="mid", grade="gold", why="first 5 %")
    key = (await service.get("/customers/C1"))["customer_key"]
    client = await browser(service, "supervisor", name="anna")
    before = (await client.get(f"/customers/{key}")).text
    form = (await client.get(f"/acts/override/{key}?next=/customers/{key}")).text
    part = (await client.get(f"/acts/override/{key}", headers={"hx-request": "true"})).text
    bare = await post(client, f"/acts/override/{key}", tier="vip", until="2026-03-31", next=f"/customers/{key}")
    late = await post(client, f"/acts/override/{key}", tier="vip", reason="sorry", until="2026-03-01")
    odd = await post(client, f"/acts/override/{key}", tier="vip", reason="sorry", until="soon")
    done = await post(
        client, f"/acts/override/{key}", tier="vip", reason="sorry", until="2026-03-31", next=f"/customers/{key}"
    )
    after = (await client.get(f"/customers/{key}")).text
    (made,) = (await service.get("/overrides"))["overrides"]
    trail = [row["action"] for row in await service.live.find("audit") if row["customer_key"] == key]

    assert "first 5 %" in before
    assert 'value="2026-04-01"' in form, "thirty days from now"
    assert "blacklisted" not in form
    assert "<html" not in part
    assert [answer.status_code for answer in (bare, late, odd, done)] == [422, 422, 422, 303]
    assert "sorry" in late.text, "what was written is still there"
    assert done.headers["location"] == f"/customers/{key}"
    assert (made["tier"], made["author"], made["ends"]) == ("vip", "anna", "2026-04-01T00:00:00.000Z")
    assert "by the word of anna" in after
    assert "override.create" in trail


async def test_the_blacklist_wants_two_pairs_of_eyes_and_a_review_date(serving):
    async with serving(settings=Settings(blacklist_four_eyes=True)) as service:
        await service.post("/customers", 200, customer_id="C1", number=NUMBER)
        key = (await service.get("/customers/C1"))["customer_key"]
        anna = await browser(service, "supervisor", name="anna")
        bert = await browser(service, "supervisor", name="bert")
        await post(anna, f"/acts/list/{key}", reason="threats", review_at="2026-03-20")
        (entry,) = (await service.get("/blacklist"))["entries"]
        own = await post(anna, f"/acts/approve/{entry['entry_id']}")
        other = await post(bert, f"/acts/approve/{entry['entry_id']}")
        (after,) = (await service.get("/blacklist"))["entries"]
        page = (await anna.get("/customers/blacklist")).text
        lifted = await post(anna, f"/acts/lift/{entry['entry_id']}", reason="apologised")

    assert (entry["state"], entry["review_at"]) == ("proposed", "2026-03-21T00:00:00.000Z")
    assert (own.status_code, other.status_code, lifted.status_code) == (409, 303, 303)
    assert (after["state"], after["approved_by"]) == ("in_force", "bert")
    assert "threats" in page


async def test_nothing_is_done_without_the_token_the_scope_and_a_page_of_ours(service: Service):
    await service.post("/customers", 200, customer_id="C1", number=NUMBER)
    key = (await service.get("/customers/C1"))["customer_key"]
    client, agent = await browser(service, "supervisor"), await browser(service, "agent")
    said = {"tier": "vip", "reason": "x", "until": "2026-03-31"}
    address = f"/acts/override/{key}"

    assert (await client.post(address, data=said)).status_code == 403
    stolen = await client.post(address, data=said | {"csrf": token(client)}, headers={"origin": "http://elsewhere"})
    assert stolen.status_code == 403
    assert (await post(agent, address, **said)).status_code == 403
    assert (await post(client, f"/acts/nothing/{key}", **said)).status_code == 404
    assert (await service.get("/overrides"))["overrides"] == []


async def test_every_act_has_a_form_that_says_what_it_does(service: Service):
    client = await browser(service)
    for name, act in ACTS.items():
        form = await client.get(f"/acts/{name}/x")
        assert form.status_code == 200
        assert html.escape(act.consequence, quote=False) in form.text
        for one in act.fields:
            assert f'name="{one.name}"' in form.text
            assert f'for="f-{one.name}"' in form.text


async def test_who_must_be_called_back_before_noon_stands_under_that_heading(serving):
    """The service's day begins at nine; the promises are at 10:30, at 15:00, tomorrow and next week."""
    hour = 3_600_000
    async with serving(centre=CENTRE) as service:
        for n, at in enumerate((1.5, 6, 24, 24 * 8)):
            await service.post("/customers", 200, customer_id=f"C{n}", number=f"+44207946000{n}", name=f"Person {n}")
            promise = BEGIN + round(at * hour)
            await service.post("/callbacks", 201, customer_id=f"C{n}", queue="sales", promise=promise)
        text = (await (await browser(service, "supervisor")).get("/customers/callbacks")).text

    parts = re.split(r"<h2 [^>]*>", text)[1:]
    under = {part.split("<")[0].strip(): re.findall(r"Person \d", part) for part in parts}
    assert under["Before noon"] == ["Person 0"]
    assert under["Before the end of the day"] == ["Person 1"]
    assert (under["Tomorrow"], under["Later"], under["Past their promise"]) == (["Person 2"], ["Person 3"], [])


async def test_a_calls_story_is_told_in_words_with_instants(serving):
    async with serving(centre=CENTRE) as service:
        call_id = await lived(service)
        client = await browser(service, "supervisor")
        text = html.unescape((await client.get(f"/calls/{call_id}")).text)
        await client.post("/preferences", data={"language": "zh_CN", "csrf": token(client)})
        chinese = html.unescape((await client.get(f"/calls/{call_id}")).text)
        waits = (await service.get("/calls?state=queued"))["calls"]
        why = html.unescape((await client.get(f"/calls/{waits[-1]['call_id']}")).text)
        gone = await client.get("/calls/nobody")

    for said in ("Came to the queue hotline", "bob answered after a wait of 0:07", "Moved from mid to vip"):
        assert said in text
    assert "waits since yesterday" in text, "what people said"
    assert "09:00:05" in text
    assert "bob" in chinese
    assert "answered after" not in chinese
    assert "为什么还没有" in why
    assert gone.status_code == 404


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_event_of_a_contact_makes_a_sentence(kind: str):
    values = {"at": BEGIN, "seq": 1, "is": kind}
    values |= {
        one.name: BEGIN if one.name.endswith(("_at", "due", "promise", "since")) else "x"
        for one in fields(EVENTS[kind])
        if one.name not in values and (one.default is MISSING)
    }
    view = SimpleNamespace(gettext=str, writer=Writer("en"))

    assert "%(" not in sentence(view, values)


def test_no_event_of_a_contact_is_without_a_sentence():
    subjects = {"call_id", "task_id", "subject"}
    contacts = {name for name, kind in EVENTS.items() if subjects & {one.name for one in fields(kind)}}

    assert contacts - set(SENTENCES) == set()
