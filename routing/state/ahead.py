"""Who goes before a waiting call: the place that it is told, and the lanes that it shares agents with."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Final

from callcenter.units import Millis
from routing.state.line import PLACE

if TYPE_CHECKING:
    from routing.state.floor import Floor
    from routing.state.line import Lane
    from routing.state.records import Waiting

Key = tuple[float, ...]
"""What is compared: the smaller goes first."""
_TURN: Final = attrgetter("turn")


def position(floor: "Floor", item: "Waiting", now: Millis) -> int:
    """Count the waiting calls and tasks that go before `item` and could take an agent it could take.

    It is the order in which they would be taken at this very instant, one after another.
    """
    mine = floor.lane_of(item)
    own_score = floor.score(mine, item, now)
    ahead = 0
    for lane in competing(mine):
        if lane.rank < mine.rank:
            ahead += lane.size
        elif lane is mine:
            ahead += lane.ahead_of(item.turn, item.serial)
        elif lane.rank == mine.rank and lane.size:
            if not (lane.queue.ordering.monotone and mine.queue.ordering.monotone):
                return _position_among_the_first(floor, mine, item, now)
            ahead += _ahead_in(floor, lane, own_score, item, now)
    return ahead


def competing(mine: "Lane") -> list["Lane"]:
    """Return every lane that shares an agent with `mine`, itself included, in a defined order."""
    seen: dict[int, Lane] = {}
    for crew in mine.crews:
        for lane in crew.lanes:
            seen[id(lane)] = lane
    seen[id(mine)] = mine
    return list(seen.values())


def _ahead_in(floor: "Floor", lane: "Lane", own: tuple[float, float], item: "Waiting", now: Millis) -> int:
    """Count those of another lane that score before `item`, by bisection: scores never fall along a lane."""
    ahead = 0
    for chunk in lane.chunks:
        last = chunk[-1]
        if (*floor.score(lane, last, now), last.turn, last.serial) < (*own, item.turn, item.serial):
            ahead += len(chunk)
            continue
        low, high = 0, len(chunk)
        while low < high:
            middle = (low + high) // 2
            other = chunk[middle]
            if (*floor.score(lane, other, now), other.turn, other.serial) < (*own, item.turn, item.serial):
                low = middle + 1
            else:
                high = middle
        return ahead + low
    return ahead


def in_turn(floor: "Floor", lanes: "Iterable[Lane]", now: Millis) -> "Iterator[tuple[Key, Waiting]]":
    """Yield who waits in `lanes` in the order in which they would be taken at this instant, each with its place in it.

    Of one queue, tier and rank only the first competes: whoever stands behind a high score waits for it.
    """
    alike: dict[tuple[str, str, int], list[Lane]] = {}
    for lane in lanes:
        alike.setdefault((lane.queue.name, lane.tier.name, lane.rank), []).append(lane)

    def by_turn(lane: "Lane") -> "Iterator[tuple[tuple[int, int], Lane, Waiting]]":
        for item in lane:
            yield (item.turn, item.serial), lane, item

    def keyed(lanes: "list[Lane]") -> "Iterator[tuple[Key, Waiting]]":
        highest: Key = ()
        for _, lane, item in merge(*map(by_turn, lanes), key=itemgetter(0)):
            highest = max(highest, (lane.rank, *_key(floor, lane, item, now)))
            yield highest, item

    return merge(*map(keyed, alike.values()), key=itemgetter(0))


def _position_among_the_first(floor: "Floor", mine: "Lane", item: "Waiting", now: Millis) -> int:
    """Count who goes before `item` where scores rise and fall with age, and the first of each queue and tier compete.

    An item's turn comes when every score before it in its own queue and tier has been the least of the first ones. So
    the highest of those, itself included, decides: of another queue and tier all up to the first that is not before it.
    """
    place, ahead = (item.turn, item.serial), 0
    kinds: dict[tuple[str, str], list[Lane]] = {(mine.queue.name, mine.tier.name): []}
    for lane in competing(mine):
        if lane.rank < mine.rank:
            ahead += lane.size
        elif lane.rank == mine.rank:
            kinds.setdefault((lane.queue.name, lane.tier.name), []).append(lane)
    own, *others = kinds.values()
    highest = max(_key(floor, mine, item, now), *(_highest_before(floor, lane, place, now) for lane in own))
    ahead += sum(lane.ahead_of(*place) for lane in own)
    for lanes in others:
        stop = min((found for lane in lanes if (found := _first_from(floor, lane, highest, now))), default=None)
        ahead += sum(lane.size if stop is None else lane.ahead_of(*stop) for lane in lanes)
    return ahead


def _key(floor: "Floor", lane: "Lane", item: "Waiting", now: Millis) -> Key:
    return (*floor.score(lane, item, now), item.turn, item.serial)


def _highest_before(floor: "Floor", lane: "Lane", place: tuple[int, int], now: Millis) -> Key:
    """Return the highest key of those in `lane` whose turn comes before `place`; where there is none, less than any."""
    found: Key = ()
    for chunk in lane.chunks:
        before = bisect_left(chunk, place, key=PLACE)
        for low, high in _rising(lane, chunk, now):
            if low < before:
                found = max(found, _key(floor, lane, chunk[min(high, before) - 1], now))
    return found


def _first_from(floor: "Floor", lane: "Lane", least: Key, now: Millis) -> tuple[int, int] | None:
    """Return turn and serial of the first in `lane` whose key is not below `least`."""
    for chunk in lane.chunks:
        for low, high in _rising(lane, chunk, now):
            if _key(floor, lane, chunk[high - 1], now) >= least:
                found = bisect_left(chunk, least, low, high, key=lambda item: _key(floor, lane, item, now))
                return chunk[found].turn, chunk[found].serial
    return None


def _rising(lane: "Lane", chunk: Sequence["Waiting"], now: Millis) -> Iterator[tuple[int, int]]:
    """Yield the parts of a chunk along which scores never fall: index of the first, and one beyond the last."""
    ordering = lane.queue.ordering
    cuts: Iterator[int]
    if not chunk:
        return
    if ordering.monotone or not lane.lives:  # tasks that are not among the calls go by their promise
        cuts = iter(())
    elif ordering.turning is None:
        cuts = iter(range(1, len(chunk)))
    else:
        ages = ordering.turning(chunk[0])
        cuts = iter(sorted(bisect_left(chunk, now - age + 1, key=_TURN) for age in ages))
    for low, high in pairwise((0, *cuts, len(chunk))):
        if low < high:
            yield low, high
