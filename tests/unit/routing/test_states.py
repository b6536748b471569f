"""Every state of a call, an agent and a task meets every event: the table moves it, or it is our own fault."""

from typing import Any

import pytest

from callcenter import events as ev
from callcenter.agents import PRESENCE_MOVES, Presence
from callcenter.callbacks import TASK_ENDED, TASK_MOVES, TaskState
from callcenter.calls import CALL_MOVES, ENDED, CallState
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    ConfirmCall,
    ConvertCall,
    EndCall,
    EndOffer,
    FailCall,
    HoldCall,
    LogIn,
    ReprioritiseCall,
    ResumeCall,
    SuspendCall,
    TransferCall,
    WithdrawCall,
)
from callcenter.errors import CallHasEnded, DuplicateCall, IllegalMove, OfferNotPending, Refusal, UnknownCall
from callcenter.events import OfferEnd

CALL_EVENTS = sorted(CALL_MOVES, key=lambda kind: kind.__name__)
TASK_EVENTS = sorted(TASK_MOVES, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("event", CALL_EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_moves_a_call_that_has_ended(state: CallState, event: type[ev.Event]):
    assert state not in CALL_MOVES[event]


@pytest.mark.parametrize("event", TASK_EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", sorted(TASK_ENDED))
def test_nothing_moves_a_task_that_has_ended(state: TaskState, event: type[ev.Event]):
    assert state not in TASK_MOVES[event]


@pytest.mark.parametrize(
    "states, moves", [(CallState, CALL_MOVES), (TaskState, TASK_MOVES), (Presence, PRESENCE_MOVES)]
)
def test_every_state_can_be_reached_and_every_open_one_left(states: Any, moves: Any):
    reached = {after for table in moves.values() for after in table.values()}
    left = {before for table in moves.values() for before in table if before is not None}

    assert reached == set(states)
    assert left == set(states) - ENDED - TASK_ENDED


QUEUED, OFFERED, CONNECTED = ((AdmitCall("c1", "sales"),), (LogIn("ana", "desk"),), (AcceptOffer("c1/o1"),))
WAYS = {
    "unknown": (),
    "queued": QUEUED,
    "offered": (*QUEUED, *OFFERED),
    "connected": (*QUEUED, *OFFERED, *CONNECTED),
    "completed": (*QUEUED, *OFFERED, *CONNECTED, EndCall("c1")),
    "abandoned": (*QUEUED, AbandonCall("c1")),
    "rejected": (*QUEUED, WithdrawCall("c1")),
    "failed": (*QUEUED, FailCall("c1", "line cut")),
    "converted_to_callback": (AdmitCall("c1", "sales", customer="kim"), ConvertCall("c1")),
}
WAITS, TALKS, LIVES = {"queued", "offered"}, {"connected"}, {"queued", "offered", "connected"}
COMMANDS = {
    "abandon": (AbandonCall("c1"), WAITS),
    "withdraw": (WithdrawCall("c1"), WAITS),
    "suspend": (SuspendCall("c1", "given_up"), WAITS),
    "confirm": (ConfirmCall("c1"), set()),  # it was not in doubt
    "fail": (FailCall("c1", "line cut"), LIVES),
    "reprioritise": (ReprioritiseCall("c1", "vip"), WAITS),
    "accept": (AcceptOffer("c1/o1"), {"offered"}),
    "end the offer": (EndOffer("c1/o1", OfferEnd.BUSY), {"offered"}),
    "end": (EndCall("c1"), TALKS),
    "hold": (HoldCall("c1"), TALKS),
    "resume": (ResumeCall("c1"), set()),
    "transfer": (TransferCall("c1", "sales"), TALKS),
    "convert": (ConvertCall("c1"), set()),  # anonymous
    "admit": (AdmitCall("c1", "sales"), {"unknown"}),
}


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("asked", COMMANDS)
def test_a_command_about_a_call_is_carried_out_or_refused_with_the_truth(told, one_queue, state: str, asked: str):
    tell = told(one_queue())
    tell(0, *WAYS[state])
    tell(0)
    command, allowed = COMMANDS[asked]
    before = tell.snapshot()

    if state in allowed:
        assert tell(0, command) != []
        return
    with pytest.raises(Refusal) as refused:
        tell(0, command)
    assert tell.snapshot() == before
    expected = {"unknown": UnknownCall} | dict.fromkeys(LIVES, IllegalMove)
    kind = expected.get(state, CallHasEnded)
    if asked in ("accept", "end the offer"):
        kind = OfferNotPending
    elif asked == "admit":
        kind = DuplicateCall
    assert type(refused.value) is kind
    if kind in (CallHasEnded, OfferNotPending):
        assert refused.value.truth["state"] == state
