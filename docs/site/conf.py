"""Sphinx's settings for the site: nothing from elsewhere, no address but those that a page itself names."""

import re
from typing import Final

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.highlighting import lexers

project = "callcenter"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = [".doctrees"]
# A type in a signature is text: several classes may have its name.
suppress_warnings = ["ref.python"]

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

html_theme = "alabaster"
html_theme_options = {"show_powered_by": False, "show_relbar_bottom": True, "page_width": "70rem"}
html_sidebars = {"**": ["searchbox.html", "localtoc.html"]}
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

lexers["csv"] = TextLexer()  # Pygments knows none for it

CODE: Final = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)*)`(?!`)(?=(\w?))")


def code_as_on_pages(_app: Sphinx, _what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """Let single backticks in a docstring mean code, as they do in Markdown, with letters right behind them or not."""
    text = "\n".join(lines)
    lines[:] = CODE.sub(lambda found: f"``{found[1]}``" + ("\\ " if found[2] else ""), text).split("\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have docstrings read before they become reStructuredText."""
    app.connect("autodoc-process-docstring", code_as_on_pages, priority=400)  # before napoleon divides at colons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
