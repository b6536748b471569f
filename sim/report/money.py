"""Amounts in words: what lived days cost, part by part, and the totals of the parts."""

from typing import Any, Final

from callcenter.language.said import N_
from callcenter.language.spoken import _
from sim.report.wording import JSON, UNDEFINED, with_bounds

HEADER: Final = (N_("money"), N_("of"), N_("amount"))
TITLES: Final = {
    "wages": N_("wages"),
    "lost_calls": N_("calls lost"),
    "cost": N_("wages and calls lost"),
    "revenue_at_risk": N_("revenue at risk"),
}
TOGETHER: Final = N_("together")


def amount(currency: str, est: Any) -> str:
    """Return an amount with its interval, where it has one.

    >>> amount("EUR", {"mean": 1234.5, "ci_low": 1200.0, "ci_high": 1269.0})
    'EUR 1,234.50 (1,200.00 to 1,269.00)'
    >>> amount("EUR", 80.0)
    'EUR 80.00'
    """
    if est is None:
        return UNDEFINED
    if not isinstance(est, dict):
        return f"{currency} {est:,.2f}"
    text = f"{currency} {est['mean']:,.2f}"
    low, high = est["ci_low"], est["ci_high"]
    return (
        text
        if low is None or high is None or low == high
        else with_bounds(text, _("{low} to {high}", low=f"{low:,.2f}", high=f"{high:,.2f}"))
    )


def rows(money: JSON) -> list[tuple[str, str, str]]:
    """Return what each group or tier comes to, and each part's total after them."""
    found = []
    for part, title in TITLES.items():
        if part not in money:
            continue
        parts = money[part].get("groups", money[part].get("tiers", {}))
        each = [(_(title), name, amount(money["currency"], est)) for name, est in parts.items()]
        found += each if len(each) > 1 else []
        found.append((_(title), _(TOGETHER), amount(money["currency"], money[part]["total"])))
        overtime = money[part].get("overtime")
        if overtime is not None and (overtime["mean"] if isinstance(overtime, dict) else overtime):
            found.append((_(title), _("of this overtime"), amount(money["currency"], overtime)))
    return found


def change(currency: str, est: Any, *, decided: bool) -> str:
    """Return a difference between two amounts with its interval, and * where that leaves out zero."""
    if est is None:
        return UNDEFINED
    text = f"{currency} {est.mean:+,.2f}"
    if est.ci_low is not None and est.ci_high is not None and est.ci_low != est.ci_high:
        between = _("{low} to {high}", low=f"{est.ci_low:+,.2f}", high=f"{est.ci_high:+,.2f}")
        text = with_bounds(text, between)
    return text + (" *" if decided else "")
