"""Calls of the board that have ended: packed, they say what they said as lines."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.state import ended_calls as ended
from api.state.ended_calls import FIELDS, CallLines
from api.state.records import CallLine, OfferLine
from api.store import objects
from callcenter.events import CallOffered


@pytest.fixture(autouse=True, scope="module")
def _few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ended, "AS_LINES", 5)
        yield


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INSTANT = st.none() | st.integers(0, 2**60)


@st.composite
def lines(draw: st.DrawFn, call_id: str = "c1") -> CallLine:
    contact = draw(st.sampled_from([call_id, "other"]))
    line = CallLine(call_id, contact, draw(TEXT), draw(TEXT), draw(st.none() | TEXT), draw(st.integers(0, 2**60)))
    line.ended_at, line.left_at, line.talked_until = draw(st.integers(0, 2**60)), draw(INSTANT), draw(INSTANT)
    line.ring_ms, line.wrap_ms, line.band = (
        draw(st.integers(0, 2**40)),
        draw(st.integers(0, 2**40)),
        draw(st.integers()),
    )
    line.state, line.short = draw(st.sampled_from(["completed", "abandoned"])), draw(st.booleans())
    for name in ("agent_id", "target", "reason", "source", "external_id", "task_id"):
        setattr(line, name, draw(st.none() | TEXT))
    return line


def said(line: CallLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in ("id", *FIELDS)}


@given(lines())
@settings(max_examples=50, deadline=None)
def test_a_packed_call_says_what_its_line_said(line: CallLine):
    before = said(line)
    found = packed(line)
    assert len(found) == 1
    assert [said(other) for other in found.values()] == [before]
    assert "c1" in found
    assert said(found["c1"]) == before


def packed(line: CallLine) -> CallLines:
    calls = CallLines()
    calls[line.id] = line
    for n in range(ended.AS_LINES + 1):
        calls.end(line.id if n == 0 else "nobody", line.ended_at or 0)
    assert calls.in_hand() == []
    assert calls.state()["lines"]["rows"] == 0, "it is packed"
    return calls


def test_what_is_written_to_a_call_that_was_packed_is_kept():
    line = CallLine("c1", "c1", "sales", "vip", None, 5)
    line.ended_at = 9
    calls = packed(line)
    calls["c1"].wrap_ms = 7
    for _ in range(ended.AS_LINES + 1):
        calls.end("nobody", 9)
    assert calls.state()["lines"]["rows"] == 0
    assert (calls["c1"].wrap_ms, calls["c1"].ended_at) == (7, 9)


def test_a_call_is_forgotten_about_a_day_after_its_end_and_told_of_once():
    forgotten: list[str] = []
    calls = CallLines(lambda line: forgotten.append(line.id))
    step, most = ended.KEPT_MS // 500, ended.KEPT_MS * 3
    at = 0
    for n, at in enumerate(range(0, most, step)):
        line = CallLine(f"c{n}", f"c{n}", "sales", "vip", None, at)
        line.ended_at = at
        calls[line.id] = line
        calls.end(line.id, at)
    there = [line.id for line in calls.values()]
    oldest = min(line.ended_at or 0 for line in calls.values())

    assert sorted(forgotten + there) == sorted(f"c{n}" for n in range(most // step))
    assert ended.KEPT_MS <= at - oldest <= ended.KEPT_MS + 7 * step, "five are lines"


def test_one_who_waits_is_never_packed():
    calls = CallLines()
    calls["c1"] = CallLine("c1", "c1", "sales", "vip", None, 5)
    calls.end("c1", 5)  # said too early: it lives
    for _ in range(ended.AS_LINES + 1):
        calls.end("nobody", 9)
    assert [line.id for line in calls.in_hand()] == ["c1"]


@given(st.lists(lines(), max_size=4), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_lines_that_are_saved_say_after_a_restart_what_they_said(some: list[CallLine], offered: int):
    calls = CallLines()
    for n, line in enumerate(some):
        line.id = f"c{n}"
        line.caller, line.suspended, line.missing_since = n, "id_reused" if n else None, n or None
        calls[line.id] = line
    offer = OfferLine(CallOffered(5, 1, "c1", "sales", "vip", "ana", "desk", "c1/o1", None), "c1", is_task=False)
    if offered < len(some):
        some[offered].offer = offer
    saved = objects.read(objects.written({"calls": calls.state(), "offers": [offer]}))
    again = CallLines()
    again.go_on(saved["calls"])

    everything = (*FIELDS, "id", "suspended", "missing_since", "held", "rings")
    for before, after in zip(some, again.values(), strict=True):
        assert [getattr(after, name) for name in everything] == [getattr(before, name) for name in everything]
        assert after.caller is None, "what a caller is compared by is good in one process only"
        assert after.offer is (None if before.offer is None else saved["offers"][0]), "one offer, wherever it stands"
    assert [*again] == [line.id for line in some]
