"""Instants as clients write them: RFC 3339, or milliseconds since 1970."""

from typing import TYPE_CHECKING, Final

from api.errors import Invalid
from callcenter.units import Millis

if TYPE_CHECKING:
    from datetime import datetime

LAST: Final = 253_370_764_800_000
"""The year 9999: beyond it nothing can be written as RFC 3339, and who counts microseconds lands there."""


def instant_of(at: str | int | None, field: str = "at") -> int | None:
    """Return an instant that a client wrote, in ms.

    Raises:
        Invalid: it is none.
    """
    if at is None or isinstance(at, int):
        return at
    if at.isascii() and at.isdigit() and len(at) < 16:
        return int(at)
    found = parsed_instant(at)
    if found is None:
        raise Invalid(
            "/{field}: {at!r} is not an instant: write 2026-03-02T09:00:07Z or milliseconds since 1970",
            field=field,
            at=at[:40],
        )
    return found


def moment(at: str | int | None, field: str) -> Millis | None:
    """Return an instant for which something is planned.

    Raises:
        Invalid: it is none, says no time zone, or is out of reach.
    """
    found = instant_of(at, field)
    if found is None:
        return None
    if isinstance(at, str) and not at.isdigit() and _parsed(at).tzinfo is None:
        raise Invalid(
            "/{field}: {at!r} says no time zone: write 2026-03-02T09:00:07Z, or +08:00 in place of Z",
            field=field,
            at=at[:40],
        )
    if not 0 <= found < LAST:
        raise Invalid(
            "/{field}: the instant lies before 1970 or after 9998: write milliseconds since 1970", field=field
        )
    return Millis(found)


def parsed_instant(text: str) -> int | None:
    """Return an RFC 3339 instant in ms since 1970, or None; without a zone it is UTC."""
    from datetime import UTC

    try:
        written = _parsed(text)
        return round((written if written.tzinfo is not None else written.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> "datetime":
    from datetime import datetime

    # A form's +00:00 whose plus nobody escaped comes as a space.
    return datetime.fromisoformat(text[:11] + text[11:].replace(" ", "+"))
