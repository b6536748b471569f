"""`callcenter scenario validate|schema|new|customers`: check, describe and start scenario files; make up customers."""

import json
from pathlib import Path
from typing import Annotated

import typer

from callcenter.config.load import find, load_scenario
from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.scenario import Scenario, Shift, is_on
from callcenter.tiers import Target
from callcenter.units import DAY, MINUTE, SECOND

LOOK_EVERY = 5 * MINUTE
"""Agents at the peak are counted this often through the day."""

scenario = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@scenario.command()
def validate(
    file: Annotated[str, typer.Argument(metavar="SCENARIO", help="A path, or the name of a shipped scenario.")],
    sets: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one figure.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a scenario file and say what is in it."""
    checked = load_scenario(file, sets or ())
    if as_json:
        print(json.dumps(summary(checked)))
        return
    print("\n".join(told(checked)))


@scenario.command()
def schema(
    centre: Annotated[bool, typer.Option("--centre", help="Of a centre file instead of a scenario file.")] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from callcenter.config.schema import centre_schema, scenario_schema

    print(json.dumps(centre_schema() if centre else scenario_schema(), indent=2, ensure_ascii=False))


@scenario.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH", help="The new file; .yaml is added where missing.")],
    shipped: Annotated[str, typer.Option("--from", metavar="SHIPPED", help="Start from this one.")] = "first-steps",
) -> None:
    """Write a commented scenario file to start from."""
    source = find(shipped, "scenario")
    path = Path(name) if name.endswith((".yaml", ".yml")) else Path(f"{name}.yaml")
    if path.name in {".yaml", ".yml"}:
        raise BadInput("{name}: is no name for a file: write callcenter scenario new my-day", name=name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source.text)
    except FileExistsError:
        raise BadInput("{path}: is there already: choose another name, or remove it first", path=path) from None
    except FileNotFoundError:
        raise BadInput(
            "{path}: the folder {parent} does not exist: make it first", path=path, parent=path.parent
        ) from None
    except IsADirectoryError:
        raise BadInput("{path}: is a folder: choose another name", path=path) from None
    print(_("wrote {path}; now: callcenter simulate {path}", path=path))


@scenario.command()
def customers(
    file: Annotated[str, typer.Argument(metavar="SCENARIO", help="A path, or the name of a shipped scenario.")],
    out: Annotated[Path, typer.Option(metavar="CUSTOMERS.csv", help="Where to write them.")],
    count: Annotated[int, typer.Option("--customers", metavar="N", help="How many.")] = 100_000,
    seed: Annotated[int | None, typer.Option(min=0, help="Chance (default: the scenario's).")] = None,
) -> None:
    """Write customers made up to fit what the scenario says its tiers are worth, for `callcenter tiers`."""
    from callcenter.cli.replaced import check_foreign
    from callcenter.cli.tables import check_table, write_table
    from sim.model.population import COLUMNS, population, rows

    check_table(out)
    check_foreign(out, COLUMNS)
    made = population(load_scenario(file), count, seed)
    write_table(out, COLUMNS, rows(made.customers))
    print(_("wrote {out}; now: callcenter tiers {out} --method pyramid", out=out))


def summary(scenario: Scenario) -> dict[str, object]:
    """Return what is in a scenario, in numbers of its first measured day."""
    day = scenario.horizon.measured.start
    calls = calls_of_day(scenario, day)
    peak, at = peak_agents(scenario, day)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "queues": [queue.name for queue in scenario.centre.queues],
        "groups": [group.name for group in scenario.centre.groups],
        "tiers": {
            tier.name: {
                "band": tier.band,
                "target": _target(tier.target),
                "calls_per_day": round(calls.get(tier.name, 0.0), 1),
            }
            for tier in scenario.centre.tiers
        },
        "calls_per_day": round(sum(calls.values()), 1),
        "agents_at_peak": peak,
        "peak_at": None if at is None else _clock(at),
        "days": {
            "discarded": scenario.horizon.discard,
            "measured": scenario.horizon.days,
            "run_off": scenario.horizon.run_off,
        },
        "replications": scenario.replications,
        "seed": scenario.seed,
    }


def told(scenario: Scenario) -> list[str]:
    """Return the summary as a few lines for people."""
    day = scenario.horizon.measured.start
    calls = calls_of_day(scenario, day)
    peak, at = peak_agents(scenario, day)
    lines = [
        _("{scenario}: valid{more}", scenario=scenario.name, more=f" ({scenario.title})" if scenario.title else "")
    ]
    lines.append(_("  queues    {queues}", queues=", ".join(queue.name for queue in scenario.centre.queues)))
    for tier in scenario.centre.tiers:
        target = _target(tier.target) or _("no target")
        lines.append(
            _(
                "  tier      {tier}: band {band}, {target}, {calls:,.0f} calls a day",
                tier=tier.name,
                band=tier.band,
                target=target,
                calls=calls.get(tier.name, 0),
            )
        )
    lines.append(_("  calls     {sum:,.0f} expected on the first measured day", sum=sum(calls.values())))
    lines.append(
        _(
            "  agents    {peak} at the peak{more}",
            peak=peak,
            more="" if at is None else _(", from {time}", time=_clock(at)),
        )
    )
    horizon = scenario.horizon
    around = (
        _(", after {discard} and before {run_off} not measured", discard=horizon.discard, run_off=horizon.run_off)
        if horizon.discard
        else ""
    )
    lines.append(
        _(
            "  days      {days} measured{around}; {replications} replications",
            days=horizon.days,
            around=around,
            replications=scenario.replications,
        )
    )
    if calls and not peak:
        lines.append(_("  note      nobody is on duty: add shifts or staffing, or ask: callcenter staff"))
    elif calls:
        from sim.results.notes import calls_in_vain

        lines += [_("  note      {line}", line=_(note["says"])) for note in calls_in_vain(scenario)]
    if not calls:
        lines.append(_("  note      no calls on the first measured day: see arrivals, weekdays, horizon.start"))
    return lines


def calls_of_day(scenario: Scenario, day: int) -> dict[str, float]:
    """Return the expected calls of local day number `day` by tier."""
    calls: dict[str, float] = {}
    for stream in scenario.streams:
        if is_on(stream, day):
            for tier, part in stream.tiers:
                calls[tier] = calls.get(tier, 0.0) + part * sum(stream.calls)
    for call in scenario.recorded:
        if call.at // DAY == day - scenario.horizon.first_day:
            calls[call.tier] = calls.get(call.tier, 0.0) + 1
    return calls


def peak_agents(scenario: Scenario, day: int) -> tuple[int, int | None]:
    """Return the most agents on duty at once on local day number `day`, and when (ms after midnight)."""
    best, at = 0, None
    for now in range(0, DAY, LOOK_EVERY):
        heads = sum(_on_duty(shift, day, now) for shift in scenario.shifts)
        for entry in scenario.staffing:
            index = (now - entry.begin) // entry.interval
            if is_on(entry, day) and 0 <= index < len(entry.agents):
                heads += entry.agents[index]
        if heads > best:
            best, at = heads, now
    return best, at


def _on_duty(shift: Shift, day: int, now: int) -> int:
    """Return how many of `shift` are on the phone: today's, or last night's."""
    for begun, clock in ((day, now), (day - 1, now + DAY)):
        if is_on(shift, begun) and shift.begin <= clock < shift.end:
            into = clock - shift.begin
            return 0 if any(b.begin <= into < b.begin + b.length for b in shift.breaks) else shift.agents
    return 0


def _target(target: Target | None) -> str | None:
    return None if target is None else f"{target.share * 100:g}/{target.within / SECOND:g}"


def _clock(at: int) -> str:
    return f"{at // (60 * MINUTE):02}:{at // MINUTE % 60:02}"
