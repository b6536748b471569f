"""A complaint's limits, levels and moves."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers import complaints as co
from callcenter.customers.complaints import BadComplaint, Complaint, ComplaintGrade, ComplaintState
from callcenter.errors import IllegalMove
from callcenter.units import DAY, HOUR, Millis

NOW = Millis(1_000 * DAY)
GRADE = ComplaintGrade("serious", Millis(2 * HOUR), Millis(DAY))


def later(hours: float) -> Millis:
    return Millis(NOW + round(hours * HOUR))


def fresh() -> Complaint:
    return co.opened("k1", GRADE, "was cut off twice", NOW)


def test_limits_run_from_the_opening():
    complaint = fresh()

    assert (complaint.respond_by, complaint.resolve_by, complaint.level) == (later(2), later(24), 0)


def test_it_goes_up_a_level_at_each_limit_it_passes():
    complaint = fresh()

    assert [co.level_at(complaint, later(h)) for h in (0, 1.9, 2, 23.9, 24, 47.9, 48, 999)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert co.escalates_at(complaint) == later(2)
    assert co.escalates_at(co.escalated(complaint, later(2))) == later(24)
    assert co.escalates_at(co.escalated(complaint, later(99))) is None


def test_a_response_in_time_leaves_only_the_resolution_s_limit():
    complaint = co.responded(fresh(), later(1))

    assert complaint.responded_in_time
    assert co.escalates_at(complaint) == later(24)
    assert not complaint.overdue(later(23))
    assert complaint.overdue(later(24))


def test_a_late_response_does_not_take_a_level_back():
    complaint = co.responded(co.escalated(fresh(), later(3)), later(3))

    assert complaint.level == 1
    assert complaint.responded_in_time is False


def test_what_is_resolved_escalates_no_more_and_a_first_word_comes_with_it():
    complaint = co.resolved(fresh(), later(20))

    assert co.escalates_at(complaint) is None
    assert (complaint.resolved_in_time, complaint.responded_in_time) == (True, False)
    assert co.escalated(complaint, later(99)) is complaint


def test_reopened_it_has_as_much_time_again_and_starts_one_level_up():
    complaint = co.reopened(co.closed(co.resolved(fresh(), later(20)), later(40)), later(50))

    assert (complaint.state, complaint.level, complaint.reopened) == (ComplaintState.OPEN, 1, 1)
    assert (complaint.respond_by, complaint.resolve_by) == (later(52), later(74))
    assert complaint.resolved_in_time is None


def test_a_complaint_says_what_about_and_a_grade_leaves_time():
    with pytest.raises(BadComplaint):
        co.opened("k1", GRADE, " ", NOW)
    with pytest.raises(BadComplaint):
        ComplaintGrade("odd", Millis(DAY), Millis(HOUR))


MOVES: dict[co.ComplaintStep, Callable[[Complaint, Millis], Complaint]] = {
    co.ComplaintStep.RESPOND: co.responded,
    co.ComplaintStep.RESOLVE: co.resolved,
    co.ComplaintStep.REOPEN: co.reopened,
    co.ComplaintStep.CLOSE: co.closed,
    co.ComplaintStep.WITHDRAW: co.withdrawn,
    co.ComplaintStep.ESCALATE: co.escalated,
}


@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 60)), max_size=25))
def test_whatever_happens_it_moves_by_the_table_and_never_down_a_level(steps: list[tuple[co.ComplaintStep, int]]):
    complaint, now = fresh(), NOW
    for step, hours in steps:
        now = Millis(now + hours * HOUR)
        before = complaint
        legal = before.state in co.COMPLAINT_MOVES[step]
        if not legal and step is not co.ComplaintStep.ESCALATE:
            with pytest.raises(IllegalMove):
                MOVES[step](before, now)
            continue
        complaint = MOVES[step](before, now)
        assert complaint.state == co.COMPLAINT_MOVES[step].get(before.state, before.state)
        assert complaint.level >= before.level
        due = co.escalates_at(complaint)
        assert due is None or co.level_at(complaint, due) > complaint.level
        assert complaint.unresolved or due is None


def test_what_is_done_at_the_instant_of_a_limit_is_in_time_and_a_millisecond_later_is_not():
    def after(step: Callable[[Complaint, Millis], Complaint], at: Millis) -> Complaint:
        return step(fresh(), at)

    for late in (0, 1):
        assert after(co.responded, Millis(later(2) + late)).responded_in_time is not bool(late)
        assert after(co.resolved, Millis(later(24) + late)).resolved_in_time is not bool(late)


def test_a_first_word_is_owed_once_its_limit_has_passed():
    assert fresh().responded_in_time is None
    assert co.resolved(fresh(), later(2)).responded_in_time is None, "none was owed when it was resolved"
    assert co.resolved(fresh(), Millis(later(2) + 1)).responded_in_time is False


def test_a_complaint_is_overdue_from_the_instant_of_a_limit_on():
    assert [fresh().overdue(Millis(later(2) + more)) for more in (-1, 0)] == [False, True]
