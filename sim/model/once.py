"""What all replications of one scenario have in common, worked out once."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


def once_for_each(tell: Callable[[Thing], Answer]) -> Callable[[Thing], Answer]:
    """Return `tell`, which gives its last answer again while it is asked about the very same thing.

    The next thing takes the place of the one before, so nothing is kept alive for long. What it gives is shared: it is
    not to be changed.

    >>> asked = []
    >>> length = once_for_each(lambda words: asked.append(words) or len(words))
    >>> one, like_it = ["a"], ["a"]
    >>> length(one), length(one), length(like_it), len(asked)
    (1, 1, 1, 2)
    """
    last: list[tuple[Thing, Answer]] = []

    @wraps(tell)
    def known(about: Thing) -> Answer:
        found = next(iter(last), None)
        if found is None or found[0] is not about:
            found = about, tell(about)
            last[:] = [found]  # another thread may put down its own
        return found[1]

    return known
