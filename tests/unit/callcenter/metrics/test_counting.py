"""Counts exact at the edge, bounded whatever callers do, and the same after a restart."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.events import OfferEnd, RejectReason
from callcenter.ids import AgentId, OfferId, TaskId
from callcenter.metrics import catalogue as names
from callcenter.metrics import saved_counts
from callcenter.metrics.catalogue import CATALOGUE, Kind
from callcenter.metrics.counting import Counting
from callcenter.metrics.text import END, openmetrics, scrape
from callcenter.tiers import Target, default_tiers
from callcenter.units import HOUR, SECOND, Millis
from routing.engine import RoutingEngine

T = 20 * SECOND
CENTRE = Centre("c", (Queue("q"), Queue("other")), (Group("g"),))
DONE = 100 * SECOND


class Book:
    """Writes a history down."""

    def __init__(self, centre: Centre = CENTRE) -> None:
        self.counting = Counting(centre)
        self.seq = 0

    def tell(self, kind: type[ev.Event], at: int, *rest: object, **more: object) -> None:
        self.seq += 1
        self.counting.fold([kind(Millis(at), self.seq, *rest, **more)])

    def queued(self, call: str, at: int = 0, queue: str = "q", tier: str = "vip", customer: str | None = None) -> None:
        self.tell(ev.CallQueued, at, call, call, queue, tier, 0, at, customer)

    def answered(self, call: str, wait: int, **more: int) -> None:
        self.queued(call)
        self.tell(ev.CallConnected, wait, call, call, "q", "vip", "ana", "g", f"{call}/o1", 0, wait, **more)

    def outcomes(self) -> dict[tuple[str, ...], int]:
        return {labels[2:]: n for labels, n in self.counting.calls.outcomes.items() if n}

    def read(self, at: int = DONE) -> dict[str, dict[tuple[str, ...], float]]:
        return {s.name: dict(samples) for s, samples in self.counting.readings(at)}  # type: ignore[arg-type]


@pytest.mark.parametrize("wait, within, breaches", [(T - 1, "true", 0), (T, "true", 0), (T + 1, "false", 1)])
def test_a_call_answered_at_exactly_t_is_within(wait, within, breaches):
    book = Book()
    book.answered("c1", wait)

    assert book.outcomes() == {("answered", within): 1}
    assert book.counting.calls.breaches["q", "vip"] == breaches


def test_a_call_that_waits_past_t_is_a_breach_at_that_moment_and_once():
    book = Book()
    book.queued("c1")
    counts = []
    for at in (T, T + 1, 3 * T):
        read = book.read(at)
        counts.append(
            (read["callcenter_sl_breaches_total"]["q", "vip"], read["callcenter_queue_late_calls"]["q", "vip"])
        )
    book.tell(ev.CallAbandoned, 4 * T, "c1", "q", "vip", 0, False)
    after = book.read()

    assert counts == [(0, 0), (1, 1), (1, 1)]
    assert (after["callcenter_sl_breaches_total"]["q", "vip"], after["callcenter_queue_late_calls"]["q", "vip"]) == (
        1,
        0,
    )


def test_a_call_answered_in_time_and_reported_late_is_within_though_its_threshold_was_counted():
    book = Book()
    book.queued("c1")
    book.read(T + 500)
    book.tell(ev.CallConnected, T + SECOND, "c1", "c1", "q", "vip", "ana", "g", "c1/o1", 0, 0, happened_at=T - 1)

    assert book.outcomes() == {("answered", "true"): 1}
    assert book.counting.calls.breaches["q", "vip"] == 1


def test_a_call_is_judged_in_the_tier_it_came_with():
    book = Book()
    book.queued("c1", tier="mid")
    book.tell(ev.CallReprioritised, 1, "c1", "q", "vip", 0, "mid", 1)
    book.tell(ev.CallConnected, 9, "c1", "c1", "q", "vip", "ana", "g", "c1/o1", 0, 5)

    assert {labels for labels, n in book.counting.calls.outcomes.items() if n} == {("q", "mid", "answered", "true")}
    assert book.counting.calls.offered["q", "vip"] == 0


STEPS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["come", "leave", "look", "restart"])), max_size=60)


def _lived(steps: list[tuple[int, str]], *, restarts: bool) -> list[dict[str, dict[tuple[str, ...], Any]]]:
    """Return what is read after each step."""
    read = []
    book = Book()
    for n, (which, what) in enumerate(steps):
        at = n * 3 * SECOND
        waiting = list(book.counting.calls._waiting)
        if what == "come":
            book.queued(f"c{which}-{at}{'/s2' * (which % 2)}", at, ("q", "other")[which % 2], f"tier-{which}")
        elif what == "leave" and waiting:
            call = waiting[which % len(waiting)]
            came = int(call.partition("/")[0].partition("-")[2])
            book.tell(ev.CallAbandoned, at, call, "q", "vip", came, False)
        elif what == "restart" and restarts:
            before, book.counting = book.counting, Counting(CENTRE)
            book.counting.calls.go_on(pickle.loads(pickle.dumps(before.calls.state())))
        read.append(
            {
                name: {labels: getattr(value, "counts", value) for labels, value in samples.items()}
                for name, samples in book.read(at).items()
            }
        )
    return read


@given(STEPS)
def test_calls_that_wait_are_counted_over_a_restart_as_without_one(steps: list[tuple[int, str]]):
    assert _lived(steps, restarts=True) == _lived(steps, restarts=False)


def test_a_contact_is_judged_on_its_first_segment_and_each_queue_on_all_that_came_to_it():
    book = Book()
    book.answered("c1", 9)
    book.queued("c1/s2", at=T, queue="other")
    late = book.read(3 * T)
    book.tell(ev.CallAbandoned, 4 * T, "c1/s2", "other", "vip", T, False)
    read = book.read()

    assert (late["callcenter_queue_late_calls"]["other", "vip"], late["callcenter_contacts_late"]["vip",]) == (1, 0)
    assert read["callcenter_sl_outcomes_total"]["other", "vip", "abandoned", "false"] == 1
    assert read["callcenter_sl_breaches_total"]["other", "vip"] == 1
    assert read["callcenter_contacts_offered_total"]["vip",] == 1
    assert read["callcenter_contacts_sl_breaches_total"]["vip",] == 0
    assert {at: n for at, n in read["callcenter_contacts_sl_outcomes_total"].items() if n} == {
        ("vip", "answered", "true"): 1
    }


def test_a_contact_that_waits_past_t_is_late_until_it_leaves():
    book = Book()
    book.queued("c1", tier="mid")
    late = [book.read(at)["callcenter_contacts_late"]["mid",] for at in (T, T + 1)]
    book.tell(ev.CallAbandoned, 4 * T, "c1", "q", "mid", 0, False)
    read = book.read()

    assert [*late, read["callcenter_contacts_late"]["mid",]] == [0, 1, 0]
    assert read["callcenter_contacts_sl_breaches_total"]["mid",] == 1


def test_a_call_turned_away_without_entering_is_offered_once():
    book = Book()
    book.tell(ev.CallRejected, 0, "c1", "c1", "q", "vip", 0, RejectReason.FULL, None)

    assert (book.counting.calls.offered["q", "vip"], book.outcomes()) == (1, {("rejected", "true"): 1})
    assert book.counting.calls.turned_away["q", "full"] == 1


def test_every_threshold_of_the_centre_is_a_bucket():
    tiers = (*default_tiers()[:3], default_tiers()[3].__class__("gold", 2, Target(0.8, Millis(12_500))))
    book = Book(Centre("c", (Queue("q"),), (Group("g"),), tiers))
    edges = book.counting.calls.waits["q", "vip"].edges

    assert {12.5, 20} <= set(edges)


def test_time_runs_on_between_events_and_never_back():
    book = Book()
    book.tell(ev.AgentLoggedIn, 0, "ana", "g")
    book.answered("c1", SECOND)
    first = book.read(11 * SECOND)["callcenter_agent_seconds_total"]
    book.tell(ev.CallCompleted, 10 * SECOND, "c1", "q", "vip", "ana", "g", SECOND, 0)
    second = book.read(11 * SECOND)["callcenter_agent_seconds_total"]

    assert (first["g", "logged_in"], first["g", "talk"]) == (11, 10)
    assert second["g", "talk"] == 10, "the talk ended a second before it was heard of: a counter never falls"
    assert book.counting.time.by_group.sums(0)["g", "talk"] == 9 * SECOND


def test_distinct_callers_add_no_series_and_no_memory():
    book = Book()
    before = scrape(book.counting.readings(0)).count("\n")
    calls = book.counting.calls
    for n in range(100_000):
        call = f"c{n}"
        book.queued(call, n, customer=f"k{n}")
        book.tell(ev.CallAbandoned, n + 3, call, "q", "vip", n, True)

    assert scrape(book.counting.readings(200_000)).count("\n") == before
    assert (len(calls._waiting), sum(map(len, calls._in_time.values()))) == (0, 0)
    assert calls.outcomes["q", "vip", "abandoned_short", "true"] == 100_000


def test_counts_that_are_carried_over_a_restart_go_on():
    before, after = Book(), Book()
    before.tell(ev.AgentLoggedIn, 0, "ana", "g")
    before.answered("c1", 5_000)
    before.queued("c2", 6_000)
    before.tell(ev.OfferEnded, 6_500, "c2/o1", "c2", "ana", "g", OfferEnd.NO_ANSWER, 6_000)
    saved = json.loads(json.dumps(saved_counts.saved(before.counting, 7_000)))
    # Of the past, the new process hears only what is still kept: that c1 was answered, and that c2 waits.
    after.tell(ev.CallConnected, 5_000, "c1", "c1", "q", "vip", "ana", "g", "c1/o1", 0, 5_000)
    after.queued("c2", 6_000)
    saved_counts.resume(after.counting, saved, 7_000)
    for book in (before, after):
        book.tell(ev.CallAbandoned, 8_000, "c2", "q", "vip", 6_000, True)
        book.tell(ev.CallCompleted, 9_000, "c1", "q", "vip", "ana", "g", 5_000, 0)

    kept = {"callcenter_agent_seconds_total"}
    old, new = before.read(9_000), after.read(9_000)
    histograms = {series.name for series in CATALOGUE if series.kind is Kind.HISTOGRAM}
    assert {k: v for k, v in new.items() if k not in kept | histograms} == {
        k: v for k, v in old.items() if k not in kept | histograms
    }
    assert new["callcenter_agent_seconds_total"]["g", "talk"] == 4
    assert new["callcenter_agent_seconds_total"]["g", "logged_in"] == 7, "who came before the kept past is not known"
    assert scrape(before.counting.histograms()) == scrape(after.counting.histograms())
    assert new["callcenter_talk_seconds"]["q",].total == 4


def test_counts_that_a_version_without_these_histograms_saved_go_on():
    book, after = Book(), Book()
    book.answered("c1", 5_000)
    saved = saved_counts.saved(book.counting, 7_000)
    saved["waits"] = saved.pop("histograms")["callcenter_wait_seconds"]
    saved_counts.resume(after.counting, saved, 7_000)

    assert after.counting.calls.waits["q", "vip"].total == 5
    assert after.counting.calls.outcome_waits["vip", "answered"].total == 0


def test_waits_are_told_by_how_they_ended():
    book = Book()
    book.answered("c1", 5_000)
    book.answered("c2", 25_000)
    book.queued("c3")
    book.tell(ev.CallAbandoned, 40_000, "c3", "q", "vip", 0, False)
    waits = book.read()["callcenter_outcome_wait_seconds"]

    assert {outcome: (sum(h.counts), h.total) for (tier, outcome), h in waits.items() if sum(h.counts)} == {
        "answered": (2, 30.0), "abandoned": (1, 40.0),
    }  # fmt: skip
    assert len(waits) == len(CENTRE.tiers) * 7, "all are there at 0"


def test_talk_counts_a_conversation_and_handling_its_after_call_work_too():
    book = Book()
    book.answered("c1", 1_000)
    book.tell(ev.CallCompleted, 61_000, "c1", "q", "vip", "ana", "g", 1_000, 10_000)
    book.tell(ev.WrapUpStarted, 61_000, "ana", "g", "c1", "vip", 71_000)
    read = book.read(65_000)
    meanwhile = [so_far(read[f"callcenter_{name}_seconds"]["q",]) for name in ("talk", "handling")]
    book.tell(ev.WrapUpEnded, 71_000, "ana", "g", "c1", "vip", 61_000)
    book.answered("c2", 2_000)
    book.tell(ev.CallCompleted, 32_000, "c2", "q", "vip", "ana", "g", 2_000, 0)  # none comes
    read = book.read()

    assert meanwhile == [(1, 60.0), (0, 0.0)]
    assert [so_far(read[f"callcenter_{name}_seconds"]["q",]) for name in ("talk", "handling")] == [
        (2, 90.0),
        (2, 100.0),
    ]


def so_far(histogram: Any) -> tuple[int, float]:
    """Return how many were counted, and their sum."""
    return sum(histogram.counts), histogram.total


def test_a_call_that_fails_in_its_conversation_was_a_conversation_and_one_that_fails_before_was_none():
    book = Book()
    book.answered("c1", 1_000)
    book.tell(ev.CallFailed, 9_000, "c1", "q", "vip", "ana", "g", 0, 1_000, "trunk")
    book.queued("c2")
    book.tell(ev.CallFailed, 9_000, "c2", "q", "vip", None, None, 0, None, "trunk")
    read = book.read()

    for name in ("talk", "handling"):
        assert sum(read[f"callcenter_{name}_seconds"]["q",].counts) == 1


def test_openmetrics_reads_back_by_the_client_library_with_the_trace_of_a_contact_in_its_bucket():
    book = Book()
    book.answered("c1", 5_000)
    book.answered("c2", 90_000)
    book.tell(ev.CallCompleted, 99_000, "c1", "q", "vip", "ana", "g", 5_000, 0)
    text = openmetrics(book.counting.readings(DONE), lambda contact: f"trace-of-{contact}") + END
    read = {f.name: f for f in openmetrics_families(text)}
    plain = {f.name: f for f in text_string_to_metric_families(scrape(book.counting.readings(DONE)))}
    found = {
        (sample.name, sample.labels["le"]): (
            sample.exemplar.labels["trace_id"],
            sample.exemplar.value,
            float(sample.exemplar.timestamp),
        )
        for name in ("callcenter_outcome_wait_seconds", "callcenter_talk_seconds")
        for sample in read[name].samples
        if sample.exemplar
    }

    assert found == {
        ("callcenter_outcome_wait_seconds_bucket", "5.0"): ("trace-of-c1", 5.0, 5.0),
        ("callcenter_outcome_wait_seconds_bucket", "90.0"): ("trace-of-c2", 90.0, 90.0),
        ("callcenter_talk_seconds_bucket", "120.0"): ("trace-of-c1", 94.0, 99.0),
    }
    values = {name: sorted((s.name, *sorted(s.labels.items()), s.value) for s in f.samples) for name, f in read.items()}
    assert values == {
        name: sorted((s.name, *sorted(s.labels.items()), s.value) for s in f.samples) for name, f in plain.items()
    }


def test_what_is_written_reads_back_by_the_client_library():
    book = Book(Centre('a "b"\\', (Queue('q"\\x'),), (Group("g"),)))
    book.queued("c1", queue='q"\\x')
    read = {f.name: f for f in text_string_to_metric_families(scrape(book.counting.readings(T)))}

    offered = [s for s in read["callcenter_calls_offered"].samples if s.labels["tier"] == "vip"]
    assert [(s.labels["queue"], s.value) for s in offered] == [('q"\\x', 1.0)]
    buckets = [s for s in read["callcenter_wait_seconds"].samples if s.labels.get("le") == "20.0"]
    assert len(buckets) == 4


def test_the_catalogue_names_nothing_twice_and_counters_end_in_total():
    assert len({series.name for series in CATALOGUE}) == len(CATALOGUE)
    for series in CATALOGUE:
        assert series.name.startswith(names.PREFIX)
        assert series.name.endswith("_total") == (series.kind is Kind.COUNTER), series.name
        assert not {"caller", "agent", "call", "customer"} & set(series.labels), series.name


def test_three_chats_at_once_are_no_more_than_one_agents_time():
    book = Book()
    book.tell(ev.AgentLoggedIn, 0, "ana", "g")
    for n in range(3):
        book.queued(f"c{n}")
        book.tell(ev.CallConnected, 0, f"c{n}", f"c{n}", "q", "vip", "ana", "g", f"c{n}/o1", 0, 0, cost=33)
    spent = book.read(100 * SECOND)["callcenter_agent_seconds_total"]

    assert spent["g", "talk"] == 99
    assert spent["g", "talk"] <= spent["g", "logged_in"]


def test_an_offer_of_a_callback_that_is_accepted_counts_once():
    engine, counting, noon = RoutingEngine(CENTRE), Counting(CENTRE), Millis(12 * HOUR)
    for command in (
        cmd.LogIn(AgentId("ana"), "g"),
        cmd.ScheduleTask(TaskId("t1"), "q", promise=Millis(noon + DONE)),
        cmd.AcceptOffer(OfferId("t1/o1")),
    ):
        engine.handle(command, now=noon)
        counting.fold(engine.take_events())
    ends = next(samples for series, samples in counting.readings(noon) if series.name == "callcenter_offers_total")

    assert {labels: n for labels, n in dict(ends).items() if n} == {("q", "accepted"): 1}


class Looked(dict[str, int]):
    """Counts how often somebody begins to look through it."""

    looks = 0

    def items(self) -> Any:
        """Return what `dict` does."""
        self.looks += 1
        return super().items()


@pytest.mark.parametrize("after_s", [25, 3_000])
def test_thresholds_of_many_that_wait_are_passed_in_one_look(after_s: int):
    # One look for each, from the front of a table whose first entries are gone, took 5 s for a hundred thousand.
    book = Book()
    for n in range(1, 10_001):
        book.queued(f"c{n}", n)
    calls = book.counting.calls
    kept = calls._in_time["vip"] = Looked(calls._in_time["vip"])
    calls.pass_thresholds(after_s * SECOND)
    late = sum(n + T < after_s * SECOND for n in range(1, 10_001))
    assert 0 < late <= 10_000
    assert calls.late["q", "vip"] == calls.breaches["q", "vip"] == late
    assert (kept.looks, len(kept)) == (1, 10_000 - late)
