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
    return in_language(spoken(), text, **values)


def in_language(language: str, text: str, /, **values: Any) -> str:
    """Return a text in one language for one reader, whatever is in force.

    >>> in_language("zh_CN", "none")
    '无'
    """
    if isinstance(text, Said):
        shown = {name: _shown(language, value) for name, value in text.places.items()}
        return _translated(language, text.template).format(**shown)
    found = _translated(language, text)
    return found.format(**values) if values else found


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


def _translated(language: str, text: str) -> str:
    if language == SOURCE or not text:
        return text
    from callcenter.language.catalogues import REPORTS, translations

    return translations(REPORTS, language).gettext(text)


def told(fault: BaseException, language: str | None = None) -> str:
    """Return what a fault says, in a language (the one in force); what was never a text of ours stays as it is.

    >>> told(OSError("no space left"))
    'no space left'
    """
    text = fault.args[0] if fault.args else None
    if isinstance(text, str) and text == str(fault):
        return in_language(spoken() if language is None else language, text)
    return str(fault)


def _shown(language: str, value: Any) -> Any:
    if isinstance(value, Said):
        return in_language(language, value)
    return told(value, language) if isinstance(value, Exception) else value
