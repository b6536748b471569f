"""The decorator of compiled functions: plain Python over whole numbers, which `translate` turns into LLVM."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Memory = NDArray[np.int64]
"""All that changes in a simulated day, as `layout` lays it out. A thing is where its fields begin; 0: none."""

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Mark a function that compiled code may call."""
    function.compiled = True  # type: ignore[attr-defined]
    return function


def apart(function: F) -> F:
    """Mark a compiled function that is seldom needed: it is never written into those that call it, which stay short."""
    function.apart = True  # type: ignore[attr-defined]
    return compiled(function)
