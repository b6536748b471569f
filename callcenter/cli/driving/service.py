"""A running service over HTTP, as its clients speak to it: busy or away for a moment, it is asked again."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import httpx2

from callcenter.errors import BadInput

KEY: Final = "CALLCENTER_KEY"
PATIENCE_S: Final = 30.0
"""A service that is away for longer is gone."""
AGAIN_S: Final = 0.5
SILENCE_S: Final = 40.0
"""Streams say at least every 15 s that they live."""
BUSY: Final = (429, 503)

JSON = dict[str, Any]


class Service:
    """What is asked of the service, and how that went.

    Refusals of a key and a service that stays away end the run: `trouble` is set, and whoever waits for it hears.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {key}"}
        posts = httpx2.Limits(max_connections=40, max_keepalive_connections=40)
        lines = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        try:
            self._client = httpx2.AsyncClient(base_url=url, headers=headers, limits=posts, timeout=10, trust_env=False)
            listens = httpx2.Timeout(10, read=SILENCE_S)
            self._lines = httpx2.AsyncClient(
                base_url=url, headers=headers, limits=lines, timeout=listens, trust_env=False
            )
        except (httpx2.InvalidURL, ValueError) as fault:
            raise BadInput(
                "--url {url}: is no address ({fault}): write http://127.0.0.1:8080", url=url, fault=fault
            ) from None
        self.trouble: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = self.refused = self.failed = self.again = 0
        """Requests that were answered; of these refused (403, 404, 409, 422); given up; sent once more."""
        self.latencies_s: list[float] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *about: object) -> None:
        await self._client.aclose()
        await self._lines.aclose()
        if self.trouble.done():
            self.trouble.exception()  # heard, or of no interest any more

    def end_with(self, fault: Exception) -> None:
        """Let the run end, for this reason."""
        if not self.trouble.done():
            self.trouble.set_exception(fault)

    async def first(self, path: str) -> JSON:
        """Return the answer to the very first question: here it shows whether anybody is there, and the key is good."""
        try:
            answer = await self._client.get(path)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
            why = str(fault) or type(fault).__name__
            raise BadInput(
                "--url {url}: nobody answers there ({why}): start callcenter serve", url=self.url, why=why
            ) from None
        if answer.status_code in (401, 403):
            raise self._no_key(answer)
        found = _object(answer)
        if answer.status_code != 200 or found is None:
            raise BadInput(
                "--url {url}: GET {path} answers {status_code}: is that callcenter serve?",
                url=self.url,
                path=path,
                status_code=answer.status_code,
            )
        return found

    def _no_key(self, answer: httpx2.Response) -> BadInput:
        asked = f"{answer.request.method} {answer.request.url.path}"
        if answer.status_code == 401:
            return BadInput(
                "{key}: the service at {url} does not take this key (401): is it this service's?", key=KEY, url=self.url
            )
        said = _object(answer) or {}
        return BadInput(
            "{key}: {asked} is refused (403, {detail}): use a key of telephony and supervisor",
            key=KEY,
            asked=asked,
            detail=said.get("detail"),
        )

    def _denied(self, answer: httpx2.Response) -> bool:
        """Tell whether the key is to blame; an offer's token is not good any more after a restart."""
        status = answer.status_code
        return status == 401 or (status == 403 and not answer.request.url.path.endswith(":accept"))

    def _gone(self, fault: Exception) -> OSError:
        return OSError(None, f"does not answer any more ({str(fault) or type(fault).__name__})", self.url)

    async def post(self, path: str, body: JSON) -> httpx2.Response | None:
        """Post until it is answered; None: it was given up."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not self.trouble.done():
            asked = loop.time()
            try:
                answer = await self._client.post(path, json=body)
            except httpx2.HTTPError as fault:
                if asked - begun > PATIENCE_S:
                    self.end_with(self._gone(fault))
                    break
            else:
                self.latencies_s.append(loop.time() - asked)
                if self._denied(answer):
                    self.end_with(self._no_key(answer))
                    break
                if answer.status_code not in BUSY or asked - begun > PATIENCE_S:
                    self.sent += 1
                    self.refused += answer.status_code in (403, 404, 409, 422)
                    self.failed += answer.status_code >= 500 or answer.status_code in BUSY
                    return answer
            self.again += 1
            await asyncio.sleep(AGAIN_S)
        self.failed += 1
        return None

    async def try_post(self, path: str, body: JSON) -> httpx2.Response | None:
        """Post once, whatever has been the trouble; None: nobody answered."""
        try:
            return await self._client.post(path, json=body)
        except httpx2.HTTPError:
            return None

    async def get(self, path: str, **query: str | int) -> JSON:
        """Return an answer; empty where there is none."""
        try:
            answer = await self._client.get(path, params=query)
        except httpx2.HTTPError:
            return {}
        return (_object(answer) or {}) if answer.status_code == 200 else {}

    async def listen(self, path: str, after: int | None = None) -> AsyncIterator[tuple[str, JSON]]:
        """Yield what a stream of server-sent events tells, kind and data, going on where it broke; never ends."""
        loop = asyncio.get_running_loop()
        heard_at = loop.time()
        last = after
        while not self.trouble.done():
            headers = {} if last is None else {"Last-Event-ID": str(last)}
            try:
                async with self._lines.stream("GET", path, headers=headers) as answer:
                    if answer.status_code in (401, 403):
                        self.end_with(self._no_key(answer))
                        return
                    if answer.status_code == 200:
                        async for block in _blocks(answer):
                            heard_at = loop.time()
                            kind, number, data = block
                            if kind == "end":
                                break  # whoever answers next goes on from there
                            if number is not None:
                                last = number
                            if data is not None:
                                yield kind, data
            except httpx2.HTTPError as fault:
                if loop.time() - heard_at > PATIENCE_S + SILENCE_S:
                    self.end_with(self._gone(fault))
                    return
            await asyncio.sleep(AGAIN_S)


Block = tuple[str, int | None, JSON | None]


async def _blocks(answer: httpx2.Response) -> AsyncIterator[Block]:
    """Yield kind, number and data of each event as it comes."""
    rest = b""
    async for chunk in answer.aiter_raw():
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            yield event_of(block)


def event_of(block: bytes) -> Block:
    r"""Return kind, number and data of a server-sent event; a comment has neither number nor data.

    >>> event_of(b'id: 7\nevent: CallQueued\ndata: {"at": 1}')
    ('CallQueued', 7, {'at': 1})
    >>> event_of(b": alive")
    ('', None, None)
    """
    kind, number, data = "", None, None
    for line in block.split(b"\n"):
        name, _, value = line.partition(b": ")
        match name:
            case b"id":
                number = int(value)
            case b"event":
                kind = value.decode()
            case b"data":
                data = json.loads(value)
    return kind, number, data


def _object(answer: httpx2.Response) -> JSON | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
