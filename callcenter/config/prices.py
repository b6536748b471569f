"""Prices from a scenario file: wages by group, lost calls and revenue by tier."""

from callcenter.centre import Centre
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.scenario_form import MoneyForm
from callcenter.language.said import said
from callcenter.money import Money, Prices


def build_money(form: MoneyForm | None, centre: Centre, base: Path) -> Money | None:
    """Return the prices of a scenario, or None where it says nothing of money.

    Raises:
        Wrong: an unknown group or tier, or no price at all.
    """
    if form is None:
        return None
    groups, tiers = [group.name for group in centre.groups], [tier.name for tier in centre.tiers]
    wages = _by(form.wages, groups, "group", (*base, "wages"))
    lost = _by(form.lost_call, tiers, "tier", (*base, "lost_call"))
    revenue = _by(form.revenue, tiers, "tier", (*base, "revenue"))
    if not (wages or lost or revenue):
        raise Wrong(base, said("has a currency and no price: add wages:, lost_call: or revenue:"))
    if form.overtime is None:
        return Money(form.currency, wages, lost_call=lost, revenue=revenue)
    if not wages:
        raise Wrong((*base, "overtime"), said("needs wages: say what an hour costs, by group or for all"))
    if form.overtime.pay < 1:
        raise Wrong(
            (*base, "overtime", "pay"), said("is {pay:.0%}, less than the wage: write 150%", pay=form.overtime.pay)
        )
    return Money(form.currency, wages, int(form.overtime.after), form.overtime.pay, lost, revenue)


def _by(written: float | dict[str, float] | None, names: list[str], what: str, path: Path) -> Prices:
    if written is None:
        return ()
    if not isinstance(written, dict):
        return tuple((name, float(written)) for name in names)
    for name in written:
        if name not in names:
            raise Wrong((*path, name), unknown(what, name, names))
    if what == "group":
        for name in names:
            if name not in written:
                raise Wrong(
                    path,
                    said(
                        "says nothing of the group {name!r}: every group has a wage (0 where it costs nothing)",
                        name=name,
                    ),
                )
    return tuple((name, float(amount)) for name, amount in written.items())
