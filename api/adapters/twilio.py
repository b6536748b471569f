"""Twilio's voice web hooks: a signed form in, TwiML out.

A waiting caller is in a Twilio queue, whose wait document is asked for again and again until there is an offer.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.adapters.shared import Fields, adapter, base_of, dialable, escape, fields_of, report, tag, told, xml
from api.auth.keys import Key
from api.errors import Forbidden, Invalid
from api.http.endpoint import Plain, router
from api.services import Ask
from callcenter.units import SECOND

routes = router("adapters")
SIGNED: Final = "x-twilio-signature"
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""CallStatus of a caller who is gone."""
CARRIED: Final = ("source", "queue", "music")
"""Fields of the query string that go along from document to document."""
DIALLED: Final = {
    "completed": "completed", "answered": "completed", "no-answer": "no_answer", "busy": "busy",
    "failed": "unreachable", "canceled": "no_answer",
}  # fmt: skip
"""DialCallStatus → what is reported of the offer."""


def signature(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """Return what Twilio sends as X-Twilio-Signature: HMAC-SHA1 over the address and the fields in their order.

    >>> signature("12345", "https://example.org/voice", {"CallSid": "CA1"})
    'YjpG3h9xnpdMVzU7VxMgyNohdbk='
    """
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return b64encode(hmac.new(auth_token.encode(), signed.encode(), "sha1").digest()).decode()


async def heard(ask: Ask) -> tuple[Ask, Fields]:
    """Return the fields, and the ask as Twilio's own.

    Raises:
        Forbidden: nobody has set up Twilio, or it is not Twilio who asks.
    """
    token = ask.services.settings.twilio_auth_token
    if token is None:
        raise Forbidden("set CALLCENTER_TWILIO_AUTH_TOKEN (and CALLCENTER_PUBLIC_URL) first")
    fields = await fields_of(ask)
    scope = ask.request.scope
    query = scope["query_string"].decode("latin-1")
    url = base_of(ask.request, ask.services.settings.public_url) + scope["path"] + (f"?{query}" if query else "")
    right = signature(token.get_secret_value(), url, fields)
    if not hmac.compare_digest(right.encode(), ask.request.headers.get(SIGNED, "").encode()):
        raise Forbidden("this is not Twilio's signature of this request (is CALLCENTER_PUBLIC_URL what Twilio calls?)")
    return replace(ask, key=Key("twilio", "", frozenset({"telephony"}), "Twilio")), fields


def here(request: Request, what: str, **more: str) -> str:
    """Return the address of another document, the query's fields carried along."""
    carried = {name: request.query_params[name] for name in CARRIED if name in request.query_params}
    query = urlencode(carried | more)
    return f"/v1/adapters/twilio/{what}" + (f"?{query}" if query else "")


def named(ask: Ask, fields: Fields, field: str = "CallSid") -> tuple[str, str]:
    """Return source and name of the call."""
    if not fields.get(field):
        raise Invalid("{field}: Twilio sends it with every request", field=field)
    return ask.asked("source") or "twilio", fields[field]


def response(*verbs: str) -> Response:
    """Return TwiML."""
    return xml(tag("Response", "".join(verbs)))


def dial(request: Request, offer: Plain) -> str:
    """Return the verb that rings an agent, and tells us when they answer."""
    contact = str(offer["contact"])
    told_to = here(request, "leg", offer=offer["id"])
    kind = "Sip" if contact.startswith(("sip:", "sips:")) else "Client" if contact.startswith("client:") else "Number"
    whom = tag(
        kind, escape(contact.removeprefix("client:")), statusCallback=told_to, statusCallbackEvent="answered completed",
        statusCallbackMethod="POST",
    )  # fmt: skip
    return tag(
        "Dial", whom, timeout=offer.get("ring_s") or 30, action=here(request, "voice", offer=offer["id"]),
        method="POST", answerOnBridge="true",
    )  # fmt: skip


def twiml(request: Request, decision: Plain, *, fresh: bool) -> Response:
    """Return what a decision means for the caller; `fresh`: nobody has answered them yet."""
    offer = decision.get("offer")
    match decision["decision"]:
        case "queue":
            wait, voice = here(request, "wait"), here(request, "voice")
            return response(
                tag("Enqueue", "callcenter", waitUrl=wait, waitUrlMethod="POST", action=voice, method="POST")
            )
        case "offer" if offer is not None:
            return response(dial(request, offer))
        case "overflow" if dialable(str(decision.get("overflow_target") or "")):
            return response(tag("Dial", escape(str(decision["overflow_target"]))))
    return response(tag("Reject", reason="busy") if fresh else tag("Hangup"))


SECURED: Final[list[Plain]] = [{"twilio": []}]
QUERY: Final = {
    "source": "This account's name (default: twilio).",
    "queue": "The queue of these calls.",
    "music": "Address of a short piece (5 s or so) that waiting callers hear; after each we are asked again.",
}
FORM: Plain = {"CallSid": "CA3f1c", "From": "+442079460958", "To": "+442079460000", "CallStatus": "ringing"}


@adapter(
    routes, "/adapters/twilio/voice", scopes=(), security=SECURED, asks=FORM,
    query=QUERY | {"offer": "Ours: which offer was dialled."},
    says='<Response><Enqueue waitUrl="/v1/adapters/twilio/wait" waitUrlMethod="POST" '
    'action="/v1/adapters/twilio/voice" method="POST">callcenter</Enqueue></Response>',
)  # fmt: skip
async def twilio_voice(ask: Ask) -> Response:
    """Tell Twilio what to do with a call: the voice web hook, and the action of what we told it to do.

    Twilio's signature is the key (setting `twilio_auth_token`); `public_url` is what Twilio calls us.
    """
    ask, fields = await heard(ask)
    source, name = named(ask, fields)
    dialled, offer_id, left = fields.get("DialCallStatus"), ask.asked("offer"), fields.get("QueueResult")
    gone = fields.get("CallStatus") in OVER
    if left in ("hangup", "system-error", "error") or (gone and dialled not in ("completed", "answered")):
        await report(ask, source, name, "abandoned")  # also while an agent rings, who has missed nothing then
        return response()
    if dialled and offer_id:
        kind = DIALLED.get(dialled, "unreachable")
        talk_s = talked_s(fields.get("DialCallDuration"))
        more = {"talk_s": talk_s} if kind == "completed" else {"offer_id": offer_id}
        await report(ask, source, name, kind, **more)
    if gone:
        return response()
    decision = await told(
        ask,
        source,
        name,
        again=bool(dialled or left),
        queue=ask.asked("queue"),
        caller=fields.get("From"),
        called=fields.get("To"),
    )
    if left == "queue-full" and decision["decision"] == "queue":  # Twilio's own queue: ours has them, so they wait here
        again = here(ask.request, "voice")
        return response(_pause(ask), tag("Redirect", escape(again), method="POST"))
    return twiml(ask.request, decision, fresh=fields.get("CallStatus") == "ringing" and not dialled and left is None)


@adapter(
    routes, "/adapters/twilio/wait", scopes=(), security=SECURED, asks=FORM | {"QueuePosition": "1"},
    query=QUERY | {"played": "Ours: when the music began, in seconds of QueueTime."},
    says='<Response><Pause length="2"/></Response>',
)  # fmt: skip
async def twilio_wait(ask: Ask) -> Response:
    """Tell Twilio what a waiting caller hears, or that they leave its queue since there is something else to do."""
    ask, fields = await heard(ask)
    source, name = named(ask, fields)
    decision = await told(ask, source, name, again=True, queue=ask.asked("queue"), caller=fields.get("From"))
    if decision["decision"] != "queue":
        return response(tag("Leave"))
    music, waited, played = ask.asked("music"), _seconds(fields.get("QueueTime")), _seconds(ask.asked("played"))
    if not music or (played is not None and waited is not None and waited <= played):
        # None, or it did not play: a wait without music is a wait all the same.
        return response(_pause(ask))
    if waited is None:
        return response(tag("Play", escape(music)))
    again = here(ask.request, "wait", played=str(waited))
    return response(tag("Play", escape(music)), tag("Redirect", escape(again), method="POST"))


def _pause(ask: Ask) -> str:
    """Return the verb for a wait without music: nobody asks again at once."""
    return tag("Pause", length=max(1, ask.services.settings.poll_ms // SECOND))


def talked_s(text: str | None) -> float:
    """Return how long a leg that was answered lasted: a conversation of no length is none."""
    return max(1.0, float(_seconds(text) or 0))


def _seconds(text: str | None) -> int | None:
    """Return whole seconds that Twilio wrote, or sent back as we wrote them."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None


@adapter(
    routes, "/adapters/twilio/leg", scopes=(), security=SECURED,
    asks={"CallSid": "CA77aa", "ParentCallSid": "CA3f1c", "CallStatus": "in-progress"},
    query=QUERY | {"offer": "Ours: which offer was dialled."}, says="<Response/>",
)  # fmt: skip
async def twilio_leg(ask: Ask) -> Response:
    """Hear from Twilio that an agent has answered, or has left the caller, also to another (the leg's status)."""
    ask, fields = await heard(ask)
    source, name = named(ask, fields, "ParentCallSid")
    status, offer_id = fields.get("CallStatus"), ask.asked("offer")
    if status in ("in-progress", "answered") and offer_id:
        await report(ask, source, name, "answered", offer_id=offer_id)
    elif status == "completed" and offer_id:  # of a leg that nobody answered it is no-answer, busy, failed or canceled
        await report(ask, source, name, "completed", offer_id=offer_id, talk_s=talked_s(fields.get("CallDuration")))
    return response()


@adapter(
    routes, "/adapters/twilio/status", scopes=(), security=SECURED, asks=FORM | {"CallStatus": "completed"},
    query=QUERY, says="<Response/>",
)  # fmt: skip
async def twilio_status(ask: Ask) -> Response:
    """Hear from Twilio that a caller's call is over (the status callback of the number)."""
    ask, fields = await heard(ask)
    source, name = named(ask, fields)
    if fields.get("CallStatus") in OVER:
        await report(ask, source, name, "abandoned")  # of one who talks this is the end of the conversation
    return response()
