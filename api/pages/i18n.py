"""Two languages: texts by gettext, numbers, dates, durations by Babel; `python -m api.pages.i18n` collects the texts.

English texts are the keys; `locale/LANGUAGE/LC_MESSAGES/pages.po` has the others. The file is read as it is: nothing is
compiled beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import NullTranslations, Translations

HERE: Final = Path(__file__).parent
DOMAIN: Final = "pages"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh_CN": "简体中文"}
"""Each by its own name."""
SOURCE: Final = "en"


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark a text that is translated later."""
    return text


def catalogue_path(language: str) -> Path:
    """Return where the texts of a language are."""
    return HERE / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue(language: str) -> Catalog:
    """Return the texts of a language."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


@cache
def translations(language: str) -> NullTranslations:
    """Return what translates into a language; English is as it is written."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def chosen_language(cookie: str | None, accepted: str) -> str:
    """Return the language that was chosen, else the first of the browser's that we have.

    >>> chosen_language(None, "de-CH,zh-Hans-CN;q=0.8,en;q=0.5"), chosen_language("en", "zh"), chosen_language(None, "")
    ('zh_CN', 'en', 'en')
    """
    if cookie is not None and cookie in LANGUAGES:
        return cookie
    wishes = []
    for n, part in enumerate(accepted[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), n, name.lower()))
        except ValueError:
            continue
    for _, _, name in sorted(wishes):
        for language in LANGUAGES:
            if name.split("-")[0] == language.split("_")[0].lower():
                return language
    return SOURCE


@dataclass(frozen=True)
class Writer:
    """Writes numbers, dates and durations in one language, instants in one zone."""

    language: str
    zone: tzinfo = UTC

    @property
    def locale(self) -> Locale:
        """The language as Babel knows it."""
        return Locale.parse(self.language)

    def number(self, value: float | None, places: int = 0) -> str:
        """Return a number; None is a dash.

        >>> Writer("en").number(12345.678), Writer("en").number(1.5, 1), Writer("en").number(None)
        ('12,346', '1.5', '–')
        """
        if value is None:
            return NOTHING
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return numbers.format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, share: float | None, places: int = 0) -> str:
        """Return a share as per cent; what is below 100 % is never rounded up to it, nor what is above 0 down.

        >>> Writer("en").percent(0.853), Writer("en").percent(0.9999), Writer("en").percent(None)
        ('85%', '99%', '–')
        """
        if share is None:
            return NOTHING
        least = 10 ** -(places + 2)
        if 0 < share < 1:
            share = min(max(share, least), 1 - least)
        pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
        return numbers.format_percent(share, format=pattern, locale=self.locale)

    def duration(self, seconds: float | None) -> str:
        """Return a duration as hours, minutes and seconds, which reads alike in every language.

        >>> [Writer("en").duration(s) for s in (0, 75.4, 3_661, -5, None)]
        ['0:00', '1:15', '1:01:01', '-0:05', '–']
        """
        if seconds is None:
            return NOTHING
        minutes, rest = divmod(int(abs(seconds)), 60)
        hours, minutes = divmod(minutes, 60)
        sign = "-" if seconds < 0 and int(abs(seconds)) else ""
        return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"

    def _at(self, instant: str | int) -> datetime:
        if isinstance(instant, int):
            return datetime.fromtimestamp(instant / 1000, self.zone)
        return datetime.fromisoformat(instant).astimezone(self.zone)

    def clock(self, instant: str | int | None) -> str:
        """Return hours and minutes of an instant (RFC 3339, or milliseconds since 1970) in the zone."""
        return NOTHING if instant is None else dates.format_time(self._at(instant), "HH:mm", locale=self.locale)

    def second(self, instant: str | int | None) -> str:
        """Return the time of an instant in the zone, to the second."""
        return NOTHING if instant is None else dates.format_time(self._at(instant), "HH:mm:ss", locale=self.locale)

    def day(self, instant: str | int | None) -> str:
        """Return the day of an instant in the zone."""
        return NOTHING if instant is None else dates.format_date(self._at(instant).date(), "medium", locale=self.locale)

    def date(self, day: date) -> str:
        """Return a day of the calendar with its weekday."""
        return dates.format_date(day, "full", locale=self.locale)

    def moment(self, instant: str | int | None) -> str:
        """Return day and time of an instant in the zone."""
        return NOTHING if instant is None else f"{self.day(instant)} {self.clock(instant)}"


NOTHING: Final = "–"
"""What cannot be told."""


@cache
def zone_of(name: str) -> tzinfo:
    """Return a time zone."""
    return ZoneInfo(name)


def collected() -> Catalog:
    """Return all texts of the pages, by the file they stand in first, with nothing translated."""
    from babel.messages.extract import extract_from_dir

    found = Catalog(project="callcenter", domain=DOMAIN, fuzzy=False)
    methods = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
    options = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
    texts = extract_from_dir(
        str(HERE.parent), methods, options, keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
    )
    for file, _, message, _, context in sorted(texts, key=lambda one: (one[0], one[1])):
        if file.startswith("pages/"):
            found.add(message, locations=[(f"api/{file}", 0)], context=context)
    return found


def collect() -> None:
    """Bring the catalogues up to date: what is new is empty, what is gone is gone."""
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        known = _known(language)
        fresh = Catalog(
            locale=language, domain=DOMAIN, project="callcenter", version="1", fuzzy=False, charset="utf-8",
            header_comment="# Texts of the pages. `python -m api.pages.i18n` brings it up to date.",
            creation_date=_NO_DATE, revision_date=_NO_DATE,
        )  # fmt: skip
        for message in collected():
            if message.id:
                before = known.get(message.id, message.context)
                fresh.add(
                    message.id, None if before is None else before.string, locations=message.locations[:1],
                    flags=message.flags, context=message.context,
                )  # fmt: skip
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = BytesIO()
        write_po(text, fresh, width=120, include_lineno=False, omit_header=False)
        kept = [line for line in text.getvalue().decode().splitlines() if not line.startswith(_PASSING)]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _known(language: str) -> Catalog:
    """Return the texts of a language as they are; both sides of a merge that is in conflict."""
    path = catalogue_path(language)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    text = "\n".join(line for line in lines if not line.startswith(_CONFLICT))
    return read_po(BytesIO(text.encode()), locale=language, domain=DOMAIN)


_CONFLICT: Final = ("<<<<<<<", "=======", ">>>>>>>")
_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PASSING: Final = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Generated-By', '"Report-Msgid')


if __name__ == "__main__":
    collect()
