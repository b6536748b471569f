"""Which tier a customer is in, for how long, and why: override before blacklist before grade before default."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.centre import Centre, last_band
from callcenter.customers.blacklist import Entry
from callcenter.errors import Refusal
from callcenter.language.said import said
from callcenter.units import DAY, HOUR, Millis

REVIEW_EVERY: Final = Millis(90 * DAY)
"""A grade that nobody and nothing has looked at for so long is due for review: each quarter at least."""
LONGEST_OVERRIDE: Final = Millis(366 * DAY)


class BadOverride(Refusal):
    """An override says for how long, to what, and why; it is no way around the blacklist."""

    code = "bad_override"


@dataclass(frozen=True, slots=True)
class Grade:
    """The tier that a method, a CRM or a person gave a customer, for as long as nothing else is known."""

    tier: str
    why: str
    review_at: Millis


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word on a customer's tier, for a while."""

    id: str
    tier: str
    reason: str
    author: str
    begins: Millis
    ends: Millis

    def holds(self, now: Millis) -> bool:
        """Tell whether the override is in force."""
        return self.begins <= now < self.ends


class Source(StrEnum):
    """What a tier rests on, the strongest first."""

    OVERRIDE = "override"
    BLACKLIST = "blacklist"
    GRADE = "grade"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier in force at an instant."""

    tier: str
    source: Source
    why: str
    """One sentence, for the supervisor and for the customer who asks."""
    until: Millis | None
    """When it ends by itself, if nobody does anything; None: never, it is only reviewed."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """A centre's tiers as far as standing goes."""

    order: tuple[str, ...]
    """Best first: by band, then as the centre lists them."""
    default: str
    last: str | None
    """Where the blacklist puts a customer; None: the centre has no such tier, nobody can be listed."""

    @classmethod
    def of(cls, centre: Centre) -> "Tiers":
        """Return a centre's tiers. The blacklist's is alone in the last band and is promised nothing.

        >>> from callcenter.centre import Group, Queue
        >>> Tiers.of(Centre("demo", (Queue("sales"),), (Group("desk"),)))
        Tiers(order=('vip', 'mid', 'standard', 'blacklisted'), default='standard', last='blacklisted')
        """
        ranked = sorted(centre.tiers, key=lambda tier: tier.band)
        listed = last_band(centre) is not None
        return cls(tuple(tier.name for tier in ranked), centre.default_tier, ranked[-1].name if listed else None)

    def is_promotion(self, before: str, after: str) -> bool:
        """Tell whether `after` is better than `before`: it then acts at once, also on a call that waits.

        >>> tiers = Tiers(("vip", "standard", "blacklisted"), "standard", "blacklisted")
        >>> tiers.is_promotion("blacklisted", "standard"), tiers.is_promotion("vip", "standard")
        (True, False)
        """
        return self.order.index(after) < self.order.index(before)


def standing(
    now: Millis, tiers: Tiers, *, grade: Grade | None = None, override: Override | None = None,
    entry: Entry | None = None,
) -> Standing:  # fmt: skip
    """Return the tier in force and why; what names a tier that the centre no longer has is passed over."""
    if override is not None and override.holds(now) and override.tier in tiers.order:
        why = f"{override.tier} by override of {override.author}: {override.reason} ({_left(override.ends - now)})"
        return Standing(override.tier, Source.OVERRIDE, why, override.ends)
    if entry is not None and entry.holds(now) and tiers.last is not None:
        due = entry.due_at
        assert due is not None, "an entry in force has its review"
        how = "expires" if due == entry.expires_at else "is lifted unless reviewed"
        why = f"{tiers.last} by the blacklist, listed by {entry.author}: {entry.reason} ({how} in {_span(due - now)})"
        return Standing(tiers.last, Source.BLACKLIST, why, due)
    # The last band is for listed customers alone: a grade does not lead there.
    if grade is not None and grade.tier in tiers.order and grade.tier != tiers.last:
        review = grade.review_at - now
        when = f"review in {_span(review)}" if review > 0 else f"review overdue by {_span(-review)}"
        return Standing(grade.tier, Source.GRADE, f"{grade.tier} by grade: {grade.why} ({when})", None)
    why = f"{tiers.default}: what everybody is of whom nothing else is known"
    return Standing(tiers.default, Source.DEFAULT, why, None)


def check_override(override: Override, tiers: Tiers, now: Millis) -> None:
    """Refuse an override that is no promise for a while."""
    if not override.reason.strip():
        raise BadOverride("an override needs a reason")
    if override.tier not in tiers.order:
        raise BadOverride(
            said("there is no tier {tier!r}: {known}", tier=override.tier, known=", ".join(tiers.order)),
            tier=override.tier,
        )
    if override.tier == tiers.last:
        raise BadOverride(
            said("{tier} is the blacklist's: propose an entry there", tier=override.tier), tier=override.tier
        )
    if override.ends <= max(now, override.begins):
        raise BadOverride("an override ends after it begins, and not in the past")
    if override.ends - override.begins > LONGEST_OVERRIDE:
        raise BadOverride(
            said("an override lasts {days} days at most: a customer's value changes", days=LONGEST_OVERRIDE // DAY)
        )


def soonest(instants: Sequence[Millis | None]) -> Millis | None:
    """Return the first of these instants; None where there is none."""
    return min((at for at in instants if at is not None), default=None)


def _left(ms: int) -> str:
    return f"{_span(ms)} left"


def _span(ms: int) -> str:
    """Return a time to come in words; days are enough where there are some.

    >>> _span(12 * DAY + 5 * HOUR), _span(90 * 60_000), _span(1)
    ('12 days', '1 hour', 'less than an hour')
    """
    for unit, name in ((DAY, "day"), (HOUR, "hour")):
        if ms >= unit:
            n = ms // unit
            return f"{n} {name}{'' if n == 1 else 's'}"
    return "less than an hour"
