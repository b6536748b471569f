"""What any telephony program does with callcenter, in one small client; the standard library is enough.

    CC_URL=http://127.0.0.1:8080 CC_KEY=cc_… python telephone.py +442079460958

plays one call: the caller waits, the agent is "rung" (their contact is printed), answers at once and talks for 3 s.
Take `Service` into your program and put your own telephone in the place of `play`.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

Answer = dict[str, Any]
NOTHING: Answer = {"decision": "fallback"}
"""What is known when the service cannot be asked now."""


class Service:
    """callcenter over HTTP. After a timeout the same is posted again: it is the same call, the same report."""

    def __init__(self, url: str, key: str, source: str) -> None:
        self.url, self.key, self.source = url, key, source

    def post(self, path: str, body: Answer) -> Answer:
        """Post, and return the answer, a refusal too; `decision=fallback` alone when there is none, or not now."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"X-API-Key": self.key})
        try:
            try:
                answer = urllib.request.urlopen(request, timeout=2)
            except urllib.error.HTTPError as fault:
                answer = fault
            with answer:
                if answer.status == 429 or answer.status >= 500:  # busy, or a proxy in between: the same again later
                    return NOTHING
                found: Answer = json.loads(answer.read())
                return found if answer.status < 400 else NOTHING | found
        except (OSError, ValueError):
            return NOTHING

    def call(self, name: str, caller: str, **more: Any) -> Answer:
        """Post a call, or ask how things stand with it: `name` is the call's own name in your system."""
        return self.post("/v1/calls", {"source": self.source, "external_call_id": name, "caller": caller, **more})

    def report(self, name: str, kind: str, **more: Any) -> Answer:
        """Report what happened: answered, no_answer, busy, rejected, unreachable, abandoned, completed."""
        body = {"source": self.source, "external_call_id": name, "type": kind, **more}
        for _ in range(60):  # the service is away for a moment
            if (told := self.post("/v1/events", body)) != NOTHING:
                return told
            time.sleep(1)
        return told


AWAY_S = 10
"""So long a caller whom the service knows waits for it; a new one goes elsewhere at once."""


def play(service: Service, name: str, caller: str, *, talk_s: float = 3) -> str:
    """Play one call that is answered, and return how it ended."""
    heard_at = None
    while True:
        told = service.call(name, caller)
        if "call_id" in told:
            heard_at = time.monotonic()
        elif heard_at is not None and time.monotonic() - heard_at < AWAY_S:
            time.sleep(1)
            continue
        match told["decision"]:
            case "offer" if told["state"] == "offered":
                offer = told["offer"]
                print(f"ringing {offer['contact']} for {offer['ring_s']} s")
                # Your telephone rings, and bridges; `answered` is told when both are in the bridge, not before.
                if "call" in service.report(name, "answered", offer_id=offer["id"]):
                    time.sleep(talk_s)
                    told = service.report(name, "completed", talk_s=talk_s)
                    return str(told.get("call", told).get("state", "unknown"))
                time.sleep(1)  # it is not ours any more: look what is, but not in a hurry
            case "queue" | "offer":
                time.sleep(told["next"]["after_ms"] / 1000)  # your telephone plays music meanwhile
            case end:  # overflow: route to told["overflow_target"]; fallback: do what you would do without us
                return f"{end}: {told['detail']}" if "detail" in told else str(end)


if __name__ == "__main__":
    desk = Service(os.environ.get("CC_URL", "http://127.0.0.1:8080"), os.environ["CC_KEY"], "telephone")
    print(play(desk, f"demo-{os.getpid()}-{time.time_ns()}", sys.argv[1] if len(sys.argv) > 1 else "anonymous"))
