"""A simulated day told over HTTP, with a clock moved by hand: the same events as the simulator's, byte for byte."""

import asyncio
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from api.customers.directory import directory
from api.live.clock import HandClock
from api.settings import Settings
from api.state.views import OfferTokens
from api.store.codec import write_line
from callcenter import commands as cmd
from callcenter.commands import Command
from callcenter.config.load import load_scenario
from callcenter.scenario import Scenario
from callcenter.units import HOUR
from sim.run.driver import Day, centre_of
from tests.live.conftest import Service, running
from tests.strategies_wild import wild_scenarios

TOLD = Settings(call_ids="external", rate_per_s=1e9, burst=10**9)
STATES = {cmd.SetAvailable: "available", cmd.LogOut: "logged_out", cmd.EndWrapUp: "wrapup_done"}
REPORTS = {cmd.AbandonCall: "abandoned", cmd.EndCall: "completed", cmd.ConvertCall: "callback_requested"}
ACTIONS = {cmd.AcceptOffer: "accept", cmd.EndOffer: "reject"}
LONG = 4_000
"""Events of a day that is left to the slow tests."""


def request(command: Any, tokens: OfferTokens) -> tuple[str, dict[str, Any]]:
    """Return the request that a telephony system or a desktop makes of a command."""
    kind = type(command)
    if isinstance(command, cmd.EndWrapUp) and command.subject is not None and "/cb" not in command.subject:
        return f"/calls/{command.subject}/events", {"type": "wrapup_done"}
    if kind in STATES:
        return f"/agents/{command.agent_id}/state", {"state": STATES[kind]}
    if kind in REPORTS:
        return f"/calls/{command.call_id}/events", {"type": REPORTS[kind]}
    if kind in ACTIONS and "/cb" in command.offer_id:
        cause = {"cause": str(command.end)} if kind is cmd.EndOffer else {}
        return f"/offers/{command.offer_id}:{ACTIONS[kind]}", {"token": tokens.of(command.offer_id)} | cause
    match command:
        case cmd.ReportReached():
            return f"/callbacks/{command.task_id}/attempts", {"outcome": "reached"}
        case cmd.ReportNotReached():
            return f"/callbacks/{command.task_id}/attempts", {"outcome": command.cause}
        case cmd.EndTask():
            result = {} if command.result is None else {"result": command.result}
            return f"/callbacks/{command.task_id}/attempts", {"outcome": "completed"} | result
        case cmd.AdmitCall():
            call = {"source": "sim", "external_call_id": command.call_id, "queue": command.queue,
                    "tier": command.tier, "customer_id": command.customer, "intent": command.intent,
                    "skills": dict(command.skills), "channel": command.channel}  # fmt: skip
            return "/calls", {name: value for name, value in call.items() if value is not None}
        case cmd.LogIn():
            return f"/agents/{command.agent_id}/state", {"state": "available", "group": command.group}
        case cmd.SetNotReady():
            return f"/agents/{command.agent_id}/state", {"state": "not_ready", "reason": command.reason}
        case cmd.AcceptOffer():
            subject = command.offer_id.rpartition("/o")[0]
            return f"/calls/{subject}/events", {"type": "answered", "offer_id": command.offer_id}
        case cmd.EndOffer():
            subject = command.offer_id.rpartition("/o")[0]
            return f"/calls/{subject}/events", {"type": str(command.end), "offer_id": command.offer_id}
    raise AssertionError(f"nobody says {kind.__name__} over HTTP")


async def told_over_http(path: Path, day: Day, until: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tell the commands of `day` up to `until`, and return the lines of the events that became durable."""
    assert day.journal is not None
    clock = HandClock(day.journal[0][0])
    draws: list[str] = []
    # Who calls is drawn by chance, in the service and in the simulator: both draw the same here.
    monkeypatch.setattr(directory, "new_id", lambda *_about: draws.pop())
    async with running(path, centre_of(day.scenario), TOLD, clock) as service:
        for at, command in day.journal:
            if at > until:
                break
            clock.move_to(at)
            await _tell(service, command, draws)
        clock.move_to(max(until, clock.now()))
        service.live.tick()
        await service.live.settled()
    async with running(path, centre_of(day.scenario), TOLD, clock) as service:  # only what is on the disk
        resumed = await service.live.find("customers", limit=1)
        assert resumed or not day.knows_customers
        events = await service.live.events_after(0, 10**9)
    return [write_line(event) for event in events]


async def _tell(service: Service, command: Command, draws: list[str]) -> None:
    if isinstance(command, cmd.AdmitCall) and command.customer is not None:
        draws[:] = [command.customer]
    service.live.tick()  # people act on what they were told of: the service has a timer
    await service.services.feed.catch_up()
    where, body = request(command, service.services.tokens)
    answer = await service.client.post(f"/v1{where}", json=body)
    assert answer.status_code < 500, answer.text


def compare(
    tmp_path: Path, scenario: str, until: int | None, monkeypatch: pytest.MonkeyPatch, *sets: str
) -> Counter[str]:
    """Compare up to `until` (None: all of it); return how many events of each kind were the same."""
    day = Day(load_scenario(scenario, sets), 0, keep_journal=True).run()
    last = day.end if until is None else day.begin + until
    same(tmp_path, day, last, monkeypatch)
    return Counter(type(event).__name__ for event in day.history if event.at <= last)


def same(folder: Path, day: Day, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """See that the service decides as the simulator did, up to `last`."""
    expected = [write_line(event) for event in day.history if event.at <= last]
    found = asyncio.run(told_over_http(folder / "x.sqlite3", day, last, monkeypatch))
    assert found[: len(expected)] == expected
    assert "ServiceResumed" in found[len(expected)], "after them only the restart of the test itself"


@pytest.mark.ci
def test_a_first_day_over_http_is_the_simulated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert compare(tmp_path, "first-steps", None, monkeypatch).total() > 1_900


@pytest.mark.ci
def test_the_flagships_morning_over_http_is_the_simulated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """All tiers, wrap-ups, breaks; understaffed, so that callers are lost and called back."""
    kinds = compare(
        tmp_path, "telecom-hotline", 11 * HOUR, monkeypatch, "shrinkage=40%", "arrivals.*.calls_per_day*=0.6"
    )
    assert min(kinds[kind] for kind in ("CallAbandoned", "TaskScheduled", "TaskReached", "AgentBecameNotReady")) > 0


@pytest.mark.ci
def test_callers_who_keep_their_place_are_called_back_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kinds = compare(tmp_path, "flash-callback", 13 * HOUR, monkeypatch)
    assert min(kinds[kind] for kind in ("CallConverted", "TaskNotReached", "TaskCompleted")) > 10


@pytest.mark.ci
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(scenario=wild_scenarios())
def test_a_day_of_any_centre_over_http_is_the_simulated_one(scenario: Scenario):
    """Rules of every kind at once: overflow, relaxation, reserves, virtual hold, several calls to one agent."""
    day = Day(scenario, 0, keep_journal=True).run()
    assume(day.journal and len(day.history) < LONG)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        same(Path(folder), day, day.end, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["telecom-hotline", "flash-callback"])
def test_whole_days_over_http_are_the_simulated_ones(tmp_path: Path, scenario: str, monkeypatch: pytest.MonkeyPatch):
    assert compare(tmp_path, scenario, None, monkeypatch).total() > 30_000
