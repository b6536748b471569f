"""Agents' desktops: each listens to its agent's own stream, where offers come at once and with their token.

So does every real desktop. For five hundred agents it costs the service a hundredth of a core more than one stream of
everything would, and this process two: most of it to begin, and to hear every 15 s that the line lives. The other
stream lets events gather before it sends them, and its offers lack the token.
"""

import asyncio
from collections.abc import Callable

from callcenter.cli.driving.service import JSON, Service

Ring = Callable[[str, JSON], None]
"""Told of an agent and the offer that rings at their desktop."""


class Desktops:
    """Those who are signed in by us, and what has rung at their desktops."""

    def __init__(self, service: Service, ring: Ring) -> None:
        self._service = service
        self._ring = ring
        self._open: dict[str, asyncio.Task[None]] = {}
        self.tokens: dict[str, str] = {}
        """Offer → its token."""

    @property
    def agents(self) -> list[str]:
        """Who is signed in."""
        return list(self._open)

    def sign_in(self, agent_id: str) -> None:
        """Begin to listen, when the service has the agent."""
        if agent_id not in self._open:
            self._open[agent_id] = asyncio.create_task(self._listen(agent_id))

    def sign_out(self, agent_id: str) -> None:
        """Listen no more, when the service has the agent no more."""
        listening = self._open.pop(agent_id, None)
        if listening is not None:
            listening.cancel()

    async def close(self) -> None:
        """Listen no more anywhere."""
        listening = list(self._open.values())
        for task in listening:
            task.cancel()
        self._open.clear()
        await asyncio.gather(*listening, return_exceptions=True)

    async def _listen(self, agent_id: str) -> None:
        rung: str | None = None
        async for kind, data in self._service.listen(f"/v1/agents/{agent_id}/stream"):
            if kind == "offer":
                self.tokens.pop(rung or "", None)  # one phone rings once at a time
                rung = str(data["offer_id"])
                self.tokens[rung] = str(data["token"])
                self._ring(agent_id, data)
            elif kind == "AgentLoggedOut" or (kind == "state" and data["state"] == "logged_out"):
                self.sign_out(agent_id)
