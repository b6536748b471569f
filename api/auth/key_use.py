"""When each API key was last used, and for which first source: known at once, kept once a minute."""

import asyncio
import logging
from typing import Final

from api.auth.keys import Access
from api.live.protocol import LiveEngine
from api.store.changes import Update
from callcenter.errors import CallCenterError
from callcenter.units import MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
KEPT_EVERY: Final = MINUTE


class KeyUse:
    """Keeps what was used since it last looked, all keys in one transaction; the engine's timer drives it."""

    def __init__(self, live: LiveEngine, access: Access) -> None:
        self._live = live
        self._access = access
        self._next = Millis(0)
        self._keeping: asyncio.Task[None] | None = None

    def tick(self, now: Millis) -> None:
        """Begin, once a minute."""
        if now >= self._next and (self._keeping is None or self._keeping.done()):
            self._next = Millis(now + KEPT_EVERY)
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def settled(self) -> None:
        """Return when what has begun is done."""
        if self._keeping is not None:
            await asyncio.wait([self._keeping])

    async def stop(self) -> None:
        """Keep the last uses."""
        await self.settled()
        await self._keep()

    async def _keep(self) -> None:
        used = {key: key.used_at for key in self._access.keys.values() if key.used_at != key.last_used_at}
        if not used:
            return
        try:
            await self._live.keep(
                *(
                    Update("api_keys", {"last_used_at": at, "sources": key.sources_kept()}, {"id": key.id})
                    for key, at in used.items()
                )
            )
        except CallCenterError as fault:
            LOG.warning("when keys were last used could not be kept: %s", fault)
            return
        for key, at in used.items():
            key.last_used_at = at
