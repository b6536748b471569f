"""The same commands give the same events, byte for byte, in every process and under every hash seed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.events import CallQueued, OfferEnd
from callcenter.units import Millis
from routing.journal import COMMANDS, command_from, event_from, to_plain
from routing.replay import first_difference

GOLDEN = """
import hashlib, json
from callcenter import commands as cmd
from callcenter.centre import Centre, Group, MissedOffers, Policy, Queue, Reserve, Selection
from callcenter.errors import Refusal
from callcenter.skills import RelaxationStep
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, Millis
from routing.engine import RoutingEngine
from routing.journal import to_plain

queues = tuple(
    Queue(
        f"q{n}", (("a", n + 1),), Policy.WEIGHTED, selection=selection, wrap_up=Millis(3_000), max_wait=Millis(90_000),
        relaxation=(RelaxationStep(Millis(20_000), (("a", 1),)),), callbacks=CallbackPolicy(window=(0, DAY)),
    )
    for n, selection in enumerate((Selection.RANDOM, Selection.ROUND_ROBIN, Selection.LEAST_OCCUPIED))
)
groups = (Group("g1", (("a", 1),)), Group("g2", (("a", 3),)), Group("g3", (("a", 3), ("b", 1))))
centre = Centre("golden", queues, groups, reserves=(Reserve(0, "g2", 1, Millis(15_000)),), missed=MissedOffers(2))
engine, draw, now, talking = RoutingEngine(centre), 12345, 0, []
out = []
for n in range(9):
    engine.handle(cmd.LogIn(f"a{n}", f"g{n % 3 + 1}"), now=Millis(0))
for n in range(1_500):
    draw = draw * 1103515245 % 2**31 + 12345
    now += draw % 4_000
    tier = ("vip", "mid", "standard", "blacklisted")[draw // 7 % 4]
    command = cmd.AdmitCall(f"c{n}", f"q{draw % 3}", tier, f"k{draw % 97}")
    if n % 3 == 1 and talking:
        command = talking.pop(draw % len(talking))
    elif n % 11 == 7:
        command = cmd.AbandonCall(f"c{n - 4}")
    elif n % 17 == 5:
        command = cmd.SetAvailable(f"a{draw % 9}")
    try:
        engine.handle(command, now=Millis(now))
    except Refusal as refusal:
        out.append([refusal.code, refusal.truth])
    events = engine.take_events()
    out += [to_plain(event) for event in events]
    talking += [cmd.EndCall(e.call_id) for e in events if type(e).__name__ == "CallConnected"]
    talking += [cmd.AcceptOffer(e.offer_id) for e in events if type(e).__name__ == "CallOffered"]
out.append(engine.snapshot())
print(len(out), hashlib.sha256(json.dumps(out).encode()).hexdigest())
"""


def _golden(hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", GOLDEN], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_hash_seeds_change_nothing():
    first, second = (_golden(seed) for seed in ("0", "4711"))

    assert first == second
    assert int(first.split()[0]) > 2_500
    assert len(first.split()[1]) == len(hashlib.sha256().hexdigest())


def test_every_command_and_its_parts_go_through_the_journal():
    some = [
        cmd.AdmitCall("c1", "sales", "vip", "kim", "fraud", (("a", 1),), ("ana",), "chat", "Europe/Madrid"),
        cmd.EndOffer("c1/o1", OfferEnd.BUSY),
        cmd.LogIn("ana", "desk", (("a", 3),)),
        cmd.SetPhone("ana", "free"),  # type: ignore[arg-type]
        cmd.ScheduleTask("t1", "sales", due_at=Millis(5)),
        cmd.Resume(7),
    ]
    for command in some:
        assert command_from(json.loads(json.dumps(to_plain(command)))) == command


def test_a_centre_goes_through_the_journal(one_queue):
    command = cmd.AdoptCentre(one_queue(max_waiting=3))

    assert command_from(json.loads(json.dumps(to_plain(command)))) == command


def test_a_zone_goes_through_the_journal():
    command = cmd.LearnZones((zone("America/Lima"),))

    assert command_from(json.loads(json.dumps(to_plain(command)))) == command


@pytest.mark.parametrize("plain", [{}, {"is": "Fly"}, {"is": "EndCall", "call_id": "c1", "loudly": True}])
def test_what_the_journal_does_not_know_is_refused(plain):
    with pytest.raises(BadInput):
        command_from(plain)


def test_what_is_no_event_is_refused():
    with pytest.raises(BadInput):
        event_from({"is": "EndCall", "call_id": "c1"})


@settings(max_examples=200)
@given(st.sampled_from(sorted(COMMANDS)), st.data())
def test_commands_of_any_text_survive_the_journal(name: str, data: st.DataObject):
    if name == "AdoptCentre":
        return
    command = data.draw(st.from_type(COMMANDS[name]))

    assert command_from(json.loads(json.dumps(to_plain(command)))) == command


def test_the_first_difference_of_two_histories_is_shown():
    one = CallQueued(Millis(0), 1, "c1", "c1", "sales", "vip", 0, Millis(0), None)
    two = CallQueued(Millis(0), 1, "c2", "c2", "sales", "vip", 0, Millis(0), None)

    assert first_difference([one], [one]) is None
    assert first_difference([one], [two]).recorded == one
    assert first_difference([one], []).replayed is None
