"""Telephony systems whose clock is off, said in the log: their reports count from when they can have happened at all.

A report that says a time before its call came, or one that has not come yet, is moved to the nearest that can be. Of a
clock that is an hour slow every answer would come at once: the service level is too good, and nothing else shows it.
"""

import logging
from typing import Final

from api.state.call_names import CLOCKS_AGREE_MS
from callcenter.units import HOUR, SECOND

LOG: Final = logging.getLogger("callcenter")
EVERY_MS: Final = HOUR
MOST: Final = 1_000
"""Sources that are remembered to have been named."""
FURTHEST: Final = 2**53 - 1
"""A report may say any whole number: beyond this, programs of others read another one."""


class SourceClocks:
    """Which sources have been named, and when."""

    def __init__(self) -> None:
        self._named: dict[str, int] = {}

    def moved(self, source: str | None, said: int | None, kept: int | None, now: int) -> int | None:
        """Return by how much the time of a report was moved, in ms, and log it once an hour for each source.

        None: it was not said, or clocks that agree differ so.
        """
        if said is None or kept is None or abs(kept - said) <= CLOCKS_AGREE_MS:
            return None
        name, moved = source or "-", max(-FURTHEST, min(kept - said, FURTHEST))
        if now - self._named.get(name, -EVERY_MS) >= EVERY_MS:
            if len(self._named) >= MOST:
                self._named.clear()
            self._named[name] = now
            LOG.warning(
                "source %r reports what was %.0f s %s: is its clock right, `at` in milliseconds or with its zone, and "
                "`talk_s` in seconds?",
                name, abs(moved) / SECOND, "before its call came" if moved > 0 else "after now",
            )  # fmt: skip
        return moved
