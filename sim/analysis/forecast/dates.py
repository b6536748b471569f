"""The days a forecast is asked for: a date, a range, a list of both."""

from typing import Final

from callcenter.config.words import day_number
from callcenter.errors import BadInput
from callcenter.language.said import said

MOST_DATES: Final = 366
HOW: Final = said("write 2026-03-02, 2026-03-02..2026-03-08, or several with commas")


def read_dates(text: str) -> tuple[int, ...]:
    """Return the local day numbers that `text` names, in order, each once.

    >>> read_dates("1970-01-05, 1970-01-01..1970-01-03")
    (0, 1, 2, 4)

    Raises:
        BadInput: one line that says what is no date, or that there are too many.
    """
    found = dict.fromkeys(day for part in text.split(",") for day in _days(part.strip()))
    if len(found) > MOST_DATES:
        raise _too_many(f"({len(found)} dates)")
    return tuple(sorted(found))


def _days(part: str) -> range:
    first, dots, last = part.partition("..")
    begin = _day(first)
    end = _day(last) if dots else begin
    if end < begin:
        raise BadInput("--for {part}: ends before it begins: write the earlier date first", part=part)
    if end - begin >= MOST_DATES:
        raise _too_many(part)
    return range(begin, end + 1)


def _day(text: str) -> int:
    try:
        return int(day_number(text.strip()))
    except ValueError:
        raise BadInput("--for {said}: is no date: {how}", said=text.strip() or "(nothing)", how=HOW) from None


def _too_many(what: str) -> BadInput:
    return BadInput(
        "--for {what}: is more than {most_dates} dates: ask for a year at most", what=what, most_dates=MOST_DATES
    )
