"""A door before the service that turns away what a test says: how a proxy takes a question that failed."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


@dataclass
class Door:
    """Requests go through to the service, but for those that are to be refused."""

    port: int
    """The service's."""
    refuses: dict[str, int] = field(default_factory=dict)
    """Path → how many more are answered 503."""
    asked: dict[str, int] = field(default_factory=dict)
    """Path → how often it was asked."""
    refused: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def takes(self, path: str) -> bool:
        """Count a request, and tell whether it may pass."""
        with self.lock:
            self.asked[path] = self.asked.get(path, 0) + 1
            left = self.refuses.get(path, 0)
            if left:
                self.refuses[path] = left - 1
                self.refused[path] = self.refused.get(path, 0) + 1
            return not left

    def pass_on(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Ask the service."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, body or None, headers)
            answer = link.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 502, b""
        finally:
            link.close()


@contextmanager
def door(port: int) -> Iterator[tuple[Door, str]]:
    """Give a door before the service at `port`, and its address."""
    found = Door(port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            status, said = 503, b'{"decision": "fallback"}'
            if found.takes(self.path.partition("?")[0]):
                kept = {name: self.headers[name] for name in ("X-API-Key", "Content-Type") if name in self.headers}
                status, said = found.pass_on(self.command, self.path, body, kept)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    work = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    work.start()
    try:
        yield found, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        work.join()
        server.server_close()
