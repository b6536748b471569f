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
from api.routes.offers import accept
from api.services import Ask
from callcenter.errors import Refusal
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
KEY: Final[list[Plain]] = [{"key": []}, {"header": []}]


def document(work: str, params: dict[str, str] | None = None) -> Response:
    """Return a work document; `params` come back with the next request."""
    kept = tag("params", "".join(tag(name, escape(value)) for name, value in (params or {}).items()))
    return xml(tag("document", f"{kept if params else ''}{tag('work', work)}", type="xml/freeswitch-httapi"))


def work_of(decision: Plain, *, answered_url: str, music: str | None, poll_s: int, now: int, talked: bool) -> Response:
    """Return what a decision means for the channel.

    `music`: None where there is none, since it ended as soon as it began; `talked`: an agent had the caller.
    """
    offer = decision.get("offer")
    match decision["decision"]:
        case "queue":
            work = tag("execute", application="answer") + tag("execute", application="set", data="cc_waits=true")
            if music is None:
                return document(work + tag("execute", application="sleep", data=str(poll_s * SECOND)))
            hold = tag("execute", application="set", data=f"playback_timeout_sec={poll_s}")
            return document(work + hold + tag("playback", file=music), {"cc_plays": str(now)})
        case "offer" if offer is not None:
            query = urlencode({"offer": offer["id"], "token": offer["token"]}, quote_via=quote)
            ring_s = offer.get("ring_s") or 30
            span = f"[leg_timeout={ring_s},api_on_answer='curl {answered_url}?{query}']{offer['contact']}"
            sets = ("continue_on_fail=true", "hangup_after_bridge=false", "ignore_early_media=true")
            work = "".join(tag("execute", application="set", data=one) for one in sets)
            work += tag("execute", application="bridge", data=span) + tag("getVariable", name="originate_disposition")
            return document(work, {"cc_offer": offer["id"]})
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
    '<document type="xml/freeswitch-httapi"><params><cc_plays>1772442000123</cc_plays></params><work>'
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
    name = fields.get("session_id") or fields.get("Unique-ID")
    if not name:
        raise Invalid("session_id: httapi sends it with every request")
    source = ask.asked("source") or "freeswitch"
    if fields.get("exiting") == "true":
        await report(ask, source, name, "abandoned")
        return document("")
    disposition = fields.get("originate_disposition") or fields.get("variable_originate_disposition")
    offer_id = fields.get("cc_offer") or fields.get("variable_cc_offer")
    plays = fields.get("cc_plays", "")
    if offer_id and disposition == "SUCCESS":
        await report(ask, source, name, "completed", talk_s=1.0)  # how long is ours to know: that it was, not how long
    elif offer_id:
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
        answered_url=f"{base_of(ask.request, ask.services.settings.public_url)}/v1/adapters/freeswitch/answered",
        music=None if silent else ask.asked("music") or MUSIC,
        poll_s=max(1, ask.services.settings.poll_ms // SECOND),
        now=ask.now,
        talked=disposition == "SUCCESS",
    )


@adapter(
    routes, "/adapters/freeswitch/answered", scopes=(), security=[{"offer": []}], asks={}, says="<document/>",
    query={"offer": "The offer's id.", "token": "The offer's token."}, methods=("GET", "POST"),
)  # fmt: skip
async def freeswitch_answered(ask: Ask) -> Response:
    """Hear from the agent's leg (api_on_answer) that it was answered; the offer's token is the key to that."""
    with suppress(Refusal):  # too late, or said before: the end of the conversation tells the rest
        await accept(ask, ask.asked("offer") or "", ask.asked("token") or "")
    return document("")
