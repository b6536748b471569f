"""A client of our own /v1 interface within this process, as the browser's session: same scopes, audit and masks."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlencode

from pydantic_core import from_json, to_json
from starlette.requests import Request

from api.auth.sessions import COOKIE, token_of

Plain = dict[str, Any]
_NO_BODY: Final = {"type": "http.request", "body": b"", "more_body": False}


@dataclass(slots=True)
class Answer:
    """What /v1 said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        """The answer as JSON."""
        return from_json(self.body)


class Refused(Exception):
    """What /v1 refused, as its problem document says it."""

    def __init__(self, status: int, problem: Plain) -> None:
        super().__init__(str(problem.get("detail", "")))
        self.status = status
        self.problem = problem


async def ask(
    request: Request, cookie: str, language: str, method: str, path: str, query: Plain, body: Any = None,
    known: str | None = None,
) -> Answer:  # fmt: skip
    """Return what `path` answers to the session of `cookie`, with what people read of it in their language.

    `path`: as in an address, names in it quoted; `query`: fields that are None are left out; `body`: is sent as JSON;
    `known`: the tag of an answer that is here.
    """
    raw = b"" if body is None else to_json(body)
    headers = [
        (b"host", request.headers.get("host", "").encode("latin-1")),
        (b"cookie", f"{COOKIE}={cookie}".encode()),
        (b"x-csrf-token", token_of(cookie).encode()),
        (b"accept-language", language.replace("_", "-").encode()),
    ]
    if known is not None:
        headers.append((b"if-none-match", known.encode("latin-1")))
    fields = {name: str(value) for name, value in query.items() if value is not None}
    scope: dict[str, Any] = {
        "type": "http", "asgi": request.scope["asgi"], "http_version": "1.1", "method": method, "root_path": "",
        "scheme": request.scope["scheme"], "path": unquote(path), "raw_path": path.encode(),
        "query_string": urlencode(fields).encode(), "headers": headers, "client": request.scope.get("client"),
        "server": request.scope.get("server"), "state": {},
    }  # fmt: skip
    sent: list[Any] = []
    asked = False

    async def receive() -> Any:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # nobody goes away
        asked = True
        return _NO_BODY | {"body": raw}

    async def send(message: Any) -> None:
        sent.append(message)

    await request.app(scope, receive, send)
    begun = sent[0]
    said = {name.decode().lower(): value.decode("latin-1") for name, value in begun["headers"]}
    return Answer(begun["status"], said, b"".join(part.get("body", b"") for part in sent[1:]))


async def told(
    request: Request, cookie: str, language: str, method: str, path: str, query: Plain, body: Any = None
) -> Any:
    """Return the JSON that `path` answers.

    Raises:
        Refused: it answered a problem.
    """
    answer = await ask(request, cookie, language, method, path, query, body)
    if answer.status >= 400:
        raise Refused(answer.status, answer.payload)
    return answer.payload
