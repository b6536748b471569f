"""What the service has written down in English, in the language of who looks on.

Why a customer has a tier, why an entry ended and what gives cause to worry is kept as a sentence. One that the service
made is known by its form and told anew; what a person wrote stays as it is.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from callcenter.language.said import N_, SOURCE

if TYPE_CHECKING:
    from api.pages.page import View

FORMS: Final = (
    # why a customer has a tier: callcenter.customers.life
    N_("%(tier)s by override of %(author)s: %(reason)s (%(span)s left)"),
    N_("%(tier)s by the blacklist, listed by %(author)s: %(reason)s (expires in %(span)s)"),
    N_("%(tier)s by the blacklist, listed by %(author)s: %(reason)s (is lifted unless reviewed in %(span)s)"),
    N_("%(tier)s by grade: %(why)s (review in %(span)s)"),
    N_("%(tier)s by grade: %(why)s (review overdue by %(span)s)"),
    N_("%(tier)s: what everybody is of whom nothing else is known"), N_("the directory says so"),
    # what earned the grade: api.customers.tiers.regrading
    N_("%(figure)s of %(n)s: %(tier)s from %(edge_n)s, kept within %(width_n)s of an edge"),
    N_("%(figure)s of %(n)s: below %(edge_n)s, kept within %(width_n)s of an edge"),
    N_("%(figure)s of %(n)s: %(tier)s from %(edge_n)s"), N_("%(figure)s of %(n)s: below %(edge_n)s"),
    N_("revenue"), N_("contacts"), N_("tenure months"), N_("credit score"),
    # why an override or an entry ended: api.customers.schedule, callcenter.customers.blacklist
    N_("its time was over"), N_("the customer is protected"), N_("expired"), N_("nobody reviewed it in time"),
    N_("nobody decided in time"),
    # what gives cause to worry: callcenter.customers.silent
    N_("contacts fell by %(n)s %%: from %(before_n)s to %(now_n)s"),
    N_("spending fell by %(n)s %%: from %(before_n)s to %(now_n)s"),
    N_("a complaint has been unresolved for %(n)s days"), N_("nothing heard for %(n)s days"),
    # spans of time
    N_("%(n)s days"), N_("%(n)s day"), N_("%(n)s hours"), N_("%(n)s hour"), N_("less than an hour"),
)  # fmt: skip
"""How such sentences are made, as translated texts are written; `n` and `…_n` are numbers."""
OURS: Final = ("why", "figure", "span")
"""Places that are filled by another of these sentences; the others are names and what people wrote."""
PLACE: Final = re.compile(r"%\((\w+)\)s")


def retold(view: "View", text: str | None) -> str | None:
    """Return a sentence in the language of who looks on; one of no form that is known stays as it is."""
    if text is None or view.language == SOURCE:
        return text
    for form, pattern in patterns():
        if found := pattern.fullmatch(text):
            places = {name: retold(view, told) if name in OURS else told for name, told in found.groupdict().items()}
            return view.gettext(form) % places
    return text


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each form with what finds its sentences."""
    return tuple((form, _pattern(form)) for form in FORMS)


def _pattern(form: str) -> re.Pattern[str]:
    found, at = "", 0
    for place in PLACE.finditer(form):
        name = place[1]
        found += re.escape(form[at : place.start()].replace("%%", "%"))
        told = r"[\d,.]+" if name.split("_")[-1] == "n" else ".+?"
        found += rf"(?P<{name}>{told})"
        at = place.end()
    return re.compile(found + re.escape(form[at:].replace("%%", "%")), re.DOTALL)
