"""Which fonts draw a text in a picture: matplotlib's own has no Chinese, one that is installed may have it."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

OWN: Final = "DejaVu Sans"
CHINESE: Final = (
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei", "Noto Sans SC",
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "STHeiti", "Arial Unicode MS",
)  # fmt: skip
"""Families that have Chinese, Japanese and most Korean letters, as systems bring them."""
FILES: Final = re.compile(
    r"wqy|droidsansfallback|msyh|simhei|notosans(cjk|sc)|sourcehansans|pingfang|hiragino|heiti|arialuni", re.IGNORECASE
)
"""In the names of their files."""


def fallbacks(texts: Iterable[str]) -> tuple[list[str], int]:
    """Return the families that have what matplotlib's own font lacks of the texts, and how many letters none has."""
    letters = {ord(letter) for text in texts for letter in text if not letter.isascii()}
    if not letters:
        return [], 0
    from matplotlib import font_manager

    lacking = letters - _letters_of(font_manager.findfont(OWN))
    found: list[str] = []
    if lacking and not _installed():
        # The list is kept from one run to the next: a font that was installed since is not in it.
        for path in filter(lambda path: FILES.search(Path(path).name), font_manager.findSystemFonts()):
            font_manager.fontManager.addfont(path)
    # Such a font has one weight, and bold is drawn with it: nobody needs to be told in the log.
    logging.getLogger(font_manager.__name__).setLevel(logging.ERROR)
    for name, path in _installed().items() if lacking else ():
        if has := lacking & _letters_of(path):
            found.append(name)
            lacking -= has
    return found, len(lacking)


def _installed() -> dict[str, str]:
    """Return the families of `CHINESE` that are installed, in that order, each with its file."""
    from matplotlib import font_manager

    there = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    return {name: there[name] for name in CHINESE if name in there}


def _letters_of(path: Any) -> set[int]:
    from matplotlib import font_manager

    return set(font_manager.get_font(path).get_charmap())
