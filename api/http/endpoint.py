"""Around every route: authentication, rate limit, body and its checks; then the work; then the response or problem.

FastAPI finds the route and writes the OpenAPI document; reading and checking is done here, because telephony systems
post JSON as forms, forms as JSON, and cannot read a status.
"""

import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.auth.bindings import check_reach
from api.auth.keys import Access, Key, check_scope
from api.auth.sessions import Sessions
from api.errors import CutOff, Invalid, NotFound, Unavailable, UniqueConflict
from api.http.bodies import request_body
from api.http.formats import NO_NUL, In, body_of, form_fields, read, written
from api.http.problems import Problem, problem
from api.http.routing import EndpointRoute, Router
from api.http.sheets import XLSX
from api.http.time_limits import TimeLimits
from api.live.command_handler import CommandHandler
from api.live.idempotency import LONGEST_KEY, Transaction, row_of, stored
from api.live.protocol import LiveEngine
from api.settings import Settings
from api.store.changes import Change, Row, Told
from api.telemetry import logs
from callcenter.commands import Command
from callcenter.config.refusals import near
from callcenter.errors import Refusal
from callcenter.language.accepted import accepted
from callcenter.language.said import SOURCE, said
from callcenter.units import Millis

LOG: Final = logging.getLogger("callcenter")
Plain = dict[str, Any]
NOBODY: Final = Key("-", "", frozenset())
MOST_ASKED: Final = 200
"""Fields of a query string."""


@dataclass(slots=True)
class Reply:
    """An answer."""

    payload: Plain
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Parts(Protocol):
    """What every request needs, whatever its route does with it."""

    live: LiveEngine
    access: Access
    sessions: Sessions
    settings: Settings
    commands: CommandHandler
    time_limits: TimeLimits


S = TypeVar("S", bound=Parts)


@dataclass(slots=True)
class Ask(Generic[S]):
    """A request that may be carried out."""

    request: Request
    services: S
    key: Key
    body: Any
    """The checked model that the operation asks for, or None."""
    now: Millis

    def path(self, name: str) -> str:
        """Return a part of the address."""
        value = str(self.request.path_params[name])
        if not value or len(value) > 300 or not value.isprintable():
            raise NotFound("there is nothing of that name")
        return value

    @property
    def language(self) -> str:
        """In which language who asks reads; English where they do not say."""
        return language_of(self.request)

    def asked(self, name: str) -> str | None:
        """Return a field of the query string."""
        value = self.request.query_params.get(name)
        if value is not None and "\0" in value:
            raise Invalid(NO_NUL)
        return value

    async def tell(self, command: Command, *changes: Change) -> Told:
        """Tell the engine, and raise its refusal; an idempotency key goes along with a refused command too."""
        told = await self.services.commands.tell(command, changes)
        if told.refusal is not None:
            raise told.refusal
        return told


Act = Callable[[Ask[Any]], Coroutine[Any, Any, Reply | Response]]


def router(tag: str) -> Router:
    """Return the router of a noun."""
    return Router(prefix="/v1", tags=[tag])


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of a route, and what the endpoint checks."""

    scopes: tuple[str, ...]
    body: type[In] | None = None
    posted_call: bool = False
    """A call was posted: problems carry `decision=fallback`."""
    writes: bool = False
    """An Idempotency-Key is honoured."""
    query: frozenset[str] | None = None
    """Fields that the query string may have where there is no body (None: any; a vendor's own)."""


def guarded(operation: Operation, act: Act) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the endpoint that checks a request and then carries out `act`."""
    if operation.posted_call and operation.body is not None:
        operation.body.model_rebuild()  # others are made when they are first needed: no caller waits for this one

    async def endpoint(request: Request) -> Response:
        services: Parts = request.app.state.services
        try:
            now = services.live.now()
            said = dict(request.scope["headers"])
            key = NOBODY
            if operation.scopes:
                if services.live.trouble is not None:
                    await services.live.see_that_ours()
                key = _admitted(services, request.method, said, now)
                check_scope(key, operation.scopes)
            idempotency = _idempotency_key(said) if operation.writes else None
            raw = b""
            if operation.body is not None or idempotency is not None:
                raw = await body_of(request, services.settings.body_limit)
            elif query := request.scope["query_string"]:
                check_query(query.decode("latin-1"), operation.query)
            if not operation.posted_call:
                return await _carried_out(request, services, operation, act, key, now, idempotency, raw)
            with services.time_limits.of(services.settings.answer_s):  # a caller waits: whatever it is that hangs
                return await _carried_out(request, services, operation, act, key, now, idempotency, raw)
        except Exception as fault:
            return refused(request, fault, operation.posted_call)

    return endpoint


def _admitted(services: Parts, method: str, said: dict[bytes, bytes], now: Millis) -> Key:
    """Return whose request this is: by the key it shows, else by a browser's cookie."""
    shown, header = _text(said, b"authorization"), _text(said, b"x-api-key")
    if shown is None and header is None and b"cookie" in said:
        key = services.sessions.admit(method, said, now)
        if key is not None:
            return key
    return services.access.admit(shown, header, now)


def check_query(query: str, known: frozenset[str] | None) -> None:
    """Refuse a field of the query string that the operation does not know: it would be taken for carried out.

    Raises:
        Invalid: which, and which there are.
    """
    if known is None:
        return
    for name, _ in form_fields(query, MOST_ASKED, blank=True):
        if name not in known:
            there = ", ".join(sorted(known - {"format"})) or said("none")
            raise Invalid(
                "?{name}: there is no such parameter here{hint} (there is: {there})",
                name=name[:50],
                hint=near(name, known),
                there=there,
            )


async def _carried_out(
    request: Request, services: Parts, operation: Operation, act: Act, key: Key, now: Millis,
    idempotency: str | None, raw: bytes,
) -> Response:  # fmt: skip
    """Carry out a request whose body is there, or return the answer that it had before."""
    query = request.scope["query_string"].decode("latin-1")

    def asked() -> Ask[Parts]:
        ask = Ask(request, services, key, None if operation.body is None else read(operation.body, raw, query), now)
        if not key.reaches_all_sources or key.groups:
            check_reach(key, ask, services.commands.board, services.live.engine.centre)
        return ask

    if idempotency is None:
        reply = await act(asked())
        if isinstance(reply, Reply):
            return written(request, reply.payload, reply.status, reply.headers)
        return reply
    address = f"{request.scope['path']}?{query}\0".encode()
    print_of = sha256(address + raw).hexdigest()
    mark = (key.id, idempotency)
    before = await stored(services.commands, services.live, mark, print_of)
    if before is not None:
        return before

    def ending(reply: Reply | Response) -> tuple[Response, Row | None]:
        if not isinstance(reply, Reply):
            return reply, None
        response = written(request, reply.payload, reply.status, reply.headers)
        return response, row_of(mark, print_of, response, now)

    try:
        return await Transaction(services.commands, act(asked()), ending)
    finally:
        services.commands.running.discard(mark)


def _text(said: dict[bytes, bytes], name: bytes) -> str | None:
    value = said.get(name)
    return None if value is None else value.decode("latin-1")


def _idempotency_key(said: dict[bytes, bytes]) -> str | None:
    """Return the key; an empty one, which a variable that is not set makes, is none."""
    value = _text(said, b"idempotency-key")
    if value and not (len(value) <= LONGEST_KEY and value.isprintable()):
        raise Invalid("Idempotency-Key: write at most {most} printable characters", most=LONGEST_KEY)
    return value or None


def language_of(request: Request) -> str:
    """Return the language that a client asks for (`Accept-Language`)."""
    for name, value in request.scope["headers"]:
        if name == b"accept-language":
            return accepted(value.decode("latin-1"))
    return SOURCE


def refused(request: Request, fault: Exception, posted_call: bool = False) -> Response:
    """Return the problem document; a fault of ours is logged."""
    if isinstance(fault, UniqueConflict):
        fault = Unavailable("another request of this name is being carried out")
    elif isinstance(fault, ClientDisconnect):
        fault = CutOff()
    elif isinstance(fault, TimeoutError):
        fault = Unavailable("nothing was decided in time")
    payload, status, headers = problem(fault, posted_call=posted_call, language=language_of(request))
    if status == 500:
        about = logs.about_call(request.path_params.get("call_id"))
        LOG.error("%s %s failed", request.method, request.scope["path"], exc_info=fault, extra=about)
    return written(request, payload, status, headers, problem=True)


# --- the OpenAPI document

SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, cc_ID_SECRET."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key, elsewhere."},
    "offer": {"type": "apiKey", "in": "query", "name": "token", "description": "The offer's token, for this offer."},
    "twilio": {"type": "apiKey", "in": "header", "name": "X-Twilio-Signature", "description": "Twilio's signature."},
}
_COMMON: Final = {
    400: "Neither JSON nor a form",
    401: "No key in force",
    403: "The key has not the scope",
    408: "The request took too long to come",
    413: "The body is too large",
    415: "The body is compressed",
    422: "The fields do not fit",
    429: "Too many requests with this key",
    500: "A fault of ours",
    503: "The service takes no commands now",
}
_SELDOM: Final = {404: "There is no such thing", 409: "As things stand this cannot be"}


def text_of_problem(status: int) -> str:
    """Return what a status means, for the document."""
    return (_COMMON | _SELDOM)[status]


def operation(
    where: Router,
    method: str,
    path: str,
    *,
    scopes: tuple[str, ...],
    body: type[In] | None = None,
    answer: type[BaseModel],
    asks: Plain | None = None,
    says: Plain | None = None,
    created: bool = False,
    repeats: bool = False,
    fails: tuple[int, ...] = (),
    query: tuple[Plain, ...] = (),
    posted_call: bool = False,
    flat: bool = False,
    secret: bool = False,
    kind: str = "application/json",
    table: bool = False,
    files: tuple[str, ...] = (),
) -> Callable[[Act], Act]:
    """Register an operation: its endpoint, and its entry in the OpenAPI document.

    Args:
        where: The router of its noun.
        method: GET or POST.
        path: Below /v1.
        scopes: Any of them will do; none: open to everyone.
        body: What is posted.
        answer: What is answered.
        asks: Example of what is posted.
        says: Example of the answer.
        created: The answer is 201.
        repeats: … or 200 when it is there already.
        fails: 404 and 409 where they can be; an address with a name in it has 404 in any case.
        query: Fields of the query string, as OpenAPI parameters.
        posted_call: Problems carry `decision=fallback`.
        flat: Can be answered as `k=v&k=v`.
        secret: The answer shows a secret, or a person: it is stored for no Idempotency-Key.
        kind: Content type of the answer.
        table: Rows can be answered as CSV or as a workbook.
        files: Content types of the files that it answers.
    """

    def register(act: Act) -> Act:
        documented: dict[int | str, Plain] = {}
        content = {kind: {"example": says}} if says is not None and kind == "application/json" else None
        for status in (201, 200) if created and repeats else (201,) if created else (200,):
            documented[status] = {"model": answer, "description": "Done" if status == 200 else "Made"}
            if content is not None:
                documented[status]["content"] = dict(content)
            if kind != "application/json":
                documented[status] = {
                    "description": "A stream of events",
                    "content": {
                        kind: {"schema": {"type": "string"}, "example": "id: 7\nevent: CallQueued\ndata: {}\n\n"}
                    },
                }
        names = re.findall(r"\{(\w+)", path)
        texts = _COMMON | {status: _SELDOM[status] for status in (*fails, *((404,) if names else ()))}
        if method == "GET":
            texts = {status: text for status, text in texts.items() if status not in (408, 413, 415)}
        for status, text in sorted(texts.items()):
            documented[status] = {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
        if kind == "application/json":
            for answered in documented.values():
                content = answered.setdefault("content", {})
                content["text/plain"] = {"schema": {"type": "string"}}
                if table:
                    content["text/csv"] = {"schema": {"type": "string"}}
                    content[XLSX] = {"schema": {"type": "string", "format": "binary"}}
        for status in (200, 201) if files else ():
            if status in documented:
                documented[status] = {"description": "A file", "content": {kind: _file_of(kind) for kind in files}}
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in names
        ]
        if method == "POST" and not secret:
            parameters.append(
                {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"},
                 "description": "The same key and request again: the stored answer."}
            )  # fmt: skip
        if flat:
            parameters.append(
                {"name": "format", "in": "query", "required": False, "schema": {"type": "string"},
                 "description": "`flat` (or Accept: text/plain): `k=v&k=v`; any other: JSON."}
            )  # fmt: skip
        if table:
            parameters.append(
                {"name": "format", "in": "query", "required": False, "schema": {"type": "string"},
                 "description": "`csv` or `xlsx` (or their types in Accept): a header and rows; any other: JSON."}
            )  # fmt: skip
        extra: Plain = {"parameters": [*parameters, *query]}
        if scopes:
            extra["security"] = [{"key": []}, {"header": []}]
            extra["x-scopes"] = list(scopes)
        if body is not None:
            extra["requestBody"] = request_body(body, asks)
        doc = (act.__doc__ or "").strip()
        asked = frozenset({"format", *(str(parameter["name"]) for parameter in query)})
        where.add(
            path,
            guarded(Operation(scopes, body, posted_call, method == "POST" and not secret, asked), act),
            methods=[method],
            status_code=201 if created else 200,
            responses=documented,
            operation_id=act.__name__,
            summary=doc.partition("\n")[0].rstrip("."),
            description=doc,
            openapi_extra=extra,
            response_model=None,
        )
        return act

    return register


def _file_of(kind: str) -> Plain:
    """Return what the document says of a file; one in YAML is read as what it means."""
    if kind == "application/yaml":
        return {"schema": {"type": "object"}, "example": {"version": 1, "name": "small"}}
    return {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of a file)"}


def number_of(ask: Ask[Any], name: str, default: int, most: int) -> int:
    """Return a whole number of the query string."""
    text = ask.asked(name)
    return whole(name, text, most) if text else default


def word_of(ask: Ask[Any], name: str, known: Iterable[str]) -> str | None:
    """Return a word of the query string, one of those known; None where it is left out.

    Raises:
        Invalid: It is another: a slip in a filter would be answered with an empty list, as if there were nothing.
    """
    text = ask.asked(name)
    if not text:
        return None
    words = list(dict.fromkeys(known))
    if text not in words:
        raise Invalid(
            "{name}: {word!r} is none{hint} (there is: {known})",
            name=name,
            word=text[:30],
            hint=near(text[:50], words),
            known=", ".join(words),
        )
    return text


def whole(name: str, text: str, most: int) -> int:
    """Return a whole number that is written somewhere, `most` at most."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("{name}: {text!r} is not a whole number from 0", name=name, text=text[:30])
    return min(int(text), most)


__all__ = [
    "Ask", "EndpointRoute", "Operation", "Plain", "Refusal", "Reply", "operation", "router", "to_json", "whole",
    "word_of",
]  # fmt: skip
