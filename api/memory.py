"""Freed memory, given back to the operating system: the C library keeps what a thread has freed."""

import ctypes
from contextlib import suppress
from typing import Final

MMAP_THRESHOLD: Final = -3
"""The number of `mallopt` for it (malloc.h)."""
LARGE: Final = 1 << 20


def keep_no_large_pieces() -> None:
    """Have what is larger than a megabyte given back when it is freed.

    Else the C library takes the largest piece that it ever saw for usual, and keeps the place of up to 32 MB for more.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """Give back what reading snapshots, pages of events, or names needed: a tenth of what a large floor takes."""
    with suppress(OSError, AttributeError):  # another C library: it gives memory back by itself, or keeps it
        ctypes.CDLL(None).malloc_trim(0)
