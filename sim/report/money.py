"""Amounts in words: what lived days cost, part by part, and the totals of the parts."""

from typing import Any, Final

from sim.report.wording import JSON, UNDEFINED

HEADER: Final = ("money", "of", "amount")
TITLES: Final = {
    "wages": "wages",
    "lost_calls": "calls lost",
    "cost": "wages and calls lost",
    "revenue_at_risk": "revenue at risk",
}
TOGETHER: Final = "together"


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
    return text if low is None or high is None or low == high else f"{text} ({low:,.2f} to {high:,.2f})"


def rows(money: JSON) -> list[tuple[str, str, str]]:
    """Return what each group or tier comes to, and each part's total after them."""
    found = []
    for part, title in TITLES.items():
        if part not in money:
            continue
        parts = money[part].get("groups", money[part].get("tiers", {}))
        each = [(title, name, amount(money["currency"], est)) for name, est in parts.items()]
        found += each if len(each) > 1 else []
        found.append((title, TOGETHER, amount(money["currency"], money[part]["total"])))
        overtime = money[part].get("overtime")
        if overtime is not None and (overtime["mean"] if isinstance(overtime, dict) else overtime):
            found.append((title, "of this overtime", amount(money["currency"], overtime)))
    return found


def change(currency: str, est: Any, *, decided: bool) -> str:
    """Return a difference between two amounts with its interval, and * where that leaves out zero."""
    if est is None:
        return UNDEFINED
    text = f"{currency} {est.mean:+,.2f}"
    if est.ci_low is not None and est.ci_high is not None and est.ci_low != est.ci_high:
        text += f" ({est.ci_low:+,.2f} to {est.ci_high:+,.2f})"
    return text + (" *" if decided else "")
