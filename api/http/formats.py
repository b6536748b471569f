"""What clients can really write and read: JSON despite its content type, forms, query strings, flat k=v answers."""

import asyncio
import csv
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Annotated, Any, ClassVar, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError, from_json, to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.errors import BadRequest, Compressed, Invalid, TooLarge, TooSlow
from callcenter.config.formula_cells import harmless

ANSWER_LIMIT: Final = 4_095
"""A real PBX reads so many bytes of an answer and cuts the rest silently."""
BODY_S: Final = 30.0
"""The rest of a body comes within so long: it is small."""
_NOT_INPUT: Final = ("format",)


def _listed(value: Any) -> Any:
    """Let a list come as one string, parts divided by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _levelled(value: Any) -> Any:
    """Let skills come as a mapping, as a list, or as `billing:2,spanish`; a bare skill is level 1."""
    value = _listed(value)
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        return value
    levels: dict[str, Any] = {}
    for part in value:
        name, _, level = part.partition(":")
        levels[name] = level or 1
    return levels


def _no_truth(value: Any) -> Any:
    """Refuse true and false, which Python takes for 1 and 0."""
    if value is True or value is False:
        raise PydanticCustomError("number_type", "Input should be a number, not true or false")
    return value


def _instant(value: Any) -> Any:
    """Refuse in one line what can be no instant: a number with parts, true, a list."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("instant", "Input should be 2026-03-02T09:00:07Z, or whole milliseconds since 1970")


Listed = BeforeValidator(_listed)
NotBool = BeforeValidator(_no_truth)
Whole = Annotated[int, NotBool]
"""A whole number; text that is one will do, for forms have nothing else, and 1e3 is one."""
Number = Annotated[float, NotBool]
Instant = Annotated[str | Annotated[int, Field(strict=True)], BeforeValidator(_instant)]
"""RFC 3339, or milliseconds since 1970 (true is no number)."""
SkillName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Level = Annotated[int, Field(ge=0, le=1_000), NotBool]
Skills = Annotated[dict[SkillName, Level], BeforeValidator(_levelled)]


class In(BaseModel):
    """What a client posts: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_max_length=4_000, defer_build=True)
    is_of_telephones: ClassVar[bool] = False
    """What callers' telephones write gets into it: bytes that are no UTF-8 are no reason to refuse it."""


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body, or refuse one that is compressed, or beyond `limit`, without reading on."""
    for name, value in request.scope["headers"]:
        if name == b"content-length" and value.isdigit() and (len(value) > 18 or int(value) > limit):
            raise TooLarge(limit)
        if name == b"content-encoding" and value.lower() not in (b"", b"identity"):
            raise Compressed(value.decode("latin-1"))
    body, more = await _next_part(request)
    if more:
        whole = bytearray(body)
        try:
            async with asyncio.timeout(BODY_S):
                while more and len(whole) <= limit:
                    part, more = await _next_part(request)
                    whole += part
        except TimeoutError:
            raise TooSlow(BODY_S) from None
        body = bytes(whole)
    if len(body) > limit:
        raise TooLarge(limit)
    return body


async def _next_part(request: Request) -> tuple[bytes, bool]:
    """Return what has come of the body, and whether there is more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


Model = TypeVar("Model", bound=In)


def read(model: type[Model], body: bytes, query: str) -> Model:
    """Return what was asked, from the query string and the body together; the body wins.

    Raises:
        BadRequest: it is neither JSON nor a form.
        Invalid: it names a field twice, or holds a NUL.
        pydantic.ValidationError: it is, and does not fit.
    """
    if model.is_of_telephones and not body.isascii() and b"\0" not in body:  # UTF-16 is another matter
        body = body.decode("utf-8", "replace").encode()
    stripped = body.lstrip()
    if stripped[:1] in (b"{", b"["):
        if b"\\u0000" in body and _NUL.search(body):
            raise Invalid(NO_NUL)
        if not query:
            try:
                found = model.model_validate_json(body)
                if body.count(b":") > len(found.model_fields_set):
                    _check_names(body, len(found.model_fields_set), found.__dict__)
                return found
            except ValidationError as error:
                if error.errors(include_url=False)[0]["type"] == "json_invalid":
                    raise BadRequest("the body is not JSON: {error}", error=error.errors()[0]["msg"]) from None
                raise
        try:
            fields = from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise BadRequest("the body is not JSON: {error}", error=error) from None
        if not isinstance(fields, dict):
            raise BadRequest("the body is a list: post one object")
        _check_names(body, len(fields), fields)
        return model.model_validate(_pairs(query) | fields)
    if stripped.startswith(BOM_UTF8):
        return read(model, stripped.removeprefix(BOM_UTF8), query)
    if stripped.startswith(b"--") and b"form-data" in stripped[:500]:
        raise BadRequest("multipart is not read: post JSON, or a form k=v&k=v (curl: -d in place of -F)")
    try:
        form = _pairs(stripped.decode("utf-8"), _lists(model)) if stripped else {}
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8 text") from None
    if stripped and not form:
        raise BadRequest("the body is neither a JSON object nor a form (k=v&k=v)")
    return model.model_validate(_pairs(query) | form)


_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
NO_NUL: Final = "a text holds a NUL character (\\u0000, %00), which no database keeps: leave it out"


def _check_names(body: bytes, known: int, fields: dict[str, Any]) -> None:
    """Refuse JSON that names a field of one object twice: which of the two is meant nobody can know.

    A field's name is what comes before `":`, so where there are no more of these than fields, those of objects in
    fields included, there is no second one; only other bodies are read a second time.
    """
    squeezed = body.translate(None, b" \t\r\n")
    names = squeezed.count(b'":')
    if names > known:
        for name, value in fields.items():
            if type(value) is dict and value and b'"%b":{' % name.encode() in squeezed:
                known += len(value)
        if names > known:
            json.loads(body, object_pairs_hook=_once, parse_int=str)  # Python reads no number of 5,000 digits


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        twice = next(name for name in names if names.count(name) > 1)
        raise Invalid("/{twice}: is there twice: write it once", twice=twice[:100])


def form_fields(text: str, most: int, *, blank: bool = False) -> list[tuple[str, str]]:
    """Return the fields of a form in their order; `blank`: empty ones too.

    Raises:
        BadRequest: there are more than `most`.
        Invalid: one holds a NUL.
    """
    if "%00" in text or "\0" in text:
        raise Invalid(NO_NUL)
    try:
        return parse_qsl(text, keep_blank_values=blank, max_num_fields=most)
    except ValueError as error:
        raise BadRequest("the form cannot be read: {error}", error=error) from None


def _lists(model: type[BaseModel]) -> frozenset[str]:
    """Return the lists that a model wants in any case: a form says that one is empty by an empty field."""
    return frozenset(
        name for name, field in model.model_fields.items() if field.is_required() and Listed in field.metadata
    )


def _pairs(text: str, lists: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a form's fields: repeated ones as a list, `attributes.color` inside `attributes`, empty ones absent.

    `lists`: of these an empty one is an empty list.
    """
    found: dict[str, Any] = {}
    for key, value in form_fields(text, 200, blank=bool(lists)):
        if key in _NOT_INPUT or (not value and key not in lists):
            continue
        outer, dot, inner = key.partition(".")
        if dot:
            held = found.setdefault(outer, {})
            if not isinstance(held, dict):
                raise BadRequest("the field {outer!r} is both a value and a group", outer=outer)
            if inner in held:
                raise Invalid("/{outer}/{inner}: is there twice: write it once", outer=outer[:50], inner=inner[:50])
            held[inner] = value
        elif isinstance(before := found.get(key), dict):
            raise BadRequest("the field {key!r} is both a value and a group", key=key)
        elif key in found:
            found[key] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[key] = value
    return found


def wants_flat(request: Request) -> bool:
    """Tell whether the client asked for `k=v&k=v`."""
    scope = request.scope
    for name, value in scope["headers"]:
        if name == b"accept" and b"text/plain" in value:
            return True
    return bool(scope["query_string"]) and request.query_params.get("format") == "flat"


def wants_csv(request: Request) -> bool:
    """Tell whether the client asked for a table as CSV."""
    return "text/csv" in request.headers.get("accept", "") or request.query_params.get("format") == "csv"


def csv_of(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as CSV (RFC 4180): what is not known is empty, yes and no are true and false, no text a formula."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        said = (row.get(name) for name in columns)
        writer.writerow([_cell(one) for one in said])
    return file.getvalue()


def _cell(one: object) -> object:
    return "" if one is None else str(one).lower() if isinstance(one, bool) else harmless(one)


def flat(payload: dict[str, Any]) -> str:
    """Return an answer as `k=v&k=v`: nested keys joined by `_`, lists by commas, null left out.

    >>> flat({"decision": "offer", "offer": {"agent_id": "ana", "expires_at": None}, "ok": True})
    'decision=offer&offer_agent_id=ana&ok=1'
    """
    # A space as %20: Asterisk's hashcompat=yes would leave a + as it is.
    return urlencode(list(_flattened("", payload)), safe="", quote_via=quote)


def _flattened(prefix: str, payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in payload.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flattened(f"{name}_", value)
        elif isinstance(value, bool):
            yield name, "1" if value else "0"
        elif isinstance(value, list | tuple):
            if not any(isinstance(part, dict | list | tuple) for part in value):
                yield name, ",".join(str(part) for part in value)
        elif value is not None:
            yield name, str(value)


def written(
    request: Request,
    payload: dict[str, Any],
    status: int,
    headers: dict[str, str] | None = None,
    *,
    problem: bool = False,
) -> Response:
    """Return the answer in the format that the client can read."""
    if wants_flat(request):
        return Response(flat(payload), status, headers, media_type="text/plain")
    kind = "application/problem+json" if problem else "application/json"
    return Response(to_json(payload, inf_nan_mode="null"), status, headers, media_type=kind)
