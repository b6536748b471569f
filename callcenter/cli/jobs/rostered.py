"""Jobs about rosters: planning, changes by hand, simulation, calendars."""

from collections.abc import Sequence
from typing import Any, Final

from callcenter.cli.jobs.bounds import check_size, size_of
from callcenter.cli.jobs.simulated import Tell, scenario_of
from callcenter.cli.planned import Load, Way, planned
from callcenter.config.people import read_people
from callcenter.config.zones import zone
from callcenter.people import People
from callcenter.scenario import Scenario

JSON = dict[str, Any]
LIVED: Final = 10
"""Replications of a roster."""
TIME_LIMIT_S: Final = 20.0
MOST_LINES: Final = 5_000


def rostered(asked: JSON, tell: Tell) -> JSON:
    """Return a roster that covers the need at least cost, with the people where there are any, and its simulation.

    Raises:
        CallCenterError: the scenario or the people are wrong, or it has no shift types.
    """
    scenario = scenario_of(asked)
    check_size(size_of(scenario))
    people = _people(asked, scenario)
    from sim.planning.roster import Aim, roster_of
    from sim.planning.roster.assign import assign
    from sim.planning.roster.by_hand import lines_of

    needs = _needs(scenario, people)
    roster = roster_of(scenario, needs, aim=Aim.COST, time_limit_s=TIME_LIMIT_S)
    assigned = None if people is None else assign(roster, people, time_limit_s=TIME_LIMIT_S)
    lines = lines_of(roster.lines() if assigned is None else assigned.lines(), scenario.centre.zone)
    found = _judged(scenario, people, lines)
    found["unmet"] = list(roster.unmet)
    found["open"] = [] if assigned is None else [
        {"date": slot.line.day, "group": slot.line.duty.group, "shift": slot.line.shift, "missing": missing}
        for slot, missing in assigned.open_slots()
    ]  # fmt: skip
    return found | {"simulated": _lived(scenario, lines, tell), "simulated_before": False}


def judged(asked: JSON, _: Tell) -> JSON:
    """Return a roster with a line moved: coverage, rules and cost; its simulation is that of before.

    Raises:
        CallCenterError: there is no such line, or it cannot be there.
    """
    from sim.planning.roster.by_hand import moved

    scenario = scenario_of(asked)
    people = _people(asked, scenario)
    return _judged(scenario, people, moved(asked["lines"], asked["move"]))


def lived(asked: JSON, tell: Tell) -> JSON:
    """Return what a simulation says of lines."""
    return _lived(scenario_of(asked), asked["lines"], tell)


def told_as_calendar(asked: JSON, _: Tell) -> JSON:
    """Return somebody's lines as a calendar."""
    from sim.planning.roster.by_hand import calendar_of

    return {"text": calendar_of(asked["lines"], zone(asked["zone"]), asked["name"])}


def _people(asked: JSON, scenario: Scenario) -> People | None:
    if not asked.get("people"):
        return None
    types = tuple(kind.name for kind in scenario.shift_types)
    return read_people(asked["people"].encode(), "people.yaml", scenario.centre, types)


def _needs(scenario: Scenario, people: People | None) -> Sequence[Any]:
    from sim.planning.roster.need import need_of_plan, with_minimum

    needs = need_of_plan(planned(scenario, Way.ERLANG_C, Load.OFFERED, None, None))
    return needs if people is None else with_minimum(needs, people.rules.minimum)


def _judged(scenario: Scenario, people: People | None, lines: list[JSON]) -> JSON:
    from sim.planning.roster import by_hand

    told = by_hand.judged(scenario, people, _needs(scenario, people), lines)
    return {"zone": scenario.centre.zone.name, "lines": lines} | told


def _lived(scenario: Scenario, lines: list[JSON], tell: Tell) -> JSON:
    """Return service levels and heads by half hour, and whether targets are met."""
    from dataclasses import replace

    from sim.experiment.replicate import run
    from sim.planning.roster.by_hand import scenario_with
    from sim.results.result import as_json, result

    there = replace(scenario_with(scenario, lines), replications=LIVED)
    check_size(size_of(there))
    days = run(there, processes=1, progress=tell)
    found = as_json(result(days.scenario, days.figures, days.starts, days.choice.engine))
    return {
        "replications": LIVED,
        "engine": found["engine"],
        "tiers": {
            name: {"service_level": block["service_level"]["sl_net"], "target": block["target"]}
            for name, block in found["tiers"].items()
        },
        "occupancy": found["agents"]["occupancy"],
        "intervals": [
            {
                "start": one["start"],
                "agents": one["agents"],
                "service_level": one["overall"]["service_level"]["sl_net"],
            }
            for one in found["intervals"]
        ],
    }
