"""`callcenter drive`: a scenario's people against a running service, told beside the simulator's figures."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.cli.options import AsJson, Replications, ScenarioName, Seed, Sets, json_text, note, with_chance
from callcenter.cli.progress import TERMINATED, Bar
from callcenter.config.load import load_scenario
from callcenter.config.words import clock
from callcenter.errors import BadInput
from callcenter.events import RejectReason
from callcenter.language.spoken import _
from callcenter.lifecycle.measures import CallRecord
from callcenter.scenario import Scenario

if TYPE_CHECKING:
    from callcenter.cli.driving.cleanup import Left
    from callcenter.cli.driving.live_day import LiveDay
    from callcenter.cli.driving.service import Service
    from callcenter.units import Millis

FAILED: Final = 1
INTERRUPTED: Final = 130


@dataclass(slots=True)
class Driven:
    """What came of a run: the people as they stand at its end, and why it ended early."""

    played: "LiveDay"
    http: dict[str, Any]
    interrupted: int = 0
    """The exit status of one who was asked to end; 0: the people's time was over."""


def drive(
    scenario: ScenarioName,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:8080",
    speed: Annotated[float, typer.Option(min=0.01, max=10_000, help="How much faster than life people act.")] = 1.0,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Stop after so many of their minutes.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM", help="Join their first day at this time of day.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Names this run: its calls are RUN-NUMBER (default: a name that is new there).")
    ] = None,
    replications: Replications = None,
    seed: Seed = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> int:
    """Play a scenario's people against a running service, and tell it beside the simulator's figures.

    The API key, of the scopes telephony and supervisor, is read from CALLCENTER_KEY. Ctrl-C hangs up, signs out and
    tells what has come of it so far.
    """
    import uvloop

    from callcenter.cli.driving.beside import beside, figures_of, show, thresholds_of
    from callcenter.cli.driving.service import KEY
    from sim.model.people import check_people
    from sim.report.table import console_for, say

    found = with_chance(load_scenario(scenario, sets or ()), replications, seed)
    check_people(found)
    begin = None if since is None else _time_of_day(since)
    key = os.environ.get(KEY)
    if not key:
        raise BadInput("{key}: is not set: put an API key with the scopes telephony and supervisor there", key=KEY)
    try:
        driven: Driven = uvloop.run(_drive(found, url, key, speed, minutes, run, begin))
    except asyncio.CancelledError:  # asked a second time: at once, whatever is left
        raise KeyboardInterrupt from None
    played = driven.played
    say_closed(played.ledger.calls)
    within = thresholds_of(found, speed)
    runs, status = ([], driven.interrupted) if driven.interrupted else _simulated(found, minutes, within, begin)
    tiers = beside(figures_of(played.ledger.calls, found, played.now, within), runs, within)
    if as_json:
        told = {"scenario": found.name, "seed": found.seed, "speed": speed, "minutes": minutes}
        print(json_text(told | {"interrupted": bool(status), "tiers": tiers, "http": driven.http}))
    else:
        console = console_for(sys.stdout)
        show(console, found, tiers, speed)
        say(console, "  ".join(f"{name} {value}" for name, value in driven.http.items()))
    return status or (FAILED if driven.http["failed"] else 0)


def _time_of_day(text: str) -> int:
    try:
        return clock(text)
    except ValueError as wrong:
        raise BadInput("--from: {wrong}", wrong=wrong) from None


def _simulated(
    scenario: Scenario, minutes: float | None, thresholds: "dict[str, Millis]", since: int | None
) -> "tuple[list[Any], int]":
    """Return the figures of the simulator, or none and the exit status of one who does not wait for them."""
    from callcenter.cli.driving.beside import simulated

    try:
        with Bar("simulating", scenario.replications) as bar:
            return simulated(scenario, minutes, bar, thresholds, since), 0
    except KeyboardInterrupt:
        return [], INTERRUPTED


async def _drive(
    scenario: Scenario, url: str, key: str, speed: float, minutes: float | None, run: str | None, since: int | None
) -> Driven:
    from callcenter.cli.driving.live_day import LiveDay
    from callcenter.cli.driving.service import Service

    async with Service(url, key) as service:
        _check(scenario, await service.first("/v1/centre"), url)
        if speed != 1:
            note(
                _(
                    "callcenter drive: at --speed {speed:g} the service's own limits (ringing, wrap-up, "
                    "promises, service level) are {speed:g} times as long for these people, and all figures "
                    "are judged by them: a fair comparison needs a centre without them, or speed 1",
                    speed=speed,
                )
            )
        last = (await service.get("/v1/events", limit=1, after=2**53)).get("last", 0)
        played = LiveDay(scenario, service, run or f"d{last}", speed, minutes, since)
        return await _to_the_end(played, service)


async def _to_the_end(played: "LiveDay", service: "Service") -> Driven:
    """Play until it is over or somebody asks for the end, and leave nothing behind."""
    from callcenter.cli.driving.cleanup import leave
    from callcenter.cli.driving.progress_line import Passing

    task = asyncio.current_task()
    assert task is not None
    asked: list[int] = []

    def end(status: int) -> None:
        asked.append(status)
        task.cancel()

    loop = asyncio.get_running_loop()
    for sign, status in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)):
        loop.add_signal_handler(sign, end, status)
    passing = Passing()
    driven = Driven(played, {})
    try:
        await played.play(passing)
    except asyncio.CancelledError:
        task.uncancel()
        driven.interrupted = asked[0]
    finally:
        passing.close()
        driven.http = _http(played, service)
        _say(await leave(played), driven.interrupted)
    return driven


def _say(left: "Left", interrupted: int) -> None:
    if left or interrupted:
        note(_("callcenter drive: {how}: {left}", how=_("interrupted") if interrupted else _("over"), left=left))


def say_closed(calls: Sequence[CallRecord]) -> None:
    """Say how many of the calls found the service's lines closed: it keeps its hours by its own clock."""
    closed = sum(call.outcome == "rejected" and call.target == RejectReason.CLOSED for call in calls)
    if closed:
        note(
            _(
                "callcenter drive: {closed:,} of {n:,} calls found the line closed, by the service's clock: "
                "always_open = true in its callcenter.toml plays a day at any time",
                closed=closed,
                n=len(calls),
            )
        )


def _http(played: "LiveDay", service: "Service") -> dict[str, Any]:
    """Return how the requests went."""
    times = sorted(service.latencies_s)
    return {
        "requests": service.sent, "refused": service.refused, "failed": service.failed, "sent_again": service.again,
        "events": played.heard_events, "behind_s": round(played.behind_s, 2),
        "p50_ms": round(times[len(times) // 2] * 1000, 2) if times else None,
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2) if times else None,
    }  # fmt: skip


def _check(scenario: Scenario, centre: dict[str, Any], url: str) -> None:
    """Refuse a service whose centre is not the scenario's."""
    wanted = {
        "queues": [queue.name for queue in scenario.centre.queues],
        "tiers": [tier.name for tier in scenario.centre.tiers],
        "groups": [group.name for group in scenario.centre.groups],
    }
    for what, names in wanted.items():
        missing = [name for name in names if name not in centre.get(what, ())]
        if missing:
            raise BadInput(
                "--url {url}: has no {what} {missing!r}: serve --centre the scenario's file",
                url=url,
                what=what[:-1],
                missing=missing[0],
            )
