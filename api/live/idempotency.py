"""Answers that are stored for an Idempotency-Key, in the transaction of what they answer.

The request is one unit of work: as long as it need not wait for anything but durability, its commands are
told, the answer is written from a look ahead, and all of it is one transaction; nobody hears of it before. A request
that has to wait for something else in between has what it did by then on its way, as any other.
"""

import json
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, TypeVar

from starlette.responses import Response

from api.errors import KeyInUse, KeyReused
from api.live.command_handler import Afterwards, CommandHandler
from api.live.protocol import UnitOfWork
from api.state.ports import Reader
from api.store.changes import Row

LONGEST_KEY: Final = 200
Mark = tuple[str, str]
"""Who asks, and the key they give."""
A = TypeVar("A")


async def stored(commands: CommandHandler, store: Reader, mark: Mark, print_of: str) -> Response | None:
    """Return the answer that this key had before; else it is taken until `running` lets go of it.

    Raises:
        KeyInUse: the first request with it is being carried out.
        KeyReused: it came with another request.
    """
    if mark in commands.running:
        raise KeyInUse
    commands.running.add(mark)  # before the look: whoever ends meanwhile has stored the answer that is found
    try:
        rows = await store.find("idempotency_keys", {"principal": mark[0], "key": mark[1]}, limit=1)
        if rows and rows[0]["request_hash"] != print_of:
            raise KeyReused("use another key for another request")
    except BaseException:
        commands.running.discard(mark)
        raise
    if not rows:
        return None
    commands.running.discard(mark)
    row = rows[0]
    headers = json.loads(str(row["headers"] or "{}")) | {"Idempotency-Replayed": "true"}
    return Response(str(row["body"]), int(row["status"] or 200), headers)


def row_of(mark: Mark, print_of: str, response: Response, now: int) -> Row:
    """Return what is stored of an answer."""
    return Row(
        "idempotency_keys",
        {
            "principal": mark[0],
            "key": mark[1],
            "request_hash": print_of,
            "status": response.status_code,
            "headers": json.dumps({"content-type": response.headers.get("content-type", "application/json")}),
            "body": bytes(response.body).decode(),
            "at": now,
        },
    )


class Transaction:
    """Carries out a request; what it told and the rows that `ending` makes of its answer are one transaction."""

    def __init__(
        self,
        commands: CommandHandler,
        request: Coroutine[Any, Any, A],
        ending: Callable[[A], tuple[Response, Row | None]],
    ) -> None:
        self._commands = commands
        self._request = request
        self._ending = ending

    def __await__(self) -> Generator[Any, Any, Response]:
        """Step through the request, with the look ahead only while it runs: others run while it waits."""
        commands, request, fault = self._commands, self._request, None
        parts: list[UnitOfWork] = []
        afterwards: list[Afterwards] = []
        response: Response | None = None
        failed: BaseException | None = None
        while True:
            with commands.in_transaction() as told:
                parts.append(told)
                try:
                    waits_for = request.send(None) if fault is None else request.throw(fault)
                except StopIteration as done:
                    response, row = self._ending(done.value)
                    if row is not None:
                        told.keep(row)
                    break
                except BaseException as error:
                    failed = error
                    break
                finally:
                    afterwards += commands.afterwards
                    commands.afterwards = []
            fault = None
            try:
                yield waits_for
            except BaseException as error:  # the request decides what comes of it
                fault = error
        # A refusal, too, is answered when it is durable.
        yield from _settled(commands, parts, afterwards).__await__()
        if failed is not None:
            raise failed
        assert response is not None
        return response


async def _settled(commands: CommandHandler, parts: list[UnitOfWork], afterwards: list[Afterwards]) -> None:
    try:
        for told in parts:
            await told.durable()
    except BaseException:
        commands.settle(afterwards, durable=False)
        raise
    commands.settle(afterwards, durable=True)
