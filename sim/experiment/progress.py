"""Progress: how much of a long run is done, told to whoever shows it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told how many of its steps are done, and how many there are."""


def tell_nobody(done: int, wanted: int) -> None:
    """Take progress that nobody asked for."""
