"""The service-level formulas on hand-made histories, edge by edge; and that no call is forgotten."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.events import RejectReason
from callcenter.lifecycle.ledger import Ledger
from callcenter.lifecycle.measures import COUNTS, FORMULAS, OUTCOMES, CallRecord, Tally, service_level
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine

T = 20 * SECOND
END = Millis(1_000 * SECOND)


class Book:
    """Writes histories down as events, call by call."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.seq = 0

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def queued(self, call: str, at: int = 0, contact: str | None = None) -> None:
        self.ledger.fold([ev.CallQueued(at, self._next(), call, contact or call, "q", "mid", 1, at, None)])

    def answered(self, call: str, wait: int, at: int = 0, talk: int | None = 1_000) -> None:
        self.queued(call, at)
        then = at + wait
        self.ledger.fold(
            [ev.CallConnected(then, self._next(), call, call, "q", "mid", "ana", "g", f"{call}/o1", at, then)]
        )
        if talk is not None:
            self.ledger.fold([ev.CallCompleted(then + talk, self._next(), call, "q", "mid", "ana", "g", then, 0)])

    def abandoned(self, call: str, wait: int, *, short: bool = False) -> None:
        self.queued(call)
        self.ledger.fold([ev.CallAbandoned(wait, self._next(), call, "q", "mid", 0, short)])

    def overflowed(self, call: str, wait: int, *, came_in: bool = True) -> None:
        if came_in:
            self.queued(call)
        self.ledger.fold(
            [ev.CallOverflowed(wait, self._next(), call, "q", "mid", 0, "elsewhere", RejectReason.MAX_WAIT)]
        )

    def rejected(self, call: str, wait: int, *, came_in: bool = True) -> None:
        if came_in:
            self.queued(call)
        self.ledger.fold([ev.CallRejected(wait, self._next(), call, call, "q", "mid", 0, RejectReason.FULL, None)])

    def converted(self, call: str, wait: int) -> None:
        self.queued(call)
        self.ledger.fold([ev.CallConverted(wait, self._next(), call, "q", "mid", 0, f"{call}/cb")])

    def failed(self, call: str, at: int, connected_at: int | None = None) -> None:
        self.ledger.fold([ev.CallFailed(at, self._next(), call, "q", "mid", None, None, 0, connected_at, "line lost")])

    def tally(self, now: int = END) -> Tally:
        self.ledger.close(now)
        found = Tally()
        for record in self.ledger.calls:
            record.count(found, T, now)
        return found


@pytest.fixture
def book() -> Book:
    return Book()


def shares(tally: Tally) -> dict[str, tuple[int, int]]:
    return {name: formula(tally) for name, formula in FORMULAS.items()}


def outcomes(tally: Tally) -> int:
    return sum(getattr(tally, name) for name in OUTCOMES)


def test_answered_at_exactly_the_threshold_is_within_and_a_millisecond_later_is_not(book: Book):
    book.answered("c1", T)
    book.answered("c2", T + 1)

    assert set(shares(book.tally()).values()) == {(1, 2)}


def test_abandoned_at_exactly_the_threshold_is_forgiven_and_a_millisecond_later_is_not(book: Book):
    book.abandoned("c1", T)
    book.abandoned("c2", T + 1)

    found = shares(book.tally())
    assert found["sl_forgiving"] == (1, 2)
    assert found["sl_offered"] == found["sl_net"] == found["sl_all"] == (0, 2)
    assert found["sl_answered"] == (0, 0)


def test_abandoned_at_exactly_five_seconds_is_short_and_a_millisecond_later_is_not():
    """The engine says which abandons are short: the queue's limit counts as short."""
    engine = RoutingEngine(Centre("c", (Queue("q"),), (Group("g"),)))
    ledger = Ledger()
    for call in ("c1", "c2"):
        engine.handle(cmd.AdmitCall(call, "q"), now=Millis(0))
    for call, wait in (("c1", 5_000), ("c2", 5_001)):
        engine.handle(cmd.AbandonCall(call), now=Millis(wait))
    ledger.fold(engine.take_events())
    found = Tally()
    for record in ledger.calls:
        record.count(found, T, END)

    assert (found.abandoned, found.short_abandoned, found.abandoned_in) == (2, 1, 2)
    assert shares(found)["sl_net"] == (0, 1)
    assert shares(found)["sl_offered"] == (0, 2)


def test_short_abandons_leave_only_the_net_denominators(book: Book):
    book.answered("c1", 0)
    book.abandoned("c2", 5_000, short=True)

    assert shares(book.tally()) == {
        "sl_all": (1, 2),
        "sl_answered": (1, 1),
        "sl_offered": (1, 2),
        "sl_forgiving": (2, 2),
        "sl_net": (1, 1),
        "sl_net_overflow": (1, 1),
    }


def test_a_call_still_waiting_past_the_threshold_is_a_miss_everywhere_but_among_the_answered(book: Book):
    book.answered("c1", 0)
    book.queued("c2", END - T - 1)
    tally = book.tally()

    assert (tally.open, tally.open_late) == (1, 1)
    assert shares(tally) == {name: (1, 1) if name == "sl_answered" else (1, 2) for name in FORMULAS}


@pytest.mark.parametrize("waited", [0, 1, T])
def test_a_call_still_waiting_within_the_threshold_is_no_miss_yet_but_offered(book: Book, waited: int):
    book.answered("c1", 0)
    book.queued("c2", END - waited)
    tally = book.tally()

    assert (tally.open, tally.open_late) == (1, 0)
    assert shares(tally) == {name: (1, 2) if name == "sl_all" else (1, 1) for name in FORMULAS}


def test_overflow_counts_in_two_formulas_only(book: Book):
    book.answered("c1", 0)
    book.overflowed("c2", 30_000)

    assert shares(book.tally()) == {
        name: (1, 2) if name in {"sl_all", "sl_net_overflow"} else (1, 1) for name in FORMULAS
    }


@pytest.mark.parametrize("outcome", ["converted", "rejected", "failed"])
def test_converted_rejected_and_failed_calls_count_among_all_and_nowhere_else(book: Book, outcome: str):
    book.answered("c1", 0)
    if outcome == "failed":
        book.queued("c2")
        book.failed("c2", 30_000)
    else:
        getattr(book, outcome)("c2", 30_000)
    tally = book.tally()

    assert getattr(tally, outcome) == 1
    assert shares(tally) == {name: (1, 2) if name == "sl_all" else (1, 1) for name in FORMULAS}


def test_nothing_at_all_is_null_not_perfect():
    assert {service_level(Tally(), name) for name in FORMULAS} == {None}


def test_a_zero_denominator_is_null_beside_others_that_are_not(book: Book):
    book.abandoned("c1", 4_000, short=True)
    tally = book.tally()

    assert service_level(tally, "sl_net") is None
    assert service_level(tally, "sl_answered") is None
    assert service_level(tally, "sl_all") == 0.0
    assert service_level(tally, "sl_forgiving") == 1.0


def test_all_formulas_on_one_day_counted_by_hand(book: Book):
    for n, wait in enumerate((0, 3_000, T, T + 1, 60_000)):
        book.answered(f"a{n}", wait)
    book.abandoned("b0", 5_000, short=True)
    book.abandoned("b1", T)
    book.abandoned("b2", 40_000)
    book.overflowed("f0", 90_000)
    book.converted("c0", 30_000)
    book.rejected("r0", 0, came_in=False)
    book.queued("x0")
    book.failed("x0", 7_000)
    book.queued("o0", END - 60_000)
    book.queued("o1", END - 5_000)
    tally = book.tally()

    assert tally.offered == 14 == outcomes(tally)
    assert {name: Fraction(*share) for name, share in shares(tally).items()} == {
        "sl_all": Fraction(3, 14),
        "sl_answered": Fraction(3, 5),
        "sl_offered": Fraction(3, 9),
        "sl_forgiving": Fraction(5, 9),
        "sl_net": Fraction(3, 8),
        "sl_net_overflow": Fraction(3, 9),
    }


@pytest.mark.parametrize("came_in", [True, False])
def test_a_call_turned_away_counts_once_whether_it_ever_came_in_or_not(book: Book, came_in: bool):
    book.rejected("c1", 0, came_in=came_in)
    book.overflowed("c2", 0, came_in=came_in)
    tally = book.tally()

    assert (tally.offered, tally.rejected, tally.overflowed) == (2, 1, 1)


def test_a_call_lost_in_conversation_stays_answered(book: Book):
    book.answered("c1", 1_000, talk=None)
    book.failed("c1", 9_000, connected_at=1_000)
    tally = book.tally()
    (record,) = book.ledger.calls

    assert (tally.answered, tally.failed, tally.open) == (1, 0, 0)
    assert record.talk_ms == 8_000


def test_a_conversation_that_goes_on_at_the_end_is_answered_and_its_time_so_far_is_the_agents(book: Book):
    book.answered("c1", 1_000, talk=None)
    tally = book.tally()

    assert (tally.answered, tally.open) == (1, 0)
    assert [(s.what, s.begin, s.end) for s in book.ledger.spans] == [("talk", 1_000, END)]


def test_closing_forgets_no_open_call(book: Book):
    book.queued("c1")
    book.ledger.close(END)

    assert [r.outcome for r in book.ledger.calls] == ["open"]


def test_a_later_segment_is_told_from_the_first():
    assert CallRecord("c1", "c1", "q", "mid", Millis(0)).first_segment
    assert not CallRecord("c1/s2", "c1", "q", "mid", Millis(0)).first_segment


KINDS = st.sampled_from(["answered", "abandoned", "overflowed", "converted", "rejected", "turned", "failed", "open"])


@given(st.lists(st.tuples(KINDS, st.integers(0, 100_000)), max_size=30))
def test_whatever_happens_every_call_is_in_exactly_one_outcome(history: list[tuple[str, int]]):
    book = Book()
    for n, (kind, wait) in enumerate(history):
        call = f"c{n}"
        if kind in {"answered", "overflowed", "converted", "rejected"}:
            getattr(book, kind)(call, wait)
        elif kind == "turned":
            book.rejected(call, 0, came_in=False)
        elif kind == "abandoned":
            book.abandoned(call, wait, short=wait <= 5_000)
        else:
            book.queued(call, END - wait if kind == "open" else 0)
            if kind == "failed":
                book.failed(call, wait)
    tally = book.tally()

    assert tally.offered == len(history) == outcomes(tally)
    for name, formula in FORMULAS.items():
        above, below = formula(tally)
        assert 0 <= above <= below, name


def test_tallies_add_up(book: Book):
    book.answered("c1", 0)
    book.abandoned("c2", T)
    one = book.tally()
    total = Tally()
    total.add(one)
    total.add(one)

    assert {name: getattr(total, name) for name in COUNTS} == {name: 2 * getattr(one, name) for name in COUNTS}


# --- agents' time


def test_agents_time_is_told_apart_and_open_stretches_end_with_the_day():
    engine = RoutingEngine(Centre("c", (Queue("q", wrap_up=Millis(10_000)),), (Group("g"),)))
    ledger = Ledger()

    def at(second: int, command: cmd.Command) -> None:
        engine.handle(command, now=Millis(second * SECOND))
        ledger.fold(engine.take_events())

    at(0, cmd.LogIn("ana", "g"))
    at(5, cmd.AdmitCall("c1", "q"))
    at(8, cmd.AcceptOffer("c1/o1"))
    at(68, cmd.EndCall("c1"))
    at(100, cmd.SetNotReady("ana", "break"))
    at(130, cmd.SetAvailable("ana"))
    at(140, cmd.AdmitCall("c2", "q"))
    engine.advance(now=Millis(200 * SECOND))
    ledger.fold(engine.take_events())
    ledger.close(Millis(200 * SECOND))
    spent = {}
    for span in ledger.spans:
        spent[span.what] = spent.get(span.what, 0) + (span.end - span.begin) // SECOND
    (answered, _) = ledger.calls

    assert spent["logged_in"] == 200
    assert spent["wrap_up"] == 10
    assert spent["ring"] == 15  # c2 rang until the offer expired; c1's ring is in its record
    assert spent["not_ready"] == 30 + (200 - 155)
    assert answered.left_at - answered.offered_at == 3_000
    assert (answered.talk_ms, answered.wrap_ms) == (60_000, 10_000)
