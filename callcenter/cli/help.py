"""What `--help` says, in the reader's language."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from callcenter.errors import BadInput
from callcenter.language.catalogues import LANGUAGES, Domain, translations
from callcenter.language.spoken import spoken

HELP: Final = Domain("help", Path(__file__).parent / "locale")
"""Texts of commands and options; they stand in the code as English, and are put into another language when shown."""
OPTION: Final = "--lang"


def language_named(wished: str) -> str:
    """Return the language that is meant.

    >>> [language_named(name) for name in ("zh", "zh_CN.UTF-8", "zh-Hans", "en_GB", "EN")]
    ['zh_CN', 'zh_CN', 'zh_CN', 'en', 'en']

    Raises:
        BadInput: there is none of this name.
    """
    first = wished.replace("-", "_").split("_")[0].split(".")[0].lower()
    for language in LANGUAGES:
        if first == language.split("_")[0]:
            return language
    raise BadInput("--lang {wished}: is no language of ours: write en or zh", wished=wished)


def wished(words: Sequence[str], setting: str) -> str:
    """Return the language that the words of a command, or else the environment's setting, ask for.

    Wherever it stands: --help is carried out before what comes after it.
    """
    asked = setting
    for word, after in zip(words, [*words[1:], ""], strict=False):  # of no words there is one after
        if word == OPTION:
            asked = after
        elif word.startswith(f"{OPTION}="):
            asked = word.partition("=")[2]
    if asked:
        with suppress(BadInput):  # the option itself refuses it, in its turn
            return language_named(asked)
    return spoken()


def told_in(language: str, command: Any) -> None:
    """Put what a command and all below it say of themselves into a language."""
    known = translations(HELP, language)
    for thing, name in _texts(command):
        setattr(thing, name, known.gettext(getattr(thing, name)))


def texts(command: Any) -> Iterator[str]:
    """Yield what a command and all below it say of themselves."""
    for thing, name in _texts(command):
        yield getattr(thing, name)


def _texts(command: Any) -> Iterator[tuple[Any, str]]:
    for name in ("help", "short_help"):
        if getattr(command, name, None):
            yield command, name
    for option in command.params:
        if getattr(option, "help", None):
            yield option, "help"
    for part in getattr(command, "commands", {}).values():
        yield from _texts(part)
