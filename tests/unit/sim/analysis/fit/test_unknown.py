"""What a log does not tell is not zero: unknown waits, bad rows of one cause, numbers and names that are not sure."""

from math import isnan

import pytest

from callcenter.errors import BadInput
from sim.analysis.fit.assumed_patience import ASSUMED
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.judge import with_waits
from sim.analysis.fit.patience import fit_patience
from sim.analysis.fit.reading import read_log
from sim.model.laws import mean_s
from tests import strangers
from tests.strangers import csv_text

CALLS = strangers.centre(6, days=14, agents=3)
MAP = """
version: 1
zone: Europe/Berlin
arrival: {column: came, as: iso}
wait: {from: came, to: [answer, end]}
service: talk
outcome: {column: out, answered: [Y], abandoned: [N]}
queue: {column: queue, values: all}
"""
HEADER = ["came", "answer", "end", "talk", "out", "queue", "caller", "wait"]


def rows(calls=CALLS) -> list[list[str]]:
    """Return calls as a CDR: no answer time where nobody answered."""
    from datetime import timedelta

    found = []
    for c in calls:
        left = c.arrived + timedelta(seconds=c.wait_s)
        end = left + timedelta(seconds=c.talk_s)
        out = "Y" if c.answered else "N"
        answer = f"{left:%F %T}" if c.answered else ""
        found.append([f"{c.arrived:%F %T}", answer, f"{end:%F %T}", str(c.talk_s), out, c.queue, c.caller, ""])
    return found


def read(body: list[list[str]], columns: str = MAP, header: list[str] = HEADER) -> CallLog:
    return read_log(
        csv_text([header, *body] if header else body).encode(), read_columns(columns, "map.yaml"), "log.csv"
    )


def test_calls_nobody_answered_wait_to_their_end():
    log = read(rows())

    assert int(log.abandoned.sum()) == sum(not c.answered for c in CALLS)
    assert mean_s(fit_patience(log).law("sales", "standard")) == pytest.approx(strangers.PATIENCE_S, rel=0.15)


def test_a_wait_that_is_not_there_is_not_zero():
    log = read(rows(), MAP.replace("[answer, end]", "answer"))
    lost = sum(not c.answered for c in CALLS)

    assert log.unknown_waits == (0, lost)
    assert all(isnan(wait) for wait in log.wait[log.abandoned])
    assert any(f"the wait of {lost:,} of {lost:,} calls that were abandoned is not in the log" in n for n in log.tally.notes)  # fmt: skip  # noqa: E501
    fit = fit_patience(log).laws[None, None]
    assert (fit.family, fit.at_once) == (ASSUMED, 0.0)
    assert mean_s(fit.law) == pytest.approx(strangers.PATIENCE_S, rel=0.25)
    with pytest.raises(BadInput, match="days cannot be judged by it"):
        with_waits(log)


def test_a_few_unknown_waits_leave_the_patience_fit():
    body = rows()
    few = [i for i, row in enumerate(body) if row[4] == "N"][:3]
    for i in few:
        body[i][2] = ""
    log = read(body)

    assert log.unknown_waits == (0, 3)
    assert fit_patience(log).laws[None, None].samples == int(((log.wait > 0) | ~log.answered).sum()) - 3


@pytest.mark.parametrize(
    "spoil, shared",
    [
        (lambda row: row[4] == "N", "outcome 'N'"),
        (lambda row: row[0][11:13] == "09", "hour '09'"),
        (lambda row: row[5] == "rare", "queue 'rare'"),
    ],
)
def test_few_bad_rows_that_share_a_cause_are_refused(spoil, shared: str):
    body = rows()
    for i, row in enumerate(body):
        if i % 40 == 0:
            row[5] = "rare"
    some = [row for row in body if spoil(row)][:60]
    assert len(some) < 0.05 * len(body)
    for row in some:
        row[1], row[2] = "soon", "soon"

    with pytest.raises(BadInput, match=f"not spread like the rest: .*{shared}"):
        read(body)


def test_as_many_bad_rows_spread_like_all_are_counted():
    body = rows()
    for row in body[::35]:
        row[2] = row[1] = "soon"
    log = read(body)

    assert log.tally.bad == len(body[::35])
    assert len(log) == len(body) - log.tally.bad


def test_a_number_that_could_be_thousands_or_a_fraction_is_asked_about():
    body = rows(CALLS[:50])
    body[7][3] = "1,200"
    with pytest.raises(BadInput, match="'talk': 1,200 could be a fraction or thousands: write thousands"):
        read(body)

    assert 1200 in read(body, MAP + "thousands: ','\n").service
    assert 1.2 in read(body, MAP + "decimal: ','\n").service


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(BadInput, match="has the column 'talk' twice"):
        read(rows(), header=[*HEADER[:6], "talk", "wait"])


def test_queues_that_the_map_does_not_name_are_listed_with_their_counts():
    sales = sum(c.queue == "sales" for c in CALLS)
    for values in ("", ", values: {}", ", values: {sles: one}"):
        with pytest.raises(BadInput, match=rf"queues that the map does not name.* \(.*sales {sales:,}"):
            read(rows(), MAP.replace(", values: all", values))
    renamed = [[cell.replace("support", "help") for cell in row] for row in rows()]
    named = MAP.replace("values: all", "values: {sales: sales, support: support}")
    with pytest.raises(BadInput, match="help"):
        read(renamed, named)
    assert read(renamed, named.replace("support}", "support}, default: rest")).queues == ("sales", "support", "rest")


def test_a_file_without_names_shows_nobodys_number():
    with pytest.raises(BadInput, match="has no line of column names") as refusal:
        read(rows(), header=[])
    assert not any(c.caller[3:] in str(refusal.value) for c in CALLS)

    whole = read(rows(), MAP + f"header: {HEADER}\n".replace("'", ""), header=[])
    assert len(whole) == len(CALLS)


def test_a_number_in_the_wrong_column_is_masked_in_refusals():
    with pytest.raises(BadInput) as refusal:
        read(rows(), MAP.replace("column: came", "column: caller"))
    assert not any(c.caller[3:] in str(refusal.value) for c in CALLS)


def test_rows_that_are_not_asked_for_are_left_out():
    log = read(rows(), MAP + "where: {queue: [sales]}\n")

    assert log.queues == ("sales",)
    assert log.tally.elsewhere == sum(c.queue == "support" for c in CALLS)
