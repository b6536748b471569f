"""Named people of a centre: what they can do, when they may work, what they wish; plain data."""

from dataclasses import dataclass

from callcenter.centre import Centre
from callcenter.skills import Levels, covers
from callcenter.units import DAY, HOUR, Millis


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like: a day off, or a shift type, on a date or on a day of the week."""

    date: int | None = None
    """Local day number."""
    weekday: int | None = None
    """Monday is 0."""
    shift: str | None = None
    """A shift type; None: the day off."""

    def about(self, day: int, weekday: int) -> bool:
        """Tell whether the wish is about this day."""
        return day == self.date or weekday == self.weekday


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be rostered."""

    name: str
    groups: tuple[str, ...] = ()
    """Groups they work in; empty: every group whose skills they have."""
    skills: Levels = ()
    hours_per_week: float = 40.0
    """Contract hours, breaks included; the roster never gives more than these and `overtime`."""
    overtime: float = 0.0
    """Hours a week at most beyond the contract."""
    earliest: int = 0
    """No shift begins before this time of day (ms after midnight)."""
    latest: int = 2 * DAY
    """No shift ends after this time, ms after the midnight before its begin."""
    days_off: tuple[int, ...] = ()
    """Days of the week."""
    absences: tuple[int, ...] = ()
    """Local day numbers."""
    rest: Millis = Millis(11 * HOUR)
    """At least, between the end of a shift and the begin of the next."""
    days_in_a_row: int = 6
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleRules:
    """What the roster as a whole has to keep to."""

    most_people: int | None = None
    """No more than so many different people are rostered."""
    part_timers: float | None = None
    """Share of a day's shifts that part-timers may have at most."""
    part_time_below: float = 30.0
    """Contract hours a week below which somebody is a part-timer."""
    minimum: tuple[tuple[str, int], ...] = ()
    """Group → heads that are there at least whenever the group is needed at all."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, and the rules."""

    persons: tuple[Person, ...]
    rules: PeopleRules = PeopleRules()


def works_in(person: Person, centre: Centre) -> tuple[str, ...]:
    """Return the groups in which somebody can work: those named, or those whose skills they have."""
    if person.groups:
        return person.groups
    return tuple(group.name for group in centre.groups if covers(person.skills, group.skills))
