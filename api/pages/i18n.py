"""The texts of the pages, and which language a browser gets; `python -m api.pages.i18n` collects the texts.

English texts are the keys; `locale/LANGUAGE/LC_MESSAGES/pages.po` has the others.
"""

from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog

from callcenter.language.accepted import accepted
from callcenter.language.catalogues import LANGUAGES, Domain
from callcenter.language.collecting import bring_up_to_date
from callcenter.language.collecting import collected as collected_in

HERE: Final = Path(__file__).parent
PAGES: Final = Domain("pages", HERE / "locale")


def chosen_language(cookie: str | None, header: str) -> str:
    """Return the language that was chosen, else the first of the browser's that we have.

    >>> chosen_language(None, "zh-Hans-CN,en;q=0.5"), chosen_language("en", "zh"), chosen_language(None, "")
    ('zh_CN', 'en', 'en')
    """
    return cookie if cookie is not None and cookie in LANGUAGES else accepted(header)


def collected() -> Catalog:
    """Return all texts of the pages, with nothing translated."""
    return collected_in(PAGES, HERE.parent, "**/templates/**.html", lambda file: file.startswith("pages/"))


if __name__ == "__main__":
    bring_up_to_date(PAGES, collected(), "Texts of the pages. `python -m api.pages.i18n` brings it up to date.")
