"""`callcenter drive`: a scenario's people against a running service, told in the simulator's own figures."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.cli.options import AsJson, ScenarioName, Seed, Sets, json_text, note, with_chance
from callcenter.errors import BadInput
from callcenter.files.load import load_scenario
from callcenter.measures import DEFAULT_THRESHOLD, FORMULAS, Tally, service_level
from callcenter.scenario import Scenario
from callcenter.units import SECOND

if TYPE_CHECKING:
    from callcenter.cli.played import Played

KEY = "CALLCENTER_KEY"


def drive(
    scenario: ScenarioName,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:8080",
    speed: Annotated[float, typer.Option(min=0.01, max=10_000, help="How much faster than life people act.")] = 1.0,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Stop after so many of their minutes.")] = None,
    run: Annotated[str, typer.Option(help="Names this run: its calls are RUN-NUMBER.")] = "d",
    seed: Seed = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> int:
    """Play a scenario's people against a running service. The API key is read from CALLCENTER_KEY."""
    found = with_chance(load_scenario(scenario, sets or ()), None, seed)
    key = os.environ.get(KEY)
    if not key:
        raise BadInput(f"{KEY}: is not set: put an API key with the scopes telephony, agent and supervisor there")
    played = asyncio.run(_play(found, url, key, speed, minutes, run))
    result = summary(played, found)
    if as_json:
        print(json_text(result))
    else:
        for name, figures in result["tiers"].items():
            print(f"{name:14} " + "  ".join(f"{k} {v}" for k, v in figures.items()))
        print("  ".join(f"{k} {v}" for k, v in result["http"].items()))
    return 1 if played.failed else 0


async def _play(scenario: Scenario, url: str, key: str, speed: float, minutes: float | None, run: str) -> "Played":
    import httpx2

    from callcenter.cli.played import Played

    limits = httpx2.Limits(max_connections=40, max_keepalive_connections=40)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=10, trust_env=False) as client:
        try:
            answer = await client.get("/v1/centre")
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise BadInput(f"--url {url}: nobody answers there ({fault}): start callcenter serve") from None
        if answer.status_code != 200:
            raise BadInput(f"--url {url}: GET /v1/centre answers {answer.status_code}: is {KEY} an admin's key?")
        _check(scenario, answer.json(), url)
        if speed != 1:
            note("callcenter drive: people act faster than life, the service's own limits do not: no fair comparison")
        played = Played(scenario, client, run, speed)
        await played.play(minutes)
        return played


def _check(scenario: Scenario, centre: dict[str, Any], url: str) -> None:
    """Refuse a service whose centre is not the scenario's."""
    wanted = {
        "queues": [queue.name for queue in scenario.centre.queues],
        "tiers": [tier.name for tier in scenario.centre.tiers],
        "groups": [group.name for group in scenario.centre.groups],
    }
    for what, names in wanted.items():
        missing = [name for name in names if name not in centre[what]]
        if missing:
            raise BadInput(f"--url {url}: has no {what[:-1]} {missing[0]!r}: serve --centre the scenario's file")


def summary(played: "Played", scenario: Scenario) -> dict[str, Any]:
    """Return the figures of the run, by the same folds as the simulator's."""
    thresholds = {t.name: t.target.within for t in scenario.centre.tiers if t.target is not None}
    tallies = {tier.name: Tally() for tier in scenario.centre.tiers}
    waits: dict[str, list[int]] = {tier.name: [] for tier in scenario.centre.tiers}
    for record in played.ledger.calls:
        record.count(tallies[record.tier], thresholds.get(record.tier, DEFAULT_THRESHOLD), played.now)
        if record.outcome == "answered" and record.left_at is not None:
            waits[record.tier].append(record.left_at - record.queued_at)
    tiers = {}
    for name, tally in tallies.items():
        levels = {formula: service_level(tally, formula) for formula in FORMULAS}
        tiers[name] = {
            "offered": tally.offered, "answered": tally.answered, "abandoned": tally.abandoned,
            "overflowed": tally.overflowed, "converted": tally.converted, "rejected": tally.rejected,
            "failed": tally.failed, "open": tally.open,
            "sl_net": levels["sl_net"], "sl_all": levels["sl_all"],
            "asa_s": sum(waits[name]) / len(waits[name]) / SECOND if waits[name] else None,
        }  # fmt: skip
    times = sorted(played.latencies_s)
    http = {
        "requests": played.sent, "refused": played.refused_by_service, "failed": played.failed,
        "events": played.heard_events,
        "p50_ms": round(times[len(times) // 2] * 1000, 2) if times else None,
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2) if times else None,
    }  # fmt: skip
    return {"scenario": scenario.name, "seed": scenario.seed, "tiers": tiers, "http": http}
