"""`callcenter erlang b|c|a|x|tiers|retrial`: the formulas for one case or a table, and how many agents a goal needs."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from callcenter.cli.cells import left, right
from callcenter.cli.erlang_cases import COLUMN_OF, Answer, Case, answered, read_case
from callcenter.cli.erlang_table import run_table
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.models import GOALS, MODELS
from callcenter.errors import BadInput
from callcenter.language.said import N_
from callcenter.language.spoken import _

TOLD = {
    "offered_load_erlangs": (N_("offered load"), "erlangs"),
    "load_with_redials_erlangs": (N_("load, redials included"), "erlangs"),
    "blocking_probability": (N_("turned away"), "share"),
    "p_served": (N_("get through"), "share"),
    "p_no_wait": (N_("find an agent free"), "share"),
    "p_wait": (N_("calls that wait"), "share"),
    "p_block": (N_("turned away"), "share"),
    "p_lost": (N_("give up"), "share"),
    "service_level": (N_("answered within the limit"), "share"),
    "asa_s": (N_("mean wait of the answered"), "s"),
    "mean_queue": (N_("calls waiting, on average"), ""),
    "mean_orbit": (N_("between attempts, on average"), ""),
    "attempts": (N_("attempts per caller"), ""),
    "occupancy": (N_("agents' time on calls"), "share"),
    "p_abandon": (N_("hang up"), "share"),
    "p_wait_le_t_given_served": (N_("within the limit, of the answered"), "share"),
    "sl_excl_abandoned_within_t": (N_("the same, without short abandons"), "share"),
    "p_virtual_wait_le_t": (N_("within the limit, if nobody hung up"), "share"),
    "mean_wait_all": (N_("mean wait of all"), "s"),
    "mean_wait_abandoned": (N_("mean wait of those who hang up"), "s"),
}
"""Figures in words; those that are not here are in the JSON only."""
UNITS = {
    "share": N_("{value:.2f} %"),
    "erlangs": N_("{value:,.2f} erlangs"),
    "s": N_("{value:,.2f} s"),
    "": "{value:,.2f}",
}
SATURATED = N_("saturated: as many calls as the agents can handle, or more; the queue grows without end")

erlang = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Text = str | None
Calls = Annotated[Text, typer.Option(metavar="N", help="Calls offered in the interval (decimals are welcome).")]
Interval = Annotated[str, typer.Option(metavar="DURATION", help="Length of the interval.")]
Aht = Annotated[Text, typer.Option(metavar="DURATION", help="Mean handling time, after-call work included.")]
Agents = Annotated[Text, typer.Option(metavar="N", help="Agents on duty; leave it out and give a goal to ask.")]
Within = Annotated[Text, typer.Option(metavar="DURATION", help="Limit of the service level.")]
Patience = Annotated[Text, typer.Option(metavar="DURATION", help="Mean patience, or never.")]
Places = Annotated[Text, typer.Option(metavar="N", help="Calls that can wait at once; more are turned away.")]
Redial = Annotated[Text, typer.Option(metavar="DURATION", help="Mean time until who got no agent tries again.")]
RedialShare = Annotated[Text, typer.Option(metavar="SHARE", help="How many of the lost ring again.")]
Goal = Annotated[Text, typer.Option("--target", metavar="SHARE", help="How many agents: so many served in time.")]
Asa = Annotated[Text, typer.Option(metavar="DURATION", help="How many agents: mean wait of the answered, at most.")]
Occupancy = Annotated[Text, typer.Option(metavar="SHARE", help="How many agents: busy so much of their time, at most.")]
Lost = Annotated[Text, typer.Option(metavar="SHARE", help="How many agents: turned away or gone, at most.")]
Shrinkage = Annotated[Text, typer.Option(metavar="SHARE", help="Away from the phone: also say how many to roster.")]
Table = Annotated[
    Text,
    typer.Option("--csv", metavar="FILE", help="Cases by row; - is standard input. Bare times are seconds."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@erlang.command()
def b(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, target: Goal = None,
    occupancy: Occupancy = None, lost: Lost = None, shrinkage: Shrinkage = None, within: Within = None,
    table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang B: who finds every line busy is turned away. --target is the share that gets through."""
    given = {"calls": calls, "interval": interval, "aht": aht, "agents": agents}
    _run("b", given, {"target": target, "occupancy": occupancy, "lost": lost}, shrinkage, table, as_json)


@erlang.command()
def c(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    target: Goal = None, asa: Asa = None, occupancy: Occupancy = None, shrinkage: Shrinkage = None,
    table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang C: everybody waits as long as it takes."""
    given = {"calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within}
    _run("c", given, {"target": target, "asa": asa, "occupancy": occupancy}, shrinkage, table, as_json)


@erlang.command()
def a(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    patience: Patience = None, target: Goal = None, asa: Asa = None, occupancy: Occupancy = None, lost: Lost = None,
    shrinkage: Shrinkage = None, table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang A: callers hang up when their patience ends."""
    given = {
        "calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within, "patience": patience,
    }  # fmt: skip
    goals = {"target": target, "asa": asa, "occupancy": occupancy, "lost": lost}
    _run("a", given, goals, shrinkage, table, as_json)


@erlang.command()
def x(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    places: Places = None, patience: Patience = None, redial_share: RedialShare = None, target: Goal = None,
    asa: Asa = None, occupancy: Occupancy = None, lost: Lost = None, shrinkage: Shrinkage = None,
    table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang X: bounded waiting places, patience (never unless said), and a share of the lost who ring again."""
    given = {
        "calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within, "places": places,
        "patience": patience, "redial_share": redial_share,
    }  # fmt: skip
    goals = {"target": target, "asa": asa, "occupancy": occupancy, "lost": lost}
    _run("x", given, goals, shrinkage, table, as_json)


@erlang.command()
def tiers(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    patience: Patience = None, target: Goal = None, asa: Asa = None, occupancy: Occupancy = None, lost: Lost = None,
    shrinkage: Shrinkage = None, table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Tiers in strict order, the highest first: --calls 20,70,10 --within 10s,20s,60s --patience 60s,3m,2m."""
    given = {
        "calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within, "patience": patience,
    }  # fmt: skip
    goals = {"target": target, "asa": asa, "occupancy": occupancy, "lost": lost}
    _run("tiers", given, goals, shrinkage, table, as_json)


@erlang.command()
def retrial(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, redial: Redial = None,
    redial_share: RedialShare = None, target: Goal = None, asa: Asa = None, occupancy: Occupancy = None,
    lost: Lost = None, shrinkage: Shrinkage = None, table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """No place to wait: who finds all agents busy tries again after a while. --target: served at the first attempt."""
    given = {
        "calls": calls, "interval": interval, "aht": aht, "agents": agents, "redial": redial,
        "redial_share": redial_share,
    }  # fmt: skip
    goals = {"target": target, "asa": asa, "occupancy": occupancy, "lost": lost}
    _run("retrial", given, goals, shrinkage, table, as_json)


def _run(
    name: str,
    given: Mapping[str, Text],
    goals: Mapping[str, Text],
    shrinkage: Text,
    table: Text,
    as_json: bool,
) -> None:
    wished = {goal: text for goal, text in goals.items() if text is not None}
    if table is not None:
        run_table(name, given, wished, shrinkage, table, as_json)
        return
    if given["agents"] is None and not wished:
        raise BadInput(
            "--agents is missing: write callcenter erlang {name} {name_2}, or ask how many: --target "
            "80%{more}, --occupancy 85% instead",
            name=name,
            name_2=_example(name),
            more=", --asa 20s" if MODELS[name].asa else "",
        )
    case = read_case(name, given, wished, shrinkage)
    try:
        answer = answered(name, [case])[0]
    except BadFigure as error:
        raise BadInput(
            "--{error} {error_2}: {rule}",
            error=_option(error),
            error_2=str(error.value).removesuffix(".0"),
            rule=error.rule,
        ) from None
    print(json.dumps(answer) if as_json else "\n".join(told(name, case, answer)))


def told(name: str, case: Case, answer: Answer) -> list[str]:
    """Return one case as lines for people."""
    lines = []
    if case.asked:
        wanted = ", ".join(f"{goal} {text}" for goal, text in case.goal_texts.items())
        lines.append(_("{n} agents, the fewest with {goals}", n=answer["agents"], goals=wanted))
        if answer.get("rostered") is not None:
            lines.append(_("{n} on the roster, the shrinkage included", n=answer["rostered"]))
    for key in ("offered_load_erlangs", *MODELS[name].keys):
        if key in TOLD:
            words, unit = TOLD[key]
            value = answer[key]
            shown = value if isinstance(value, list) else [value]
            lines.append(f"{left(_(words), 36)} " + "  ".join(right(_figure(v, unit), 10) for v in shown))
    fewer = answer.get("one_fewer")
    if isinstance(fewer, dict):
        level = fewer.get(MODELS[name].level)
        shown = level if isinstance(level, list) else [level]
        found = ", ".join(_figure(v, "share") for v in shown)
        what = _(TOLD[MODELS[name].level][0])
        lines.append(_("with one agent fewer: {what} {figures}", what=what, figures=found))
    if answer["stable"] is False or (isinstance(answer["stable"], list) and not all(answer["stable"])):
        lines.append(_(SATURATED))
    return lines


def _figure(value: object, unit: str) -> str:
    if not isinstance(value, int | float):
        return "-"
    return _(UNITS[unit], value=value * 100 if unit == "share" else value)


def _example(name: str) -> str:
    tail = {
        "b": "", "c": " --within 20s", "a": " --within 20s --patience 5m", "x": " --within 20s --places 20",
        "tiers": " --within 20s", "retrial": " --redial 5m",
    }[name]  # fmt: skip
    calls = "20,70,10" if MODELS[name].by_tier else "100"
    return f"--calls {calls} --interval 30m --aht 180s --agents 14{tail}"


def _option(error: BadFigure) -> str:
    name = COLUMN_OF.get(error.name, error.name)
    return name.replace("_", "-") if name not in GOALS else name
