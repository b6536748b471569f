"""`python -m callcenter.cli.help_texts` brings the catalogue of what `--help` says up to date."""

from typing import Final

import typer
from babel.messages.catalog import Catalog

from callcenter.cli import COMMANDS, command_of
from callcenter.cli.help import HELP, texts
from callcenter.language.collecting import bring_up_to_date

ABOUT: Final = "Texts of --help. `python -m callcenter.cli.help_texts` brings it up to date."


def collected() -> Catalog:
    """Return the texts of all commands, as a catalogue with nothing translated."""
    found = Catalog(project="callcenter", domain=HELP.name, fuzzy=False)
    for name in ("", *COMMANDS):
        command: typer.core.TyperGroup = command_of(name)
        for text in texts(command):
            found.add(text)
    return found


if __name__ == "__main__":
    bring_up_to_date(HELP, collected(), ABOUT)
