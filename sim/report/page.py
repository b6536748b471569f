"""The report as one page that needs nothing from outside: style, charts and tables are inside it."""

from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from callcenter.language.said import N_
from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from callcenter.units import DAY
from sim.experiment.replicate import Run
from sim.report import fairness, money, wording
from sim.report.charts import charts
from sim.report.wording import FORMULA_TEXTS, JSON, OUTCOMES, mean_of
from sim.results.result import OVERALL

HINT: Final = N_("push the chart aside to see all of it")
"""Above charts on a telephone; the style sheet has it."""


def rendered(template: str, **values: Any) -> str:
    """Return a template of this package filled in; what is not marked as safe is escaped."""
    folder = resources.files("sim.report") / "templates"
    room = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    room.globals["_"] = _in_template
    room.filters |= {
        "told": _,
        "met": wording.met_of,
        "tier": wording.tier_name,
        "share": wording.share,
        "seconds": wording.seconds,
        "count": wording.count,
        "mean": mean_of,
        "with_interval": wording.share_with_interval,
        "bounds": wording.share_interval,
        "promised": wording.promised,
        "called_back": wording.called_back,
    }
    blocks = (folder / "blocks.jinja").read_text(encoding="utf-8")
    text = (folder / template).read_text(encoding="utf-8")
    style = (folder / "report.css").read_text(encoding="utf-8").replace(HINT, _(HINT))
    return room.from_string(blocks + text).render(style=style, **values)


def _in_template(text: str, **values: Any) -> Markup:
    """Return a text of a template in the language in force; what is filled in is escaped."""
    told = Markup(_(text))  # the template's own words
    return told.format(**values) if values else told


def report(lived: Run, result: JSON, version: str) -> str:
    """Return the page about a run.

    Args:
        lived: The replications.
        result: What they come to, as plain data.
        version: Of this product.
    """
    scenario = lived.scenario
    return rendered(
        "report.html.jinja",
        scenario=scenario,
        result=result,
        version=version,
        heading=wording.heading(scenario, result),
        when=wording.measured_days(scenario),
        worst=wording.worst(result),
        notes=[*wording.notes(scenario, result), *wording.doubts(result)],
        charts=charts(scenario, result, lived.figures, lived.starts),
        blocks=[*result["tiers"].items(), (OVERALL, result[OVERALL])],
        outcomes=[name for name in OUTCOMES if mean_of(result[OVERALL][name])],
        fairness=fairness,
        money_header=[_(title) for title in money.HEADER],
        money_rows=money.rows(result["money"]) if "money" in result else [],
        formula=DEFAULT_FORMULA,
        formulas=FORMULA_TEXTS,
        assumptions=assumptions(scenario),
        several_queues=len(result["queues"]) > 1,
        several_groups=len(result["agents"]["groups"]) > 1,
    )


def assumptions(scenario: Scenario) -> list[str]:
    """Return in sentences what was lived through, for those who did not write the file."""
    horizon = scenario.horizon
    found = [
        _(
            "Interval length {minutes:g} minutes; local time of {zone}.",
            minutes=scenario.interval / 60_000,
            zone=scenario.centre.zone.name,
        )
    ]
    if scenario.recorded:
        found.append(
            _(
                "{n:,} recorded calls are replayed; what the log does not tell (patience, after-call work, who is "
                "absent) is drawn.",
                n=len(scenario.recorded),
            )
        )
    if horizon.discard or horizon.run_off:
        found.append(
            _(
                "{all} connected days are lived, {measured} measured. {before} before, not measured: the first begins "
                "as the day before left it. {after} after: calls, callbacks and those who ring again run on.",
                all=len(horizon.lived),
                measured=horizon.days,
                before=horizon.discard,
                after=horizon.run_off,
            )
        )
    if horizon.warm_up or horizon.length != DAY:
        minutes = horizon.warm_up / 60_000
        found.append(_("The first {minutes:g} minutes are warm-up and do not count.", minutes=minutes))
    if scenario.shrinkage:
        away = scenario.shrinkage
        found.append(_("Each agent on the roster is away for the whole shift with {share:.1%} chance.", share=away))
    if scenario.busyness is not None:
        found.append(_("Days differ in volume (coefficient of variation {cv:.0%}).", cv=scenario.busyness.cv))
    if scenario.retrials:
        rings = ", ".join(
            _("{share:.0%} of {outcome} calls", share=r.probability, outcome=_(str(outcome)))
            for outcome, r in scenario.retrials
        )
        found.append(_("Callers ring again: {shares}.", shares=rings))
    if scenario.menu is not None:
        found.append(
            _("A voice menu serves {share:.0%} of callers before the queue.", share=scenario.menu.self_service)
        )
    return found
