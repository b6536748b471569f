"""Whether a plan holds: the scenario lived with its people, and what each tier really gets."""

from dataclasses import replace
from typing import Any, Final

from callcenter.language.spoken import _
from callcenter.scenario import Scenario
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import run
from sim.results.result import as_json, result

JSON = dict[str, Any]
SHORT_RUN: Final = 20
"""Replications of a verification, unless asked for otherwise."""


def simulated(
    scenario: Scenario, *, replications: int = SHORT_RUN, processes: int | None = None, progress: Progress = tell_nobody
) -> JSON:
    """Return the result of a short simulation, as `simulate --json` has it.

    Args:
        scenario: With the people of the plan in place.
        replications: How many times its days are lived.
        processes: Workers at most.
        progress: Told after each replication.
    """
    wanted = replace(scenario, replications=replications)
    lived = run(wanted, processes=processes, progress=progress)
    found: JSON = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    return found


def missed(found: JSON) -> list[str]:
    """Return the tiers whose target the simulation did not find met for sure: name and verdict."""
    return [
        _("{name}: {text}", name=name, text=_(block["target"]["met"]))
        for name, block in found["tiers"].items()
        if block["target"] is not None and block["target"]["met"] != "yes"
    ]
