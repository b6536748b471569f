"""Suspended calls: their source stopped waiting for the answer; no agent is rung until it asks for the call again.

A call is posted, the journal hangs, the poster is told `fallback` and sends the caller elsewhere; later the call
becomes durable all the same. It is suspended then: posted again or listed by a reconcile it takes its turn, else it
ends.
"""

import asyncio
import logging
from typing import Final

from api.live.command_handler import CommandHandler
from api.live.protocol import LiveEngine
from api.state.call_names import CallNames
from api.state.records import CallLine
from callcenter import commands as cmd
from callcenter.errors import CallCenterError
from callcenter.ids import CallId
from callcenter.units import MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
GIVEN_UP: Final = "given_up"
"""Why such a call is suspended, and how it ends."""
KEPT_MS: Final = 5 * MINUTE
"""A suspended call of which its source does not speak so long is over."""
MOST_NAMES: Final = 10_000


async def confirm(commands: CommandHandler, line: CallLine | None) -> None:
    """Confirm a suspended call: its source has named it again."""
    if line is not None and line.suspended is not None and not line.ended:
        await commands.tell(cmd.ConfirmCall(CallId(line.id)))


class SuspendedCalls:
    """Knows what the suspended calls are called, and ends those of which nobody speaks any more."""

    def __init__(self, live: LiveEngine, commands: CommandHandler, names: CallNames) -> None:
        self._live = live
        self._commands = commands
        self._call_names = names
        self._names: dict[str, tuple[str, str]] = {}
        """Call → source and external id, until it is known whether there is such a call."""
        self._ending: asyncio.Task[None] | None = None

    def give_up(self, source: str, external_id: str, call_id: str) -> None:
        """The poster of this call goes without an answer; told at once, before anything else is published."""
        if self._live.suspend(CallId(call_id), GIVEN_UP):
            if len(self._names) >= MOST_NAMES:
                del self._names[next(iter(self._names))]
            self._names[call_id] = (source, external_id)

    def tick(self, now: Millis) -> None:
        """Look after them, now and then."""
        suspended = self._commands.board.suspended
        for call_id in [call_id for call_id in self._names if call_id in suspended]:
            self._call_names.put(*self._names.pop(call_id), call_id)
        overdue = [call_id for call_id, since in suspended.items() if now - since >= KEPT_MS]
        if overdue and (self._ending is None or self._ending.done()):
            self._ending = asyncio.get_running_loop().create_task(self._end(overdue))

    async def _end(self, overdue: list[str]) -> None:
        for call_id in overdue:
            try:
                await self._commands.tell(cmd.FailCall(CallId(call_id), GIVEN_UP))
            except CallCenterError as fault:
                LOG.warning("a suspended call could not be ended: %s", fault)
                return

    async def stop(self) -> None:
        """Let what is being told be told."""
        if self._ending is not None:
            await asyncio.wait([self._ending])
