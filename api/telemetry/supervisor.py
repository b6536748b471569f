"""Tells the supervisor of services, systemd, that this one is ready, lives, and ends (sd_notify, its datagrams).

Without one, or under one that does not ask, nothing is sent. That it lives is told by the event loop itself: one that
hangs falls silent, and systemd starts the service again (`WatchdogSec=`).
"""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

LOG: Final = logging.getLogger("callcenter")
PER_TIMEOUT: Final = 3
"""So often it says within the time after which it would be taken for dead that it lives."""
US: Final = 1_000_000


class Supervisor:
    """Who started the service, and wants to hear of it."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._every_s = _every_s(environment)
        self._living: asyncio.Task[None] | None = None

    def tell(self, state: str) -> None:
        """Send `READY=1` or the like; a supervisor that does not listen is no reason to stop."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)
                line.sendto(state.encode(), address)
        except OSError as fault:
            LOG.debug("the supervisor does not listen: %s", fault)

    async def __aenter__(self) -> Self:
        if self._every_s is not None:
            self._living = asyncio.create_task(self._live(self._every_s))
        return self

    async def __aexit__(self, *about: object) -> None:
        self.tell("STOPPING=1")
        if self._living is not None:
            self._living.cancel()
            with suppress(asyncio.CancelledError):
                await self._living

    async def _live(self, every_s: float) -> None:
        while True:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(every_s)


def _every_s(environment: Mapping[str, str]) -> float | None:
    """Return how often the supervisor wants to hear; None: it does not.

    >>> _every_s({"WATCHDOG_USEC": "30000000"}), _every_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"})
    (10.0, None)
    """
    asked = environment.get("WATCHDOG_USEC", "")
    of = environment.get("WATCHDOG_PID", str(os.getpid()))
    return int(asked) / US / PER_TIMEOUT if asked.isdecimal() and int(asked) and of == str(os.getpid()) else None
