"""Who would wait too long is refused at once, new calls before reports."""

import pytest

from api.http.overload import CALLS_S, JOURNAL_S, OTHERS_S, Turns, refusal

CALL, REPORT = ("POST", "/v1/calls"), ("POST", "/v1/events")


def crowd(wait_s: float, journal_s: float = 0) -> Turns:
    """Return turns for which whoever comes now would wait so long."""
    turns = Turns()
    turns.waiting, turns.each_s, turns.journal_s = 100, wait_s / 100, lambda: journal_s
    return turns


@pytest.mark.parametrize(
    "asked, turns, refused",
    [
        (CALL, crowd(CALLS_S * 0.9), False),
        (CALL, crowd(CALLS_S * 1.1), True),
        (CALL, crowd(0, JOURNAL_S * 1.1), True),
        (REPORT, crowd(CALLS_S * 1.1, JOURNAL_S * 1.1), False),
        (REPORT, crowd(OTHERS_S * 1.1), True),
        (("GET", "/readyz"), crowd(60, 60), False),
    ],
)
def test_new_calls_are_refused_before_reports_and_health_never(asked: tuple[str, str], turns: Turns, refused: bool):
    assert turns.refuses(*asked) is refused


def test_what_a_request_takes_is_measured_while_others_wait_behind_it():
    turns = Turns()
    for n in range(1, 400):
        turns.joined()
        turns.joined()
        turns.begun(n * 0.010)
        turns.begun(n * 0.010 + 0.002)  # the last one: a pause follows, which counts for nobody

    assert turns.each_s == pytest.approx(0.002)
    assert turns.waiting == 0


@pytest.mark.parametrize(
    "headers, wanted", [([], b'"decision":"fallback"'), ([(b"accept", b"text/plain")], b"decision=fallback")]
)
def test_whoever_brought_a_call_is_told_to_fall_back_in_the_format_they_read(headers, wanted):
    assert wanted in refusal({"method": "POST", "path": "/v1/calls", "headers": headers})


def test_whoever_brought_none_is_told_no_decision():
    assert b"decision" not in refusal({"method": "POST", "path": "/v1/events", "headers": []})
