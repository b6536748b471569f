"""`callcenter drive`, as far as no service is needed: words for it, figures beside it, kind refusals."""

import asyncio
import json

import pytest

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.cli import main
from callcenter.cli.drive import say_closed
from callcenter.cli.driving import service as asking
from callcenter.cli.driving.beside import beside, figures_of, simulated, thresholds_of
from callcenter.cli.driving.cleanup import Left
from callcenter.cli.driving.service import KEY, Service
from callcenter.cli.driving.words import Words
from callcenter.config.load import load_scenario
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId, TaskId
from callcenter.lifecycle.measures import CallRecord
from callcenter.units import Millis
from sim.experiment.replicate import one
from sim.run.partial_day import PartialDay

NOWHERE = "http://127.0.0.1:9"


# --- refusals


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        (NOWHERE, "cc_a_b", "nobody answers there"),
        ("nonsense", "cc_a_b", "nobody answers there"),
        ("http://[", "cc_a_b", "--url http://["),
        (NOWHERE, "", "CALLCENTER_KEY: is not set"),
    ],
)
def test_where_it_cannot_begin_it_says_so_in_one_line(url, key, says, monkeypatch, capsys):
    monkeypatch.setenv(KEY, key)
    status = main(["drive", "first-steps", "--url", url])
    said = capsys.readouterr()

    assert (status, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert says in said.err


def test_a_service_that_stays_away_ends_the_run_with_what_is_the_matter(monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE_S", 0.2)
    monkeypatch.setattr(asking, "AGAIN_S", 0.3)

    async def posted() -> Service:
        async with Service(NOWHERE, "cc_a_b") as service:
            assert await service.post("/v1/calls", {}) is None
            with pytest.raises(OSError, match="does not answer any more"):
                await service.trouble
            return service

    service = asyncio.run(posted())
    assert (service.failed, service.sent) == (1, 0)
    assert service.again >= 1, "one refused connection is no reason to give up"


# --- words


def test_each_deed_has_its_address_and_body_by_the_services_names():
    words = Words("r")
    path, body = words.request(cmd.AdmitCall(CallId("7"), "hotline", "vip", CustomerKey("k1")), {}) or ("", {})
    there = words.there("7")

    assert (path, body["external_call_id"], body["customer_id"]) == ("/v1/calls", "r-7", "r-k1")
    assert there != "7"
    deeds = [
        (cmd.AbandonCall(CallId("7")), (f"/v1/calls/{there}/events", {"type": "abandoned"})),
        (cmd.EndCall(CallId("7/s2")), (f"/v1/calls/{there}/s2/events", {"type": "completed"})),
        (cmd.LogIn(AgentId("ana"), "desk"), ("/v1/agents/ana/state", {"state": "available", "group": "desk"})),
        (cmd.SetNotReady(AgentId("ana"), "tea"), ("/v1/agents/ana/state", {"state": "not_ready", "reason": "tea"})),
        (cmd.ReportReached(TaskId("7/cb")), (f"/v1/callbacks/{there}/cb/attempts", {"outcome": "reached"})),
        (cmd.AcceptOffer(OfferId("7/cb/o1")), (f"/v1/offers/{there}/cb/o1:accept", {"token": "t"})),
        (cmd.AcceptOffer(OfferId("7/o1")), None),  # nobody heard it ring
    ]
    tokens = {f"{there}/cb/o1": "t"}

    assert [words.request(deed, tokens) for deed, _ in deeds] == [wanted for _, wanted in deeds]


def test_what_is_heard_is_by_our_names_and_in_the_peoples_time_and_only_about_us():
    words = Words("r")
    words.learn("7", "c0ffee")
    offered = ev.CallOffered(
        Millis(10),
        1,
        CallId("c0ffee/s2"),
        "hotline",
        "vip",
        AgentId("ana"),
        "desk",
        OfferId("c0ffee/s2/o1"),
        Millis(20),
    )
    strange = ev.CallReleased(Millis(10), 2, CallId("c4fe"), "hotline")

    def doubled(at: int) -> Millis:
        return Millis(2 * at)

    heard = words.heard(offered, {"ana"}, doubled)
    assert isinstance(heard, ev.CallOffered)
    assert (heard.call_id, heard.offer_id, heard.at, heard.expires_at) == ("7/s2", "7/s2/o1", 20, 40)
    assert words.heard(offered, {"bob"}, doubled) is None
    assert words.heard(strange, {"ana"}, doubled) is None


# --- figures


def test_beside_a_live_run_stand_the_simulators_own_figures():
    scenario = load_scenario("first-steps", ["staffing.0.agents=4"])
    ours = simulated(scenario, None, lambda done, wanted: None, thresholds_of(scenario, 1))[0]
    theirs = one(scenario, 0)

    for n, tier in enumerate(scenario.centre.tiers):
        assert ours[tier.name].tally == theirs.tally(n)
    waited = sum(found.wait_answered_s for found in ours.values())
    assert waited == pytest.approx(theirs.sums[:, 0].sum() / 1000)
    assert waited > 0


def test_a_run_that_went_as_simulated_shows_the_same_figures_twice():
    scenario = load_scenario("first-steps", ["staffing.0.agents=4", "replications=3"])
    day = PartialDay(scenario, 0, 60)
    day.run()
    within = thresholds_of(scenario, 1)
    live = figures_of(day.ledger.calls, scenario, day.now, within)
    tiers = beside(live, simulated(scenario, 60, lambda done, wanted: None, within), within)

    for block in tiers.values():
        assert block["live"] == block["same_people"]
        offered = block["simulated"]["offered"]
        assert offered["ci_low"] < offered["mean"] < offered["ci_high"]
    assert json.dumps(tiers, allow_nan=False)


@pytest.mark.parametrize("speed", [0.5, 1, 60])
def test_faster_people_are_judged_by_the_clock_of_the_service_in_every_column(speed):
    scenario = load_scenario("first-steps", ["staffing.0.agents=4"])
    within = thresholds_of(scenario, speed)
    (theirs,) = simulated(scenario, 60, lambda done, wanted: None, within)[:1]
    day = PartialDay(scenario, 0, 60)
    day.run()
    waits = [
        record.left_at - record.queued_at
        for record in day.ledger.calls
        if (record.tier, record.outcome) == ("standard", "answered") and record.left_at is not None
    ]

    assert set(within.values()) == {20_000 * speed}
    assert theirs["standard"].tally.answered_in == sum(wait <= 20_000 * speed for wait in waits)
    assert beside(theirs, [theirs], within)["standard"]["within_s"] == 20 * speed


def test_what_was_left_is_said_in_one_line():
    assert str(Left()) == "nothing was left to end"
    assert str(Left(2, 1, 7, 1)) == (
        "2 calls hung up, 1 callback cancelled, 7 agents signed out, 1 thing could not be ended"
    )


def test_calls_that_found_the_line_closed_are_said_with_the_setting_that_keeps_it_open(capsys):
    calls = [CallRecord(f"c{n}", f"c{n}", "q", "t", Millis(0)) for n in range(3)]
    for call in calls[1:]:
        call.outcome, call.target = "rejected", "closed"
    say_closed(calls[:1])
    say_closed(calls)

    assert capsys.readouterr().err.startswith("callcenter drive: 2 of 3 calls found the line closed")
