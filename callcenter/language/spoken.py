"""The language in which this process writes for people; texts are put into it where they are shown.

It is chosen once, where a command starts, as a locale is: for the whole process, and all of its threads. Nothing is
loaded for English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from callcenter.language.said import SOURCE, Said

_in_force: list[str] = [SOURCE]
"""The last one is it."""


def spoken() -> str:
    """Return the language in force."""
    return _in_force[-1]


def speak(language: str) -> None:
    """Write in this language from now on."""
    _in_force[-1] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Write in this language for a while."""
    _in_force.append(language)
    try:
        yield
    finally:
        _in_force.pop()


def _(text: str, /, **values: Any) -> str:
    """Return a text in the language in force, its places filled in as by `str.format`.

    >>> _("{calls:,} calls on {days} days", calls=1234, days=2)
    '1,234 calls on 2 days'
    """
    if isinstance(text, Said):
        return _told(text.template).format(**{name: _shown(value) for name, value in text.places.items()})
    told = _told(text)
    return told.format(**values) if values else told


def n_(one: str, many: str, n: int, /, **values: Any) -> str:
    """Return the text for so many, in the language in force; `{n}` is the number.

    >>> n_("{n} day", "{n} days", 1), n_("{n} day", "{n} days", 1200)
    ('1 day', '1200 days')
    """
    language = spoken()
    if language == SOURCE:
        told = one if n == 1 else many
    else:
        from callcenter.language.catalogues import REPORTS, translations

        told = translations(REPORTS, language).ngettext(one, many, n)
    return told.format(n=n, **values)


def _told(text: str) -> str:
    language = spoken()
    if language == SOURCE or not text:
        return text
    from callcenter.language.catalogues import REPORTS, translations

    return translations(REPORTS, language).gettext(text)


def told(fault: BaseException) -> str:
    """Return what a fault says, in the language in force; what was never a text of ours stays as it is.

    >>> told(OSError("no space left"))
    'no space left'
    """
    text = fault.args[0] if fault.args else None
    return _(text) if isinstance(text, str) and text == str(fault) else str(fault)


def _shown(value: Any) -> Any:
    if isinstance(value, Said):
        return _(value)
    return told(value) if isinstance(value, Exception) else value
