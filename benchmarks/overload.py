"""More calls than the service can take: how many are taken, how long those take, how soon the others are refused.

Open load: calls are posted when they are due, whether or not earlier ones are answered; a poster waits 2 s.
"""

import json
import selectors
import socket
import statistics
import time
from collections import Counter, defaultdict
from typing import Final

from benchmarks.http import SERVE, measuring
from benchmarks.posting.clients import BODY
from benchmarks.posting.servers import Server

SECONDS: Final = 6
TIMES: Final = (0.5, 2, 5)
POSTER_S: Final = 2.0
STEP_S: Final = 0.002


class Posters:
    """Posts calls when they are due, on a line that is free, or on a new one."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._selector = selectors.EpollSelector()
        self._free: list[socket.socket] = []
        self._asked: dict[socket.socket, float] = {}
        """Line → since when it waits for an answer, oldest first."""
        self._head = f"POST /v1/calls HTTP/1.1\r\nhost: x\r\nx-api-key: {server.key}\r\ncontent-length: ".encode()
        self.told: Counter[str] = Counter()
        self.waits_s: defaultdict[str, list[float]] = defaultdict(list)

    def _post(self, n: int, due: float) -> None:
        if self._free:
            line = self._free.pop()
        else:
            line = socket.create_connection(("127.0.0.1", self._server.port))
            self._selector.register(line, selectors.EVENT_READ)
        body = json.dumps(BODY | {"external_call_id": f"{self._name}-{n}", "caller": "+442079460958"}).encode()
        line.sendall(self._head + b"%d\r\n\r\n" % len(body) + body)
        self._asked[line] = due

    def _hear(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            line = key.fileobj
            assert isinstance(line, socket.socket)
            answer = line.recv(65_536)
            if answer and not answer.startswith(b"HTTP/1.1 "):
                continue  # the rest of an answer that was counted
            since = self._asked.pop(line, None)
            if not answer or since is None:
                self._free = [one for one in self._free if one is not line]
                self._give_up(line)
                continue
            status = answer[9:12].decode()
            self.told[status] += 1
            self.waits_s[status].append(time.perf_counter() - since)
            self._free.append(line)

    def _give_up(self, line: socket.socket) -> None:
        self.told["gave up"] += 1
        self._selector.unregister(line)
        line.close()

    def post_at(self, per_s: float) -> None:
        """Post so many per second for a while."""
        begun, done = time.perf_counter(), 0
        while (now := time.perf_counter()) < begun + SECONDS or self._asked:
            while done < min(now - begun, SECONDS) * per_s:
                self._post(done, begun + done / per_s)
                done += 1
            while self._asked and now - self._asked[oldest := next(iter(self._asked))] > POSTER_S:
                del self._asked[oldest]
                self._give_up(oldest)
            self._hear(STEP_S)


def main() -> None:
    """Measure what one service can take, and offer it a part and a multiple of that."""
    with measuring("calls", *SERVE) as calls:
        calls.round()
        calls.round()
        most = statistics.median(calls.per_s)
        print(f"  {most:,.0f} calls per second can be taken; {SECONDS} s of each load, a poster waits {POSTER_S:g} s")
        for times in TIMES:
            posters = Posters(calls.server, f"at-{times:g}")
            posters.post_at(most * times)
            parts = [f"{n:,} {what}" for what, n in sorted(posters.told.items())]
            for what, waits in posters.waits_s.items():
                if len(waits) > 100:
                    ranked = statistics.quantiles(waits, n=100)
                    parts.append(f"{what}: p50 {ranked[49] * 1e3:.0f} ms, p99 {ranked[98] * 1e3:.0f} ms")
            print(f"  {times:g} x: {'; '.join(parts)}", flush=True)
