"""The blacklist: who may be put there, by whom, for how long; never silently permanent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers import blacklist as bl
from callcenter.customers.blacklist import ENTRY_MOVES, BlacklistRules, Entry, EntryState, EntryStep
from callcenter.errors import IllegalMove
from callcenter.units import DAY, Millis

NOW = Millis(1_000 * DAY)
ONE, TWO = BlacklistRules(), BlacklistRules(four_eyes=True)


def later(days: int) -> Millis:
    return Millis(NOW + days * DAY)


WISH = Entry("b1", "p1", "threatened an agent", "sup-1", EntryState.PROPOSED, NOW, later(30))


def proposed(wish: Entry = WISH, rules: BlacklistRules = ONE, *, verified: bool = True, protected: bool = False):
    return bl.propose(wish, rules, NOW, verified=verified, protected=protected)


def in_force(wish: Entry = WISH) -> Entry:
    return bl.approve(proposed(wish), "sup-2", ONE, NOW)


def test_a_protected_customer_is_refused_whatever_else_is_right():
    with pytest.raises(bl.CustomerProtected):
        proposed(protected=True)
    with pytest.raises(bl.CustomerProtected):
        proposed(replace(WISH, number_only=True), verified=False, protected=True)


def test_a_bare_number_is_refused_unless_so_marked():
    with pytest.raises(bl.NotVerified):
        proposed(verified=False)

    assert proposed(replace(WISH, number_only=True), verified=False).state is EntryState.PROPOSED


@pytest.mark.parametrize(
    "wrong",
    [{"reason": " "}, {"author": ""}, {"review_at": NOW}, {"review_at": later(93)}, {"expires_at": NOW}],
    ids=str,
)
def test_reason_author_and_review_are_obligatory(wrong: dict[str, object]):
    with pytest.raises(bl.BadEntry):
        proposed(replace(WISH, **wrong))  # type: ignore[arg-type]


def test_four_eyes_are_two_people_s():
    entry = proposed()
    with pytest.raises(bl.FourEyes):
        bl.approve(entry, "sup-1", TWO, NOW)

    approved = bl.approve(entry, "sup-2", TWO, NOW)
    assert (approved.state, approved.approved_by, approved.in_force_at) == (EntryState.IN_FORCE, "sup-2", NOW)
    with pytest.raises(bl.FourEyes):
        bl.review(approved, "sup-1", later(60), TWO, NOW)
    assert bl.approve(entry, "sup-1", ONE, NOW).state is EntryState.IN_FORCE


def test_a_proposal_holds_nobody():
    assert not proposed().holds(NOW)
    assert in_force().holds(NOW)


def test_an_overdue_review_lifts_at_its_instant_however_late_anybody_looks():
    entry = in_force()

    assert entry.holds(Millis(later(30) - 1))
    assert not entry.holds(later(30))
    lifted = bl.passed(entry, later(300))
    assert (lifted.state, lifted.ended_at, lifted.ended_by) == (EntryState.LIFTED, later(30), "time")
    assert lifted.ended_why == "nobody reviewed it in time"


def test_a_review_prolongs_and_the_expiry_is_apart_from_it():
    entry = bl.review(in_force(replace(WISH, expires_at=later(40))), "sup-2", later(80), ONE, NOW)

    assert entry.holds(later(39))
    lapsed = bl.passed(entry, later(60))
    assert (lapsed.state, lapsed.ended_at, lapsed.ended_why) == (EntryState.LAPSED, later(40), "expired")


def test_a_proposal_that_nobody_decides_lapses():
    lapsed = bl.passed(proposed(), later(30))

    assert (lapsed.state, lapsed.ended_why) == (EntryState.LAPSED, "nobody decided in time")


def test_an_appeal_is_kept_beside_the_entry():
    entry = bl.appealed(bl.appealed(in_force(), "it was my brother"), "here is his letter")

    assert entry.appeal == "it was my brother\nhere is his letter"
    assert entry.holds(NOW)
    with pytest.raises(bl.BadEntry):
        bl.appealed(entry, "")


KINDS = st.sampled_from(["approve", "reject", "review", "lift", "appeal", "protect", "time"])
STEPS = st.lists(st.tuples(KINDS, st.integers(0, 120)), max_size=20)


@given(STEPS, st.one_of(st.none(), st.integers(1, 400)))
def test_no_entry_lasts_longer_than_its_last_review_whatever_happens(steps: list[tuple[str, int]], expires: int | None):
    entry = proposed(replace(WISH, expires_at=None if expires is None else later(expires)))
    now = NOW
    for step, days in steps:
        now = Millis(now + days * DAY)
        entry = bl.passed(entry, now)
        before = entry
        try:
            match step:
                case "approve":
                    entry = bl.approve(entry, "sup-2", TWO, now)
                case "review":
                    entry = bl.review(entry, "sup-2", Millis(now + 92 * DAY), TWO, now)
                case "appeal":
                    entry = bl.appealed(entry, "no")
                case "time":
                    continue
                case _:
                    entry = bl.ended(entry, EntryStep(step), "sup-2", "because", now)
        except IllegalMove:
            assert entry is before
        if not before.is_open:
            assert entry is before, "an ended entry never moves again"
        assert not entry.holds(Millis(now + 92 * DAY))
        if entry.state is not EntryState.IN_FORCE:
            assert not entry.holds(now)


@pytest.mark.parametrize("step", EntryStep)
@pytest.mark.parametrize("state", [None, *EntryState])
def test_what_is_not_in_the_table_cannot_happen(step: EntryStep, state: EntryState | None):
    if state is None or step is EntryStep.PROPOSE:
        assert (state in ENTRY_MOVES[step]) == (state is None and step is EntryStep.PROPOSE)
        return
    if state not in ENTRY_MOVES[step] and step not in (EntryStep.APPROVE, EntryStep.REVIEW, EntryStep.APPEAL):
        with pytest.raises(IllegalMove):
            bl.ended(replace(WISH, state=state), step, "sup-2", "because", NOW)
