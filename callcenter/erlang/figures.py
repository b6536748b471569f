"""What goes into the formulas and what comes out: checked arrays, plain results."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Floats
from callcenter.erlang.errors import BadFigure
from callcenter.language.said import said

Plain = bool | float | None | list["Plain"]

MAX_AGENTS = 1_000_000
"""No search goes past this many agents: ten times the largest centre the formulas are checked for."""


def _refuse_where(bad: npt.NDArray[np.bool_], name: str, values: Floats, rule: str) -> None:
    if bad.any():
        raise BadFigure(name, float(values[bad][0]), rule)


def _numbers(name: str, value: npt.ArrayLike) -> Floats:
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadFigure(name, repr(value), said("must be a number or an array of numbers")) from None
    _refuse_where(np.isnan(numbers), name, numbers, said("must be a number"))
    return numbers


def at_least_zero(name: str, value: npt.ArrayLike, *, infinite: bool = False) -> Floats:
    """Return `value` as an array, or refuse what is negative, NaN or (unless allowed) infinite."""
    numbers = _numbers(name, value)
    _refuse_where(numbers < 0, name, numbers, said("must not be negative"))
    if not infinite:
        _refuse_where(np.isinf(numbers), name, numbers, said("must be finite"))
    return numbers


def above_zero(name: str, value: npt.ArrayLike, *, infinite: bool = False) -> Floats:
    """Return `value` as an array, or refuse what is not above 0, NaN or (unless allowed) infinite."""
    numbers = _numbers(name, value)
    _refuse_where(numbers <= 0, name, numbers, said("must be more than 0"))
    if not infinite:
        _refuse_where(np.isinf(numbers), name, numbers, said("must be finite"))
    return numbers


def whole(name: str, value: npt.ArrayLike, *, at_least: int = 0, at_most: float = np.inf) -> Floats:
    """Return whole numbers as floats (exact below 2^53), or refuse."""
    numbers = at_least_zero(name, value)
    _refuse_where(numbers != np.floor(numbers), name, numbers, said("must be a whole number"))
    _refuse_where(numbers < at_least, name, numbers, said("must be at least {n}", n=at_least))
    _refuse_where(numbers > at_most, name, numbers, said("must be at most {n:.0f}", n=at_most))
    return numbers


def inner_share(name: str, value: npt.ArrayLike) -> Floats:
    """Return shares strictly between 0 and 1, or refuse: no number of agents reaches exactly 1."""
    numbers = _numbers(name, value)
    _refuse_where((numbers <= 0) | (numbers >= 1), name, numbers, said("must be more than 0 and less than 1"))
    return numbers


def goal_at_least(name: str, value: npt.ArrayLike) -> Floats:
    """Return target shares from 0 (nothing asked) to less than 1, or refuse."""
    numbers = _numbers(name, value)
    _refuse_where((numbers < 0) | (numbers > 1), name, numbers, said("must be from 0 to less than 1"))
    _refuse_where(numbers == 1, name, numbers, said("no number of agents reaches it, ask for less than 1"))
    return numbers


def goal_at_most(name: str, value: npt.ArrayLike) -> Floats:
    """Return caps on a share, above 0 and up to 1 (nothing asked), or refuse."""
    numbers = _numbers(name, value)
    _refuse_where((numbers < 0) | (numbers > 1), name, numbers, said("must be above 0 and at most 1"))
    _refuse_where(numbers == 0, name, numbers, said("no number of agents reaches it, allow more than 0"))
    return numbers


def share(name: str, value: npt.ArrayLike) -> Floats:
    """Return shares in 0..1, or refuse."""
    numbers = _numbers(name, value)
    _refuse_where((numbers < 0) | (numbers > 1), name, numbers, said("must be from 0 to 1"))
    return numbers


def together(**arrays: Floats) -> list[Floats]:
    """Return the arrays at their common shape, or refuse shapes that do not fit."""
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise BadFigure("shapes", shapes, said("must fit each other (numpy broadcasting)")) from None


def offered_erl(calls: npt.ArrayLike, *, interval_s: npt.ArrayLike, aht_s: npt.ArrayLike) -> Floats:
    """Return the offered load of `calls` in an interval.

    Args:
        calls: Calls offered in the interval, count (need not be whole), any shape.
        interval_s: Length of the interval, seconds.
        aht_s: Mean handling time (talk + hold + after-call work), seconds.

    Returns:
        Load, erlangs, broadcast shape.

    Raises:
        BadFigure: Negative or NaN calls; an interval or AHT that is not above 0.

    Source: calls × AHT ÷ interval; multiplied before divided, so that 100 × 180 ÷ 1800 is exactly 10.

    >>> offered_erl([100, 0], interval_s=1800, aht_s=180)
    array([10.,  0.])
    """
    calls_, interval, aht = together(
        calls=at_least_zero("calls", calls),
        interval_s=above_zero("interval_s", interval_s),
        aht_s=above_zero("aht_s", aht_s),
    )
    return calls_ * aht / interval


def _plain(value: object) -> Plain:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool):
        return value
    number = float(value) if isinstance(value, int | float) else np.nan
    return number if np.isfinite(number) else None


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """A result: named arrays of one shape (0-d where every argument was a scalar)."""

    def plain(self) -> dict[str, Plain]:
        """Return the figures for JSON: numbers or nested lists, None where infinite or undefined.

        >>> from callcenter.erlang import erlang_c
        >>> erlang_c(load_erl=10, agents=10, aht_s=180, within_s=20).plain()["asa_s"] is None
        True
        """
        return {field.name: _plain(getattr(self, field.name).tolist()) for field in fields(self)}


def arrays(*values: Floats | np.float64) -> list[Floats]:
    """Return values as arrays: numpy turns 0-d results into scalars, a result keeps one type."""
    return [np.asarray(value, dtype=np.float64) for value in values]
