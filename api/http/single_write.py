"""A complete response, head and body, sent in one write to the socket.

uvicorn writes a head as soon as it has it, and the body after it: two packets for each answer, two system calls, and a
client that is woken twice. It is what a posted call spends most time on in one place.
"""

from collections.abc import Iterable
from typing import Any, Final

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

CLOSE: Final = (b"connection", b"close")


def sent_whole(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes | memoryview) -> bool:
    """Write an answer at once, if `send` is uvicorn's own.

    False: it must go the ordinary way, because another answer has begun or the client does not read.
    """
    # The request is found through `send`: kept in the scope, which the request has, it would be let go by a full
    # collection only.
    cycle: Any = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle):
        return False
    if cycle.disconnected:
        return True  # to nobody
    if cycle.response_started or cycle.flow.write_paused:
        return False
    parts: list[bytes | memoryview] = [STATUS_LINE[status]]
    for header in (*cycle.default_headers, *headers):
        name, value = header
        if HEADER_VALUE_RE.search(value):
            raise RuntimeError(f"the header {name!r} has a value that is none")
        if header == CLOSE:
            cycle.keep_alive = False
        else:
            parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
    if cycle.scope["method"] != "HEAD":
        parts.append(body)
    cycle.response_started, cycle.waiting_for_100_continue = True, False
    cycle.transport.write(b"".join(parts))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
