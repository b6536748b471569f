"""Opening hours as people write them: `mon-fri: 08:00-20:00`, holidays, days that differ."""

import re
from itertools import pairwise
from typing import Any, Final

from callcenter.config import words
from callcenter.config.country import holidays_of, is_country
from callcenter.config.refusals import Path, Wrong
from callcenter.config.zones import zone
from callcenter.hours import OpeningHours, Span, Zone
from callcenter.language.said import said, text_of
from callcenter.units import DAY

YEARS: Final = range(18_262, 25_567)
"""The days of 2020 to 2039, whose holidays a country's code stands for."""
DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_SPANS: Final[dict[str, Any]] = {
    "anyOf": [
        {
            "type": "string",
            "description": "Spans with commas, or closed.",
            "examples": ["08:00-20:00", "closed"],
        },
        {"type": "array", "items": {"type": "string"}},
    ]
}
HOURS_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "description": "Every day the same.", "examples": ["08:00-20:00"]},
        {"type": "null", "description": "Always open."},
        {
            "type": "object",
            "description": "Days of the week (mon-fri, sat, 'mon,wed', all): spans; other days are closed.",
            "properties": {
                "zone": {"type": "string", "description": "IANA zone (default: the centre's)."},
                "holidays": {
                    "anyOf": [
                        {"type": "array", "items": {"type": "string"}, "description": "Closed dates."},
                        {"type": "string", "description": "Closed on a country's public holidays: ES, ES-CT."},
                    ]
                },
                "special": {
                    "type": "object", "additionalProperties": _SPANS, "description": "Date: spans, on a holiday too.",
                },
            },
            "additionalProperties": _SPANS,
        },
    ]
}  # fmt: skip


def opening_hours(written: Any, centre_zone: Zone, path: Path) -> OpeningHours | None:
    """Return the hours written at `path`, or None for always open.

    Raises:
        Wrong: a day, span, date or zone cannot be read, or spans overlap.
    """
    match written:
        case None | "always":
            return None
        case str() | list():
            written = {"all": written}
        case dict():
            pass
        case _:
            raise Wrong(
                path, said("are not opening hours ({shown}): write mon-fri: 08:00-20:00", shown=words.shown(written))
            )
    where, days, special = centre_zone, dict[int, list[Span]](), dict[int, tuple[Span, ...]]()
    for key, value in written.items():
        here: Path = (*path, key)
        match key:
            case "zone":
                where = _read(zone, str(value), here)
            case "holidays" if isinstance(value, str) and is_country(value.strip()):
                special |= {day: () for day in holidays_of(value.strip(), YEARS, here) if day not in special}
            case "holidays":
                if not isinstance(value, list):
                    how = said("write [2026-01-01, 2026-12-25], or a country, ES")
                    raise Wrong(
                        here, said("is not a list of dates ({shown}): {how}", shown=words.shown(value), how=how)
                    )
                for i, day in enumerate(value):
                    special.setdefault(_read(words.day_number, day, (*here, i)), ())
            case "special":
                if not isinstance(value, dict):
                    raise Wrong(
                        here,
                        said("is not a mapping ({shown}): write 2026-12-24: 08:00-14:00", shown=words.shown(value)),
                    )
                for day, spans in value.items():
                    number = _read(words.day_number, day, (*here, day))
                    special[number] = _in_order(_spans(spans, (*here, day), overnight=False), (*here, day))
            case _:
                if isinstance(key, str) and DATE.fullmatch(key.strip()):
                    how = f"write holidays: [{key}], or special: {{{key}: 08:00-14:00}}"
                    raise Wrong(here, said("is a date where days of the week stand: {how}", how=how))
                for day in _read(words.weekdays, key, here):
                    if day in days:
                        raise Wrong(
                            here,
                            said("gives {weekdays} a second time: name each day once", weekdays=words.WEEKDAYS[day]),
                        )
                    days[day] = _spans(value, here, overnight=True)
    if not days and not special:
        raise Wrong(path, said("are empty: write mon-fri: 08:00-20:00, or leave the hours out for always open"))
    return OpeningHours(where, _week(days, path), tuple(sorted(special.items())))


def _read(reader: Any, value: Any, path: Path) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise Wrong(path, text_of(error)) from None


def _spans(value: Any, path: Path, *, overnight: bool) -> list[Span]:
    if value == "closed":
        return []
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts:
        raise Wrong(
            path,
            said(
                "is not a span ({shown}): write 08:00-20:00, several with commas, or closed", shown=words.shown(value)
            ),
        )
    spans = [_read(words.span, part, path) for part in parts]
    if not overnight and any(end > DAY for _, end in spans):
        raise Wrong(
            path, said("goes past midnight ({shown}): write the rest on the next date", shown=words.shown(value))
        )
    return spans


def _week(days: dict[int, list[Span]], path: Path) -> tuple[tuple[Span, ...], ...]:
    """Return seven days of spans; what goes past midnight belongs to the next day."""
    week: list[list[Span]] = [[] for _ in range(7)]
    for day, spans in days.items():
        for begin, end in spans:
            week[day].append((begin, min(end, DAY)))
            if end > DAY:
                week[(day + 1) % 7].append((0, end - DAY))
    return tuple(_in_order(spans, (*path, words.WEEKDAYS[day])) for day, spans in enumerate(week))


def _in_order(spans: list[Span], path: Path) -> tuple[Span, ...]:
    ordered = sorted(spans)
    for (_, end), (begin, _) in pairwise(ordered):
        if begin < end:
            raise Wrong(path, said("has spans that overlap: let each end before the next begins"))
    return tuple(ordered)
