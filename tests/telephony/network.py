"""A telephone network on loopback: the real service, a real Kamailio with the shipped configuration, SIPp as phones."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.live.served import start

ROOT: Final = Path(__file__).resolve().parents[2]
SIPP: Final = Path(__file__).resolve().parent / "sipp"
MODULES: Final = ("http_client.so", "jansson.so")
PATIENCE_S: Final = 60.0
CENTRE: Final = """\
version: 1
name: telephone
queues:
  hotline: {offer_timeout: 3s, callbacks: {window: "00:00-24:00"}}
groups: {desk: {}}
"""


def why_not() -> str | None:
    """Return which of Debian's packages is missing, or None."""
    for program, package in (("kamailio", "kamailio"), ("sipp", "sip-tester")):
        if shutil.which(program) is None:
            return f"needs {program} (Debian: {package})"
    for folder in Path("/usr/lib").glob("*/kamailio/modules"):
        if all((folder / module).exists() for module in MODULES):
            return None
    return "needs Kamailio's http_client and jansson (Debian: kamailio-utils-modules, kamailio-extra-modules)"


def free_port() -> int:
    """Return a UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def until(true: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return what `true` finds as soon as it finds something."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {patience_s:.0f} s: {what}")


@dataclass
class Phones:
    """One SIPp process: callers, or an agent's phone."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def log(self) -> list[str]:
        """What its scenario has said, line by line."""
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def heard(self, status: int) -> int:
        """Return how often this answer has arrived, repetitions included."""
        return self.messages.count(f"\nSIP/2.0 {status} ")

    def asked(self, method: str) -> int:
        """Return how often this was asked of it, or by it."""
        return self.messages.count(f"\n{method} sip:")

    def vanish(self) -> None:
        """Lose power: nothing is said any more, and nobody answers."""
        self.process.kill()
        self.process.wait()

    @property
    def messages(self) -> str:
        """Every SIP message it has sent and received."""
        path = self.folder / "messages"
        return path.read_text() if path.exists() else ""

    def done(self, patience_s: float = PATIENCE_S) -> list[str]:
        """Wait until all its calls are over as they should be, and return what was said."""
        status = self.process.wait(patience_s)
        errors = self.folder / "errors"
        assert status == 0, f"SIPp {status}: {errors.read_text() if errors.exists() else self.log}"
        return self.log


@dataclass
class Network:
    """The service, the proxy, and every phone that was started."""

    folder: Path
    extra: str = "#!define OUTAGE_S 120\n#!define REMIND_S 60\n"
    """Settings of the proxy: on a busy machine a restart of the service takes as long as it takes."""
    trusted: str = "^127\\.0\\.0\\.1$"
    centre: str = CENTRE
    url: str = ""
    key: str = ""
    sip_port: int = field(default_factory=free_port)
    service: subprocess.Popen[str] | None = None
    proxy: subprocess.Popen[bytes] | None = None
    phones: list[Phones] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)
    http_port: int = 0
    through: str = ""
    """Where the proxy asks instead of the service itself."""

    # --- the service

    def start_service(self) -> None:
        """Start the service, or start it again at the same address."""
        (self.folder / "centre.yaml").write_text(self.centre)
        words = ["--centre", "centre.yaml", *(["--port", str(self.http_port)] if self.http_port else [])]
        self.service, self.url, key = start(self.folder, *words)
        said = self.service.stderr
        assert said is not None
        # What it says is read, or a full pipe would stop it.
        self.readers.append(threading.Thread(target=_read, args=(said,)))
        self.readers[-1].start()
        self.key = self.key or key
        self.http_port = int(self.url.rpartition(":")[2])

    def kill_service(self) -> None:
        """End the service as a power cut would."""
        assert self.service is not None
        self.service.send_signal(signal.SIGKILL)
        self.service.wait()
        self.service = None

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the service for its truth."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1{path}", data, {"X-API-Key": self.key})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as fault:
            with fault:
                raise AssertionError(f"{path}: {fault.code} {fault.read().decode()}") from None

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what has happened, of one kind or all."""
        types = "" if kind is None else f"&types={kind}"
        found: list[dict[str, Any]] = self.ask(f"/events?limit=10000{types}")["events"]
        return found

    def wait_for(self, kind: str, count: int = 1, patience_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """Wait until something has happened so often."""
        return until(  # type: ignore[no-any-return]
            lambda: found if len(found := self.events(kind)) >= count else None,
            f"{count} {kind}: {[e['is'] for e in self.events()]}\n{self.proxy_log()}",
            patience_s,
        )

    def agent(self, name: str, phone: int, state: str = "available") -> None:
        """Let an agent come, reachable at a port."""
        contact = f"sip:{name}@127.0.0.1:{phone}"
        self.ask(f"/agents/{name}/state", {"state": state, "group": "desk", "contact": contact})

    def state(self, agent: str) -> str:
        """Return how an agent stands."""
        return str(self.ask(f"/agents/{agent}")["state"])

    # --- the proxy

    def start_proxy(self, says: bytes = b"SIP/2.0 200") -> None:
        """Start Kamailio with the shipped configuration and settings of its own, until it says this to a ping."""
        place = self.folder / "kamailio"
        place.mkdir(exist_ok=True)
        for name in ("kamailio.cfg", "queues.cfg"):
            shutil.copy(ROOT / "deploy/kamailio" / name, place)
        (place / "settings.cfg").write_text(
            f"listen=udp:127.0.0.1:{self.sip_port}\n"
            f'#!define TRUSTED "{self.trusted}"\n'
            f'#!define CC_URL "{self.through or self.url}"\n'
            f'#!define CC_KEY "X-API-Key: {self.key}"\n'
            '#!define CC_SOURCE "kam"\n'
            f"#!define MAX_WAIT_S 600\n{self.extra}"
        )
        log = (self.folder / "kamailio.log").open("ab")
        self.proxy = subprocess.Popen(
            ["kamailio", "-f", str(place / "kamailio.cfg"), "-DD", "-E", "-m", "128", "-M", "16",
             "-P", str(place / "pid"), "-Y", str(place)],
            stdout=log, stderr=log, cwd=place,
        )  # fmt: skip
        log.close()
        until(lambda: self._proxy_answers(says), "the proxy answers")

    def _proxy_answers(self, says: bytes) -> bool:
        assert self.proxy is not None
        assert self.proxy.poll() is None, self.proxy_log()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
            asks.bind(("127.0.0.1", 0))
            asks.settimeout(0.2)
            port = asks.getsockname()[1]
            asks.sendto(
                f"OPTIONS sip:ping@127.0.0.1:{self.sip_port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKping{port}\r\n"
                f"From: <sip:test@127.0.0.1>;tag=t\r\nTo: <sip:ping@127.0.0.1>\r\nCall-ID: ping{port}\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 10\r\nContent-Length: 0\r\n\r\n".encode(),
                ("127.0.0.1", self.sip_port),
            )
            try:
                return asks.recv(4096).startswith(says)
            except OSError:
                return False

    def kill_proxy(self) -> None:
        """End the proxy, all its processes, as a power cut would."""
        assert self.proxy is not None
        children = Path(f"/proc/{self.proxy.pid}/task/{self.proxy.pid}/children").read_text().split()
        for pid in (self.proxy.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        self.proxy.wait()
        self.proxy = None

    def proxy_log(self) -> str:
        """Return the end of what the proxy has said."""
        path = self.folder / "kamailio.log"
        return path.read_text(errors="replace")[-3_000:] if path.exists() else ""

    # --- phones

    def _sipp(self, scenario: str, *words: str) -> Phones:
        place = self.folder / f"sipp{len(self.phones)}"
        place.mkdir()
        process = subprocess.Popen(
            ["sipp", "-sf", str(SIPP / f"{scenario}.xml"), "-i", "127.0.0.1", "-nostdin", "-aa", "-trace_logs",
             "-log_file", str(place / "log"), "-trace_err", "-error_file", str(place / "errors"),
             "-trace_msg", "-message_file", str(place / "messages"), *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place, env=os.environ | {"TERM": "dumb"},
        )  # fmt: skip
        found = Phones(process, place)
        self.phones.append(found)
        return found

    def phone(self, agent: str, scenario: str = "agent", answers_after_ms: int = 0) -> int:
        """Start an agent's phone and return its port."""
        port = free_port()
        found = self._sipp(scenario, "-p", str(port), "-key", "agent", agent, "-d", str(answers_after_ms))
        until(lambda: _bound(port), f"the phone of {agent} listens: {found.log}")
        return port

    def call(self, caller: str = "+15550100", *, scenario: str = "caller", talk_ms: int = 100, calls: int = 1,
             rate: int = 10, patience_s: float = PATIENCE_S, call_id: str = "%u-%p@%s") -> Phones:  # fmt: skip
        """Let callers call; `call_id` is how SIPp names them."""
        return self._sipp(
            scenario, f"127.0.0.1:{self.sip_port}", "-p", str(free_port()), "-m", str(calls), "-r", str(rate),
            "-s", "hotline", "-key", "caller", caller, "-d", str(talk_ms), "-timeout", f"{patience_s:.0f}s",
            "-cid_str", call_id,
        )  # fmt: skip

    def stop(self) -> None:
        """End everything by its process id."""
        for one in self.phones:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()
        if self.proxy is not None:
            self.proxy.terminate()
            self.proxy.wait(20)
        if self.service is not None:
            self.service.terminate()
            self.service.wait(20)
        for reader in self.readers:
            reader.join()


def _read(said: IO[str]) -> None:
    with said:
        for _ in said:
            pass


def _bound(port: int) -> bool:
    """Tell whether somebody listens at a UDP port."""
    return any(line.split()[1].endswith(f":{port:04X}") for line in Path("/proc/net/udp").read_text().splitlines()[1:])


@contextmanager
def network(folder: Path, **more: Any) -> Iterator[Network]:
    """Give a network that runs, and end it."""
    found = Network(folder, **more)
    try:
        found.start_service()
        found.start_proxy()
        yield found
    finally:
        found.stop()
