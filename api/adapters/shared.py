"""What the adapters share: a vendor's form in, a vendor's XML out, the same calls and reports in between.

An adapter translates and decides nothing: it posts the call and reports what happened by the very functions that answer
`POST /v1/calls` and `POST /v1/events`.
"""

import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response

from api.auth.bindings import bind, check_source
from api.errors import BadRequest
from api.http.endpoint import Operation, Plain, Reply, guarded, text_of_problem
from api.http.formats import body_of, form_fields
from api.http.problems import Problem
from api.http.routing import Router
from api.routes.calls import CallIn, post_call
from api.routes.events import NamedReportIn, apply, named_line
from api.services import Ask
from callcenter.errors import Refusal

Fields = dict[str, str]
MOST_FIELDS: Final = 500
NOT_DIALLED: Final = frozenset(" {}[]<>|,'\"$\\`!^")
"""What a dial string of one system or another gives a meaning of its own."""


async def fields_of(ask: Ask) -> Fields:
    """Return the form that was posted; of a field that comes twice the last.

    Raises:
        BadRequest: it is no form.
    """
    raw = await body_of(ask.request, ask.services.settings.body_limit)
    try:
        return dict(form_fields(raw.decode("utf-8"), MOST_FIELDS, blank=True))
    except UnicodeDecodeError:
        raise BadRequest("the body is no form of UTF-8 text") from None


async def told(ask: Ask, source: str, name: str, *, again: bool = False, **more: str | None) -> Plain:
    """Post a call, or ask `again` about one that was, and return the decision."""
    if ask.key.waits_for_source:
        bind(ask.key, source)
    check_source(ask.key, source)
    if again:  # these names never come again: what ended long ago is over all the same
        line = ask.services.board.call(await ask.services.names.find(source, name) or "")
        if line is not None:
            return ask.services.call_answer(line)
    given = {field: value for field, value in more.items() if value}
    call = CallIn.model_validate({"source": source, "external_call_id": name, **given})
    reply = await post_call(replace(ask, body=call))
    assert isinstance(reply, Reply), "a posted call is answered with a decision"
    return reply.payload


async def report(ask: Ask, source: str, name: str, kind: str, **more: Any) -> None:
    """Report what happened to a call; that it comes too late, or of no call that we know, is nobody's fault here."""
    check_source(ask.key, source)
    wish = NamedReportIn.model_validate({"source": source, "external_call_id": name, "type": kind, **more})
    with suppress(Refusal):
        await apply(ask, wish, await named_line(ask.services, wish))


def dialable(contact: str) -> bool:
    """Tell whether a contact is plain enough for a dial string.

    >>> dialable("user/1001@pbx.example.org"), dialable("{api_on_answer=system rm}user/1001")
    (True, False)
    """
    return bool(contact) and contact.isprintable() and not NOT_DIALLED & set(contact)


def tag(name: str, content: str = "", /, **attributes: str | int | None) -> str:
    """Return an XML element around `content`, which is XML already; what is None is left out.

    >>> tag("Dial", escape("a & b"), timeout=15, action="/x?y=1&z=2")
    '<Dial timeout="15" action="/x?y=1&amp;z=2">a &amp; b</Dial>'
    """
    written = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def xml(document: str) -> Response:
    """Return a document as an answer."""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{document}', media_type="text/xml")


def base_of(request: Request, public_url: str | None) -> str:
    """Return how the service is reached from outside, without a slash at the end.

    Raises:
        BadRequest: nobody has set it, and the request's own Host is none.
    """
    if public_url is not None:
        return public_url.rstrip("/")
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        raise BadRequest("Host: is no name of a host (or set CALLCENTER_PUBLIC_URL)")
    return f"{request.scope['scheme']}://{host}"


_HOST: Final = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)


Act = Callable[[Ask], Coroutine[Any, Any, Response]]


def adapter(
    where: Router,
    path: str,
    *,
    scopes: tuple[str, ...],
    security: list[Plain],
    asks: Plain,
    says: str,
    query: dict[str, str],
    methods: tuple[str, ...] = ("POST",),
) -> Callable[[Act], Act]:
    """Register an operation that is written for one vendor, with its entry in the OpenAPI document.

    Args:
        where: The router.
        path: Below /v1.
        scopes: Of the key; none: the act itself looks who asks.
        security: What the document says of that.
        asks: Example of the form.
        says: Example of the XML.
        query: Fields of the query string → what they mean.
        methods: GET too where the vendor cannot POST.
    """

    def register(act: Act) -> Act:
        form = {"type": "object", "additionalProperties": {"type": "string"}}
        answers: dict[int | str, Plain] = {
            200: {"description": "What to do", "content": {"text/xml": {"schema": {"type": "string"}, "example": says}}}
        }
        for status in (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503):
            answers[status] = {
                "model": Problem, "description": text_of_problem(status), "content": {"application/problem+json": {}},
            }  # fmt: skip
        documentation = (act.__doc__ or "").strip()
        for method in methods:
            extra: Plain = {
                "security": security,
                "parameters": [
                    {"name": n, "in": "query", "required": False, "schema": {"type": "string"}, "description": text}
                    for n, text in query.items()
                ],
            }
            if method == "POST":
                media = {"application/x-www-form-urlencoded": {"schema": form, "example": asks}}
                extra["requestBody"] = {"required": False, "content": media}
            where.add(
                path,
                guarded(Operation(scopes, posted_call=True), act),
                methods=[method],
                responses=answers,
                operation_id=act.__name__ if method == "POST" else f"{act.__name__}_by_{method.lower()}",
                summary=documentation.partition("\n")[0].rstrip("."),
                description=documentation,
                openapi_extra=extra,
                response_model=None,
            )
        return act

    return register


__all__ = ["adapter", "base_of", "dialable", "escape", "fields_of", "report", "tag", "told", "xml"]
