"""FreeSWITCH's httapi: it posts a channel's data as a form and carries out the XML work document that it gets.

One session of httapi is one call. It asks again whenever it has done what it was told: that is the wait loop.
"""

from contextlib import suppress
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from api.adapters.shared import adapter, base_of, dialable, escape, fields_of, report, tag, told, xml
from api.errors import Invalid
from api.http.endpoint import Plain, router
from api.routes.offers import accept, checked
from api.services import Ask
from callcenter import commands as cmd
from callcenter.errors import Refusal
from callcenter.ids import CallId
from callcenter.units import SECOND

routes = router("adapters")
MUSIC: Final = "local_stream://moh"
PLAYED_MS: Final = 500
"""Music that ends sooner did not play: a wait without it is a wait of `poll_ms` all the same."""
CAUSES: Final = {
    "NO_ANSWER": "no_answer", "NO_USER_RESPONSE": "no_answer", "ALLOTTED_TIMEOUT": "no_answer",
    "ORIGINATOR_CANCEL": "abandoned", "USER_BUSY": "busy", "CALL_REJECTED": "rejected",
    "USER_NOT_REGISTERED": "unreachable", "SUBSCRIBER_ABSENT": "unreachable",
}  # fmt: skip
"""Originate disposition → what is reported of the offer; what is not here is unreachable."""
NO_OFFER: Final = "-"
"""httapi sends a parameter with every request until it has another value, and takes an empty one for none."""
SAYS_S: Final = "connect-timeout 1 timeout 2"
"""So long a leg waits to have said something: mod_curl would wait for ever, and the agent with it."""
KEY: Final[list[Plain]] = [{"key": []}, {"header": []}]


def document(work: str, params: dict[str, str] | None = None) -> Response:
    """Return a work document; `params` come back with the next request."""
    kept = tag("params", "".join(tag(name, escape(value)) for name, value in (params or {}).items()))
    return xml(tag("document", f"{kept if params else ''}{tag('work', work)}", type="xml/freeswitch-httapi"))


def work_of(
    decision: Plain, *, legs_url: str, name: str, music: str | None, poll_s: int, now: int, talked: bool
) -> Response:
    """Return what a decision means for the channel.

    Args:
        decision: The answer to the posted call.
        legs_url: Where agents' legs say what became of them.
        name: What the call is called here, told by the next request.
        music: None where there is none, since it ended as soon as it began.
        poll_s: So long the caller waits until the next question.
        now: Milliseconds.
        talked: An agent had the caller.
    """
    offer = decision.get("offer")
    kept = {"cc_name": name, "cc_offer": NO_OFFER}
    match decision["decision"]:
        case "queue":
            work = tag("execute", application="answer") + tag("execute", application="set", data="cc_waits=true")
            if music is None:
                return document(work + tag("execute", application="sleep", data=str(poll_s * SECOND)), kept)
            hold = tag("execute", application="set", data=f"playback_timeout_sec={poll_s}")
            return document(work + hold + tag("playback", file=music), kept | {"cc_plays": str(now)})
        case "offer" if offer is not None:
            query = urlencode({"offer": offer["id"], "token": offer["token"]}, quote_via=quote)
            ring_s = offer.get("ring_s") or 30
            answers, leaves = (f"'curl {legs_url}/{what}?{query} {SAYS_S}'" for what in ("answered", "left"))
            span = f"[leg_timeout={ring_s},api_on_answer={answers},api_hangup_hook={leaves}]{offer['contact']}"
            sets = ("continue_on_fail=true", "hangup_after_bridge=false", "ignore_early_media=true")
            work = "".join(tag("execute", application="set", data=one) for one in sets)
            work += tag("execute", application="bridge", data=span) + tag(
                "getVariable", name="originate_disposition", permanent="true"
            )
            return document(work, kept | {"cc_offer": offer["id"]})
        case "overflow" if dialable(str(decision.get("overflow_target") or "")):
            return document(tag("execute", application="transfer", data=str(decision["overflow_target"])))
        case "ended" if decision["state"] == "failed" and not talked:
            pass  # lost to us, and there all the same
        case "callback" | "ended":
            return document(tag("hangup", cause="NORMAL_CLEARING"))
        case "reject":
            return document(tag("hangup", cause="USER_BUSY"))
    return document(tag("break"))  # the dialplan goes on with what stands below httapi


ASKS: Plain = {
    "session_id": "5c7e5ae0-53f4-4b9c-9f5b-6d1c9d2a1f44", "Caller-Caller-ID-Number": "+442079460958",
    "Caller-Destination-Number": "5000",
}  # fmt: skip
SAYS: Final = (
    '<document type="xml/freeswitch-httapi"><params><cc_name>5c7e5ae0-53f4-4b9c-9f5b-6d1c9d2a1f44</cc_name>'
    "<cc_offer>-</cc_offer><cc_plays>1772442000123</cc_plays></params><work>"
    '<execute application="answer"/>'
    '<execute application="set" data="cc_waits=true"/>'
    '<execute application="set" data="playback_timeout_sec=2"/><playback file="local_stream://moh"/></work></document>'
)


@adapter(
    routes, "/adapters/freeswitch", scopes=("telephony",), security=KEY, asks=ASKS, says=SAYS,
    query={"source": "This FreeSWITCH's name (default: freeswitch).", "queue": "The queue of these calls.",
           "music": f"What waiting callers hear (default: {MUSIC})."},
)  # fmt: skip
async def freeswitch_asks(ask: Ask) -> Response:
    """Tell FreeSWITCH (httapi) what to do next with a channel; what became of the last offer comes with the question.

    The key may be the password of HTTP Basic (`gateway-credentials`).
    """
    fields = await fields_of(ask)
    session = fields.get("session_id") or fields.get("Unique-ID")
    if not session:
        raise Invalid("session_id: httapi sends it with every request")
    source, name = ask.asked("source") or "freeswitch", fields.get("cc_name") or session
    disposition = fields.get("originate_disposition") or fields.get("variable_originate_disposition")
    offer_id = fields.get("cc_offer") or fields.get("variable_cc_offer")
    offer_id = None if offer_id == NO_OFFER else offer_id
    plays = fields.get("cc_plays", "")
    talked = bool(offer_id) and disposition == "SUCCESS"
    if talked:
        await report(ask, source, name, "completed", talk_s=1.0)  # how long is ours to know: that it was, not how long
    if fields.get("exiting") == "true":
        await report(ask, source, name, "abandoned")
        return document("")
    if offer_id and not talked and was_accepted(ask, offer_id):
        # Nobody has come back from the bridge: the agent has handed the caller on, and to us.
        await report(ask, source, name, "completed", offer_id=offer_id)
        name, offer_id, plays = f"{session}:{offer_id}", None, ""
    elif offer_id and not talked:
        await report(ask, source, name, CAUSES.get(disposition or "", "unreachable"), offer_id=offer_id)
    decision = await told(
        ask, source, name, again=bool(offer_id or plays), queue=ask.asked("queue"),
        caller=fields.get("Caller-Caller-ID-Number"), called=fields.get("Caller-Destination-Number"),
    )  # fmt: skip
    offer = decision.get("offer")
    if offer is not None and not dialable(offer["contact"]):
        await report(ask, source, name, "unreachable", offer_id=offer["id"])
        decision = await told(ask, source, name, again=True)
    silent = plays.isascii() and plays.isdecimal() and len(plays) < 16 and 0 <= ask.now - int(plays) < PLAYED_MS
    return work_of(
        decision,
        legs_url=f"{base_of(ask.request, ask.services.settings.public_url)}/v1/adapters/freeswitch",
        name=name,
        music=None if silent else ask.asked("music") or MUSIC,
        poll_s=max(1, ask.services.settings.poll_ms // SECOND),
        now=ask.now,
        talked=talked,
    )


def was_accepted(ask: Ask, offer_id: str) -> bool:
    """Tell whether this is the offer that made a call a conversation."""
    line = ask.services.board.calls.get(offer_id.rpartition("/o")[0])
    return line is not None and line.accepted == offer_id


@adapter(
    routes, "/adapters/freeswitch/answered", scopes=(), security=[{"offer": []}], asks={}, says="<document/>",
    query={"offer": "The offer's id.", "token": "The offer's token."}, methods=("GET", "POST"),
)  # fmt: skip
async def freeswitch_answered(ask: Ask) -> Response:
    """Hear from the agent's leg (api_on_answer) that it was answered; the offer's token is the key to that."""
    with suppress(Refusal):  # too late, or said before: the end of the conversation tells the rest
        await accept(ask, ask.asked("offer") or "", ask.asked("token") or "")
    return document("")


@adapter(
    routes, "/adapters/freeswitch/left", scopes=(), security=[{"offer": []}], asks={}, says="<document/>",
    query={"offer": "The offer's id.", "token": "The offer's token."}, methods=("GET", "POST"),
)  # fmt: skip
async def freeswitch_left(ask: Ask) -> Response:
    """Hear from the agent's leg (api_hangup_hook) that it has ended: who has handed the caller on is free."""
    offer_id = checked(ask, ask.asked("offer") or "", ask.asked("token") or "")
    if was_accepted(ask, offer_id):
        with suppress(Refusal):  # the caller's own end came first
            await ask.tell(cmd.EndCall(CallId(offer_id.rpartition("/o")[0])))
    return document("")
