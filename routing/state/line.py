"""Who waits, in which order: lanes of calls that are alike in everything that decides who may take them.

Whatever changes a call's eligibility with time (a relaxation step, the end of a preferred agent's window, the
wait that opens a reserve) moves it to another lane. So the first of a lane speaks for all behind it, and work
never grows with what waits.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from callcenter.skills import Levels
from callcenter.tiers import Tier

if TYPE_CHECKING:
    from routing.state.crews import Crew
    from routing.state.deadlines import Due
    from routing.state.records import AgentState, QueueState, Waiting

CHUNK: Final = 512
"""Entries of a chunk: removal moves at most this many places, at any length of the line."""

BEHIND_ALL_CALLS: Final = 1_000_000
"""Added to the band of deferred tasks: they come after every live call but those of the last band."""
BEHIND_DUE_PROMISES: Final = BEHIND_ALL_CALLS + BEHIND_ALL_CALLS // 2
"""Added to the last band, the blacklist's: its calls do not keep a promise that is due from being kept."""
BEHIND_ALL_PROMISES: Final = 2 * BEHIND_ALL_CALLS
"""Added to the band of campaign and care calls: nobody waits for them."""

LaneKey = tuple[str, str, int, Levels, int, int, int, str | None]
"""What makes two that wait alike: queue, tier, band, needs, cost, waited, how far behind, group."""
PLACE: Final = attrgetter("turn", "serial")
"""What those of a lane are ordered by."""


class Lane:
    """Waiting calls (or tasks) of one queue and tier with the same needs, by virtual start, then sequence."""

    __slots__ = (
        "band",
        "chunks",
        "cost",
        "crews",
        "dues",
        "group",
        "lives",
        "needs",
        "queue",
        "rank",
        "size",
        "tier",
        "waited",
    )

    def __init__(
        self,
        queue: "QueueState",
        tier: Tier,
        band: int,
        needs: Levels,
        cost: int,
        waited: int,
        behind: int,
        group: str | None,
    ) -> None:
        self.queue = queue
        self.tier = tier
        self.band = band
        self.rank = band + behind
        self.lives = behind in (0, BEHIND_DUE_PROMISES)
        """Who stands here waits: calls, and tasks that have a place among them."""
        self.needs = needs
        self.cost = cost
        self.waited = waited
        """Calls here have waited at least this long (ms), which opens reserves to them."""
        self.group = group
        """Only this group may take them (a back office), or None."""
        self.chunks: list[list[Waiting]] = [[]]
        self.size = 0
        self.dues: tuple[tuple[int, Due], ...] | None = None
        """What becomes due while a call waits here, and how long after it came; None: not asked for yet."""
        self.crews: list[Crew] = []
        """Who can take them, specialists first."""

    def add(self, item: "Waiting") -> None:
        """Give `item` its turn: by its own virtual start and serial, not by when it is put back."""
        chunks = self.chunks
        last = chunks[-1]
        self.size += 1
        if not last or _goes_before(last[-1], item):
            if len(last) < CHUNK:
                last.append(item)
            else:
                chunks.append([item])
            return
        at = self._chunk_of(item)
        chunk = chunks[at]
        insort(chunk, item, key=PLACE)
        if len(chunk) > 2 * CHUNK:
            chunks[at : at + 1] = [chunk[:CHUNK], chunk[CHUNK:]]

    def remove(self, item: "Waiting") -> None:
        """Take `item` out, wherever it stands."""
        chunks = self.chunks
        at = 0
        chunk = chunks[0]
        if chunk[0] is item:
            del chunk[0]
        else:
            at = 0 if len(chunks) == 1 else self._chunk_of(item)
            chunk = chunks[at]
            place = bisect_left(chunk, PLACE(item), key=PLACE)
            assert chunk[place] is item, "a call that waits stands in its lane"
            del chunk[place]
        self.size -= 1
        if not chunk and len(chunks) > 1:
            del chunks[at]

    def _chunk_of(self, item: "Waiting") -> int:
        """Return the index of the last chunk that begins with `item` or before it."""
        chunks = self.chunks
        low, high = 0, len(chunks)
        while high - low > 1:
            middle = (low + high) // 2
            if _goes_before(item, chunks[middle][0]):
                high = middle
            else:
                low = middle
        return low

    def first(self) -> "Waiting | None":
        """Return who is next in this lane."""
        return self.chunks[0][0] if self.size else None

    def first_for(self, agent: "AgentState") -> "Waiting | None":
        """Return the first that `agent` is not excluded from; past those it skips only what the agent missed."""
        if not agent.excluded:
            return self.chunks[0][0] if self.size else None
        for item in self:
            if item.id not in agent.excluded:
                return item
        return None

    def ahead_of(self, turn: int, serial: int) -> int:
        """Count those whose turn comes before (`turn`, `serial`)."""
        ahead, place = self.size, (turn, serial)
        if ahead and (last := PLACE(self.chunks[-1][-1])) <= place:  # who has just come is asked about most
            return ahead - (last == place)
        for chunk in reversed(self.chunks):
            ahead -= len(chunk)
            if chunk and PLACE(chunk[0]) < place:
                return ahead + bisect_left(chunk, place, key=PLACE)
        return ahead

    def __iter__(self) -> Iterator["Waiting"]:
        """Yield who waits here, in order of turn."""
        for chunk in self.chunks:
            yield from chunk


def _goes_before(one: "Waiting", other: "Waiting") -> bool:
    """Tell whether it is the turn of `one` before it is that of `other`."""
    return one.turn < other.turn or (one.turn == other.turn and one.serial < other.serial)
