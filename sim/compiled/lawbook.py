"""Laws of time as `chance.time_s` reads them: their kind and two numbers, and what of scipy it calls."""

import ctypes
from math import gamma
from typing import Final

from callcenter.scenario import Law, LawKind
from sim.compiled import chance as ch
from sim.model.laws import lognormal_parameters

_SPECIAL: Final = ("ndtri", "gammaincinv")


def parameters(law: Law) -> tuple[int, float, float]:
    """Return the kind of a law as `chance` counts them, and its two numbers."""
    k = law.kind
    if k is LawKind.NEVER:
        return ch.NEVER, 0.0, 0.0
    if k is LawKind.MIXTURE:
        return ch.MIXTURE, 0.0, 0.0
    if k is LawKind.EMPIRICAL:
        return ch.EMPIRICAL, 0.0, 0.0
    if k is LawKind.EXPONENTIAL:
        return ch.EXPONENTIAL, law.mean_s, 0.0
    if k is LawKind.WEIBULL:
        return ch.WEIBULL, law.mean_s / gamma(1 + 1 / law.shape), 1 / law.shape
    if k is LawKind.ERLANG:
        return ch.GAMMA, law.shape, law.mean_s / law.shape
    if k is LawKind.DETERMINISTIC or law.cv == 0 or (k is LawKind.LOGNORMAL and law.mean_s == 0):
        return ch.DETERMINISTIC, law.mean_s, 0.0
    if k is LawKind.GAMMA:
        shape = law.cv**-2
        return ch.GAMMA, shape, law.mean_s / shape
    return (ch.LOGNORMAL, *lognormal_parameters(law.mean_s, law.cv))


def special_functions() -> tuple[int, int]:
    """Return the addresses of scipy's `ndtri` and `gammaincinv`, which numpy arrays of laws are drawn with too."""
    from scipy.special import cython_special

    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    exported = cython_special.__pyx_capi__
    capsules = [next(exported[key] for key in exported if key in (what, f"__pyx_fuse_1{what}")) for what in _SPECIAL]
    return int(pointer(capsules[0], name(capsules[0]))), int(pointer(capsules[1], name(capsules[1])))
