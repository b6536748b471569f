"""Layouts of known systems: all tell the same of one centre, whatever the order, encoding or doubles of their rows."""

import gzip
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import ARRAYS, CallLog
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.patience import fit_patience
from sim.analysis.fit.reading import read_logs
from sim.model.laws import mean_s
from tests import strangers
from tests.strangers import WITH_HEADER, WRITERS, Call, Rows, csv_text

SEEDS = (1, 2)
KEYED = tuple(WRITERS)


def rows_of(name: str, calls: list[Call]) -> Rows:
    """Return the calls in a layout."""
    return WRITERS[name][0](calls)


def read(name: str, rows: Rows, *, encoding: str = "utf-8", delimiter: str | None = None, also: str = "") -> CallLog:
    """Return what a layout tells."""
    text = csv_text(rows, delimiter or WRITERS[name][1])
    return read_logs([Source.of(text.encode(encoding), "log")], columns(name, also), format_name=name)


def columns(name: str, also: str = ""):
    """Return the map of a layout for the made-up centre."""
    return format_columns(name, also, "map.yaml", "Europe/Berlin")


def same(one: CallLog, other: CallLog) -> bool:
    """Tell whether two logs hold the same calls."""
    alike = [np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in ARRAYS[:-3]]
    return all(alike) and one.queues == other.queues


@pytest.fixture(scope="module", params=SEEDS)
def calls(request: pytest.FixtureRequest) -> list[Call]:
    return strangers.centre(request.param)


@pytest.mark.parametrize("name", WRITERS)
def test_every_layout_tells_the_true_figures(name: str, calls: list[Call]):
    log = read(name, rows_of(name, calls))

    assert len(log) == len(calls)
    assert int(log.answered.sum()) == sum(c.answered for c in calls)
    assert int(log.abandoned.sum()) == sum(not c.answered for c in calls)
    assert {q: int((log.queue == i).sum()) for i, q in enumerate(log.queues)} == {
        q: sum(c.queue == q for c in calls) for q in ("sales", "support")
    }
    assert log.wait.tolist() == [c.wait_s for c in sorted(calls, key=lambda c: c.arrived)] or (
        sorted(log.wait.tolist()) == sorted(c.wait_s for c in calls)
    )
    assert np.nanmean(log.service) == pytest.approx(np.mean([c.talk_s for c in calls if c.answered]))
    assert len(np.unique(log.agent[log.answered])) == len({c.agent for c in calls if c.answered})
    assert log.tally.dropped == {}
    assert all(note.startswith("times are written without a zone") for note in log.tally.notes)


@pytest.mark.parametrize("name", WRITERS)
def test_patience_comes_back_within_a_tenth(name: str):
    found = []
    for seed in SEEDS:
        law = fit_patience(read(name, rows_of(name, strangers.centre(seed, days=20, agents=3)))).laws[None, None].law
        found.append(mean_s(law))

    assert np.mean(found) == pytest.approx(strangers.PATIENCE_S, rel=0.1)


@pytest.mark.parametrize("name", WRITERS)
def test_the_order_of_rows_and_columns_and_what_stands_between_them_change_nothing(name: str, calls: list[Call]):
    rows = rows_of(name, calls)
    whole = read(name, rows)
    head, body = (rows[:1], rows[1:]) if name in WITH_HEADER else ([], rows)
    mixed = Random(3).sample(body, len(body))

    assert same(read(name, head + mixed), whole)
    if name in WITH_HEADER:
        turned = [row[::-1] for row in rows]
        assert same(read(name, turned), whole)
        for mark in ";", "\t", "|":
            assert same(read(name, rows, delimiter=mark), whole)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", WRITERS)
def test_the_encoding_changes_nothing(name: str, encoding: str, calls: list[Call]):
    rows = rows_of(name, calls)

    assert same(read(name, rows, encoding=encoding), read(name, rows))


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "asterisk-queue-log"])
def test_records_that_come_twice_count_once(name: str, calls: list[Call]):
    rows = rows_of(name, calls)
    head, body = (rows[:1], rows[1:]) if name in WITH_HEADER else ([], rows)
    twice = Random(5).sample(body, len(body) // 3)
    log = read(name, head + body + twice)

    assert same(log, read(name, rows))
    assert log.tally.doubled == len(twice)


def test_of_records_of_one_contact_the_newest_counts_wherever_it_stands(calls: list[Call]):
    rows = rows_of("amazon-connect-ctr", calls)
    old = list(rows[1])
    new = [*old[:3], "support", *old[4:-1], "2030-01-01T00:00:00Z"]
    for order in ([old, new], [new, old]):
        log = read("amazon-connect-ctr", [rows[0], *order, *rows[2:]])
        assert len(log) == len(calls)
        assert int((log.queue == log.queues.index("support")).sum()) == sum(
            c.queue == "support" for c in calls[1:]
        ) + 1  # fmt: skip


def test_without_a_key_doubles_are_said(calls: list[Call]):
    rows = rows_of("amazon-connect-ctr", calls)
    later = [[*row[:-1], "2030-01-01T00:00:00Z"] for row in rows[1:40]]
    answered = sum(c.answered for c in calls[:39])

    log = read("amazon-connect-ctr", rows + later, also="call: null\n")
    assert len(log) == len(calls) + 39
    assert any(f"{answered:,} times an agent has two calls at one instant" in note for note in log.tally.notes)
    equal = read("amazon-connect-ctr", rows + rows[1:4], also="call: null\n")
    assert any("3 rows are equal to another one" in note for note in equal.tally.notes)


def test_two_files_of_a_month_are_one_log_and_the_same_file_is_refused(calls: list[Call]):
    rows = rows_of("freeswitch-cdr", calls)
    whole = read("freeswitch-cdr", rows)
    half = len(rows) // 2
    packed = gzip.compress(csv_text([rows[0], *rows[half:]]).encode())
    parts = [Source.of(csv_text(rows[:half]).encode(), "a"), Source.of(packed, "b.gz")]

    assert same(read_logs(parts, columns("freeswitch-cdr")), whole)
    with pytest.raises(BadInput, match=r"holds calls of 2026-.* that a holds too"):
        read_logs([parts[0], replace(parts[0], name="c")], columns("freeswitch-cdr", "call: null\n"))


def test_a_row_of_names_in_a_file_that_usually_has_none_is_no_call(calls: list[Call]):
    rows = rows_of("asterisk-cdr", calls)
    names = columns("asterisk-cdr").header[: len(rows[0])]

    assert same(read("asterisk-cdr", [names, *rows]), read("asterisk-cdr", rows))


@pytest.mark.parametrize("name", ["asterisk-cdr", "freeswitch-cdr"])
@pytest.mark.parametrize("above", ["Calls of March", "Calls of March\n\nprinted 2026-04-01 06:00"])
def test_titles_may_stand_above_the_names_of_a_file_that_usually_has_none(name: str, above: str, calls: list[Call]):
    rows = rows_of(name, calls)
    named = rows if name in WITH_HEADER else [columns(name).header[: len(rows[0])], *rows]
    text = f"{above}\n{csv_text(named, WRITERS[name][1])}"

    assert same(read_logs([Source.of(text.encode(), "log")], columns(name), format_name=name), read(name, rows))


# --- the night on which the clocks change


def night(calls: list[Call], wait_s: int = 20) -> list[Call]:
    """Return calls of the hours around the change, each with a wait of 20 s that ends after it or before."""
    model = next(c for c in calls if c.answered)
    spring = datetime(2026, 3, 29, 1, 59, 50)  # noqa: DTZ001 - ten seconds on, it is 3:00
    return [replace(model, number=n, arrived=spring - timedelta(minutes=n), wait_s=wait_s) for n in range(60)]


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "asterisk-cdr"])
def test_a_wait_over_the_change_of_the_clocks_is_what_it_was(name: str, calls: list[Call]):
    log = read(name, rows_of(name, night(calls)))

    assert set(log.wait.tolist()) == {20.0}


def test_local_times_over_the_change_are_subtracted_as_instants(calls: list[Call]):
    model = next(c for c in calls if c.answered)
    row = rows_of("asterisk-cdr", [replace(model, wait_s=0)])[0]
    spring = [*row[:9], "2026-03-29 01:59:50", "2026-03-29 03:00:10", "2026-03-29 03:03:10", *row[12:]]
    autumn = [*row[:9], "2026-10-25 02:59:50", "2026-10-25 02:00:10", "2026-10-25 02:03:10", *row[12:16], "x", ""]

    assert read("asterisk-cdr", [spring]).wait.tolist() == [20.0]
    log = read("asterisk-cdr", [autumn])
    assert log.wait.tolist() == [20.0]
    assert any("an hour that the clocks repeat" in note for note in log.tally.notes)


def test_formats_that_are_not_known_are_refused_with_near_names():
    from sim.analysis.fit.formats import check_format

    with pytest.raises(BadInput, match="asterisk-cdrs: is not known, did you mean asterisk-cdr"):
        check_format("asterisk-cdrs")


@pytest.mark.parametrize("each", [2, 40])
def test_contacts_that_left_before_any_queue_are_no_calls_and_have_no_date(each: int, calls: list[Call]):
    head, *rows = rows_of("amazon-connect-ctr", calls)
    kept = {"Channel", "InitiationMethod", "InitiationTimestamp", "DisconnectTimestamp", "LastUpdateTimestamp"}
    before = [
        [
            f"left-{n}" if name == "ContactId" else cell if name in kept else ""
            for name, cell in zip(head, row, strict=True)
        ]
        for n, row in enumerate(rows[::each])
    ]
    found = read("amazon-connect-ctr", [head, *rows, *before])

    assert same(found, read("amazon-connect-ctr", [head, *rows]))
    assert (found.tally.bad, found.tally.not_offered) == (0, len(before))
