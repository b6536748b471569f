"""The catalogues: which languages there are, and what translates into them; `.po` files are read as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from callcenter.language.said import SOURCE

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh_CN": "简体中文"}
"""Each by its own name."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Texts that are kept together: `FOLDER/LANGUAGE/LC_MESSAGES/NAME.po`."""

    name: str
    folder: Path

    def path(self, language: str) -> Path:
        """Return where the texts of a language are."""
        return self.folder / language / "LC_MESSAGES" / f"{self.name}.po"


REPORTS: Final = Domain("reports", Path(__file__).parent / "locale")
"""What the command line and its reports say."""


def catalogue(domain: Domain, language: str) -> Catalog:
    """Return the texts of a language."""
    with domain.path(language).open("rb") as file:
        return read_po(file, locale=language, domain=domain.name)


@cache
def translations(domain: Domain, language: str) -> NullTranslations:
    """Return what translates into a language; English is as it is written."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(domain, language))
    compiled.seek(0)
    return Translations(compiled, domain=domain.name)
