"""Commands as plain dicts and back, in a numbered format; no files here."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.errors import BadInput

VERSION: Final = 2
"""Of the format; a journal of a newer version is refused, an older one is read for ever."""

Plain = dict[str, Any]

COMMANDS: Final = {kind.__name__: kind for kind in get_args(cmd.Command)}
EVENTS: Final = {kind.__name__: kind for kind in vars(ev).values() if isinstance(kind, type) and is_dataclass(kind)}


def to_plain(thing: object) -> Any:
    """Return a command, an event or a part of one as plain data; dataclasses say their name under `is`.

    `happened_at` is left out where no report said it.

    >>> from callcenter.ids import CallId
    >>> to_plain(cmd.EndCall(CallId("c1")))
    {'is': 'EndCall', 'call_id': 'c1'}
    """
    if isinstance(thing, StrEnum):
        return str(thing)
    if thing is None or isinstance(thing, str | int | float | bool):
        return thing
    if isinstance(thing, tuple | list):
        return [to_plain(part) for part in thing]
    assert is_dataclass(thing), f"{thing!r} cannot be journaled"
    plain: Plain = {"is": type(thing).__name__}
    for field in fields(thing):
        plain[field.name] = to_plain(getattr(thing, field.name))
    if plain.get("happened_at", 0) is None:
        del plain["happened_at"]
    return plain


def command_from(plain: Plain) -> cmd.Command:
    """Return the command that `to_plain` made this of; raises `BadInput` for anything else."""
    kind = COMMANDS.get(str(plain.get("is")))
    if kind is None:
        raise BadInput("{is_!r} is not a command this version knows", is_=plain.get("is"))
    command: cmd.Command = _build(kind, plain)
    return command


def event_from(plain: Plain) -> ev.Event:
    """Return the event that `to_plain` made this of; raises `BadInput` for anything else."""
    kind = EVENTS.get(str(plain.get("is")))
    if kind is None:
        raise BadInput("{is_!r} is not an event this version knows", is_=plain.get("is"))
    event: ev.Event = _build(kind, plain)
    return event


UNSAID: Final[dict[type, Plain]] = {Centre: {"rules": 1}}
"""What a field was before there was one: journals of version 1 know no version of the rules."""


def _build(kind: type, plain: Plain) -> Any:
    readers = _readers(kind)
    unknown = plain.keys() - readers.keys() - {"is"}
    if unknown:
        raise BadInput("{name__} has no field {unknown!r}", name__=kind.__name__, unknown=min(unknown))
    given = {name: readers[name](value) for name, value in plain.items() if name != "is"}
    return kind(**UNSAID.get(kind, {}) | given)


def _one_of(kinds: tuple[type, ...], plain: Plain) -> Any:
    for kind in kinds:
        if kind.__name__ == plain.get("is"):
            return _build(kind, plain)
    raise BadInput("{is_!r} cannot stand here", is_=plain.get("is"))


@cache
def _readers(kind: type) -> dict[str, Callable[[Any], Any]]:
    """Return, for each field of a dataclass, what turns plain data into its type."""
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _named(kind: type[StrEnum], value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise BadInput(
            "{value!r} is no {name__} that is known here", value=value, name__=kind.__name__.lower()
        ) from None


def _reader(hint: Any) -> Callable[[Any], Any]:
    hint = getattr(hint, "__supertype__", hint)  # a NewType is its base at run time
    origin = get_origin(hint)
    if origin is UnionType and all(is_dataclass(part) for part in get_args(hint)):
        return lambda value: _one_of(get_args(hint), value)
    if origin is UnionType or (origin is not None and NoneType in get_args(hint)):
        (inner,) = [part for part in get_args(hint) if part is not NoneType][:1]
        read = _reader(inner)
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        parts = get_args(hint)
        if parts[-1] is Ellipsis:
            read_each = _reader(parts[0])
            return lambda value: tuple(read_each(part) for part in value)
        readers = [_reader(part) for part in parts]
        return lambda value: tuple(read(part) for read, part in zip(readers, value, strict=True))
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: _build(hint, value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: _named(hint, value)
    return lambda value: value
