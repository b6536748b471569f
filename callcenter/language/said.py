"""Translatable texts: English, with template and values kept, so that it can be written in another language later."""

from collections.abc import Iterable
from typing import Any, Final

SOURCE: Final = "en"
"""The language that texts are written in."""


class Said(str):
    """An English text. Whoever shows it can have it in the reader's language (`callcenter.language.spoken._`).

    Anywhere else it is a plain string: in JSON, in a comparison, joined to others (and then it is English for good).

    >>> text = Said("{calls} of {queue}", {"calls": 3, "queue": "sales"})
    >>> text, text.template
    ('3 of sales', '{calls} of {queue}')
    """

    __slots__ = ("places", "template")
    template: str
    places: dict[str, Any]

    def __new__(cls, template: str, places: dict[str, Any]) -> "Said":
        made = super().__new__(cls, template.format(**places))
        made.template, made.places = template, places
        return made

    def __reduce__(self) -> tuple[type["Said"], tuple[str, dict[str, Any]]]:
        return Said, (self.template, self.places)


def said(template: str, /, **values: Any) -> str:
    """Return a text with its places filled in, which can be told in another language.

    >>> said("{share:.0%} of {who}", share=0.5, who="all")
    '50% of all'
    """
    return Said(template, values)


def text_of(fault: BaseException) -> str:
    """Return what a fault says, with what it was made of where that is known."""
    return fault.args[0] if fault.args and isinstance(fault.args[0], Said) else str(fault)


def packed(text: str) -> Any:
    """Return a text as JSON takes it, with what it is made of; `unpacked` makes it again on the other side.

    >>> packed(said("{calls:,} of {queue}", calls=1200, queue="sales"))
    {'template': '{calls:,} of {queue}', 'places': {'calls': 1200, 'queue': 'sales'}}
    >>> unpacked(packed("as it is")), unpacked(packed(said("{n:,} calls", n=1200)))
    ('as it is', '1,200 calls')
    """
    if not isinstance(text, Said):
        return text
    found = {"template": text.template, "places": {name: _plain(value) for name, value in text.places.items()}}
    try:
        return found if unpacked(found) == text else str(text)
    except ValueError:  # a place that is written as only its own kind can be
        return str(text)


def unpacked(plain: Any) -> str:
    """Return the text that was `packed`."""
    if not isinstance(plain, dict):
        return str(plain)
    return Said(plain["template"], {n: unpacked(v) if isinstance(v, dict) else v for n, v in plain["places"].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        value = text_of(value)
    if isinstance(value, Said):
        return packed(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def listed(parts: Iterable[str]) -> str:
    """Return texts one after the other, with commas; nothing where there is none.

    >>> listed(["a", "b", "c"])
    'a, b, c'
    """
    found = ""
    for part in parts:
        found = said("{before}, {last}", before=found, last=part) if found else part
    return found


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark a text that is translated where it is shown."""
    return text
