"""The calendar of a scenario: a named week or month, and what holidays, seasons and campaigns do to the calls."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import prod
from typing import Final

from callcenter.config.country import EPOCH, holidays_of
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.scenario_form import CalendarForm, HorizonForm
from callcenter.language.said import said
from callcenter.scenario import Stream, is_on

WEEK: Final = re.compile(r"(\d{4})-W(\d{1,2})")
MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})")


def measured(form: HorizonForm, base: Path) -> range:
    """Return the local day numbers that a scenario measures.

    Raises:
        Wrong: two ways to say it, or no such week or month.
    """
    given = [key for key in ("week", "month") if getattr(form, key) is not None]
    if not given:
        return range(form.start, form.start + form.days)
    spoken = [*given, *(key for key in ("start", "days") if key in form.model_fields_set)]
    if len(spoken) > 1:
        raise Wrong(
            base, said("says which days in {n} ways ({spoken}): keep one", n=len(spoken), spoken=", ".join(spoken))
        )
    try:
        first, count = _week(form.week) if form.week is not None else _month(form.month or "")
    except ValueError:
        wrong = getattr(form, given[0])
        how = said("write 2026-W10") if given[0] == "week" else said("write 2026-03")
        raise Wrong(
            (*base, given[0]), said("is no {given} of a year ({wrong!r}): {how}", given=given[0], wrong=wrong, how=how)
        ) from None
    start = (first - EPOCH).days
    return range(start, start + count)


def _week(text: str) -> tuple[date, int]:
    found = WEEK.fullmatch(text.strip())
    if found is None:
        raise ValueError
    return date.fromisocalendar(int(found[1]), int(found[2]), 1), 7


def _month(text: str) -> tuple[date, int]:
    found = MONTH.fullmatch(text.strip())
    if found is None:
        raise ValueError
    first = date(int(found[1]), int(found[2]), 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, (following - first).days


def with_factors(
    streams: tuple[Stream, ...], form: CalendarForm, days: Sequence[int], base: Path
) -> tuple[Stream, ...]:
    """Return the streams, those of days with a factor apart from those of ordinary days.

    Args:
        streams: As they come on ordinary days.
        form: The calendar.
        days: Local day numbers that may be lived.
        base: Where the calendar stands.

    Raises:
        Wrong: an unknown stream or country, a factor without days, a date that is named outside the days lived.
    """
    free = holidays_of(form.holidays, days, (*base, "holidays")) if form.holidays is not None else ()
    names = [stream.name for stream in streams]
    on: list[tuple[frozenset[int], float, frozenset[str]]] = []
    for n, factor in enumerate(form.factors):
        path: Path = (*base, "factors", n)
        for name in factor.streams:
            if name not in names:
                raise Wrong((*path, "streams"), unknown("stream", name, names))
        if factor.holidays and form.holidays is None:
            raise Wrong((*path, "holidays"), said("needs a country: write holidays: ES in calendar"))
        if not factor.dates and not factor.holidays:
            raise Wrong(path, said("has no days: write dates: [2026-12-01..2026-12-24], or holidays: true"))
        which = frozenset((*factor.dates, *(free if factor.holidays else ())))
        on.append((which, factor.volume, frozenset(factor.streams or names)))
    found: list[Stream] = []
    for stream in streams:
        found += _split(stream, [(which, volume) for which, volume, mine in on if stream.name in mine], days)
    return tuple(found)


def _split(stream: Stream, factors: Sequence[tuple[frozenset[int], float]], days: Sequence[int]) -> list[Stream]:
    by_factor: dict[float, list[int]] = {}
    for day in days:
        here = [volume for which, volume in factors if day in which]
        if here and is_on(stream, day):
            by_factor.setdefault(round(prod(here), 9), []).append(day)
    by_factor.pop(1.0, None)
    if not by_factor:
        return [stream]
    apart = tuple(sorted(day for some in by_factor.values() for day in some))
    kept = replace(stream, dates=tuple(d for d in stream.dates if d not in apart), but=(*stream.but, *apart))
    left = [kept] if kept.dates or not stream.dates else []
    return left + [
        replace(
            stream,
            name=f"{stream.name} x{factor:g}",
            calls=tuple(calls * factor for calls in stream.calls),
            dates=tuple(some),
            but=(),
        )
        for factor, some in sorted(by_factor.items())
    ]
