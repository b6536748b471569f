"""Web hooks: signed as the standard says, tried again, given up, replayed."""

import asyncio
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from urllib.parse import urlsplit

import httpx2
import pytest

from api.settings import Settings
from api.webhooks.delivery import GAPS_S, MAX_CONCURRENT
from api.webhooks.messages import signature
from callcenter.units import DAY, HOUR

pytestmark = pytest.mark.anyio


class Receiver:
    """What a web hook's other end hears."""

    def __init__(self, *status: int) -> None:
        self.status = list(status)
        self.heard: list[httpx2.Request] = []

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.heard.append(request)
        return httpx2.Response(self.status.pop(0) if self.status else 200)


async def _until(so):
    for _ in range(2_000):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def _heard(receiver, count):
    await _until(lambda: len(receiver.heard) >= count)


def _attach(service, receiver):
    service.services.hooks._client = receiver.client()


def test_the_signature_is_the_standards_own_example():
    # From the Standard Webhooks specification's test vector.
    assert (
        signature(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


async def test_what_happened_is_told_signed_with_both_secrets_and_with_the_number_to_call(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver()
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["task.attempted", "task.offered"])
        fresh = await service.post(f"/hooks/{hook['id']}:rotate", 200)
        made = await service.post("/callbacks", 201, queue="sales", number="+442079460958")
        await service.agent(contact="PJSIP/1001")
        await service.passes(1)
        await _heard(receiver, 1)
        request = receiver.heard[0]
        body = json.loads(request.content)
        stored = str(await service.live.find("outbox"))

    assert (body["type"], body["data"]["task_id"]) == ("task.offered", made["callback_id"])
    assert (body["data"]["number"], body["data"]["contact"]) == ("+442079460958", "PJSIP/1001")
    assert "2079460958" not in stored
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.content
    for secret in (hook["secret"], fresh["secret"]):
        mac = hmac.new(b64decode(secret.removeprefix("whsec_")), signed, sha256).digest()
        assert "v1," + b64encode(mac).decode() in request.headers["webhook-signature"].split()


async def test_a_receiver_that_fails_is_tried_again_later_then_the_letter_is_dead_and_can_be_replayed(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        tries = len(GAPS_S) + 1
        receiver = Receiver(*[500] * tries)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        for n in range(tries):
            await _heard(receiver, n + 1)
            await _settled(service, hook, n + 1)
            service.clock.move(GAPS_S[min(n, len(GAPS_S) - 1)] * 1_100)
            service.services.hooks.wake()
        dead = (await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"]
        replayed = await service.post(f"/hooks/{hook['id']}:replay", 200)
        await _heard(receiver, tries + 1)

    assert [(one["state"], one["attempts"], one["last_error"]) for one in dead] == [("dead", tries, "status 500")]
    assert replayed["replayed"] == 1
    assert len({request.headers["webhook-id"] for request in receiver.heard}) == 1


async def _settled(service, hook, attempts):
    for _ in range(400):
        rows = (await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"]
        if rows and rows[0]["attempts"] >= attempts:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the attempt was not noted")


async def test_an_end_point_that_takes_nothing_is_named_in_the_log_once_an_hour_and_when_it_takes_again(
    serving, caplog
):
    caplog.set_level("INFO", "callcenter")
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(500, 500, 500, 200, 200, 200)
        _attach(service, receiver)
        await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        for n in range(3):
            await service.call()
            await _heard(receiver, n + 1)
        service.clock.move(HOUR)
        service.services.hooks.wake()
        await _heard(receiver, 6)
    said = [record.message for record in caplog.records if "web hook" in record.message]

    assert len(said) == 2
    assert "does not take what it is told (status 500)" in said[0]
    assert "takes what it is told again" in said[1]


async def test_letters_that_nobody_takes_go_with_the_events_that_they_tell_of(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(*[500] * 20)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        await _heard(receiver, 1)
        await _settled(service, hook, 1)
        kept = []
        for days in (6, 2):
            service.clock.move(days * DAY)
            service.services.retention.tick(service.live.now())
            await service.services.retention.settled()
            kept.append(len((await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"]))

    assert kept == [1, 0]


async def test_a_receiver_that_is_gone_is_asked_no_more(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(410)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        await _heard(receiver, 1)
        await _settled(service, hook, 1)
        shown = (await service.get("/hooks"))["hooks"][0]

    assert shown["disabled_because"] == "410 Gone"


async def test_a_private_address_is_not_told_anything_even_if_it_was_once_allowed(serving):
    receiver = Receiver()
    async with serving(settings=Settings(webhook_private=True)) as service:
        hook = await service.post("/hooks", 201, url="http://127.0.0.1:9/in", types=["call.queued"])
    async with serving(clock=service.clock) as service:
        _attach(service, receiver)
        await service.call()
        await _settled(service, hook, 1)
        dead = (await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"]

    assert receiver.heard == []
    assert "private address" in dead[0]["last_error"]


def names(monkeypatch, *answers):
    """Let the name server say these addresses, one after another; return what it was asked."""
    asked = []

    async def getaddrinfo(host, *_args, **_more):
        asked.append(host)
        return [(2, 1, 6, "", (address, 0)) for address in answers[min(len(asked), len(answers)) - 1]]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)
    return asked


async def _last_error(service, hook):
    await _settled(service, hook, 1)
    return (await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"][0]["last_error"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fd00::7",
     "fe80::1%eth0", "::ffff:127.0.0.1", "224.0.0.1"],
)  # fmt: skip
async def test_a_name_that_leads_into_the_own_network_is_not_followed(service, monkeypatch, address):
    receiver = Receiver()
    _attach(service, receiver)
    names(monkeypatch, ["93.184.215.14", address])  # one good address does not make the other good
    hook = await service.post("/hooks", 201, url="https://crm.example.org/in", types=["call.queued"])
    await service.call()

    assert "private address" in await _last_error(service, hook)
    assert receiver.heard == []


async def test_a_name_server_that_changes_its_mind_is_asked_once(service, monkeypatch):
    receiver = Receiver()
    _attach(service, receiver)
    asked = names(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    await service.post("/hooks", 201, url="https://crm.example.org:8443/in?x=1", types=["call.queued"])
    await service.call()
    await _heard(receiver, 1)
    request = receiver.heard[0]

    assert asked == ["crm.example.org"]
    assert str(request.url) == "https://93.184.215.14:8443/in?x=1"
    assert request.headers["host"] == "crm.example.org:8443"
    assert request.extensions["sni_hostname"] == "crm.example.org", "the certificate is still the name's"


async def test_a_redirect_is_a_failure_and_not_a_way(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(302)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()

        assert await _last_error(service, hook) == "status 302"
        assert len(receiver.heard) == 1


async def test_the_old_secret_signs_until_the_next_rotation(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver()
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        counts = []
        for _ in range(3):
            await service.call()
            await _heard(receiver, len(counts) + 1)
            counts.append(len(receiver.heard[-1].headers["webhook-signature"].split()))
            await service.post(f"/hooks/{hook['id']}:rotate", 200)

    assert counts == [1, 2, 2], "never more than two"


async def test_an_end_point_that_is_enabled_again_hears_what_comes_and_what_is_replayed(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(410)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        await _settled(service, hook, 1)
        await service.call()  # told to nobody
        await service.post(f"/hooks/{hook['id']}:enable", 200)
        replayed = await service.post(f"/hooks/{hook['id']}:replay", 200, after=0)
        await _heard(receiver, 3)

    assert replayed["replayed"] == 2
    assert sorted(json.loads(one.content)["seq"] for one in receiver.heard[1:]) == sorted(
        {json.loads(one.content)["seq"] for one in receiver.heard[1:]}
    )


async def test_what_was_not_told_before_a_restart_is_told_after_it(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(500)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        await _settled(service, hook, 1)
    async with serving(settings=Settings(webhook_private=True), clock=service.clock) as service:
        again = Receiver()
        _attach(service, again)
        service.clock.move(60_000)  # now it is due: nothing is sent before somebody listens here
        service.services.hooks.wake()
        await _heard(again, 1)

    assert again.heard[0].headers["webhook-id"] == receiver.heard[0].headers["webhook-id"]


async def test_a_hook_that_is_deleted_hears_nothing_more(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver(500)
        _attach(service, receiver)
        hook = await service.post("/hooks", 201, url="http://crm.test/in", types=["call.queued"])
        await service.call()
        await _settled(service, hook, 1)
        await service.post(f"/hooks/{hook['id']}:delete", 200)
        service.clock.move(60_000)
        service.services.hooks.wake()
        await service.call()
        await service.get(f"/hooks/{hook['id']}/deliveries", 404)
        left = await service.live.find("outbox")

    assert (len(receiver.heard), left) == (1, [])


@asynccontextmanager
async def listening(
    hear: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Give the address of a real socket, behind which `hear` takes each connection; none is open afterwards."""
    hearing: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        hearing.add(task)
        try:
            await hear(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
    for task in hearing:
        task.cancel()
    await asyncio.gather(*hearing, return_exceptions=True)
    await asyncio.sleep(0)  # a turn of the loop: what was closed in this one is let go of in the next


class Ear:
    """A receiver on a real socket; a slow one says nothing until it is told to go on."""

    def __init__(self, *, slow: bool = False) -> None:
        self.heard: list[int] = []
        self.open = self.most = 0
        self.go_on = asyncio.Event()
        if not slow:
            self.go_on.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        async with listening(self._hear) as url:
            yield url
            self.go_on.set()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                seq = json.loads(await reader.readexactly(int(size.split(b":")[1])))["seq"]
                await self.go_on.wait()
                self.heard.append(seq)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        self.open -= 1


@pytest.mark.parametrize("slow", ["one that does not answer", "one whose name server does not"])
async def test_a_slow_end_point_delays_only_itself(serving, monkeypatch, slow):
    monkeypatch.setattr("api.webhooks.delivery.TIMEOUT_S", 3_600.0)  # it is waited for as long as the test takes
    names_asked = asyncio.Event()

    async def pinned(url):
        if "127.0.0.1" not in url:
            names_asked.set()
            await asyncio.Event().wait()
        return url, urlsplit(url).netloc, "127.0.0.1"

    monkeypatch.setattr("api.webhooks.delivery.pinned", pinned)
    monkeypatch.setattr("api.routes.webhooks.destination", lambda _url, private: private)  # the ears are on loopback
    late, quick = Ear(slow=True), Ear()
    async with late.listening() as there, quick.listening() as here, serving() as service:
        first = there if "name" not in slow else "http://nobody.example/in"
        hook = await service.post("/hooks", 201, url=first, types=["call.queued"])
        for _ in range(2 * MAX_CONCURRENT):
            await service.call()
        if first == there:
            await _until(lambda: late.open == MAX_CONCURRENT)
        else:
            await names_asked.wait()
        await service.post("/hooks", 201, url=here, types=["call.queued"])
        for _ in range(2 * MAX_CONCURRENT):
            await service.call()
        await _heard(quick, 2 * MAX_CONCURRENT)
        waiting = (await service.get(f"/hooks/{hook['id']}/deliveries"))["deliveries"]

        assert late.heard == []
        assert late.most <= MAX_CONCURRENT, "an outbox full of letters is no flood"
        assert [row["attempts"] for row in waiting] == [0] * 4 * MAX_CONCURRENT
        assert len(set(quick.heard)) == 2 * MAX_CONCURRENT, "once each"
        if first == there:
            late.go_on.set()
            await _heard(late, 4 * MAX_CONCURRENT)
            assert sorted(late.heard)[2 * MAX_CONCURRENT :] == sorted(quick.heard)


async def test_a_receiver_that_answers_a_byte_at_a_time_is_late(serving, monkeypatch):
    monkeypatch.setattr("api.webhooks.delivery.TIMEOUT_S", 0.2)

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.01)

    async with listening(drip) as url, serving(settings=Settings(webhook_private=True)) as service:
        hook = await service.post("/hooks", 201, url=url, types=["call.queued"])
        await service.call()

        assert "no answer within" in await _last_error(service, hook)


@pytest.mark.parametrize(
    "body", [{"url": "ftp://x.example"}, {"url": "https://a:b@x.example"}, {"url": "https://x.example", "types": ["x"]}]
)
async def test_an_end_point_that_cannot_be_is_refused(service, body):
    assert (await service.post("/hooks", 422, **body))["code"] == "validation_failed"


async def test_escalations_and_tiers_are_told_with_keys_and_states_and_nobodys_words(serving):
    async with serving(settings=Settings(webhook_private=True)) as service:
        receiver = Receiver()
        _attach(service, receiver)
        kinds = ["tier.changed", "blacklist.changed", "complaint.changed"]
        await service.post("/hooks", 201, url="http://crm.test/in", types=kinds)
        who = {"customer_id": "C-1"}
        await service.post("/customers", 200, **who, number="+442079460958")
        until = service.clock.now() + 86_400_000
        await service.post("/blacklist", 201, **who, reason="threats", review_at=until)
        await service.post("/complaints", 201, **who, about="kept waiting", grade="serious")
        await _heard(receiver, 3)
        await service.passes(3 * 3_600)
        await service.services.sweep.settled()
        await _heard(receiver, 4)
        told = [json.loads(request.content) for request in receiver.heard]

        assert sorted(one["type"] for one in told[:3]) == sorted(kinds)
        assert (told[3]["type"], told[3]["data"]["level"], told[3]["data"]["grade"]) == (
            "complaint.changed",
            1,
            "serious",
        )
        assert "threats" not in str(told)
        assert "kept waiting" not in str(told)
