"""Vendors' own words in and out: what FreeSWITCH and Twilio send, by their documents, and what they are told."""

from base64 import b64encode
from xml.etree import ElementTree

import pytest

from api.adapters.twilio import signature
from api.settings import Settings

pytestmark = pytest.mark.anyio
SESSION = "5c7e5ae0-53f4-4b9c-9f5b-6d1c9d2a1f44"
HTTAPI = {
    "session_id": SESSION, "hostname": "fs1", "Caller-Caller-ID-Number": "+442079460958",
    "Caller-Caller-ID-Name": 'Ann "Q" & Co', "Caller-Destination-Number": "5000", "Channel-State": "CS_EXECUTE",
}  # fmt: skip
FS = "/v1/adapters/freeswitch"
SID, TOKEN = "CA" + "3f" * 16, "12345"
PUBLIC = "https://cc.example.org"
INCOMING = {
    "CallSid": SID, "AccountSid": "AC1", "From": "+442079460958", "To": "+442079460000", "CallStatus": "ringing",
    "ApiVersion": "2010-04-01", "Direction": "inbound", "CallerName": 'Ann "Q" & Ço',
}  # fmt: skip


async def httapi(service, **more):
    answer = await service.client.post(FS, data=HTTAPI | more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(answer.text)
    assert (root.tag, root.get("type")) == ("document", "xml/freeswitch-httapi")
    return root


def steps(root):
    return [
        (e.tag, e.get("application") or e.get("file") or e.get("cause") or e.get("name")) for e in root.find("work")
    ]


async def test_freeswitch_hears_music_until_there_is_an_offer_and_bridges(service):
    waits = await httapi(service)
    again = await httapi(service)
    await service.agent("ana", contact="user/1001@pbx")
    rings = await httapi(service)
    bridge = next(e.get("data") for e in rings.iter("execute") if e.get("application") == "bridge")

    assert steps(waits) == steps(again)
    music = [("execute", "answer"), ("execute", "set"), ("execute", "set"), ("playback", "local_stream://moh")]
    assert steps(waits) == music
    assert bridge.startswith("[leg_timeout=15,api_on_answer='curl http://desk/v1/adapters/freeswitch/answered?offer=")
    assert bridge.endswith("']user/1001@pbx")
    assert (await service.get("/queues/hotline"))["waiting"] == 0


async def test_music_that_does_not_play_is_no_reason_to_ask_freeswitch_again_at_once(service):
    begun = (await httapi(service)).findtext("params/cc_plays")
    at_once = await httapi(service, cc_plays=begun)
    slept = await httapi(service)
    await service.passes(2)
    played = await httapi(service, cc_plays=begun)

    assert steps(at_once)[-1] == ("execute", "sleep")
    assert [e.get("data") for e in at_once.iter("execute")][-1] == "2000"
    assert steps(slept)[-1] == steps(played)[-1] == ("playback", "local_stream://moh")


async def test_freeswitch_that_asks_again_long_after_the_end_is_told_of_the_end(service):
    await service.agent("ana", contact="user/1001")
    offer_id = (await httapi(service)).findtext("params/cc_offer")
    call = service.services.board.calls[offer_id.partition("/o")[0]]
    await service.report(call.id, "answered")
    await service.report(call.id, "completed")
    await service.passes(3_600)

    over = await httapi(service, originate_disposition="SUCCESS", cc_offer=offer_id)
    assert steps(over) == [("hangup", "NORMAL_CLEARING")]
    assert len((await service.get("/events?types=CallQueued"))["events"]) == 1


async def test_freeswitch_keeps_a_caller_whom_we_took_for_lost(service):
    await httapi(service)
    await service.report(next(iter(service.services.board.calls)), "failed", cause="lost")

    assert steps(await httapi(service)) == [("break", None)], "the dialplan goes on"


async def test_freeswitch_says_that_the_agent_answered_and_then_that_it_is_over(service):
    await service.agent("ana", contact="user/1001")
    rings = await httapi(service)
    data = next(e.get("data") for e in rings.iter("execute") if e.get("application") == "bridge")
    address = data.partition("curl ")[2].partition(" ")[0]
    offer_id = rings.findtext("params/cc_offer")
    said = await service.client.get(address, headers={"X-API-Key": ""})
    repeated = await service.client.get(address, headers={"X-API-Key": ""})
    forged = await service.client.get(address[:-1] + "x", headers={"X-API-Key": ""})
    state = (await service.get("/agents/ana"))["state"]
    over = await httapi(service, originate_disposition="SUCCESS", cc_offer=offer_id)

    assert (said.status_code, repeated.status_code, forged.status_code, state) == (200, 200, 403, "busy")
    assert steps(over) == [("hangup", "NORMAL_CLEARING")]
    assert (await service.get("/agents/ana"))["state"] == "wrap_up"


@pytest.mark.parametrize(
    ("disposition", "end"),
    [("NO_ANSWER", "no_answer"), ("USER_BUSY", "busy"), ("CALL_REJECTED", "rejected"),
     ("USER_NOT_REGISTERED", "unreachable"), ("NORMAL_TEMPORARY_FAILURE", "unreachable")],
)  # fmt: skip
async def test_freeswitch_is_sent_on_to_the_next_agent(service, disposition, end):
    await service.agent("ana", contact="user/1001")
    offer_id = (await httapi(service)).findtext("params/cc_offer")
    await service.agent("bob", contact="user/1002")
    rings = await httapi(service, originate_disposition=disposition, cc_offer=offer_id)
    ended = (await service.get("/events?types=OfferEnded"))["events"]

    assert "user/1002" in ElementTree.tostring(rings, encoding="unicode")
    assert [(e["agent_id"], e["end"]) for e in ended] == [("ana", end)]


async def test_freeswitch_that_exits_has_lost_its_caller(service):
    await httapi(service)
    await httapi(service, exiting="true")
    await httapi(service, exiting="true")
    ended = (await service.get("/events?types=CallAbandoned"))["events"]

    assert len(ended) == 1


class Channel:
    """A channel of FreeSWITCH: httapi sends a parameter with every request until it gets another value."""

    def __init__(self, service):
        self.service, self.params, self.legs = service, {}, {}

    async def asks(self, **more):
        """Ask what to do next: what the document said is kept, `more` is of this request alone."""
        root = await httapi(self.service, **self.params | more)
        self.params |= {one.tag: one.text for one in root.iterfind("params/*") if one.text}
        data = next((e.get("data") for e in root.iter("execute") if e.get("application") == "bridge"), "")
        for variable, what in (("api_on_answer", "answered"), ("api_hangup_hook", "left")):
            self.legs[what] = data.partition(f"{variable}='curl ")[2].partition(" ")[0]
        return steps(root)

    async def leg(self, what):
        """Let the agent's leg say that it was answered, or that it has ended."""
        return await self.service.client.get(self.legs[what], headers={"X-API-Key": ""})


async def test_an_agent_who_hands_a_freeswitch_caller_on_is_free_when_their_leg_ends(service):
    await service.agent("ana", contact="user/1001")
    channel = Channel(service)
    await channel.asks()
    before = await channel.leg("left")
    ringing = (await service.get("/agents/ana"))["state"]
    await channel.leg("answered")
    forged = await service.client.get(channel.legs["left"] + "x", headers={"X-API-Key": ""})
    left = [await channel.leg("left"), await channel.leg("left")]

    assert ringing == "offered", "a leg that nobody answered has said nothing new"
    assert [a.status_code for a in (before, forged, *left)] == [200, 403, 200, 200]
    assert (await service.get("/agents/ana"))["state"] == "wrap_up"
    await channel.asks(exiting="true")
    assert len((await service.get("/events?types=CallCompleted,CallAbandoned"))["events"]) == 1


@pytest.mark.parametrize("leg_first", [False, True])
async def test_a_freeswitch_caller_whom_an_agent_hands_on_to_a_queue_waits_there_as_a_new_call(service, leg_first):
    await service.agent("ana", contact="user/1001")
    channel = Channel(service)
    await channel.asks()
    await channel.leg("answered")
    if leg_first:
        await channel.leg("left")
    waits = []
    for _ in range(3):
        waits.append(await channel.asks())
        await service.passes(2)
    ana = (await service.get("/agents/ana"))["state"]
    await service.agent("ben", contact="user/1002")
    rings = await channel.asks()
    await channel.leg("answered")
    over = await channel.asks(originate_disposition="SUCCESS")
    events = (await service.get("/events?types=CallQueued,CallCompleted,CallAbandoned"))["events"]

    assert [one[-1][0] for one in waits] == ["playback"] * 3
    assert (ana, rings[-2], over) == ("wrap_up", ("execute", "bridge"), [("hangup", "NORMAL_CLEARING")])
    assert [e["is"] for e in events] == ["CallQueued", "CallCompleted"] * 2


async def test_a_freeswitch_caller_who_hangs_up_in_a_talk_of_which_nobody_told_was_answered(service):
    await service.agent("ana", contact="user/1001")
    channel = Channel(service)
    await channel.asks()
    await channel.asks(originate_disposition="SUCCESS", exiting="true")

    ended = (await service.get("/events?types=CallConnected,CallCompleted,CallAbandoned"))["events"]
    assert [e["is"] for e in ended] == ["CallConnected", "CallCompleted"]


async def test_freeswitch_may_send_the_key_as_a_basic_password(service):
    key = (await service.key("telephony"))["X-API-Key"]
    service.client.headers.pop("X-API-Key")
    good = {"Authorization": "Basic " + b64encode(f"fs:{key}".encode()).decode()}
    bad = {"Authorization": "Basic " + b64encode(b"fs:cc_1_2").decode()}

    assert (await service.client.post(FS, data=HTTAPI, headers=good)).status_code == 200
    assert (await service.client.post(FS, data=HTTAPI, headers=bad)).status_code == 401
    assert (await service.client.post(FS, data=HTTAPI)).json()["decision"] == "fallback"


async def test_a_contact_that_would_be_a_command_is_never_dialled(service):
    await service.agent("eve", contact="{api_on_answer=system reboot}user/1")
    answer = await service.client.post(FS, data=HTTAPI)
    ended = (await service.get("/events?types=OfferEnded"))["events"]

    assert "reboot" not in answer.text
    assert [e["end"] for e in ended] == ["unreachable"]


async def test_a_full_queue_is_busy_to_freeswitch_and_to_twilio(serving):
    async with serving(settings=Settings(twilio_auth_token=TOKEN, public_url=PUBLIC)) as service:
        answer = await service.client.post(f"{FS}?queue=tiny", data=HTTAPI)
        twiml = await twilio(service, "voice?queue=tiny")

    assert steps(ElementTree.fromstring(answer.text)) == [("hangup", "USER_BUSY")]
    assert [(e.tag, e.get("reason")) for e in twiml] == [("Reject", "busy")]


async def twilio(service, where, status=200, fields=INCOMING, **more):
    url = f"{PUBLIC}/v1/adapters/twilio/{where}"
    form = {**fields, **more}
    signed = {"X-Twilio-Signature": signature(TOKEN, url, form), "X-API-Key": ""}
    answer = await service.client.post(f"/v1/adapters/twilio/{where}", data=form, headers=signed)
    assert answer.status_code == status, answer.text
    return ElementTree.fromstring(answer.text) if status == 200 else answer.json()


def below(address):
    """Return an address of ours below /v1/adapters/twilio/."""
    assert address.startswith("/v1/adapters/twilio/")
    return address.removeprefix("/v1/adapters/twilio/")


def settings():
    return Settings(twilio_auth_token=TOKEN, public_url=PUBLIC)


async def test_a_twilio_caller_waits_leaves_the_queue_for_an_agent_and_talks(serving):
    async with serving(settings=settings()) as service:
        enqueue = (await twilio(service, "voice?queue=sales"))[0]
        assert (enqueue.tag, enqueue.text) == ("Enqueue", "callcenter")
        wait, voice = below(enqueue.get("waitUrl")), below(enqueue.get("action"))
        waits = await twilio(service, wait, QueuePosition="1", QueueTime="0")
        await service.agent("ana", contact="sip:ana@pbx.example.org")
        leaves = await twilio(service, wait)
        dial = (await twilio(service, voice, QueueResult="leave"))[0]
        child = {"CallSid": "CA77", "ParentCallSid": SID, "CallStatus": "in-progress"}
        await twilio(service, below(dial[0].get("statusCallback")), fields=child)
        state = (await service.get("/agents/ana"))["state"]
        after = await twilio(service, below(dial.get("action")), DialCallStatus="completed", DialCallDuration="61")
        calls = (await service.get("/events?types=CallCompleted"))["events"]

    assert [(e.tag, e.get("length")) for e in waits] == [("Pause", "2")]
    assert [e.tag for e in leaves] == ["Leave"]
    assert (dial.tag, dial.get("timeout"), dial[0].tag, dial[0].text) == (
        "Dial",
        "15",
        "Sip",
        "sip:ana@pbx.example.org",
    )
    assert state == "busy"
    assert [e.tag for e in after] == ["Hangup"]
    assert [e["queue"] for e in calls] == ["sales"]


async def test_an_agent_who_hands_a_twilio_caller_on_is_free_when_their_leg_ends(serving):
    async with serving(settings=settings()) as service:
        await service.agent("ana", contact="sip:ana@pbx.example.org")
        dial = (await twilio(service, "voice"))[0]
        leg = below(dial[0].get("statusCallback"))
        child = {"CallSid": "CA77", "ParentCallSid": SID}
        await twilio(service, leg, fields=child, CallStatus="completed", CallDuration="61")
        await twilio(service, leg, fields=child, CallStatus="in-progress")
        state = (await service.get("/agents/ana"))["state"]
        await twilio(service, "status", CallStatus="completed")
        events = (await service.get("/events?types=CallConnected,CallCompleted,CallAbandoned"))["events"]

    assert dial[0].get("statusCallbackEvent") == "answered completed"
    assert state == "wrap_up"
    assert [e["is"] for e in events] == ["CallConnected", "CallCompleted"], "in whichever order Twilio says it"


async def test_a_caller_for_whom_twilios_own_queue_has_no_room_waits_all_the_same_and_not_in_a_hurry(serving):
    async with serving(settings=settings()) as service:
        await twilio(service, "voice?queue=sales")
        full = await twilio(service, "voice?queue=sales", QueueResult="queue-full", CallStatus="in-progress")
        await service.agent("ana", contact="sip:ana@pbx.example.org")
        rings = await twilio(service, below(full[1].text), CallStatus="in-progress")

    assert [(e.tag, e.get("length")) for e in full] == [("Pause", "2"), ("Redirect", None)]
    assert [e.tag for e in rings] == ["Dial"]


async def test_a_twilio_caller_who_was_answered_already_is_hung_up_on_and_not_rejected(serving):
    async with serving(settings=settings()) as service:
        said = await twilio(service, "voice?queue=tiny", CallStatus="in-progress")

    assert [e.tag for e in said] == ["Hangup"], "Reject is for a call that still rings"


async def test_twilio_callers_who_withhold_their_number_are_nobody(serving):
    async with serving(settings=settings()) as service:
        for n, number in enumerate(("+266696687", "+7378742833", "Anonymous", "sip:anonymous@anonymous.invalid")):
            await twilio(service, "voice", CallSid=f"CA{n}", From=number)
        queued = (await service.get("/events?types=CallQueued"))["events"]

    assert [e.get("customer") for e in queued] == [None] * 4


@pytest.mark.parametrize(("status", "end"), [("no-answer", "no_answer"), ("busy", "busy"), ("failed", "unreachable")])
async def test_a_twilio_caller_whose_agent_fails_goes_on_to_the_next(serving, status, end):
    async with serving(settings=settings()) as service:
        await service.agent("ana", contact="+442079460001")
        dial = (await twilio(service, "voice"))[0]
        await service.agent("bob", contact="client:bob")
        again = (await twilio(service, below(dial.get("action")), DialCallStatus=status))[0]
        ended = (await service.get("/events?types=OfferEnded"))["events"]

    assert (dial[0].tag, again[0].tag, again[0].text) == ("Number", "Client", "bob")
    assert [(e["agent_id"], e["end"]) for e in ended] == [("ana", end)]


@pytest.mark.parametrize("dialled", ["no-answer", "canceled"])
async def test_a_twilio_caller_who_hangs_up_while_a_phone_rings_is_gone_and_the_agent_has_missed_nothing(
    serving, dialled
):
    async with serving(settings=settings()) as service:
        await service.agent("ana", contact="sip:ana@pbx.example.org")
        await service.agent("bob", contact="sip:bob@pbx.example.org")
        dial = (await twilio(service, "voice"))[0]
        after = await twilio(service, below(dial.get("action")), DialCallStatus=dialled, CallStatus="completed")
        ended = (await service.get("/events?types=OfferEnded,CallAbandoned"))["events"]
        agents = {agent["agent_id"]: agent["state"] for agent in (await service.get("/agents"))["agents"]}

    assert len(after) == 0
    assert [(e["is"], e.get("end")) for e in ended] == [("OfferEnded", "caller_gone"), ("CallAbandoned", None)]
    assert agents == {"ana": "available", "bob": "available"}


async def test_music_that_does_not_play_is_no_reason_for_twilio_to_ask_again_at_once(serving):
    async with serving(settings=settings()) as service:
        music = "music=https%3A%2F%2Fexample.org%2Fa.mp3"
        enqueue = (await twilio(service, f"voice?{music}"))[0]
        plays = await twilio(service, below(enqueue.get("waitUrl")), QueueTime="7")
        next_one = below(plays[1].text)
        at_once = await twilio(service, next_one, QueueTime="7")
        later = await twilio(service, next_one, QueueTime="12")

    assert [e.tag for e in plays] == [e.tag for e in later] == ["Play", "Redirect"]
    assert [(e.tag, e.get("length")) for e in at_once] == [("Pause", "2")]


@pytest.mark.parametrize("how", ["queue", "status"])
async def test_a_twilio_caller_who_hangs_up_is_abandoned_once(serving, how):
    async with serving(settings=settings()) as service:
        await twilio(service, "voice")
        if how == "queue":
            await twilio(service, "voice", QueueResult="hangup")
        await twilio(service, "status", CallStatus="completed", CallDuration="9")
        await twilio(service, "status", CallStatus="completed", CallDuration="9")
        events = (await service.get("/events"))["events"]

    # The number's zone is learned before its first call.
    assert [e["is"] for e in events if e["is"] != "ZonesLearned"] == ["CallQueued", "CallAbandoned"]


async def test_only_what_twilio_has_signed_is_heard(serving):
    async with serving(settings=settings()) as service:
        signed = signature(TOKEN, f"{PUBLIC}/v1/adapters/twilio/voice", INCOMING)
        forged = [
            ({}, INCOMING),
            ({"X-Twilio-Signature": signature("other", f"{PUBLIC}/v1/adapters/twilio/voice", INCOMING)}, INCOMING),
            ({"X-Twilio-Signature": signed}, INCOMING | {"From": "+1"}),
            ({"X-Twilio-Signature": "é".encode()}, INCOMING),
        ]
        for headers, form in forged:
            answer = await service.client.post("/v1/adapters/twilio/voice", data=form, headers=headers)
            assert (answer.status_code, answer.json()["decision"]) == (403, "fallback")
        assert (await service.get("/queues/hotline"))["waiting"] == 0


async def test_twilio_that_nobody_has_set_up_is_told_how(service):
    answer = await service.client.post("/v1/adapters/twilio/voice", data=INCOMING)

    assert answer.status_code == 403
    assert "CALLCENTER_TWILIO_AUTH_TOKEN" in answer.json()["detail"]


def test_the_signature_is_the_one_of_twilios_own_example():
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310",
        "To": "+18005551212",
    }  # fmt: skip

    assert signature("12345", "https://example.com/myapp.php?foo=1&bar=2", fields) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
