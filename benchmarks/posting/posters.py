"""Open load: requests are sent when they are due, whether or not earlier ones are answered; a poster waits 2 s.

`… benchmarks.posting.posters PORT KEY NAME PER_S SECONDS`, a process of its own: one line of JSON says what came of it.
Every fifth request is a report: a caller whose call was taken hangs up.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter, defaultdict, deque
from typing import Final

from api.http.timeouts import let_files_be_open
from benchmarks.posting.clients import BODY

POSTER_S: Final = 2.0
STEP_S: Final = 0.001
BATCH_SIZE: Final = 20
"""Sent before answers are looked for: an answer that lies there is not to seem late."""
REPORT_EACH: Final = 5
LINES: Final = 64
"""Open before the first request; more are opened when these are waiting for answers."""
MOST_LINES: Final = 4_000
"""Open at once: pools end somewhere, too. What is due when all are taken is not sent, and counted."""
CALL, REPORT = "call", "report"


class Posters:
    """Sends requests when they are due, on a line that is free, or on a new one."""

    def __init__(self, port: int, key: str, name: str) -> None:
        self._port = port
        self._name = name
        self._selector = selectors.EpollSelector()
        self._free = [self._opened() for _ in range(LINES)]
        self._asked: dict[socket.socket, tuple[str, str, float]] = {}
        """Line → what it waits for an answer to, and since when, oldest first."""
        self._taken: deque[str] = deque()
        """Names of calls that were taken and have not been reported on."""
        self._head = f"HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: "
        self.told: Counter[str] = Counter()
        self.waits_s: defaultdict[str, list[float]] = defaultdict(list)
        self.late_s: list[float] = []
        """How long after they were due requests were sent: what these posters could not do themselves."""

    def _opened(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self._port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(line, selectors.EVENT_READ)
        return line

    def _send(self, n: int, due: float) -> None:
        if not self._free and len(self._asked) >= MOST_LINES:
            self.told["not sent: no line was free"] += 1
            return
        line = self._free.pop() if self._free else self._opened()
        if n % REPORT_EACH == 0 and self._taken:
            kind, name, path = REPORT, self._taken.popleft(), "/v1/events"
            body = {"source": BODY["source"], "external_call_id": name, "type": "abandoned"}
        else:
            kind, name, path = CALL, f"{self._name}-{n}", "/v1/calls"
            body = BODY | {"external_call_id": name, "caller": "+442079460958"}
        written = json.dumps(body)
        line.sendall(f"POST {path} {self._head}{len(written)}\r\n\r\n{written}".encode())
        now = time.perf_counter()
        self.late_s.append(now - due)
        self._asked[line] = kind, name, now

    def _hear(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            line = key.fileobj
            assert isinstance(line, socket.socket)
            answer = line.recv(65_536)
            if answer and not answer.startswith(b"HTTP/1.1 "):
                continue  # the rest of an answer that was counted
            asked = self._asked.pop(line, None)
            if not answer or asked is None:
                self._free = [one for one in self._free if one is not line]
                self._give_up(line, "a line" if asked is None else asked[0])
                continue
            kind, name, since = asked
            taken = answer[9:10] == b"2"
            what = f"{kind}s {'taken' if taken else f'told {answer[9:12].decode()}'}"
            self.told[what] += 1
            self.waits_s[what].append(time.perf_counter() - since)
            if taken and kind == CALL:
                self._taken.append(name)
            self._free.append(line)

    def _give_up(self, line: socket.socket, kind: str) -> None:
        self.told[f"{kind}s given up"] += 1
        self._selector.unregister(line)
        line.close()

    def send_at(self, per_s: float, seconds: float) -> None:
        """Send so many requests per second for a while."""
        begun, done = time.perf_counter(), 0
        while (now := time.perf_counter()) < begun + seconds or self._asked:
            due = min(min(now - begun, seconds) * per_s, done + BATCH_SIZE)
            while done < due:
                self._send(done, begun + done / per_s)
                done += 1
            while self._asked and now - self._asked[oldest := next(iter(self._asked))][2] > POSTER_S:
                self._give_up(oldest, self._asked.pop(oldest)[0])
            self._hear(STEP_S if done >= min(now - begun, seconds) * per_s else 0)


def main(port: str, key: str, name: str, per_s: str, seconds: str) -> None:
    """Send, and say what came of it."""
    let_files_be_open()
    posters = Posters(int(port), key, name)
    posters.send_at(float(per_s), float(seconds))
    print(json.dumps({"told": posters.told, "waits_s": posters.waits_s, "late_s": posters.late_s}))


if __name__ == "__main__":
    main(*sys.argv[1:])
