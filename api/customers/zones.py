"""Customers' time zones: the centre need not list them, the engine learns each with its first customer."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from api.customers.directory.record import Known
from api.errors import Invalid
from api.state.numbers import written_out
from api.state.ports import Commands, Live
from callcenter import commands as cmd
from callcenter.config.zones import zone, zone_names
from callcenter.hours import Zone
from callcenter.units import HOUR


class Zones:
    """Lets the engine learn the zones of customers."""

    def __init__(self, live: Live, commands: Commands) -> None:
        self._live = live
        self._commands = commands

    async def learn(self, name: str) -> None:
        """Let the engine know a zone: calling windows are kept in it, also after a restart.

        Raises:
            Invalid: there is no zone of this name.
        """
        await self._learn((name,))

    async def _learn(self, names: Iterable[str]) -> None:
        centre = self._live.engine.centre
        known = {centre.zone.name, *(one.name for one in centre.zones)}
        fresh = [name for name in names if name not in known]
        if not fresh:
            return
        try:
            found = [zone(name) for name in fresh]
        except ValueError as fault:
            raise Invalid("/zone: {fault}", fault=fault) from None
        told = await self._commands.tell(cmd.LearnZones(tuple(found)))
        if told.refusal is not None:
            raise told.refusal

    async def of(self, said: str | None, customer: Known | None, number: str | None, queue: str) -> str | None:
        """Return the zone a customer is called in, several divided by commas where it may be any; None: nobody knows.

        It is what the client said, else what the directory knows, if that is one, else what the number tells: the one
        that came with the call, else the customer's first.
        """
        if said is not None:
            return said
        if customer is not None and customer.zone is not None:
            with suppress(Invalid):
                await self.learn(customer.zone)
                return customer.zone
        if number is None and customer is not None:
            rows = await self._live.find("customer_numbers", {"customer_key": customer.key}, order="place", limit=1)
            number = str(rows[0]["number"]) if rows else None
        names = zones_of_number(number)
        if len(names) > 1 and not self._overlap(names, queue):
            return None  # a number of half the world, such as a freephone number
        await self._learn(names)
        return ",".join(names) or None

    def _overlap(self, names: tuple[str, ...], queue: str) -> bool:
        """Tell whether the queue's calling window leaves an hour at least that lies in it everywhere."""
        windows = [q.callbacks.window for q in self._live.engine.centre.queues if q.name == queue]
        now = self._live.now()
        offsets = [found.local(now) - now for found in map(zone, names)]
        return all(end - begin - (max(offsets) - min(offsets)) >= HOUR for begin, end in windows)


@lru_cache(maxsize=50_000)
def zones_of_number(number: str | None) -> tuple[str, ...]:
    """Return the zones in which the owner of a number may live, as few as decide about any window; none: unknown.

    The zones are those of the number's area, or of its whole country where it belongs to no area (a mobile number of
    most countries). Source: the time zones of prefixes of the library phonenumbers.

    >>> zones_of_number("+14155550100"), zones_of_number("+442079460958"), zones_of_number("sip:ana@example.org")
    (('America/Los_Angeles',), ('Europe/London',), ())
    >>> zones_of_number("+61491570156")
    ('Australia/Lord_Howe', 'Australia/Sydney', 'Indian/Cocos')
    """
    if number is None or not written_out(number):
        return ()
    digits = number[1:]
    if _in_an_area(number[:7], number):
        names = _of_longest_prefix(digits)
    else:
        names = TIMEZONE_DATA.get(str(phonenumbers.parse(number).country_code), ())
    return _outermost(tuple(name for name in names if name in _NAMES))


_NAMES: Final = frozenset(zone_names())


def _of_longest_prefix(digits: str) -> tuple[str, ...]:
    for length in range(TIMEZONE_LONGEST_PREFIX, 0, -1):
        found: tuple[str, ...] | None = TIMEZONE_DATA.get(digits[:length])
        if found is not None:
            return found
    return ()


_AREAS: Final[dict[str, bool]] = {}
"""Beginning of a number → whether such numbers belong to an area. To find out costs 200 µs, and it is bounded."""


def _in_an_area(beginning: str, number: str) -> bool:
    known = _AREAS.get(beginning)
    if known is None:
        parsed = phonenumbers.parse(number)
        kind = phonenumbers.number_type(parsed)
        known = kind == phonenumbers.PhoneNumberType.UNKNOWN or phonenumbers.is_number_type_geographical(
            kind, parsed.country_code or 0
        )
        _AREAS[beginning] = known
    return known


@lru_cache(maxsize=1_024)
def _outermost(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return zones of which, at any instant, one is furthest east and one furthest west of all: the others add nothing.

    A window of every day is open in all zones when it is in these.
    """
    if len(names) < 2:
        return names
    found: list[Zone] = [zone(name) for name in names]
    needed: dict[str, None] = {}
    for at in sorted({start for one in found for start in one.starts if start > _SINCE} | {_SINCE}):
        offsets = {one.name: one.local(at) - at for one in found}
        for edge in (min(offsets.values()), max(offsets.values())):
            if not any(offsets[name] == edge for name in needed):
                needed[next(name for name, offset in offsets.items() if offset == edge)] = None
    return tuple(sorted(needed))


_SINCE: Final = 1_735_689_600_000
"""2025-01-01: no window is kept before."""
