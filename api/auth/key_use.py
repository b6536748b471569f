"""When each API key was last used, and for which first source: known at once, kept once a minute."""

import logging
from typing import Final

from api.auth.keys import Access
from api.live.periodic import Periodic
from api.live.protocol import LiveEngine
from api.store.changes import Update
from callcenter.errors import CallCenterError
from callcenter.units import MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
KEPT_EVERY: Final = MINUTE


class KeyUse(Periodic):
    """Keeps what was used since it last looked, all keys in one transaction; the engine's timer drives it."""

    def __init__(self, live: LiveEngine, access: Access) -> None:
        super().__init__(Millis(KEPT_EVERY))
        self._live = live
        self._access = access

    async def stop(self) -> None:
        """Keep the last uses."""
        await self.settled()
        await self._run(self._live.now())

    async def _run(self, now: Millis) -> None:
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
