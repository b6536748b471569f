"""Clean-up at the end of a run: what it made in the service is removed again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from callcenter.cli.driving.live_day import LiveDay
from callcenter.cli.driving.words import SOURCE

MAX_CONCURRENT: Final = 16
BATCH: Final = 200
WHY: Final = "the drive ended"


@dataclass(slots=True)
class Left:
    """What was still there, and is not any more."""

    calls: int = 0
    callbacks: int = 0
    agents: int = 0
    staying: int = 0
    """Agents who are let go when what they have in hand ends, and calls and callbacks that could not be ended."""

    def __bool__(self) -> bool:
        return any((self.calls, self.callbacks, self.agents, self.staying))

    def __str__(self) -> str:
        """Say it in one line.

        >>> str(Left(calls=1, agents=7))
        '1 call hung up, 7 agents signed out'
        """
        told = [
            f"{n} {what}{'' if n == 1 else 's'} {done}"
            for n, what, done in (
                (self.calls, "call", "hung up"),
                (self.callbacks, "callback", "cancelled"),
                (self.agents, "agent", "signed out"),
                (self.staying, "thing", "could not be ended"),
            )
            if n
        ]
        return ", ".join(told) or "nothing was left to end"


async def leave(played: LiveDay) -> Left:
    """Hang up our calls, call our callbacks off, sign our agents out: as far as the service lets us."""
    left = Left()
    await _hang_up(played, left)
    await _call_off(played, left)
    await _each(played.desktops.agents, lambda agent_id: _sign_out(played, left, agent_id))
    await played.desktops.close()
    return left


async def _each(of: Sequence[str], act: Callable[[str], Awaitable[None]]) -> None:
    several = asyncio.Semaphore(MAX_CONCURRENT)

    async def one(name: str) -> None:
        async with several:
            await act(name)

    await asyncio.gather(*map(one, of))


async def _hang_up(played: LiveDay, left: Left) -> None:
    """Report every call of ours that lives as abandoned: one that is talked to is completed by that."""
    found = await played.service.get("/v1/calls", source=SOURCE, limit=10_000)
    ours = [
        call["call_id"]
        for call in found.get("calls", ())
        if str(call["external_call_id"]).startswith(f"{played.words.run}-")
    ]
    for first in range(0, len(ours), BATCH):
        reports = [{"call_id": call_id, "type": "abandoned"} for call_id in ours[first : first + BATCH]]
        answer = await played.service.try_post("/v1/events:batch", {"events": reports})
        applied = answer.json()["applied"] if answer is not None and answer.status_code == 200 else 0
        left.calls += applied
        left.staying += len(reports) - applied


async def _call_off(played: LiveDay, left: Left) -> None:
    found = await played.service.get("/v1/callbacks", limit=5_000)
    ours = [
        task["callback_id"] for task in found.get("callbacks", ()) if played.words.here(task["callback_id"]) is not None
    ]

    async def one(task_id: str) -> None:
        answer = await played.service.try_post(f"/v1/callbacks/{task_id}:cancel", {"reason": WHY})
        if answer is not None and answer.status_code == 409:  # the customer is on the line: they hang up
            answer = await played.service.try_post(f"/v1/callbacks/{task_id}/attempts", {"outcome": "completed"})
        done = answer is not None and answer.status_code == 200
        left.callbacks += done
        left.staying += not done

    await _each(ours, one)


async def _sign_out(played: LiveDay, left: Left, agent_id: str) -> None:
    where = f"/v1/agents/{agent_id}/state"
    await played.service.try_post(where, {"state": "wrapup_done"})  # refused where there is none
    answer = await played.service.try_post(where, {"state": "logged_out"})
    out = answer is not None and answer.status_code == 200 and answer.json()["state"] == "logged_out"
    left.agents += out
    left.staying += not out
