"""Call life-cycles told with duplicates, shuffles and gaps: whatever is said, nothing is stuck in the end."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.reports import REPORTS
from tests.live.conftest import Service, running

LIFE = ("ringing", "answered", "held", "resumed", "completed", "wrapup_done")
LIVES = st.sampled_from(
    [LIFE, ("ringing", "no_answer", "abandoned"), ("busy", "abandoned"), ("ringing", "abandoned"),
     ("answered", "transferred", "completed"), ("callback_requested",), ("unreachable", "rejected", "failed")]
)  # fmt: skip
STEP = st.one_of(
    st.tuples(st.just("report"), st.integers(0, 5), st.sampled_from([r for r in REPORTS if r != "relinked"])),
    st.tuples(st.just("post"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("agent"), st.integers(0, 2), st.sampled_from(["available", "not_ready", "break", "logged_out"])),
    st.tuples(st.just("time"), st.integers(0, 40), st.just("")),
)


@st.composite
def told(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    """Draw reports of whole lives, some twice, some not at all, in an order of their own, with other things between."""
    steps: list[tuple[str, int, str]] = [("agent", n, "available") for n in range(3)]
    steps += [("post", n, "") for n in range(6)]
    for call in range(6):
        for kind in draw(LIVES):
            steps += [("report", call, kind)] * draw(st.sampled_from([1, 1, 1, 0, 2]))
    steps += draw(st.lists(STEP, max_size=15))
    return draw(st.permutations(steps)) if draw(st.booleans()) else steps


async def _one(service: Service, step: tuple[str, int, str]) -> None:
    what, number, kind = step
    answer: Any
    match what:
        case "post":
            body = {"source": "pbx", "external_call_id": str(number), "caller": f"+44207946095{number}"}
            answer = await service.client.post("/v1/calls", json=body)
        case "report":
            body = {"source": "pbx", "external_call_id": str(number), "type": kind}
            more: dict[str, Any] = {"talk_s": 9} if number % 2 else {}
            if kind == "transferred":
                more["queue"] = "sales"
            answer = await service.client.post("/v1/events", json=body | more)
        case "agent":
            answer = await service.client.post(f"/v1/agents/a{number}/state", json={"state": kind, "group": "desk"})
        case _:
            await service.passes(number)
            return
    assert answer.status_code in (200, 201, 404, 409), f"{step}: {answer.text}"


async def _live_through(path: Path, steps: list[tuple[str, int, str]]) -> None:
    async with running(path) as service:
        for step in steps:
            await _one(service, step)
            _nothing_is_stuck(service)
        for number in range(6):  # the telephony system clears up: every call is over
            await _one(service, ("post", number, ""))
            await _one(service, ("report", number, "failed"))
        for _ in range(3):
            await service.passes(30)
            await service.client.post("/v1/reconcile", json={"source": "pbx", "live_call_ids": []})
        _nothing_is_stuck(service)
        assert [line.id for line in service.desk.board.calls.values() if not line.ended] == []
        assert not service.live.engine.view().queues or sum(q.waiting for q in service.live.engine.view().queues) == 0
        busy = [a.id for a in service.desk.board.agents.values() if any("cb" not in c for c in a.talks)]
        assert busy == []


def _nothing_is_stuck(service: Service) -> None:
    """The board is what the engine is; an agent has an offer or a contact only if that call says so too."""
    board = service.desk.board
    state = service.live.engine.snapshot()
    live = {call["id"]: call for call in state["calls"]}
    assert {line.id: line.state for line in board.calls.values() if not line.ended} == {
        call_id: call["state"] for call_id, call in live.items()
    }
    assert sorted(board.offers) == sorted(offer[0] for offer in state["offers"])
    deadlines = {deadline[3] for deadline in state["deadlines"] if deadline[2] == "offer"}
    assert deadlines == set(board.offers), "a live offer has its lease"
    agents = {agent["id"]: agent for agent in state["agents"]}
    assert agents.keys() == board.agents.keys()
    for agent_id, line in board.agents.items():
        assert list(line.talks) == agents[agent_id]["talks"]
        assert list(line.wraps) == [wrap[0] for wrap in agents[agent_id]["wraps"]]
        assert line.presence == agents[agent_id]["presence"]
        assert all(subject in live or "cb" in subject for subject in line.talks), "busy without a call"


@given(steps=told())
@settings(max_examples=25)
def test_whatever_is_reported_in_whatever_order_nothing_is_stuck(steps: list[tuple[str, int, str]]):
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "x.sqlite3", steps))
