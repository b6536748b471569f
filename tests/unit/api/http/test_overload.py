"""Who would wait too long is refused at once, new calls before reports."""

import asyncio

import pytest

from api.http.overload import Turns, refusal

CALL, REPORT = ("POST", "/v1/calls"), ("POST", "/v1/events")


def test_new_calls_are_refused_before_reports_and_health_never():
    turns, scope = Turns(), {}
    turns.admission.journal_s = lambda: 60.0
    assert turns.refuses(*CALL)
    assert not turns.refuses(*REPORT)
    for _ in range(10_000):
        turns.joined({}, *REPORT)

    assert turns.refuses(*REPORT)
    assert not turns.refuses("GET", "/readyz")
    turns.joined(scope, "GET", "/readyz")
    assert scope == {}


def test_whoever_finds_nobody_waiting_begins_and_all_others_come_to_their_turn():
    asyncio.run(_all_come())


async def _all_come() -> None:
    turns = Turns()
    scopes: list[dict] = [{} for _ in range(200)]
    for scope in scopes:
        turns.joined(scope, *CALL)
    came = [asyncio.create_task(turns.come(*scope["turn"][1:])) for scope in scopes]
    await asyncio.sleep(0)

    assert [task.done() for task in (came[0], came[-1])] == [True, False]
    assert all(await asyncio.gather(*came))
    assert turns.admission.waiting == 0


def test_whoever_gave_up_waiting_takes_no_place_from_those_behind():
    asyncio.run(_one_gives_up())


async def _one_gives_up() -> None:
    turns = Turns()
    scopes: list[dict] = [{} for _ in range(100)]
    for scope in scopes:
        turns.joined(scope, *CALL)
    came = [asyncio.create_task(turns.come(*scope["turn"][1:])) for scope in scopes]
    await asyncio.sleep(0)
    came[-2].cancel()

    assert await came[-1]
    assert turns.admission.waiting == 0


@pytest.mark.parametrize(
    "headers, wanted", [([], b'"decision":"fallback"'), ([(b"accept", b"text/plain")], b"decision=fallback")]
)
def test_whoever_brought_a_call_is_told_to_fall_back_in_the_format_they_read(headers, wanted):
    assert wanted in refusal({"method": "POST", "path": "/v1/calls", "headers": headers})


def test_whoever_brought_none_is_told_no_decision():
    assert b"decision" not in refusal({"method": "POST", "path": "/v1/events", "headers": []})
