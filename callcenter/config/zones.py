"""IANA time zones as tables of transitions, computed once from the pinned tzdata package."""

from datetime import UTC as UTC_TIME
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.config.refusals import near
from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.units import DAY, SECOND

LAST_YEAR: Final = 2060
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC_TIME)
_STEP: Final = 6 * DAY // SECOND
"""Changes within one step that cancel out would be missed; the shortest known lasts a week (Boa Vista, 2000)."""
BEFORE_EVERYTHING: Final = -(2**62)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, sorted."""
    text = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return tuple(sorted(text.split()))


@lru_cache(maxsize=256)
def zone(name: str) -> Zone:
    """Return the zone called `name` for the years 1970 to 2060.

    Raises:
        ValueError: there is no such zone; the message names near ones.
    """
    if name not in zone_names():
        raise ValueError(
            said(
                "is not a time zone ({name}){hint}: write an IANA name such as Europe/Madrid",
                name=name,
                hint=near(name, zone_names()),
            )
        )
    with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as file:
        info = ZoneInfo.from_file(file, key=name)
    begin = 0
    end = int((datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC_TIME) - _EPOCH).total_seconds())
    starts, offsets = [BEFORE_EVERYTHING], [_offset(info, begin)]
    for left in range(begin, end, _STEP):
        _changes(info, left, min(left + _STEP, end), starts, offsets)
    return Zone(name, tuple(starts), tuple(offsets))


def _offset(info: ZoneInfo, second: int) -> int:
    """Return local time minus UTC at `second` since the epoch, in ms."""
    offset = datetime.fromtimestamp(second, info).utcoffset()
    assert offset is not None
    return (offset.days * 86_400 + offset.seconds) * SECOND


def _changes(info: ZoneInfo, left: int, right: int, starts: list[int], offsets: list[int]) -> None:
    """Append each change of the offset after `left`, up to `right`, found by halving."""
    while offsets[-1] != _offset(info, right):
        low, high = left, right
        while high - low > 1:
            middle = (low + high) // 2
            if _offset(info, middle) == offsets[-1]:
                low = middle
            else:
                high = middle
        starts.append(high * SECOND)
        offsets.append(_offset(info, high))
        left = high
