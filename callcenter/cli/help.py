"""What `--help` says, in the reader's language: `python -m callcenter.cli.help` brings its catalogue up to date."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from callcenter.errors import BadInput
from callcenter.language.catalogues import Domain, language_named, translations
from callcenter.language.spoken import spoken

HELP: Final = Domain("help", Path(__file__).parent / "locale")
"""Texts of commands and options; they stand in the code as English, and are put into another language when shown."""
OPTION: Final = "--lang"
ABOUT: Final = "Texts of --help. `python -m callcenter.cli.help` brings it up to date."


def wished(words: Sequence[str]) -> str:
    """Return the language that is asked for, wherever it stands: --help is carried out before what comes after it."""
    asked = os.environ.get("CALLCENTER_LANG", "")
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


def collected() -> Any:
    """Return the texts of all commands, as a catalogue with nothing translated."""
    import typer
    from babel.messages.catalog import Catalog

    from callcenter.cli import COMMANDS, command_of

    found = Catalog(project="callcenter", domain=HELP.name, fuzzy=False)
    for name in ("", *COMMANDS):
        command: typer.core.TyperGroup = command_of(name)
        for text in texts(command):
            found.add(text)
    return found


if __name__ == "__main__":
    from callcenter.language.collecting import bring_up_to_date

    bring_up_to_date(HELP, collected(), ABOUT)
