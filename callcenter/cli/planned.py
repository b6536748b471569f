"""What `staff` and `schedule` share: their options, the plan by formula or by search, and its life by simulation."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.cli.options import note, with_chance
from callcenter.cli.progress import Bar, Patience
from callcenter.cli.write_option import check_write, left_out
from callcenter.config.load import load_scenario
from callcenter.config.words import share
from callcenter.errors import BadInput
from callcenter.language.said import said, text_of
from callcenter.language.spoken import _
from callcenter.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.planning.plan import Plan
    from sim.planning.staffing import Plan as Searched

JSON = dict[str, Any]


class Way(StrEnum):
    """How the agents are found."""

    ERLANG_C = "erlang-c"
    ERLANG_A = "erlang-a"
    SIMULATION = "simulation"


class Load(StrEnum):
    """How arrivals become load."""

    STATIONARY = "stationary"
    LAGGED = "lagged"
    OFFERED = "offered"


Method = Annotated[Way, typer.Option(help="How the agents are found.")]
LoadMethod = Annotated[Load, typer.Option("--load", help="How arrivals become load: offered looks at the recent past.")]
Occupancy = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Agents are busy at most this share of their time: 85%.")
]
Floor = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE",
        help="Targets judged over the day: yet all calls together reach this in each interval (default: the lowest "
        "target; 0% lets quiet intervals go).",
    ),
]
Runs = Annotated[
    int | None,
    typer.Option(
        "--replications",
        min=2,
        max=10_000,
        help="Of the simulation that checks the plan (default: 20; a search: 100, or more).",
    ),
]
Limit = Annotated[
    float | None,
    typer.Option(
        "--time-limit", metavar="SECONDS", min=1, max=1_000_000,
        help="A search ends after so long with the best plan so far, judged on 30 fresh days (Ctrl-C does it too).",
    ),
]  # fmt: skip
Check = Annotated[bool, typer.Option("--check", help="Exit 1 unless the simulation finds every target met for sure.")]


def asked_about(
    scenario: str, sets: "Sequence[str] | None", seed: int | None, out: Path | None, write: Path | None
) -> Scenario:
    """Return the scenario; before any work is done, refuse what could not be written."""
    from sim.report.files import check_folder

    if out is not None:
        check_folder(out)
    if write is not None:
        check_write(write)
    found = with_chance(load_scenario(scenario, sets or ()), None, seed)
    for part in left_out(scenario, sets or ()):
        text = _("{part} is about the people in the file and is left out: who is planned is there", part=part)
        note(_("callcenter: {said}", said=text))
    return found


def planned(scenario: Scenario, method: Way, load: Load, max_occupancy: str | None, floor: str | None) -> "Plan":
    """Return the plan by formula."""
    from callcenter.erlang import LoadMethod as Reckoned
    from sim.planning.plan import Method as Formula
    from sim.planning.plan import Wishes, plan_of

    reckoned = Reckoned.INFINITE_SERVER if load is Load.OFFERED else Reckoned(load.value)
    busiest = _share("--max-occupancy", max_occupancy)
    if busiest == 0:
        raise BadInput("--max-occupancy 0%: no number of agents reaches it: write 85%")
    least = _share("--floor", floor)
    if least == 1:
        raise BadInput("--floor 100%: no number of agents reaches it: write 80%")
    return plan_of(scenario, Wishes(Formula(method.value), reckoned, busiest, least))


def _share(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return share(text if "%" in text else float(text))
    except ValueError as error:
        known = "share" in str(error) or "%" in str(error)
        why = text_of(error) if known else said("is not a share: write 85% or 0.85")
        raise BadInput("{option} {said}: {said_2}", option=option, said=text, said_2=why) from None


def searched(
    scenario: Scenario, replications: int | None, processes: int | None, limit_s: float | None = None
) -> "Searched":
    """Return the plan that simulation finds, judged on fresh replications; when time is up, the best one so far."""
    from sim.planning.staffing import search
    from sim.planning.staffing.search import JUDGED_ON

    with Bar(_("searching"), 1, timed=False) as bar, Patience(limit_s) as patience:

        def told(doing: str, done: int, of: int) -> None:
            bar.turn_to(_(doing))
            bar(done, of)

        judged_on = JUDGED_ON if replications is None else replications
        return search(scenario, judged_on=judged_on, processes=processes, progress=told, stop=patience.is_over)


def lived(scenario: Scenario, replications: int | None, processes: int | None, what: str) -> JSON:
    """Return what a simulation says of the scenario with its people."""
    from sim.planning.plan import simulated
    from sim.planning.plan.verify import SHORT_RUN

    wanted = SHORT_RUN if replications is None else replications
    with Bar(what, wanted) as bar:
        return simulated(scenario, replications=wanted, processes=processes, progress=bar)
