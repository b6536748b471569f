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
    # what earned the grade by each method: callcenter.customers
    N_("the revenue is not known"), N_("a revenue of %(n)s brings nothing"),
    N_("a revenue of %(n)s; customers with more bring %(share_n)s %% of all revenue"),
    N_("a revenue of %(n)s is %(place)s, among %(step)s"),
    N_("the turnover is not known"), N_("a turnover of %(n)s is none"),
    N_("a turnover of %(n)s is %(place)s, among %(step)s"),
    N_("a margin of %(n)s a year at %(kept_n)s %% retention is worth %(worth_n)s, %(place)s, among %(step)s"),
    N_("%(spend)s, tenure above %(tenure_n)s %%, credit above %(credit_n)s %%: together %(place)s, among %(step)s"),
    N_("spend %(n)s a month is above %(share_n)s %% of customers"), N_("spend is not known"),
    N_("%(months_n)s months as customer and %(n)s contacts in twelve months"),
    N_(
        "%(months_n)s months as customer and %(n)s contacts in twelve months; %(grade)s needs %(more_n)s months and "
        "%(often_n)s contacts"
    ),
    N_("last contact %(ago)s (score %(r_n)s), contacts %(often)s (%(f_n)s), revenue %(much)s (%(m_n)s)"),
    N_("%(n)s days ago"), N_("not known"), N_("%(n)s of 100 points (%(points)s)"),
    N_("place %(n)s of %(all_n)s"), N_("the top %(n)s %%"), N_("the next %(n)s %%"), N_("the top %(n)s"),
    N_("the next %(n)s"), N_("the others"), N_("all"),
    # why an override or an entry ended: api.customers.schedule, callcenter.customers.blacklist
    N_("its time was over"), N_("the customer is protected"), N_("expired"), N_("nobody reviewed it in time"),
    N_("nobody decided in time"),
    # what gives cause to worry: callcenter.customers.silent
    N_("contacts fell by %(n)s %%: from %(before_n)s to %(now_n)s"),
    N_("spending fell by %(n)s %%: from %(before_n)s to %(now_n)s"),
    N_("a complaint has been unresolved for %(n)s days"), N_("nothing heard for %(n)s days"),
    # spans of time
    N_("%(n)s days"), N_("%(n)s day"), N_("%(n)s hours"), N_("%(n)s hour"), N_("less than an hour"),
    # which rule a shift breaks: sim.planning.roster.by_hand
    N_("%(who)s is not among the people"), N_("%(who)s does not work in %(group)s"),
    N_("%(who)s never works on %(day)s"), N_("%(who)s is absent on %(date)s"),
    N_("%(who)s does not begin before %(time)s"), N_("%(who)s does not work after %(time)s"),
    N_("%(who)s has two shifts at once"), N_("%(who)s rests %(n)s h before it, %(due_n)s h are due"),
    N_("day %(n)s in a row, %(most_n)s at most"), N_("%(who)s has %(n)s h in this week, %(most_n)s h at most"),
    N_("mon"), N_("tue"), N_("wed"), N_("thu"), N_("fri"), N_("sat"), N_("sun"),
    # a grade and what it follows from: the form that is the least sure
    N_("%(grade)s: %(because)s"),
)  # fmt: skip
"""How such sentences are made, as translated texts are written; `n` and `…_n` are numbers."""
OURS: Final = ("why", "figure", "span", "because", "place", "step", "spend", "ago", "often", "much", "day")
"""Places that are filled by another of these sentences; the others are names and what people wrote."""
SURELY: Final = ("because",)
"""Places of a sentence that is none of these where they are filled by none: what a person wrote may look like it."""
NUMBER: Final = r"-?[\d,.]+(?:e[+-]?\d+)?"
PLACE: Final = re.compile(r"%\((\w+)\)s")


def retold(view: "View", text: str | None) -> str | None:
    """Return a sentence in the language of who looks on; one of no form that is known stays as it is."""
    if text is None or view.language == SOURCE:
        return text
    return _retold(view, text) or text


def _retold(view: "View", text: str) -> str | None:
    """Return a sentence of a known form in the language of who looks on; None: it is of none."""
    for form, pattern in patterns():
        if found := pattern.fullmatch(text):
            places = found.groupdict()
            inner = {name: _retold(view, places[name]) for name in OURS if name in places}
            if all(inner.get(name, text) for name in SURELY):
                return view.gettext(form) % (places | {name: told for name, told in inner.items() if told})
    return None


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each form with what finds its sentences."""
    return tuple((form, _pattern(form)) for form in FORMS)


def _pattern(form: str) -> re.Pattern[str]:
    found, at = "", 0
    for place in PLACE.finditer(form):
        name = place[1]
        found += re.escape(form[at : place.start()].replace("%%", "%"))
        told = NUMBER if name.split("_")[-1] == "n" else ".+?"
        found += rf"(?P<{name}>{told})"
        at = place.end()
    return re.compile(found + re.escape(form[at:].replace("%%", "%")), re.DOTALL)
