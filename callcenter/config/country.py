"""Holidays of a country, lunar ones too, by date.

Source: the package `holidays` (MIT), which reckons or tabulates the Chinese, Hebrew, Hindu and Islamic calendars; dates
of the future that hang on the sight of the moon are its estimates.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from importlib import import_module
from typing import Any, Final

from callcenter.config.refusals import Path, Wrong, near
from callcenter.language.said import said

COUNTRY: Final = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z0-9]{1,4}))?")
CATEGORIES: Final = ("public", "bank", "half_day", "optional")
"""In this order the first that has a day names it; school holidays and observances are left out."""
CLOSED: Final = ("public",)
"""Holidays on which a country does not work."""
EPOCH: Final = date(1970, 1, 1)


def is_country(text: str) -> bool:
    """Tell whether `text` is written as a country's code is.

    >>> is_country("IL"), is_country("ES-MD"), is_country("holidays.csv")
    (True, True, False)
    """
    return COUNTRY.fullmatch(text) is not None


def country_holidays(
    code: str, days: Iterable[int], categories: tuple[str, ...] = CATEGORIES
) -> dict[int, tuple[str, str]]:
    """Return those of `days` that are holidays of a country: local day number → name, category.

    Args:
        code: ISO 3166, with a subdivision where holidays differ inside the country: IL, CN, ES-MD.
        days: Local day numbers.
        categories: Which kinds count.

    Raises:
        ValueError: the country or the part of it is not known.
        ImportError: the package is not installed.
    """
    library: Any = import_module("holidays")
    parts = COUNTRY.fullmatch(code)
    country, region = (parts.group(1).upper(), parts.group(2)) if parts else (code, None)
    known = library.list_supported_countries(include_aliases=True)
    if country not in known:
        raise ValueError(
            said(
                "is no country known here{hint}: write its two letters (IL, CN, SA)", hint=near(country, sorted(known))
            )
        )
    form = getattr(library, country)
    regions = [*form.subdivisions, *getattr(form, "subdivisions_aliases", {})]
    if region is not None and region.upper() not in [name.upper() for name in regions]:
        there = ", ".join(regions[:30]) or "none"
        raise ValueError(
            said("{country} has no part {region} here (there is: {there})", country=country, region=region, there=there)
        )
    subdivision = next((name for name in regions if region and name.upper() == region.upper()), None)
    language = "en_US" if "en_US" in form.supported_languages else None
    wanted = sorted(days)
    years = sorted({(EPOCH + timedelta(day)).year for day in wanted})
    found: dict[int, tuple[str, str]] = {}
    for category in [name for name in categories if name in form.supported_categories]:
        named = library.country_holidays(
            country, subdiv=subdivision, years=years, categories=(category,), language=language
        )
        for day in wanted:
            name = named.get(EPOCH + timedelta(day))
            if name is not None and day not in found:
                found[day] = (str(name), category)
    return found


def holidays_of(code: str, days: Sequence[int], path: Path) -> tuple[int, ...]:
    """Return those of `days` that are public holidays of a country.

    Raises:
        Wrong: no such country, or the package of holidays is not installed.
    """
    try:
        return tuple(country_holidays(code, days, CLOSED))
    except ImportError:
        raise Wrong(path, said("needs the package holidays: install callcenter[staffing], or list the dates")) from None
    except ValueError as error:
        raise Wrong(path, said("{code_}: {error}", code_=code, error=error)) from None
