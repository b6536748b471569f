"""Offers: accepted or rejected by whoever holds the token; exactly one winner."""

from pydantic import BaseModel, Field

from api.auth.bindings import without_others_tokens
from api.auth.keys import Key, check_agent
from api.errors import Forbidden
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In
from api.services import Ask, Services
from api.state.views import offer_out, task_out
from callcenter import commands as cmd
from callcenter.errors import OfferNotPending
from callcenter.events import OfferEnd
from callcenter.ids import OfferId

routes = router("offers")
SCOPES = ("telephony", "agent")


class AcceptIn(In):
    """The offer's token: only who was told of the offer has it."""

    token: str = Field(min_length=1, max_length=100)


class RejectIn(AcceptIn):
    """Why the offer failed."""

    cause: OfferEnd = Field(
        OfferEnd.REJECTED, description="no_answer, rejected, busy or unreachable.",
        json_schema_extra={"enum": ["no_answer", "rejected", "busy", "unreachable"]},
    )  # fmt: skip


class OfferAnswerOut(BaseModel):
    """How the call or task of the offer stands now."""

    offer_id: str
    result: str
    call: dict[str, object] | None = None
    callback: dict[str, object] | None = None


EXAMPLE: Plain = {"offer_id": "c3f2a9d1c0b4e8f7a6d5c/o1", "result": "accepted", "call": {"state": "connected"}}


def subject_out(services: Services, key: Key, offer_id: str) -> Plain:
    """Return the truth about the call or task of an offer."""
    subject = offer_id.rpartition("/o")[0]
    line = services.board.calls.get(subject)
    if line is not None:
        return {"call": without_others_tokens(key, services.call_answer(line))}
    task = services.board.tasks.get(subject)
    return {} if task is None else {"callback": task_out(task)}


def checked(ask: Ask, offer_id: str, token: str) -> str:
    """Return the offer's id if the token is its own and the key may speak for its agent."""
    if not ask.services.tokens.fits(offer_id, token):
        raise Forbidden("this is not the offer's token")
    offer = ask.services.board.offers.get(offer_id)
    if offer is not None:
        check_agent(ask.key, offer.agent_id)
    return offer_id


@operation(
    routes, "POST", "/offers/{offer_id:path}:accept", scopes=SCOPES, body=AcceptIn, answer=OfferAnswerOut,
    fails=(404, 409), flat=True, asks={"token": "6f1ed002ab5595859014ebf0951522d9"}, says=EXAMPLE,
)  # fmt: skip
async def accept_offer(ask: Ask) -> Reply:
    """Take the call or task. Exactly one acceptance wins; the others get 409 with the truth."""
    return await accept(ask, ask.path("offer_id"), ask.body.token)


async def accept(ask: Ask, offer_id: str, token: str) -> Reply:
    """Take the call or task of an offer for whoever holds its token."""
    checked(ask, offer_id, token)
    told = await ask.services.tell(cmd.AcceptOffer(OfferId(offer_id)))
    return answered(ask, offer_id, told.refusal, "accepted")


@operation(
    routes, "POST", "/offers/{offer_id:path}:reject", scopes=SCOPES, body=RejectIn, answer=OfferAnswerOut,
    fails=(404, 409), flat=True, asks={"token": "6f1ed002ab5595859014ebf0951522d9", "cause": "busy"},
    says=EXAMPLE | {"result": "busy", "call": {"state": "queued"}},
)  # fmt: skip
async def reject_offer(ask: Ask) -> Reply:
    """Say that the offer failed, and why: the call takes its own turn again."""
    offer_id = checked(ask, ask.path("offer_id"), ask.body.token)
    told = await ask.services.tell(cmd.EndOffer(OfferId(offer_id), ask.body.cause))
    return answered(ask, offer_id, told.refusal, str(ask.body.cause))


def answered(ask: Ask, offer_id: str, refusal: Exception | None, result: str) -> Reply:
    """Return the truth, or the refusal with it."""
    truth = subject_out(ask.services, ask.key, offer_id)
    if isinstance(refusal, OfferNotPending):
        line = ask.services.board.calls.get(offer_id.rpartition("/o")[0])
        if line is not None:
            refusal.truth |= {"agent_id": line.agent_id, "state": line.state}
        raise refusal
    if refusal is not None:
        raise refusal
    return Reply({"offer_id": offer_id, "result": result, **truth})


class OffersOut(BaseModel):
    """Live offers."""

    offers: list[dict[str, object]]


@operation(
    routes, "GET", "/offers", scopes=("telephony", "supervisor"), answer=OffersOut,
    says={"offers": [{"id": "c3f2/o1", "agent_id": "ana", "contact": "PJSIP/1001", "subject": "c3f2"}]},
)  # fmt: skip
async def list_offers(ask: Ask) -> Reply:
    """List the live offers."""
    board, sources = ask.services.board, ask.key.sources
    found = [
        offer_out(ask.services, offer) | {"subject": offer.subject}
        for offer in board.offers.values()
        if not sources or (line := board.call(offer.subject.partition("/")[0])) is None or line.source in sources
    ]
    return Reply({"offers": found})
