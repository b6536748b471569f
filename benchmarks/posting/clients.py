"""Clients that cost little: telephony systems with open lines, each posting its next call when it has its answer.

A request that is refused because there is too much to do is sent again when the refusal says, as telephony systems do,
and counted: on a machine that does something else, a round of many lines is more than the service may let wait.
"""

import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

LINES: Final = 128
BODY: Final[dict[str, object]] = {
    "source": "pbx-1", "called": "+442079460000", "queue": "hotline",
    "channel": "voice", "attributes": {"ivr": "billing", "language": "en"},
}  # fmt: skip
"""What is posted; each call has a name of its own, every tenth caller is new."""
STRANGERS: Final = 10
REFUSED: Final = b"503"


@dataclass
class Done:
    """What came of a load."""

    answers: int = 0
    refused: int = 0
    """So often a request was told to come again later, and did."""
    wall_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)
    """How long each answer took, from when it was due to be asked."""

    @property
    def per_s(self) -> float:
        """Answers per second."""
        return self.answers / self.wall_s


class Lines:
    """Open lines to a server; what comes on them is put together."""

    def __init__(self, port: int, count: int) -> None:
        self.all = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self.refused = 0
        self._asked: dict[socket.socket, bytes] = {}
        self._parts: dict[socket.socket, bytes] = {}
        self._again: deque[tuple[float, socket.socket]] = deque()
        """When a line asks again what was refused; all wait equally long, so the first is the next."""
        self._selector = selectors.EpollSelector()
        for line in self.all:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(line, selectors.EVENT_READ)

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for line in self.all:
            line.close()

    def ask(self, line: socket.socket, request: bytes) -> None:
        """Send a request on a line that waits for no answer."""
        self._asked[line] = request
        line.sendall(request)

    def answered(self, timeout_s: float | None = None) -> Iterator[socket.socket]:
        """Yield the lines on which an answer has come, after a wait for the first."""
        if self._again:
            rest = max(0.0, self._again[0][0] - time.perf_counter())
            timeout_s = rest if timeout_s is None else min(rest, timeout_s)
        for key, _ in self._selector.select(timeout_s):
            line = key.fileobj
            assert isinstance(line, socket.socket)
            if self._whole(line):
                yield line
        while self._again and self._again[0][0] <= time.perf_counter():
            line = self._again.popleft()[1]
            line.sendall(self._asked[line])

    def _whole(self, line: socket.socket) -> bool:
        """Take in what came; tell whether that is an answer; what is refused for now is asked again."""
        answer = self._parts.pop(line, b"") + line.recv(65_536)
        head, blank, body = answer.partition(b"\r\n\r\n")
        status = head[9:12]
        if not answer or (blank and status[:1] != b"2" and status != REFUSED):
            raise RuntimeError(f"not the answer that was hoped for: {answer[:300]!r}")
        if not blank or len(body) < int(_field(head, b"content-length")):
            self._parts[line] = answer
            return False
        if status == REFUSED:
            self.refused += 1
            self._again.append((time.perf_counter() + float(_field(head, b"retry-after")), line))
            return False
        return True


def _field(head: bytes, name: bytes) -> bytes:
    return head.lower().partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]


class Clients:
    """Those who post to one server."""

    def __init__(self, port: int, key: str, name: str) -> None:
        self._port = port
        self._serial = count()
        self._withdrawn = 0
        self._name = name
        self._head = (
            f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key or 'none'}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    def post(self, calls: int) -> Done:
        """Post so many calls as fast as the answers come."""
        return self._all(self._call() for _ in range(calls))

    def withdraw(self, calls: int) -> None:
        """Let the oldest of those whose calls were posted hang up."""
        first, self._withdrawn = self._withdrawn, self._withdrawn + calls
        report = {"source": BODY["source"], "type": "abandoned"}
        names = (f"{self._name}-{n}" for n in range(first, self._withdrawn))
        self._all(self._request("/v1/events", report | {"external_call_id": name}) for name in names)

    def post_at(self, per_s: float, calls: int) -> Done:
        """Post so many calls at even distances, whether or not answers come: what waits in line waits too."""
        done = Done()
        with self._lines() as lines:
            free = list(lines.all)
            due_of: dict[socket.socket, float] = {}
            begun = due = time.perf_counter()
            while done.answers < calls:
                while free and done.answers + len(due_of) < calls and due <= time.perf_counter():
                    line = free.pop()
                    due_of[line] = due
                    lines.ask(line, self._call())
                    due += 1 / per_s
                last = done.answers + len(due_of) >= calls
                rest = None if last or not free else max(0.0, due - time.perf_counter())
                for line in lines.answered(rest):
                    done.waits_s.append(time.perf_counter() - due_of.pop(line))
                    done.answers += 1
                    free.append(line)
            done.wall_s, done.refused = time.perf_counter() - begun, lines.refused
        return done

    @contextmanager
    def _lines(self) -> Iterator[Lines]:
        lines = Lines(self._port, LINES)  # anew each time: a server hangs up a line that was silent for long
        try:
            yield lines
        finally:
            lines.close()

    def _call(self) -> bytes:
        n = next(self._serial)
        caller = f"+44207{n % 1_000_000 if n % STRANGERS == 0 else 0:07d}"
        return self._request("/v1/calls", BODY | {"external_call_id": f"{self._name}-{n}", "caller": caller})

    def _request(self, path: str, fields: dict[str, object]) -> bytes:
        body = json.dumps(fields)
        return f"POST {path} {self._head}{len(body)}\r\n\r\n{body}".encode()

    def _all(self, requests: Iterator[bytes]) -> Done:
        done = Done()
        with self._lines() as lines:
            begun = time.perf_counter()
            open_requests = 0
            for line in lines.all:
                if request := next(requests, b""):
                    lines.ask(line, request)
                    open_requests += 1
            while open_requests:
                for line in lines.answered():
                    done.answers += 1
                    if request := next(requests, b""):
                        lines.ask(line, request)
                    else:
                        open_requests -= 1
            done.wall_s, done.refused = time.perf_counter() - begun, lines.refused
        return done
