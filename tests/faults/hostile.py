"""Hostile clients: more than the service can do, in any order, with any key and any body; and what they were told."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

CALLERS: Final = 40
"""Distinct numbers; they call again and again, from several sources."""
AGENTS: Final = 6
SOURCES: Final = ("pbx", "trunk")
REPORTS: Final = (
    "ringing", "answered", "no_answer", "rejected", "busy", "unreachable", "abandoned", "completed", "transferred",
    "callback_requested", "held", "resumed", "wrapup_done", "failed",
)  # fmt: skip
STATES: Final = ("available", "available", "available", "not_ready", "break", "wrapup_done", "logged_out")
OUTCOMES: Final = ("reached", "completed", "no_answer", "busy", "invalid_number")
RESULTS: Final = ("solved", "unsolved", "call_again", "wrong_person", "refused", "no such code")
ODD: Final = (None, True, -1, 1e308, 2**63, "", "\u202e", "a" * 5_000, [], {}, [[]], "\ufffd", "NaN", "-0", "../x")
MINE: Final = ("ok", "problem", "late", "cut")


@dataclass
class Run:
    """What was asked so far and what came of it."""

    seed: int
    chance: random.Random = field(init=False)
    taken: list[str] = field(default_factory=list)
    """Calls that were answered 201."""
    offers: list[tuple[str, str]] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What is ours: 500, a posted call without a decision, a body that is no JSON."""
    posted: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def request(self) -> tuple[str, dict[str, Any]]:
        """Draw a request: address and body."""
        draw = self.chance
        agent = f"a{draw.randrange(AGENTS)}"
        source = draw.choice(SOURCES)
        name = {"source": source, "external_call_id": str(draw.randrange(200))}  # names come again
        known = draw.choice(self.taken) if self.taken else "nobody"
        match draw.choices(range(12), (30, 22, 8, 12, 4, 6, 6, 4, 3, 2, 2, 6))[0]:
            case 0:
                caller = f"+4420794600{draw.randrange(CALLERS):02d}"
                tier = draw.choice(("vip", "mid", "standard", "blacklisted", None))
                return "/calls", name | {"caller": caller, "tier": tier}
            case 1:
                body = name | {"type": draw.choice(REPORTS)}
                if body["type"] == "transferred":
                    body["queue"] = "sales"
                if draw.random() < 0.2:
                    body["at"] = draw.choice([0, 10**12, 1_000, 4 * 10**12])
                return "/events", body
            case 2:
                return f"/calls/{known}/events", {"type": draw.choice(REPORTS)}
            case 3:
                state = draw.choice(STATES)
                return f"/agents/{agent}/state", {"state": state, "group": "desk", "forced": draw.random() < 0.1}
            case 4:
                return f"/agents/{agent}/phone", {"phone": draw.choice(("free", "busy_elsewhere", "unreachable"))}
            case 5 if self.offers:
                offer, token = draw.choice(self.offers[-20:])
                return f"/offers/{offer}:{draw.choice(('accept', 'accept', 'reject'))}", {"token": token}
            case 6 if self.tasks:
                outcome = draw.choice(OUTCOMES)
                body = {"outcome": outcome} | ({"result": draw.choice(RESULTS)} if outcome == "completed" else {})
                return f"/callbacks/{draw.choice(self.tasks)}/attempts", body
            case 7:
                return "/callbacks", {"queue": "hotline", "number": f"+4420794600{draw.randrange(CALLERS):02d}"}
            case 8:
                return f"/calls/{known}:withdraw", {}
            case 9:
                return f"/calls/{known}:reprioritize", {"tier": draw.choice(("vip", "blacklisted"))}
            case 10:
                names = [str(n) for n in range(200) if draw.random() < 0.7]
                return "/reconcile", {"source": source, "live_call_ids": names}
            case _:
                fields = ("source", "external_call_id", "caller", "tier", "type", "state", "at", "talk_s", "queue")
                body = {key: draw.choice(ODD) for key in fields if draw.random() < 0.4}
                return draw.choice(("/calls", "/events", f"/agents/{agent}/state", "/callbacks", "/reconcile")), body

    async def ask(self, client: httpx2.AsyncClient) -> None:
        """Send one request and take note of what was answered; a connection that is cut is nobody's fault."""
        path, body = self.request()
        self.posted += 1
        try:
            answer = await client.post(path, json=body)
        except (httpx2.HTTPError, UnicodeEncodeError):
            self.statuses[0] += 1
            return
        self.statuses[answer.status_code] += 1
        try:
            told = answer.json()
        except ValueError:
            self.faults.append(f"{path}: {answer.status_code} is no JSON: {answer.text[:200]}")
            return
        if answer.status_code == 500:
            self.faults.append(f"{path} {json.dumps(body)[:300]}: {answer.text[:300]}")
        if path == "/calls" and answer.status_code >= 400 and told.get("decision") != "fallback":
            self.faults.append(f"{path}: {answer.status_code} without fallback: {answer.text[:200]}")
        if path == "/calls" and answer.status_code == 201:
            self.taken.append(told["call_id"])
        offer = told.get("offer") if isinstance(told, dict) else None
        if isinstance(offer, dict) and offer.get("token"):
            self.offers.append((offer["id"], offer["token"]))
        if path == "/callbacks" and answer.status_code == 201:
            self.tasks.append(told["callback_id"])

    async def pour(self, url: str, keys: list[str], requests: int, at_once: int) -> None:
        """Send so many requests, so many at once, each with any of the keys."""
        limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        async with httpx2.AsyncClient(base_url=f"{url}/v1", timeout=10, limits=limits, trust_env=False) as client:
            left = requests

            async def client_of_ours() -> None:
                nonlocal left
                while left > 0:
                    left -= 1
                    client.headers["X-API-Key"] = self.chance.choice(keys)
                    await self.ask(client)

            await asyncio.gather(*(client_of_ours() for _ in range(at_once)))
