"""Laplace transforms back to time."""

from collections.abc import Callable

import numpy as np

from callcenter.erlang.array_types import Complexes, Floats

_NODES = 16
"""Error about exp(-2π/3 × nodes) = 3e-15; more nodes only add rounding."""
_STEP = 3.0 / _NODES
_TINY = 1e-100
"""The transforms square 1 / t at most; a shorter time is no different from this one."""
_FAR = 24.0
_AVERAGED = 14
_U: Floats = (np.arange(_NODES, dtype=np.float64) + 0.5) * _STEP
_SHAPE: Complexes = np.asarray(np.pi * _NODES / 12.0 * (1.0 + 1j * _U) ** 2, dtype=np.complex128)
_WEIGHT: Complexes = _NODES * _STEP / 6.0 * np.exp(_SHAPE) * (1.0 + 1j * _U)


def at_times(transform: Callable[[Complexes], Complexes], times: Floats) -> Floats:
    """Return the mixture of exponentials whose Laplace transform is given.

    Its singularities lie on the negative real axis, where it does not grow: a parabola around it sums to
    nearly full precision in 16 points. Not for sums of many stages, which grow there: `on_a_line`.

    Args:
        transform: Takes points s of shape (..., 16) and returns values of that shape.
        times: Times above 0, shape (...).

    Source: J. A. C. Weideman and L. N. Trefethen, Mathematics of Computation 76, 2007.

    >>> bool(abs(at_times(lambda s: 1 / (s + 1), np.array(2.0)) - np.exp(-2)) < 1e-13)
    True
    """
    scale = 1.0 / np.maximum(times, _TINY)[..., None]
    return np.asarray((transform(_SHAPE * scale) * _WEIGHT * scale).sum(axis=-1).real)


def on_a_line(transform: Callable[[Complexes], Complexes], times: Floats, *, terms: int) -> Floats:
    """Return the function of time, in 0..1 and smooth, whose Laplace transform is given.

    Args:
        transform: Takes points s of shape (..., k), right of the imaginary axis, and returns that shape.
        times: Times above 0, shape (...).
        terms: Terms before the averaged ones: enough for the sharpest bend near t, about 2.5 t over its
            width.

    Returns:
        Values, shape (...), to about 1e-10.

    Source: J. Abate and W. Whitt, Queueing Systems 10, 1992 (Fourier series with Euler summation).

    >>> bool(abs(on_a_line(lambda s: 1 / (s + 1), np.array(2.0), terms=30) - np.exp(-2)) < 1e-10)
    True
    """
    scale = 1.0 / np.maximum(times, _TINY)[..., None]
    k = np.arange(terms + _AVERAGED + 1)
    points: Complexes = np.asarray((0.5 * _FAR + 1j * np.pi * k) * scale, dtype=np.complex128)
    values = transform(points).real * np.where(k % 2, -1.0, 1.0)
    values[..., 0] *= 0.5
    sums = np.cumsum(values, axis=-1)[..., terms:]
    for _ in range(_AVERAGED):
        sums = 0.5 * (sums[..., 1:] + sums[..., :-1])
    return np.asarray(np.exp(0.5 * _FAR) * scale[..., 0] * sums[..., 0])
