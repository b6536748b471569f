"""Commands and events as lines of JSON, in the journal's format, quickly: once for every event of the service."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from pydantic_core import from_json, to_json

from callcenter.commands import Command
from callcenter.config.plugin_rules import load_rules
from callcenter.errors import BadInput
from callcenter.events import Event
from callcenter.rule_names import search_with
from routing.journal import COMMANDS, EVENTS, command_from, event_from, to_plain

search_with(load_rules)  # a centre in the journal may name a package's rule

NESTED: Final = frozenset({"AdoptCentre", "LearnZones", "Reported"})
"""Commands with dataclasses inside: written the long way."""


def _flat(kind: type) -> Callable[[Any], dict[str, object]]:
    """Return what `to_plain` does for a dataclass of plain values, written out for it."""
    names = [field.name for field in fields(kind)]
    dated = "happened_at" in names  # left out where no report said it
    pairs = ", ".join([f"'is': {kind.__name__!r}", *(f"{n!r}: o.{n}" for n in names if n != "happened_at")])
    text = f"lambda o: {{{pairs}}}" + (" if o.happened_at is None else to_plain(o)" if dated else "")
    made: Callable[[Any], dict[str, object]] = eval(text)  # names are our own
    return made


_PLAIN: Final = {
    kind: to_plain if name in NESTED else _flat(kind) for name, kind in (COMMANDS | EVENTS).items() if name != "Event"
}


def write_line(thing: Command | Event) -> str:
    """Return a command or an event as one line of JSON.

    >>> from callcenter.commands import EndCall
    >>> from callcenter.ids import CallId
    >>> write_line(EndCall(CallId("c1")))
    '{"is":"EndCall","call_id":"c1"}'

    Raises:
        BadInput: a text in it is not Unicode (half a surrogate pair) and could not be kept.
    """
    try:
        return to_json(_PLAIN[type(thing)](thing)).decode()
    except ValueError as error:
        raise BadInput("{name__}: {error}", name__=type(thing).__name__, error=error) from error


def read_command(line: str) -> Command:
    """Return the command that was written; raises `BadInput` for anything else."""
    return command_from(_object(line))


def read_event(line: str) -> Event:
    """Return the event that was written; raises `BadInput` for anything else."""
    return event_from(_object(line))


def _object(line: str) -> dict[str, Any]:
    try:
        found = from_json(line)  # what many lines say alike is one text
    except ValueError as error:
        raise BadInput("{line!r} is not JSON", line=line[:60]) from error
    if not isinstance(found, dict):
        raise BadInput("{line!r} is not a JSON object", line=line[:60])
    return found
