"""Simulation jobs: one scenario, variants beside it, or one figure at several values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from callcenter.cli.jobs.bounds import check_size, most_replications, size_of
from callcenter.config.parse import parse_scenario
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.scenario import Scenario

JSON = dict[str, Any]
Tell = Callable[[int, int], None]
MOST_VARIANTS: Final = 4
MOST_VALUES: Final = 20


def scenario_of(asked: JSON, sets: Sequence[str] = ()) -> Scenario:
    """Return the scenario that is asked for, with more settings.

    Raises:
        BadInput: the text or a setting is wrong: one line, as at the command line.
    """
    scenario = parse_scenario(asked["text"], asked["name"], [*asked["sets"], *sets])
    chance = {key: asked[key] for key in ("replications", "seed") if asked.get(key) is not None}
    return replace(scenario, **chance)


def simulated(asked: JSON, tell: Tell) -> JSON:
    """Return what `callcenter simulate --json` prints.

    Raises:
        CallCenterError: the text or a `--set` is wrong, or asks for too much.
    """
    scenario, precision = scenario_of(asked), asked.get("precision")
    size = size_of(scenario)
    check_size(size)
    from sim.experiment.replicate import run
    from sim.results.result import as_json, result, too_wide

    lived = run(scenario, processes=1, precision=precision, most=most_replications(size), progress=tell)
    found: JSON = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    if precision is not None and too_wide(lived.scenario, found, precision):
        reached = {"replications": len(lived.figures), "precision": precision}
        says = said("{replications:,} replications did not reach a precision of {precision:.2%}", **reached)
        found["notes"].append({"cause": "precision_not_reached", "says": says} | reached)
    return found


def booked(asked: JSON, tell: Tell) -> JSON:
    """Return what `callcenter book --scenario --json` prints: the simulated day's half hours, means over replications.

    Raises:
        CallCenterError: the text or a `--set` is wrong, or asks for too much.
    """
    scenario = scenario_of(asked)
    check_size(size_of(scenario))
    from api.state.views import instant
    from sim.experiment.book import simulated_rows

    by = tuple(asked["by"])
    rows = simulated_rows(scenario, by, processes=1, progress=tell)
    return {"by": list(by), "intervals": [{"start": instant(at)} | row for at, row in rows]}


def compared(asked: JSON, tell: Tell) -> JSON:
    """Return what `callcenter compare --json` prints; each variant is its sets on top of the base's.

    Raises:
        CallCenterError: a text or a `--set` is wrong, or asks for too much.
    """
    base = scenario_of(asked)
    variants = variants_of(asked, [(one["name"], one["sets"]) for one in asked["variants"]])
    check_size(*(size_of(scenario) for scenario in (base, *(variant for _, variant in variants))))
    from sim.experiment.compare import compare

    return compare(base, variants, processes=1, progress=tell).as_json()


def variants_of(asked: JSON, wished: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, Scenario]]:
    """Return the variants; a refusal says of which it speaks."""
    found = []
    for name, sets in wished:
        try:
            found.append((name, scenario_of(asked, sets)))
        except BadInput as error:
            raise BadInput("{name}: {error}", name=name, error=error) from None
    return found


def swept(asked: JSON, tell: Tell) -> JSON:
    """Return what `callcenter sweep --json` prints for one axis, without what each cell says of its half hours.

    Raises:
        CallCenterError: a text or a `--set` is wrong, or asks for too much.
    """
    path, values = asked["path"], asked["values"]
    cells = [(((path, value),), scenario_of(asked, [f"{path}={value}"])) for value in values]
    check_size(*(size_of(scenario) for _, scenario in cells))
    from sim.experiment.sweep import sweep

    found = sweep(cells[0][1].name, [(path, values)], cells, progress=tell).as_json()
    for cell in found["cells"]:
        del cell["result"]["intervals"]
    return found
