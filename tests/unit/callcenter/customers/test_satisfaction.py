"""CSAT, NPS, repeats and first-contact resolution, against plain counts."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.satisfaction import Answers, ContactCounts, Contacts
from callcenter.units import DAY, HOUR, Millis


def test_nothing_asked_is_null_and_never_zero():
    empty = Answers()
    assert (empty.csat_share, empty.csat_mean, empty.nps_score, empty.solved_share) == (None,) * 4
    assert (ContactCounts().repeat_rate, ContactCounts().fcr) == (None, None)


@given(st.lists(st.tuples(st.none() | st.integers(1, 5), st.none() | st.integers(0, 10), st.none() | st.booleans())))
def test_answers_add_up_to_what_a_spreadsheet_says(said: list[tuple[int | None, int | None, bool | None]]):
    answers = Answers()
    for one in said:
        answers.add(*one)
    csat = [a for a, _, _ in said if a is not None]
    nps = [b for _, b, _ in said if b is not None]

    assert answers.csat_share == (sum(c >= 4 for c in csat) / len(csat) if csat else None)
    assert answers.csat_mean == (sum(csat) / len(csat) if csat else None)
    assert answers.nps_score == (
        100 * ((sum(n >= 9 for n in nps) - sum(n <= 6 for n in nps)) / len(nps)) if nps else None
    )


CALLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 60), st.booleans()), max_size=40)


@given(CALLS)
def test_repeats_and_first_contacts_are_what_looking_at_every_pair_says(drawn: list[tuple[int, int, int, bool]]):
    contacts, told, now = Contacts(settled_after=Millis(7 * DAY)), [], 0
    for who, queue, hours, answered in drawn:
        now += hours * HOUR
        contacts.begin(f"p{who}", f"q{queue}", "vip" if who == 0 else "standard", Millis(now))
        if answered:
            contacts.answer(f"p{who}", f"q{queue}")
        told.append((who, queue, now, answered))
    end = now + 3 * DAY
    found = contacts.counts(Millis(end))

    for tier, whose in (("vip", (0,)), ("standard", (1, 2, 3))):
        mine = [(i, call) for i, call in enumerate(told) if call[0] in whose]
        before = [[other for j, other in enumerate(told) if j < i and other[:2] == call[:2]] for i, call in mine]
        after = [[other for j, other in enumerate(told) if j > i and other[:2] == call[:2]] for i, call in mine]
        repeats = sum(any(call[2] - o[2] <= DAY for o in b) for (_, call), b in zip(mine, before, strict=True))
        judged = [(call, a) for (_, call), a in zip(mine, after, strict=True) if call[3] and end - call[2] > 7 * DAY]
        settled = sum(not any(o[2] - call[2] <= 7 * DAY for o in a) for call, a in judged)
        counts = found.get(tier, ContactCounts())
        assert (counts.contacts, counts.repeats) == (len(mine), repeats)
        assert (counts.answered, counts.settled) == (len(judged), settled)
