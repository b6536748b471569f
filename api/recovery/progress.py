"""Progress of a start that takes a while: a line at each tenth, with about how long the rest takes."""

import logging
import time
from collections.abc import Callable
from typing import Final

LOG: Final = logging.getLogger("callcenter.live")
SOON_S: Final = 2.0
"""What is over sooner is not told of."""
TENTHS: Final = 10


class Progress:
    """Told how many are done; says so, now and then."""

    def __init__(
        self,
        what: str,
        wanted: int,
        clock: Callable[[], float] = time.monotonic,  # noqa: TID251  # shown, and no more
    ) -> None:
        self._what = what
        self._wanted = wanted
        self._clock = clock
        self._begun = clock()
        self._next = 0
        """The tenth that is told next."""

    def __call__(self, done: int) -> None:
        """Take note of how many are done."""
        took = self._clock() - self._begun
        tenth = TENTHS * done // max(1, self._wanted)
        if took < SOON_S or tenth < self._next or not 0 < done < self._wanted:
            return
        self._next = tenth + 1
        left_s = took / done * (self._wanted - done)
        LOG.info("%s: %s of %s, about %.0f s left", self._what, f"{done:,}", f"{self._wanted:,}", left_s)
