"""Callers' numbers: one way to write each, and how much of one a log may show."""

from functools import lru_cache
from typing import Final

import phonenumbers

ANONYMOUS: Final = frozenset({"", "anonymous", "unknown", "private", "restricted", "unavailable", "withheld"})


@lru_cache(maxsize=50_000)
def normalised(number: str | None, region: str | None) -> str | None:
    """Return a number as E.164, an address that is no number as it is in lower case, or None: anonymous.

    >>> normalised("020 7946 0958", "GB"), normalised("sip:Ana@example.org", None), normalised("Anonymous", None)
    ('+442079460958', 'sip:ana@example.org', None)
    """
    text = (number or "").strip()
    if text.lower() in ANONYMOUS:
        return None
    address = text.removeprefix("tel:")
    if address[:1] in "+0123456789(" and "@" not in address:
        try:
            return phonenumbers.format_number(phonenumbers.parse(address, region), phonenumbers.PhoneNumberFormat.E164)
        except phonenumbers.NumberParseException:
            digits = "".join(c for c in address if c.isdigit() or c == "+")
            return digits or address.lower()
    return address.lower()


def masked(number: str | None) -> str | None:
    """Return what a log may show of a number.

    >>> masked("+442079460958"), masked("1001")
    ('+44*******58', '****')
    """
    if number is None:
        return None
    if len(number) < 8:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 6) + number[-2:]
