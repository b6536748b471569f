"""Factors over many figures of a file: volume*=1.15, handling*=0.9, patience*=2, wrap_up*=1.1.

`volume` is every stream's calls, whatever their unit; `volume.NAME` those of one stream or of one tier (whose share of
each stream then grows with it, the others' calls staying as they are). The others are the times of a law, wherever they
stand in it: shares, shapes, spreads and conditions stay.
"""

from collections.abc import Sequence
from typing import Final

from callcenter.config.refusals import Path, near
from callcenter.config.tree import Tree
from callcenter.config.words import DURATION_PART, duration_s
from callcenter.config.words import share as share_of
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.units import SECOND

VOLUME: Final = "volume"
TIMES: Final = ("handling", "patience", "wrap_up", "quiet_wrap_up", "recall")
"""Laws of a scenario that can be scaled by their name alone."""
AMOUNTS: Final = ("calls", "calls_per_hour", "calls_per_day")
CONDITIONS: Final = frozenset({"tiers", "queues", "skills", "between", "share"})
"""Parts of a rule that are no time."""


def speaks_of(root: Tree, words: Sequence[str], operator: str) -> bool:
    """Tell whether an assignment is to one of these words; a time may also be given anew as a whole."""
    if not isinstance(root, dict) or (words[0] in root and words[0] not in TIMES):
        return False
    return words[0] == VOLUME or (len(words) == 1 and words[0] in TIMES and words[0] in root and operator != "")


def scale(root: Tree, words: Sequence[str], operator: str, factor: Tree, label: str) -> list[Path]:
    """Multiply what `words` names, in place, and return the places that changed.

    Raises:
        BadInput: no such stream or tier, an operator or a factor that does not fit.
    """
    assert isinstance(root, dict)
    if operator != "*":
        raise BadInput(
            "{label}: {words} is a word for many figures: multiply it, {words_2}*=1.15",
            label=label,
            words=words[0],
            words_2=".".join(words),
        )
    if isinstance(factor, bool) or not isinstance(factor, int | float) or factor < 0:
        raise BadInput("{label}: is not a factor, 0 or more: write {words}*=1.15", label=label, words=".".join(words))
    if words[0] == VOLUME:
        return _volume(root, ".".join(words[1:]), float(factor), label)
    root[words[0]] = _times(root[words[0]], float(factor))
    return [(words[0],)]


def _volume(root: dict[str, Tree], name: str, factor: float, label: str) -> list[Path]:
    streams = root.get("arrivals")
    if not isinstance(streams, list) or not streams:
        raise BadInput("{label}: there are no arrivals to multiply", label=label)
    known = [stream for stream in streams if isinstance(stream, dict)]
    names = [str(stream.get("name", stream.get("queue", ""))) for stream in known]
    tiers = list(dict.fromkeys(tier for stream in known for tier in _tiers(stream)))
    mine = [stream for stream, own in zip(known, names, strict=True) if name in {"", own}]
    if mine and name in tiers:
        raise BadInput(
            "{label}: {name} is a stream and a tier: give the stream another name, or set its calls",
            label=label,
            name=name,
        )
    if mine:
        for stream in mine:
            _multiply(stream, factor)
    elif name in tiers:
        mine = [stream for stream in known if name in _tiers(stream)]
        for stream in mine:
            _grow(stream, name, factor)
    else:
        options = [option for option in (*names, *tiers) if option]
        hint = near(name, options) or said(" (there is: {known})", known=", ".join(options[:12]))
        raise BadInput("{label}: there is no stream or tier {name!r}{hint}", label=label, name=name, hint=hint)
    return [("arrivals", n) for n, stream in enumerate(streams) if any(stream is one for one in mine)]


def _tiers(stream: dict[str, Tree]) -> dict[str, Tree]:
    found = stream.get("tiers")
    return found if isinstance(found, dict) else {}


def _multiply(stream: dict[str, Tree], factor: float) -> None:
    for key in AMOUNTS:
        value = stream.get(key)
        if isinstance(value, list):
            stream[key] = [_product(part, factor) for part in value]
        elif value is not None:
            stream[key] = _product(value, factor)


def _product(value: Tree, factor: float) -> Tree:
    return round(value * factor, 9) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _grow(stream: dict[str, Tree], tier: str, factor: float) -> None:
    """Multiply one tier's calls of a stream: its sum grows, and every tier's share follows."""
    try:
        shares = {name: share_of(value) for name, value in _tiers(stream).items()}
    except ValueError:
        return  # what is wrong with it is said where the file is read
    whole = 1.0 + shares[tier] * (factor - 1.0)
    if whole <= 0:
        _multiply(stream, 0.0)
        return
    _multiply(stream, whole)
    stream["tiers"] = {n: (part * factor if n == tier else part) / whole for n, part in shares.items()}


def _times(part: Tree, factor: float) -> Tree:
    match part:
        case str():
            return DURATION_PART.sub(lambda found: _scaled(found.group(), factor), part)
        case list():
            return [_times(item, factor) for item in part]
        case dict():
            return {key: value if key in CONDITIONS else _times(value, factor) for key, value in part.items()}
        case _:
            return part


def _scaled(text: str, factor: float) -> str:
    return f"{round(duration_s(text) * factor * SECOND)}ms"
