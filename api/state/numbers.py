"""Callers' numbers: one way to write each, and how much of one a log may show."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import unquote

import phonenumbers

from callcenter.language.said import N_, said

WITHHELD: Final = ("anonymous", "unknown", "private", "restricted", "unavailable", "withheld", "blocked")
KEYPAD: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
UNSET: Final = ("", "null", "none", "undefined")
"""What programs write for what is not there: Kamailio's `<null>` is a From without a user."""
ANONYMOUS: Final = frozenset((*WITHHELD, *UNSET, *("+" + word.translate(KEYPAD) for word in WITHHELD)))
"""What is no caller: also the words as carriers and clouds spell them on a keypad (+266696687 is ANONYMOUS). All who
withhold their number would be one customer else.
"""


@lru_cache(maxsize=50_000)
def normalised(number: str | None, region: str | None) -> str | None:
    """Return a number as E.164, an address that is no number as it is in lower case, or None: anonymous.

    >>> normalised("020 7946 0958", "GB"), normalised("sip:Ana@example.org", None), normalised("Anonymous", None)
    ('+442079460958', 'sip:ana@example.org', None)
    """
    if number is not None and written_out(number):
        return None if number in ANONYMOUS else number
    text = number or ""
    if _UNESCAPED.match(text):
        text = "+" + text[1:]
    address = bare(text, region)
    if address.lower() in ANONYMOUS or (address and not address.strip("+0")):
        return None
    if written_out(address):
        return address
    if address[:1] in "+0123456789(" and "@" not in address:
        digits = "".join(c for c in address if c.isdigit() or c == "+")
        try:
            found = phonenumbers.parse(address, region)
        except phonenumbers.NumberParseException:
            return digits or address.lower()
        if address[:1] != "+" and not phonenumbers.is_possible_number(found):
            return digits  # an extension is not made a number of the country
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return address.lower()


_UNESCAPED: Final = re.compile(" [1-9][0-9]{6}")
"""A form's `caller=+44…` whose plus nobody escaped; no country code begins with 0."""


def bare(text: str, region: str | None) -> str:
    """Return the number that a text holds, however it came: of a SIP address the user where that is a number.

    Left out are the name and the brackets around an address, what nobody can see, and other scripts' digits are written
    as ours. A SIP user of digits alone is a number where the region has numbers like it, else it is an extension.

    >>> bare('"Ann" <sip:+442079460958@host;user=phone>;tag=1', None), bare("tel:+4420;ext=5", None)
    ('+442079460958', '+4420;ext=5')
    >>> bare("sip:1001@pbx", "CN"), bare("sip:13800138000@gw", "CN"), bare("\uff11\uff13\uff18", None)
    ('sip:1001@pbx', '13800138000', '138')
    """
    text = _seen(text)
    within = _BRACKETS.search(text)
    if within is not None:
        text = within[1].strip()
    text = text.strip('"')
    scheme, colon, rest = text.partition(":")
    if "@" in scheme:  # FreeSWITCH's sip_from_uri has no scheme, and a port
        rest, colon, scheme = text, "", ""
    kind = scheme.lower() if colon else ""
    if kind == "tel":
        return _without_parameters(rest)
    if kind not in ("", "sip", "sips"):
        return rest if written_out(rest) else text  # whatsapp:+44…: the same person as by telephone
    user, at, host = (rest if colon else text).partition("@")
    if not at:
        named = colon and not _possible(user.partition(";")[0], region)
        return text if named else _without_parameters(unquote(user) if user[:1] == "%" else user)
    name = unquote(user.partition(";")[0].partition(":")[0]).strip()
    if name[:1] == "+" or ";user=phone" in host.lower() or _possible(name, region):
        return name
    # RFC 3323: sip:anonymous@anonymous.invalid; 3GPP TS 24.229: sip:unavailable@unknown.invalid. No such host is.
    nobody = name.lower() in ANONYMOUS or _NO_HOST.search(host) is not None
    return "anonymous" if nobody else text


_NO_HOST: Final = re.compile(r"\.invalid\.?(?=[:;]|$)", re.IGNORECASE)


def _without_parameters(number: str) -> str:
    """Return a number without what a trunk says beside it (;npdi;rn=…, ;cpc=…); an extension is a part of it."""
    name, *parameters = number.split(";")
    kept = (one.strip() for one in parameters if one.partition("=")[0].strip().lower() in ("ext", "phone-context"))
    return ";".join((name.strip(), *kept))


def _seen(text: str) -> str:
    """Return what a person reads: without direction marks and the like, in ASCII where that is the same."""
    if text.isascii():
        return text.strip()
    kept = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return "".join(str(unicodedata.decimal(c, c)) for c in kept).strip()


LONGEST: Final = 200
"""Characters of an address by which somebody is known: PostgreSQL finds nobody by one of 2,700 bytes."""


def short(text: str) -> str:
    """Return an address that is not too long: without what a proxy has hung on it, or nobody's.

    A call is never refused for what its caller's telephone writes about itself.

    >>> short("+442079460958"), short("<sip:ana@example.org;gr=" + "x" * 200 + ">;tag=1"), short("x" * 201)
    ('+442079460958', 'sip:ana@example.org', 'anonymous')
    """
    if len(text) <= LONGEST:
        return text
    address = bare(text, None)
    user, at, host = address.partition("@")
    if at:
        address = user + at + _PARAMETERS.sub("", host)
    return address if len(address) <= LONGEST else "anonymous"


_PARAMETERS: Final = re.compile(r"[;?].*", re.DOTALL)


def _possible(text: str, region: str | None) -> bool:
    """Tell whether a SIP address's user is a whole number: with +, or one that the region has."""
    if region is None and text[:1] != "+":
        return False
    if not _DIGITS.fullmatch(text):
        return False
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number_with_reason(found) == phonenumbers.ValidationResult.IS_POSSIBLE)


_BRACKETS: Final = re.compile(r"<([^<>]*)>")
_DIGITS: Final = re.compile(r"[+0-9][0-9().\- ]*")


def written_out(number: str) -> bool:
    """Tell whether a number is E.164 as it stands, which most are: reading it with all of the rules costs 50 µs.

    The library would give it back as it is: of a known country and length, without a trunk prefix.

    >>> written_out("+442079460958"), written_out("+4402079460958"), written_out("020 7946 0958")
    (True, False, False)
    """
    if not _E164.fullmatch(number):
        return False
    for digits in (2, 3, 4):  # no country's code is the beginning of another's
        code = int(number[1:digits])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            lengths, prefix = _plan(code)
            national = number[digits:]
            if len(national) not in lengths:
                return False
            return prefix is None or (national[0] != "0" and not prefix.match(national))
    return False


_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@cache
def _plan(code: int) -> tuple[frozenset[int], "re.Pattern[str] | None"]:
    """Return how long the numbers of a country are, and what may be dialled before them inside it."""
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    metadata: Any = (
        phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code)
        if region == "001"
        else phonenumbers.PhoneMetadata.metadata_for_region(region)
    )
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), None if prefix is None else re.compile(prefix)


class NotANumber(ValueError):
    """What is no number, and what would be one."""


def dialled(text: str, region: str | None) -> tuple[str, str]:
    """Return a number that can be dialled, as E.164, with its extension; an address (sip:…, with an @) in lower case.

    Plain E.164 of a length that its country has is known to be so at once, in a microsecond; all else is read by the
    library, in some forty.

    Raises:
        NotANumber: says why, and how to write it.

    >>> dialled("+442079460958", None), dialled("020 7946 0958 ext. 12", "GB"), dialled("SIP:Ana@example.org", None)
    (('+442079460958', ''), ('+442079460958', '12'), ('sip:ana@example.org', ''))
    """
    if written_out(text):
        return text, ""
    text = bare(text, region)
    if "@" in text and not any(c.isspace() for c in text):
        return text.lower(), ""
    if _ROUNDED.fullmatch(text) is not None:
        raise NotANumber(said("was rounded by a spreadsheet: write the column as text"))
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise NotANumber(
            said("is no telephone number: write +44 20 7946 0958")
            if region is not None
            else said("is no telephone number: write it with +, or say the region (GB)")
        ) from None
    why = _REASONS.get(phonenumbers.is_possible_number_with_reason(found))
    if why is not None:
        raise NotANumber(said("is no number of +{country}: it {why}", country=found.country_code, why=said(why)))
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164), found.extension or ""


_ROUNDED: Final = re.compile(r"\+?\d+[.,]\d+[eE]\+?\d+")
_REASONS: Final = {
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: N_("begins with no country's code"),
    phonenumbers.ValidationResult.TOO_SHORT: N_("has too few digits"),
    phonenumbers.ValidationResult.TOO_LONG: N_("has too many digits"),
    phonenumbers.ValidationResult.INVALID_LENGTH: N_("has a length that no number there has"),
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: N_("lacks the area"),
}


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
