"""Jobs without a simulation: checking a scenario as it is typed, and exporting a result."""

import base64
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from callcenter.cli.jobs.bounds import check_size, size_of
from callcenter.cli.jobs.simulated import Tell, scenario_of
from callcenter.config.parse import shipped_centre, source_of, tree_in
from callcenter.config.write import render
from callcenter.errors import BadInput
from callcenter.language.said import packed
from callcenter.scenario import Scenario
from callcenter.units import DAY, MINUTE, SECOND

JSON = dict[str, Any]
HALF_HOUR: Final = 30 * MINUTE


def checked(asked: JSON, _: Tell) -> JSON:
    """Return what a scenario holds that a planner changes; wrong ones are refused in the command line's words.

    Raises:
        CallCenterError: the text or a setting is wrong, or it is too large to be simulated here.
    """
    scenario = scenario_of(asked)
    size = size_of(scenario)
    check_size(size)
    from sim.experiment.engines import choose

    choice = choose(scenario)
    centre, horizon = scenario.centre, scenario.horizon
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "zone": centre.zone.name,
        "engine": str(choice.engine),
        "why": None if choice.why is None else packed(choice.why),
        "days": horizon.days,
        "lived_days": size.days,
        "replications": scenario.replications,
        "seed": scenario.seed,
        "calls": round(size.calls, 1),
        "shrinkage": scenario.shrinkage,
        "currency": None if scenario.money is None else scenario.money.currency,
        "schedulable": bool(scenario.shift_types),
        "tiers": [
            {
                "name": tier.name,
                "band": tier.band,
                "share": None if tier.target is None else tier.target.share,
                "within_s": None if tier.target is None else tier.target.within / SECOND,
                "callback": tier.callback,
            }
            for tier in centre.tiers
        ],
        "queues": [{"name": queue.name, "policy": str(queue.policy)} for queue in centre.queues],
        "groups": heads_of(scenario),
    }


def heads_of(scenario: Scenario) -> list[JSON]:
    """Return who of each group is rostered and on no break, in the mean of each half hour of the first measured day."""
    from sim.model.shifts import duties
    from sim.model.streams import Chance

    zone = scenario.centre.zone
    first = scenario.horizon.measured.start
    edges = [zone.instant(first * DAY + n * HALF_HOUR) for n in range(DAY // HALF_HOUR + 1)]
    heads = {group.name: [0.0] * (len(edges) - 1) for group in scenario.centre.groups}
    for duty in duties(replace(scenario, shrinkage=0.0), Chance(scenario.seed, 0)):
        line = heads[duty.group]
        for n, (begin, end) in enumerate(pairwise(edges)):
            there = _inside(duty.begin, duty.end, begin, end) - sum(_inside(b, e, begin, end) for b, e in duty.breaks)
            line[n] += there / max(1, end - begin)
    return [{"name": name, "heads": [round(n, 3) for n in line]} for name, line in heads.items()]


def _inside(begin: int, end: int, low: int, high: int) -> int:
    return max(0, min(end, high) - max(begin, low))


def exported(asked: JSON, _: Tell) -> JSON:
    """Return a file: what type it has, and its bytes in base 64.

    Raises:
        BadInput: there is nothing of it to be written so.
    """
    kind, data = FORMATS[asked["format"]](asked)
    return {"type": kind, "base64": base64.b64encode(data).decode()}


def _yaml(asked: JSON) -> tuple[str, bytes]:
    """Return the scenario as a file, its centre and all settings in place."""
    tree, _ = tree_in(source_of(asked["text"], asked["name"]), [*asked["sets"], *asked["more"]], shipped_centre)
    if not isinstance(tree, dict):
        raise BadInput("{name}: is no scenario", name=asked["name"])
    settings = "".join(f"\n--set '{one}'" for one in (*asked["sets"], *asked["more"]))
    return "application/yaml", render(tree, {"": f"{asked['name']} with{settings or ' nothing changed'}"}).encode()


def _csv(asked: JSON) -> tuple[str, bytes]:
    from sim.report.what_if import rows_of, text_of

    return "text/csv; charset=utf-8", text_of(rows_of(asked["result"])).encode()


def _picture(asked: JSON) -> tuple[str, bytes]:
    from sim.report.what_if import picture

    return "image/png", picture(asked["result"], asked["title"])


def _document(asked: JSON) -> tuple[str, bytes]:
    from sim.report.what_if import document

    return "application/pdf", document(asked["result"], asked["title"], asked["settings"])


FORMATS: Final[dict[str, Callable[[JSON], tuple[str, bytes]]]] = {
    "yaml": _yaml, "csv": _csv, "png": _picture, "pdf": _document,
}  # fmt: skip
