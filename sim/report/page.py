"""The report as one page that needs nothing from outside: style, charts and tables are inside it."""

from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from callcenter.units import DAY
from sim.experiment.replicate import Run
from sim.report import fairness, money, wording
from sim.report.charts import charts
from sim.report.wording import FORMULA_TEXTS, JSON, OUTCOMES, mean_of
from sim.results.result import OVERALL


def rendered(template: str, **values: Any) -> str:
    """Return a template of this package filled in; what is not marked as safe is escaped."""
    folder = resources.files("sim.report") / "templates"
    room = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    room.filters |= {
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
    style = (folder / "report.css").read_text(encoding="utf-8")
    return room.from_string(blocks + text).render(style=style, **values)


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
        money=money,
        formula=DEFAULT_FORMULA,
        formulas=FORMULA_TEXTS,
        assumptions=assumptions(scenario),
        several_queues=len(result["queues"]) > 1,
        several_groups=len(result["agents"]["groups"]) > 1,
    )


def assumptions(scenario: Scenario) -> list[str]:
    """Return in sentences what was lived through, for those who did not write the file."""
    horizon = scenario.horizon
    found = [f"Interval length {scenario.interval / 60_000:g} minutes; local time of {scenario.centre.zone.name}."]
    if scenario.recorded:
        found.append(
            f"{len(scenario.recorded):,} recorded calls are replayed; what the log does not tell (patience, after-call "
            "work, who is absent) is drawn."
        )
    if horizon.discard or horizon.run_off:
        found.append(
            f"{horizon.discard + horizon.days + horizon.run_off} connected days are lived, {horizon.days} measured. "
            f"{horizon.discard} before, not measured: the first begins as the day before left it. "
            f"{horizon.run_off} after: calls, callbacks and those who ring again run on."
        )
    if horizon.warm_up or horizon.length != DAY:
        found.append(f"The first {horizon.warm_up / 60_000:g} minutes are warm-up and do not count.")
    if scenario.shrinkage:
        found.append(f"Each agent on the roster is away for the whole shift with {scenario.shrinkage:.1%} chance.")
    if scenario.busyness is not None:
        found.append(f"Days differ in volume (coefficient of variation {scenario.busyness.cv:.0%}).")
    if scenario.retrials:
        rings = ", ".join(f"{r.probability:.0%} of {outcome} calls" for outcome, r in scenario.retrials)
        found.append(f"Callers ring again: {rings}.")
    if scenario.menu is not None:
        found.append(f"A voice menu serves {scenario.menu.self_service:.0%} of callers before the queue.")
    return found
