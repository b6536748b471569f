"""A plan, a roster or both as one page that needs nothing from outside."""

from typing import Any

from callcenter.language.spoken import _, n_
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.planning.plan.charts import coverage_charts, elbow_charts, level_chart, need_charts
from sim.planning.plan.searched import search_charts
from sim.report import money, wording
from sim.report.drawing import Chart
from sim.report.page import rendered

JSON = dict[str, Any]


def plan_page(scenario: Scenario, plan: JSON | None, roster: JSON | None, version: str) -> str:
    """Return the page.

    Args:
        scenario: What was planned for.
        plan: The plan as `staff --json` has it, or None.
        roster: The roster as `schedule --json` has it, or None.
        version: Of this product.
    """
    found = roster if roster is not None else plan
    assert found is not None
    simulated = found["simulated"]
    charts: list[Chart] = []
    if roster is not None:
        charts += coverage_charts(roster)
    elif plan is not None:
        charts += need_charts(plan)
    if simulated is not None and simulated["intervals"]:
        charts.append(level_chart(scenario, simulated))
    if plan is not None:
        charts += elbow_charts(scenario, plan)
    return rendered(
        "plan.html.jinja",
        scenario=scenario,
        version=version,
        when=wording.measured_days(scenario),
        plan=plan,
        roster=roster,
        found=None,
        simulated=simulated,
        notes=[_("not covered: {text}", text=_(line)) for line in (roster["unmet"] if roster is not None else ())],
        charts=charts,
        formula=DEFAULT_FORMULA,
        said=_lines(roster),
        group_texts=[] if roster is None else [_group_text(group) for group in roster["groups"] if group["dates"]],
        **_money(found),
    )


def search_page(scenario: Scenario, result: JSON, version: str) -> str:
    """Return the page of a plan found by simulation.

    Args:
        scenario: What was planned for.
        result: The plan as `staff --method simulation --json` has it.
        version: Of this product.
    """
    return rendered(
        "plan.html.jinja",
        scenario=scenario,
        version=version,
        when=wording.measured_days(scenario),
        plan=None,
        roster=None,
        found=result,
        simulated=None,
        notes=[_("agents alone cannot keep: {promise}", promise=_(promise)) for promise in result["unmeetable"]],
        charts=search_charts(result),
        formula=result["service_level"],
        said=[_(line) for line in result["notes"]],
        group_texts=[],
        **_money(result),
    )


def _money(result: JSON) -> JSON:
    rows = money.rows(result["money"]) if "money" in result else []
    return {"money_header": [_(title) for title in money.HEADER], "money_rows": rows}


def _group_text(group: JSON) -> str:
    """Return what a group's shifts cost, and on which days they are."""
    text = _(
        "{group}, {days}: cost {cost:.2f} a day, {n}",
        group=group["group"],
        days=", ".join(_(day) for day in group["weekdays"] or group["dates"]),
        cost=group["cost"],
        n=n_("{n} day", "{n} days", len(group["dates"])),
    )
    return _("{text}, proved optimal", text=text) if group["optimal"] else text


def _lines(roster: JSON | None) -> list[str]:
    from sim.planning.roster.table import said

    return [] if roster is None else said(roster)
