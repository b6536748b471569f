"""Call life-cycles told with duplicates, shuffles, gaps and restarts: whatever is said, nothing is stuck in the end."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.clock import HandClock
from api.routes.agents import miss_heartbeats
from api.settings import Settings
from api.state.call_reports import REPORTS
from callcenter.lifecycle.ledger import Ledger
from callcenter.units import DAY
from tests.live.conftest import BEGIN, Service, running

CALLS, AGENTS = 6, 3
LIFE = ("ringing", "answered", "held", "resumed", "completed", "wrapup_done")
LIVES = st.sampled_from(
    [LIFE, LIFE, ("ringing", "no_answer", "abandoned"), ("busy", "abandoned"), ("ringing", "abandoned"),
     ("answered", "transferred", "completed"), ("answered", "transferred", "answered", "completed"),
     ("callback_requested",), ("unreachable", "rejected", "failed"), ("relinked", "answered", "completed")]
)  # fmt: skip
STATES = ("available", "available", "not_ready", "break", "wrapup_done", "logged_out", "forced_out")
TELEPHONES = ("PJSIP/1", "PJSIP/2")
"""Fewer than agents: they are shared."""
RESULTS = (None, "solved", "unsolved", "call_again", "wrong_person", "no such code")
OUTCOMES = ("reached", "completed", "no_answer", "busy", "rejected", "unreachable", "invalid_number")
OUTCOMES_OF_CALLS = ("answered", "abandoned", "overflowed", "converted", "rejected", "failed")
CALL, AGENT = st.integers(0, CALLS - 1), st.integers(0, AGENTS - 1)
Step = tuple[str, int, Any]
STEP: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("report"), CALL, st.sampled_from(REPORTS)),
    st.tuples(st.just("late"), CALL, st.tuples(st.sampled_from(REPORTS), st.integers(-100, 100_000))),
    st.tuples(st.just("post"), CALL, st.just("")),
    st.tuples(st.just("reuse"), CALL, st.sampled_from(["another caller", "anonymous", "the same, received now"])),
    st.tuples(st.just("withdraw"), CALL, st.just("")),
    st.tuples(st.just("reprioritize"), CALL, st.sampled_from(["vip", "blacklisted"])),
    st.tuples(st.just("offer"), AGENT, st.sampled_from(["accept", "reject", "stale"])),
    st.tuples(st.just("agent"), AGENT, st.sampled_from(STATES)),
    st.tuples(st.just("sits down"), AGENT, st.tuples(st.sampled_from(TELEPHONES), st.booleans())),
    st.tuples(st.just("phone"), AGENT, st.sampled_from(["free", "busy_elsewhere", "unreachable"])),
    st.tuples(st.just("heartbeat"), AGENT, st.just("")),
    st.tuples(st.just("promise"), CALL, st.sampled_from(["hotline", "sales"])),
    st.tuples(st.just("attempt"), CALL, st.sampled_from(OUTCOMES)),
    st.tuples(st.just("result"), CALL, st.tuples(st.sampled_from(RESULTS), st.integers(0, 7_200))),
    st.tuples(st.just("call again"), CALL, st.sampled_from(["hotline", "sales"])),
    st.tuples(st.just("cancel"), CALL, st.just("")),
    st.tuples(st.just("reconcile"), CALL, st.lists(CALL, max_size=CALLS)),
    st.tuples(st.just("time"), st.integers(0, 40), st.just("")),
    st.tuples(st.just("time"), st.integers(0, 7_200), st.just("")),
    st.tuples(st.just("restart"), st.integers(0, 60), st.just("")),
)


@st.composite
def told(draw: st.DrawFn) -> list[Step]:
    """Draw reports of whole lives, some twice, some not at all, in an order of their own, with other things between."""
    steps: list[Step] = [("agent", n, "available") for n in range(AGENTS)]
    steps += [("post", n, "") for n in range(CALLS)]
    for call in range(CALLS):
        for kind in draw(LIVES):
            steps += [("report", call, kind)] * draw(st.sampled_from([1, 1, 1, 0, 2]))
    order = draw(st.sampled_from(["as it was", "shuffled", "with other things between"]))
    more = draw(st.lists(STEP, max_size=30))
    if order == "with other things between":
        for step in more:
            steps.insert(draw(st.integers(0, len(steps))), step)
        return steps
    steps += more
    return list(draw(st.permutations(steps))) if order == "shuffled" else steps


async def _one(service: Service, step: Step) -> None:
    what, number, kind = step
    name = {"source": "pbx", "external_call_id": str(number)}
    line = service.services.board.call(await service.services.names.find("pbx", str(number)) or "")
    tasks = list(service.services.board.tasks)
    task = tasks[number % len(tasks)] if tasks else "nobody"
    agent = f"a{number}"
    body: dict[str, Any] = {}
    match what:
        case "post":
            where, body = "/calls", name | {"caller": f"+44207946095{number}", "tier": "mid" if number % 2 else None}
        case "reuse":  # the name comes again
            where, body = "/calls", name | {"caller": f"+44207946095{number}"}
            if kind == "another caller":
                body["caller"] = f"+44207946096{service.clock.now() // 1000 % 10}"
            elif kind == "anonymous":
                body["caller"] = kind
            else:
                body["received_at"] = service.clock.now()
        case "report" | "late":
            where, body = "/events", name | {"type": kind if what == "report" else kind[0]}
            if what == "late":
                body["at"] = service.clock.now() - kind[1]
            if number % 2:
                body["talk_s"] = 9
            if body["type"] == "transferred":
                body["queue"] = "sales"
            if body["type"] == "relinked":
                body["new_external_call_id"] = f"{number}-again"
        case "withdraw" | "reprioritize":
            where = f"/calls/{'nobody' if line is None else line.id}:{what}"
            body = {"tier": kind} if what == "reprioritize" else {}
        case "offer":
            known = service.services.board.agents.get(agent)
            offer = "x/o1" if known is None or known.offer is None else known.offer.id
            where = f"/offers/{offer}:{'reject' if kind == 'reject' else 'accept'}"
            body = {"token": "0" * 32 if kind == "stale" else service.services.tokens.of(offer)}
        case "agent":
            forced = kind == "forced_out"
            where = f"/agents/{agent}/state"
            body = {"state": "logged_out" if forced else kind, "group": "desk", "forced": forced}
        case "sits down":
            where = f"/agents/{agent}/state"
            body = {"state": "available", "group": "desk", "contact": kind[0], "take_over": kind[1]}
        case "phone":
            where, body = f"/agents/{agent}/phone", {"phone": kind}
        case "heartbeat":
            where = f"/agents/{agent}/heartbeat"
        case "promise":
            where, body = "/callbacks", {"queue": kind, "number": f"+44207946095{number}"}
        case "attempt":
            where, body = f"/callbacks/{task}/attempts", {"outcome": kind}
        case "result":
            where, body = f"/callbacks/{task}/attempts", {"outcome": "completed", "result": kind[0]}
            if kind[0] == "call_again":
                body["again_at"] = service.clock.now() + 1_000 * kind[1]
        case "call again":  # whoever was lost rings once more, before or while they are called back
            where, body = "/calls", {"source": "trunk", "external_call_id": f"{number}-{service.clock.now()}"}
            body |= {"caller": f"+44207946095{number}", "queue": kind, "tier": "mid"}
        case "cancel":
            where = f"/callbacks/{task}:cancel"
        case "reconcile":
            where, body = "/reconcile", {"source": "pbx", "live_call_ids": [str(n) for n in kind]}
        case _:
            await service.passes(number)
            await miss_heartbeats(service.services)
            return
    answer = await service.client.post(f"/v1{where}", json=body)
    allowed = (200, 201, 403, 404, 409, *([422] if what == "result" else []))
    assert answer.status_code in allowed, f"{step}: {answer.status_code} {answer.text}"
    assert answer.status_code != 403 or kind == "stale", answer.text


async def _live_through(path: Path, steps: Sequence[Step]) -> None:
    clock = HandClock(BEGIN)
    left = list(steps)
    while left:
        async with running(path, settings=Settings(reconcile_gap_s=1), clock=clock) as service:
            await service.passes(0)
            _nothing_is_stuck(service)
            while left:
                step = left.pop(0)
                if step[0] == "restart":
                    clock.move(step[1] * 1000)
                    break
                await _one(service, step)
                await service.passes(0)  # what is due at this very instant
                _nothing_is_stuck(service)
    async with running(path, settings=Settings(reconcile_gap_s=1), clock=clock) as service:
        await _clear_up(service)


async def _clear_up(service: Service) -> None:
    """Let the telephony system say that every call is over, and callbacks be called off: then nobody has anything."""
    for _ in range(3):
        await service.passes(30)
        for source in ("pbx", "trunk"):
            await service.post("/reconcile", 200, source=source, live_call_ids=[])
    for task in list(service.services.board.tasks):
        await _taken(service, f"/v1/callbacks/{task}/attempts", {"outcome": "completed"})  # if one talks
        await _taken(service, f"/v1/callbacks/{task}:cancel", {})
    await service.passes(60)
    _nothing_is_stuck(service)
    board = service.services.board
    assert [line.id for line in board.calls.values() if not line.ended] == []
    assert [task.id for task in board.tasks.values() if task.ended_at is None] == []
    assert board.offers == {}
    assert service.live.engine.view().live_offers == 0
    assert sum(row.waiting for row in service.live.engine.view().queues) == 0
    assert [a.id for a in board.agents.values() if a.talks or a.wraps or a.offer is not None] == []
    await _book_equals_events(service)
    for name in [f"a{n}" for n in range(AGENTS)]:  # and everyone can work again
        await service.post(f"/agents/{name}/state", 200, state="available", group="desk")
        await service.post(f"/agents/{name}/phone", 200, phone="free")
        await service.post("/calls", 201, source="pbx", external_call_id=f"last-{name}")
    assert len(board.offers) == AGENTS, "an idle agent and a waiting call never stay apart"


async def _taken(service: Service, path: str, body: dict[str, Any]) -> None:
    """Post something until it is taken or refused for what it is: a busy machine says 503 now and then."""
    for _ in range(100):
        answer = await service.client.post(path, json=body)
        if answer.status_code != 503:
            break
    assert answer.status_code in (200, 404, 409), answer.text


async def _book_equals_events(service: Service) -> None:
    """Along every line, over restarts and late reports: the book is what the events say, to the last call."""
    ledger = Ledger()
    ledger.fold(await service.live.events_after(0, 100_000))
    assert not [call for call in ledger.calls if call.outcome is None], "every call has ended"
    for by in ("", "queue,tier,group"):
        rows = (await service.get(f"/intervals?from={BEGIN - DAY}&to={BEGIN + 300 * DAY}&by={by}"))["intervals"]
        found = {name: sum(row[name] for row in rows) for name in ("offered", *OUTCOMES_OF_CALLS)}
        told = {name: sum(call.outcome == name for call in ledger.calls) for name in OUTCOMES_OF_CALLS}
        assert found == {"offered": len(ledger.calls)} | told, by
        made = sum(row["callbacks_made"] for row in rows)
        assert (made, sum(row["callbacks_owed"] for row in rows)) == (len(ledger.tasks), 0), by
        for name, outcome in (("solved", True), ("unsolved", False)):
            expected = sum(task.solved is outcome for task in ledger.tasks)
            assert sum(row[f"callbacks_{name}"] for row in rows) == expected, (by, name)


def _nothing_is_stuck(service: Service) -> None:
    """The board is what the engine is; an agent has an offer or a contact only if that call says so too."""
    board = service.services.board
    state = service.live.engine.snapshot()
    live = {call["id"]: call for call in state["calls"]}
    tasks = {task["id"]: task for task in state["tasks"]}
    assert {line.id: line.state for line in board.calls.values() if not line.ended} == {
        call_id: call["state"] for call_id, call in live.items()
    }
    assert sorted(board.offers) == sorted(offer[0] for offer in state["offers"])
    deadlines = {deadline[3] for deadline in state["deadlines"] if deadline[2] == "offer"}
    assert deadlines == set(board.offers), "a live offer has its lease"
    assert {task.id: task.state for task in board.tasks.values() if task.ended_at is None} == {
        task_id: task["state"] for task_id, task in tasks.items()
    }
    agents = {agent["id"]: agent for agent in state["agents"]}
    assert agents.keys() == board.agents.keys()
    for agent_id, line in board.agents.items():
        assert list(line.talks) == agents[agent_id]["talks"]
        assert list(line.wraps) == [wrap[0] for wrap in agents[agent_id]["wraps"]]
        assert line.presence == agents[agent_id]["presence"]
        assert all(subject in live or subject in tasks for subject in line.talks), "busy without a call"


@given(steps=told())
@settings(max_examples=12)
def test_whatever_is_reported_in_whatever_order_nothing_is_stuck(steps: list[Step]):
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "x.sqlite3", steps))


@pytest.mark.ci
@given(steps=told())
@settings(max_examples=80)
def test_in_many_lives_nothing_is_stuck(steps: list[Step]):
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "x.sqlite3", steps))


@pytest.mark.slow
@given(steps=told())
@settings(max_examples=1_500, derandomize=False)
def test_in_a_thousand_lives_nothing_is_stuck(steps: list[Step]):
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "x.sqlite3", steps))
