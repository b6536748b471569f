"""Who is let in, who waits, who is refused: rounds of an event loop are told by their instants."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.admission import CALLS_S, JOURNAL_S, LATE_S, MIN_PER_ROUND, OTHERS_S, PAUSE, Admission

CALL, REPORT = True, False
REFUSAL_S = 0.00003
"""What it takes to refuse a request; measured: a sixteenth of a posted call."""


@dataclass
class Loop:
    """An event loop that reads all that has come, then begins what may begin."""

    each_s: float
    admission: Admission[tuple[bool, float]] = field(default_factory=Admission)
    now: float = 0.0
    waits_s: list[tuple[bool, float]] = field(default_factory=list)
    """What was taken, and how long after it came it had been carried out."""
    refused: Counter[bool] = field(default_factory=Counter)

    def turn(self, came: list[tuple[bool, float]]) -> None:
        """Read these, which came at these instants, and let a round pass."""
        for call, at in came:
            if self.admission.refuses(call, self.now):
                self.refused[call] += 1
                self.now += REFUSAL_S
                continue
            self.admission.joined(call)
            if self.admission.begins(call):
                self._work(call, at)
            else:
                self.admission.waits(call, self.now, (call, at))
        for (call, at), in_time in self.admission.round(self.now):
            if in_time:
                self._work(call, at)
            else:
                self.refused[call] += 1

    def _work(self, call: bool, at: float) -> None:
        self.now += self.each_s
        self.waits_s.append((call, self.now - at))


def loaded(times: float, each_s: float, report_each: int, seconds: float = 2.0) -> Loop:
    """Return what came of so many times what can be done."""
    loop, due, n = Loop(each_s), 0.0, 0
    while loop.now < seconds:
        came = []
        while due <= loop.now:
            came.append((n % report_each != 0, due))
            n += 1
            due += each_s / times
        loop.turn(came)
        if not came and not loop.admission.queued:
            loop.now = max(loop.now, due)
    return loop


@settings(max_examples=25)
@given(times=st.floats(1.2, 5), each_s=st.floats(0.0005, 0.004), report_each=st.integers(4, 30))
def test_beyond_what_can_be_done_what_is_taken_is_in_time_reports_come_first_and_nobody_idles(
    times: float, each_s: float, report_each: int
):
    loop = loaded(times, each_s, report_each)
    waits = sorted(wait for _, wait in loop.waits_s)
    reports = times / report_each

    assert waits[int(len(waits) * 0.99)] < 0.45
    assert loop.refused[CALL] > 0
    if reports < 0.7:
        assert loop.refused[REPORT] == 0
        assert max(wait for call, wait in loop.waits_s if not call) < CALLS_S
    done_s = len(waits) * each_s + loop.refused.total() * REFUSAL_S
    assert done_s > 0.9 * loop.now


@settings(max_examples=25)
@given(times=st.floats(0.1, 0.9), each_s=st.floats(0.0002, 0.004))
def test_what_can_be_done_is_never_refused(times: float, each_s: float):
    assert not loaded(times, each_s, 5, seconds=1.0).refused


@given(burst=st.integers(1, 150))
def test_a_burst_that_is_done_in_a_moment_is_taken_whole(burst: int):
    loop = Loop(0.0005)
    loop.turn([(CALL, 0.0)] * burst)
    while loop.admission.queued:
        loop.turn([])

    assert len(loop.waits_s) == burst
    assert loop.admission.waiting == 0


def test_one_pause_of_the_process_refuses_nobody_afterwards():
    loop = loaded(1.5, 0.0005, 5, seconds=0.05)
    before = loop.admission.each_s
    loop.now += 3.0  # whatever it was
    loop.turn([])

    assert loop.admission.each_s < before * PAUSE
    while loop.admission.queued:
        loop.turn([])
    assert not loop.admission.refuses(CALL, loop.now)


def test_a_call_that_has_waited_too_long_all_the_same_is_refused_and_a_report_is_not():
    admission: Admission[str] = Admission()
    for call in [CALL] * 200 + [REPORT] * 2:
        admission.joined(call)
    for _ in range(200):
        admission.begins(CALL)
    admission.waits(REPORT, 0.0, "report")
    admission.waits(CALL, 0.0, "late")
    admission.waits(CALL, LATE_S, "in time")

    assert admission.round(LATE_S * 1.1) == [("report", True), ("late", False), ("in time", True)]


def test_reports_are_refused_too_when_there_are_too_many_of_them():
    admission: Admission[str] = Admission()
    while admission.wait_s(REPORT) <= OTHERS_S:
        assert not admission.refuses(REPORT, 0.0)
        admission.joined(REPORT)

    assert admission.refuses(REPORT, 0.0)
    assert admission.refuses(CALL, 0.0)


def test_new_calls_are_refused_while_the_journal_is_far_behind_and_reports_are_not():
    admission: Admission[str] = Admission()
    admission.journal_s = lambda: JOURNAL_S * 1.1

    assert admission.refuses(CALL, 0.0)
    assert not admission.refuses(REPORT, 0.0)


@pytest.mark.parametrize("each_s", [0.0005, 0.002, 0.005])
def test_some_begin_in_every_round_and_what_they_take_is_learned(each_s: float):
    loop = loaded(3, each_s, 5, seconds=max(1.0, each_s * 400))

    assert loop.admission.each_s == pytest.approx(each_s, rel=0.3)
    assert len(loop.waits_s) >= MIN_PER_ROUND
