"""What was promised to callers, seen on scripted days; and that a live engine decides as the simulated one did."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.config import load_scenario
from callcenter.hours import UTC, OpeningHours
from callcenter.scenario import (
    NEVER,
    CallbackPeople,
    Desk,
    Horizon,
    Law,
    LawKind,
    RecordedCall,
    Retrial,
    Rule,
    Scenario,
    Staffing,
    Stream,
)
from callcenter.tiers import CallbackPolicy, Tier, default_tiers
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis, millis
from routing.journal import command_from, to_plain
from routing.replay import replay
from sim.results.figures import figures
from sim.run.driver import Day, centre_of

ROOT = Path(__file__).resolve().parents[2]
MONDAY = 20514
QUEUE = Queue("q")
VIP, MID, STANDARD, BLACKLISTED = default_tiers()
PATIENT = (VIP, MID, STANDARD, replace(BLACKLISTED, max_wait=None))
"""The shipped tiers, with nobody sent away for having waited long."""


def always(seconds: float) -> Law:
    return Law(LawKind.DETERMINISTIC, seconds)


def at(hours: int, minutes: int = 0, seconds: float = 0.0) -> Millis:
    return millis(hours * 3600 + minutes * 60 + seconds)


def call(when: Millis, tier: str, handling_s: float, customer: str | None = None) -> RecordedCall:
    return RecordedCall(when, "q", tier, customer, handling_s)


def told(
    *calls: RecordedCall,
    tiers: tuple[Tier, ...] = PATIENT,
    patience_s: dict[str, float] | None = None,
    queue: Queue = QUEUE,
    agents: tuple[int, ...] = (1,) * 24,
    **more: object,
) -> Day:
    """Live through a scripted day (agents by the hour) and return it."""
    patience = {"vip": 1e9, "mid": 1e9, "standard": 1e9, "blacklisted": 1e9} | (patience_s or {})
    scenario = Scenario(
        name="told",
        centre=Centre("told", (queue,), (Group("g", auto_answer=True),), tiers),
        horizon=Horizon(MONDAY),
        recorded=calls,
        patience=tuple(Rule(NEVER if s >= 1e9 else always(s), tiers=(tier,)) for tier, s in patience.items()),
        staffing=(Staffing("g", agents, interval=Millis(HOUR)),),
        callbacks=CallbackPeople(answered=1.0, dial=always(10)),
    )
    return Day(replace(scenario, **more), 0, keep_journal=True).run()  # type: ignore[arg-type]


def served(day: Day) -> list[str]:
    """Return the tiers of calls in the order in which they were answered."""
    answered = [r for r in day.ledger.calls if r.outcome == "answered"]
    return [r.tier for r in sorted(answered, key=lambda r: r.left_at or 0)]


def clock(day: Day, instant: int) -> float:
    """Return the time of day, in hours."""
    return (instant - day.begin) / HOUR


# --- first and last


def test_vip_goes_first_and_blacklisted_last_even_after_an_hours_wait():
    day = told(
        call(at(9), "standard", 3_700),
        call(at(9, 0, 10), "blacklisted", 60),
        call(at(9, 0, 20), "standard", 60),
        call(at(9, 0, 30), "mid", 60),
        call(at(10, 1), "vip", 60),
        call(at(10, 1, 30), "standard", 60),
    )
    waits = {r.tier: (r.left_at - r.queued_at) / SECOND for r in day.ledger.calls if r.left_at is not None}

    assert served(day) == ["standard", "vip", "standard", "mid", "standard", "blacklisted"]
    assert waits["blacklisted"] > 3_600
    assert waits["vip"] == 40


def test_a_blacklisted_caller_is_passed_by_everyone_who_comes_while_the_lines_are_busy():
    later = [call(at(9, 1 + n), "standard", 60) for n in range(20)]
    day = told(call(at(9), "standard", 61), call(at(9, 0, 1), "blacklisted", 5), *later)

    assert served(day).index("blacklisted") == 21
    assert served(day).count("standard") == 21


def test_a_blacklisted_caller_ends_within_the_longest_wait_in_a_stated_outcome():
    day = told(call(at(9), "vip", 3_600), call(at(9, 0, 1), "blacklisted", 5), tiers=default_tiers())
    record = day.ledger.calls[1]

    assert (record.outcome, record.target) == ("rejected", "max_wait")
    assert record.left_at is not None
    assert record.left_at - record.queued_at == 15 * MINUTE


# --- the deferred callback

POLICY = CallbackPolicy(window=(at(9), at(21)), promise=Millis(DAY), rise_before=Millis(2 * HOUR))


def busy_hour(*more: RecordedCall) -> tuple[RecordedCall, ...]:
    """Return one agent's hour from 09:00 on with a new live call each minute, then what follows."""
    return (*(call(at(9, n), "standard", 75) for n in range(60)), *more)


def test_who_gives_up_in_a_busy_hour_is_called_back_in_the_quiet_hours_and_behind_everyone():
    day = told(
        *busy_hour(call(at(9, 5, 30), "mid", 45, "mona"), call(at(10, 30), "standard", 60)),
        patience_s={"mid": 40},
        queue=Queue("q", callbacks=POLICY),
    )
    (task,) = day.ledger.tasks
    lost = next(r for r in day.ledger.calls if r.tier == "mid")
    attempted = next(e for e in day.history if isinstance(e, ev.TaskAttempted))
    live_before_ten = [r for r in day.ledger.calls if r.tier == "standard" and r.queued_at < attempted.at]

    assert (lost.outcome, lost.target) == ("abandoned", None)
    assert (task.outcome, task.kind) == ("completed", "deferred")
    assert (task.attempted_in_time, task.reached_in_time, task.late) == (True, True, False)
    assert clock(day, attempted.at) == 10.25  # 60 calls of 75 s from 09:00 on: the first instant at which nobody waits
    assert all(r.left_at is not None and r.left_at <= attempted.at for r in live_before_ten)
    assert attempted.at < task.promise == lost.left_at + DAY
    tally = figures(day).tally()
    assert (tally.offered, tally.abandoned, tally.answered) == (62, 1, 61)


def waiting_at(day: Day, instant: int) -> int:
    """Return how many live calls wait just before `instant`."""
    return sum(r.queued_at < instant and (r.left_at is None or r.left_at > instant) for r in day.ledger.calls)


def test_callbacks_never_go_ahead_of_live_callers_while_there_is_slack():
    """Forty mid callers give up in a busy morning; no agent dials while anyone waits in the line."""
    morning = [call(at(9, n % 60, n // 60), "standard", 170) for n in range(180)]
    lost = [call(at(9, n, 7), "mid", 45, f"m{n}") for n in range(0, 60, 2)]
    day = told(
        *morning,
        *lost,
        patience_s={"mid": 20, "standard": 900},
        queue=Queue("q", callbacks=POLICY),
        agents=(3,) * 24,
    )
    attempts = [e for e in day.history if isinstance(e, ev.TaskAttempted)]

    assert len(attempts) >= 20
    assert {waiting_at(day, e.at) for e in attempts} == {0}
    assert {t.outcome for t in day.ledger.tasks} == {"completed"}


def test_near_its_promise_a_callback_takes_its_place_among_the_living():
    """With no slack left it goes before calls that came later than it rose; else it would never be made."""
    tight = replace(POLICY, promise=Millis(2 * HOUR), rise_before=Millis(30 * MINUTE))
    endless = [call(at(9, n), "standard", 75) for n in range(480)]
    day = told(
        *endless, call(at(9, 5, 30), "mid", 45, "mona"), patience_s={"mid": 40}, queue=Queue("q", callbacks=tight)
    )
    attempted = next(e for e in day.history if isinstance(e, ev.TaskAttempted))
    risen = next(e for e in day.history if isinstance(e, ev.TaskRose))
    (task,) = day.ledger.tasks

    assert waiting_at(day, attempted.at) > 0
    assert risen.at == task.promise - 30 * MINUTE <= attempted.at
    assert attempted.at <= task.promise
    assert task.attempted_in_time


def test_ringing_again_is_one_contact_and_no_jump_to_the_front_after_hours():
    """Mona gives up at 09:06 and rings again at 13:00 into a line: the callback is off, and she waits her turn."""
    crowd = [call(at(9, n), "standard", 75) for n in range(300)]
    long_line = [call(at(12, 59, n), "standard", 60) for n in range(10)]
    day = told(
        *crowd,
        *long_line,
        call(at(9, 5, 30), "mid", 45, "mona"),
        call(at(13), "mid", 45, "mona"),
        queue=Queue("q", callbacks=POLICY),
        patience_s={"mid": 1e9},
        tiers=(VIP, MID, STANDARD, BLACKLISTED),
        patience=(
            Rule(always(40), tiers=("mid",), between=(at(9), at(10))),
            Rule(NEVER),
        ),
    )
    again = [r for r in day.ledger.calls if r.tier == "mid"]
    (task,) = day.ledger.tasks
    contacts = [e.contact_id for e in day.history if isinstance(e, ev.CallQueued) and e.tier == "mid"]
    ahead = [r for r in day.ledger.calls if r.queued_at < again[1].queued_at and r.tier == "standard"]

    assert [r.outcome for r in again] == ["abandoned", "answered"]
    assert task.outcome == "superseded"
    assert not any(isinstance(e, ev.TaskAttempted) for e in day.history)
    assert contacts[0] == contacts[1]  # one contact, not two
    assert all((r.left_at or 0) <= (again[1].left_at or 0) for r in ahead)


def test_ringing_again_at_once_takes_up_the_place_that_was_lost():
    """Within the grace of half an hour the lost call's place counts: she goes before those who came after it."""
    crowd = [call(at(9, n), "standard", 300) for n in range(12)]
    day = told(
        *crowd,
        call(at(9, 0, 30), "mid", 45, "mona"),
        call(at(9, 11, 30), "mid", 45, "mona"),
        queue=Queue("q", callbacks=POLICY),
        patience=(Rule(always(40), tiers=("mid",), between=(at(9), at(9, 5))), Rule(NEVER)),
    )
    again = [r for r in day.ledger.calls if r.tier == "mid"][1]
    came_before = [
        r for r in day.ledger.calls if r.tier == "standard" and at(9, 1) <= r.queued_at - day.begin <= at(9, 11)
    ]

    assert again.outcome == "answered"
    assert sum((r.left_at or 0) > (again.left_at or 0) for r in came_before) == 9  # all still waiting then


def test_a_callback_outside_the_calling_window_waits_for_the_morning():
    late = replace(POLICY, window=(at(9), at(20)))
    day = told(
        call(at(20, 30), "standard", 600),
        call(at(20, 31), "mid", 45, "mona"),
        patience_s={"mid": 40},
        queue=Queue("q", callbacks=late),
        horizon=Horizon(MONDAY, days=1, run_off=1),
    )
    attempted = next(e for e in day.history if isinstance(e, ev.TaskAttempted))

    assert clock(day, attempted.at) == 24 + 9


def test_a_short_abandon_and_other_tiers_earn_no_callback():
    day = told(
        call(at(9), "vip", 600),
        call(at(9, 1), "mid", 45, "mona"),
        call(at(9, 2), "standard", 45, "sten"),
        patience_s={"mid": 4.9, "standard": 60},
        queue=Queue("q", callbacks=POLICY),
    )

    assert day.ledger.tasks == []


# --- live and simulated are one engine


def rich() -> Scenario:
    """Return a small scenario in which nearly everything happens."""
    hours = OpeningHours(UTC, (((at(8), at(12)),),) * 7)
    queue = Queue("q", hours=hours, callbacks=POLICY, max_waiting=12, wrap_up=Millis(0))
    return Scenario(
        name="rich",
        centre=Centre("rich", (queue,), (Group("g"),)),
        horizon=Horizon(MONDAY, days=1, discard=1, run_off=1),
        streams=(
            Stream(
                "calls",
                "q",
                (40.0, 90.0, 60.0, 20.0),
                begin=at(8),
                interval=Millis(HOUR),
                tiers=(("vip", 0.1), ("mid", 0.3), ("standard", 0.5), ("blacklisted", 0.1)),
            ),
        ),
        handling=(Rule(Law(LawKind.LOGNORMAL, 200, cv=0.8)),),
        patience=(Rule(Law(LawKind.EXPONENTIAL, 120)),),
        wrap_up=(Rule(Law(LawKind.EXPONENTIAL, 20)),),
        retrials=(("abandoned", Retrial(0.4, Law(LawKind.EXPONENTIAL, 900))),),
        desks=(Desk("g", ring=always(4), miss=0.08, back_after_s=40, pace_cv=0.1),),
        callbacks=CallbackPeople(0.7, always(12), accept_offer=0.2, offer_after_s=25),
        staffing=(Staffing("g", (3, 4, 4, 3), begin=at(8), interval=Millis(HOUR)),),
        shrinkage=0.05,
        seed=11,
    )


SIMULATED = {"rich": rich, "multi-skill": lambda: load_scenario("multi-skill")}


def events_json(events: list[ev.Event]) -> str:
    return json.dumps(to_plain(events), separators=(",", ":"))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", SIMULATED)
def test_the_journal_of_a_simulated_day_gives_a_live_engine_the_same_events_byte_for_byte(name: str):
    scenario = SIMULATED[name]()
    day = Day(scenario, 0, keep_journal=True).run()
    assert day.journal is not None
    written = json.dumps([[instant, to_plain(command)] for instant, command in day.journal])
    journal = [(Millis(instant), command_from(plain)) for instant, plain in json.loads(written)]
    _, again = replay(centre_of(scenario), journal, until=day.now)

    assert len(again) > 500
    assert events_json(again) == events_json(day.history)


def test_in_the_rich_scenario_nearly_everything_happens():
    """Else the test above would prove little."""
    happened = {type(e).__name__ for r in range(3) for e in Day(rich(), r, keep_journal=True).run().history}

    assert happened >= {
        "CallQueued", "CallOffered", "OfferEnded", "CallConnected", "CallCompleted", "CallAbandoned", "CallRejected",
        "CallConverted", "AgentLoggedIn", "AgentLoggedOut", "AgentStoppedResponding", "AgentBecameAvailable",
        "WrapUpStarted", "WrapUpEnded", "TaskScheduled", "TaskDue", "TaskOffered", "TaskAttempted", "TaskReached",
        "TaskNotReached", "TaskCompleted", "TaskSuperseded", "QueueOpened", "QueueClosed",
    }  # fmt: skip


LIVE_THROUGH = """
from tests.theory.test_behaviour import digest, events_json, rich
from sim.run.driver import Day
print(digest(events_json(Day(rich(), 0, keep_journal=True).run().history)))
"""


def test_another_process_with_another_hash_seed_gives_the_same_events():
    here = digest(events_json(Day(rich(), 0, keep_journal=True).run().history))
    found = []
    for seed in ("1", "271828"):
        there = subprocess.run(
            [sys.executable, "-c", LIVE_THROUGH],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(there.stdout.strip())

    assert found == [here, here]


def test_a_driver_that_wakes_late_hears_of_the_same_facts_at_their_own_instants():
    """The journal holds no wake-ups: the replay advances only when it is told something."""
    day = Day(rich(), 1, keep_journal=True).run()
    assert day.journal is not None
    told_to = {type(command) for _, command in day.journal}
    _, again = replay(centre_of(rich()), day.journal, until=Millis(day.now + 5 * DAY))

    assert events_json(again[: len(day.history)]) == events_json(day.history)
    assert {cmd.AdmitCall, cmd.AcceptOffer, cmd.EndCall, cmd.ConvertCall, cmd.ReportReached} <= told_to
