"""Callers' numbers: one way to write each, and how much of one a log may show."""

import re
from functools import cache, lru_cache
from typing import Final

import phonenumbers

ANONYMOUS: Final = frozenset({"", "anonymous", "unknown", "private", "restricted", "unavailable", "withheld"})


@lru_cache(maxsize=50_000)
def normalised(number: str | None, region: str | None) -> str | None:
    """Return a number as E.164, an address that is no number as it is in lower case, or None: anonymous.

    >>> normalised("020 7946 0958", "GB"), normalised("sip:Ana@example.org", None), normalised("Anonymous", None)
    ('+442079460958', 'sip:ana@example.org', None)
    """
    text = number or ""
    if _UNESCAPED.match(text):
        text = "+" + text[1:]
    address = _bare(text.strip())
    if address.lower() in ANONYMOUS:
        return None
    if written_out(address):
        return address
    if address[:1] in "+0123456789(" and "@" not in address:
        try:
            return phonenumbers.format_number(phonenumbers.parse(address, region), phonenumbers.PhoneNumberFormat.E164)
        except phonenumbers.NumberParseException:
            digits = "".join(c for c in address if c.isdigit() or c == "+")
            return digits or address.lower()
    return address.lower()


_UNESCAPED: Final = re.compile(" [1-9][0-9]{6}")
"""A form's `caller=+44…` whose plus nobody escaped; no country code begins with 0."""


def _bare(text: str) -> str:
    """Return the number of a SIP address where its user is one, the name and the brackets around an address left out.

    >>> _bare('"Ann" <sip:+442079460958@host;user=phone>'), _bare("sip:1001@pbx"), _bare("tel:+4420;ext=5")
    ('+442079460958', 'sip:1001@pbx', '+4420;ext=5')
    """
    if text.endswith(">") and "<" in text:
        text = text.rpartition("<")[2][:-1].strip()
    scheme, colon, rest = text.partition(":")
    if not colon:
        return text
    if scheme.lower() == "tel":
        return rest
    if scheme.lower() in ("sip", "sips"):
        user, at, host = rest.partition("@")
        name = user.partition(";")[0]
        if at and (name[:1] == "+" or ";user=phone" in host.lower()):
            return name
        if name.lower() == "anonymous":  # RFC 3323: sip:anonymous@anonymous.invalid
            return name
    return text


def written_out(number: str) -> bool:
    """Tell whether a number is E.164 as it stands, which most are: reading it with all of the rules costs 50 µs.

    >>> written_out("+442079460958"), written_out("+4402079460958"), written_out("020 7946 0958")
    (True, False, False)
    """
    if not _E164.fullmatch(number):
        return False
    for digits in (1, 2, 3):
        code = int(number[1 : 1 + digits])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            trunk = _trunk(code)
            return trunk is not None and not trunk.match(number, 1 + digits)
    return False


_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


@cache
def _trunk(code: int) -> re.Pattern[str] | None:
    """Return what has to be taken off the front of a country's numbers (0 in most), or None: not known."""
    found = phonenumbers.PhoneMetadata.metadata_for_region(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0], None)
    if found is None:
        return None
    return re.compile(found.national_prefix_for_parsing or "(?!)")


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
