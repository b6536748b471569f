"""An answer that is there as a whole leaves in one piece.

uvicorn writes a head as soon as it has it, and the body after it: two packets for each answer, two system calls, and a
client that is woken twice. It is what a posted call spends most time on in one place.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE

Write = Callable[[int, Iterable[tuple[bytes, bytes]], bytes], bool]
"""Takes status, headers and body of an answer; tells whether it was written."""
CLOSE: Final = (b"connection", b"close")


def writer_of(cycle: Any) -> Write:
    """Return what writes the answer to a request, uvicorn's `cycle` of it, at once.

    False: it must go the ordinary way, because another answer has begun or the client does not read.
    """

    def write(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
        if cycle.disconnected:
            return True  # to nobody
        if cycle.response_started or cycle.flow.write_paused:
            return False
        parts = [STATUS_LINE[status]]
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

    return write
