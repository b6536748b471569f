"""What our own simulation lived through, written in the layouts of known systems, teaches the fit what made it.

Intervals are those of theory: about a mean of n talks its standard error, about a rate of n events a part of 1/√n;
three and a half of them, since there are some thirty figures. The parts that a log tells only indirectly (work after
the call, who is there) are held to a part of their value.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from math import sqrt
from typing import Final

import numpy as np
import pytest

from callcenter.config import parse_scenario, render
from callcenter.config.unpacking import Source
from callcenter.units import SECOND
from sim.analysis.fit.fitted import Fitted, fit_log
from sim.analysis.fit.formats import FORMATS, INTERVALS, format_columns
from sim.analysis.fit.intervals import read_intervals
from sim.analysis.fit.law_rules import people_mapping
from sim.analysis.fit.offphone import OffPhones
from sim.analysis.fit.reading import read_logs
from sim.analysis.fit.scenario import mapping_of
from sim.model.laws import mean_s
from sim.run.driver import Day
from tests import strangers
from tests.strangers import Call, csv_text

pytestmark = pytest.mark.ci

DAYS, AGENTS, CALLS = 15, 6, {"sales": 34.0, "support": 22.0}
"""Weekdays, agents, calls an hour."""
TALK_S, TALK_CV, PATIENCE_S, WRAP_UP_S = 240.0, 0.8, 130.0, 25.0
ERRORS: Final = 3.5
SCENARIO = f"""
version: 1
centre:
  zone: Europe/Berlin
  tiers: {{standard: {{band: 0}}}}
  queues: {{sales: {{wrap_up: 10m}}, support: {{wrap_up: 10m}}}}
  groups: {{agents: {{auto_answer: true}}}}
arrivals:
  - {{name: sales, queue: sales, calls_per_hour: {CALLS["sales"]}, from: 09:00, until: 17:00, weekdays: mon-fri}}
  - {{name: support, queue: support, calls_per_hour: {CALLS["support"]}, from: 09:00, until: 17:00, weekdays: mon-fri}}
handling: {{lognormal: {{mean: {TALK_S}s, cv: {TALK_CV}}}}}
patience: {{exponential: {PATIENCE_S}s}}
wrap_up: {{exponential: {WRAP_UP_S}s}}
staffing:
  - {{group: agents, agents: {AGENTS}, from: 09:00, until: 17:00, weekdays: mon-fri}}
horizon: {{start: 2026-03-16, days: {7 * DAYS // 5}}}
replications: 1
seed: 11
"""


@cache
def lived(text: str = SCENARIO) -> tuple[Call, ...]:
    """Return the calls of three simulated weeks; the clocks change inside."""
    scenario = parse_scenario(text, "made.yaml")
    zone = scenario.centre.zone
    calls = []
    day = Day(scenario, 0, keep_records=True).run()
    for n, r in enumerate(day.ledger.calls, start=1):
        if r.left_at is None or r.outcome not in {"answered", "abandoned"}:
            continue
        arrived = datetime(1970, 1, 1) + timedelta(milliseconds=zone.local(r.queued_at) // 1000 * 1000)  # noqa: DTZ001
        wait, talk = (r.left_at - r.queued_at) // SECOND, (r.talk_ms or 0) // SECOND
        calls.append(Call(n, arrived, r.queue, wait, talk, r.agent or "", f"+4930{n:07d}", r.wrap_ms // SECOND))
    return tuple(sorted(calls, key=lambda call: call.arrived))


@cache
def fitted(name: str) -> Fitted:
    """Return what the fit learns from these calls in a layout."""
    form = format_columns(name, "", "map.yaml", "Europe/Berlin")
    if FORMATS[name].holds == INTERVALS:
        rows = strangers.cms(lived()) if name == "avaya-cms-interval" else strangers.intervals(lived())
        return fit_log(read_intervals([Source.of(csv_text(rows).encode(), name)], form))
    write, mark = strangers.WRITERS[name]
    return fit_log(read_logs([Source.of(csv_text(write(lived()), mark).encode(), name)], form, format_name=name))


CALL_BY_CALL = tuple(strangers.WRITERS)
EVERY = (*CALL_BY_CALL, "genesys-interval", "avaya-cms-interval")


def test_every_known_layout_is_written_here():
    assert sorted(EVERY) == sorted(FORMATS)


@pytest.mark.parametrize("name", EVERY)
def test_arrivals_come_back(name: str):
    arrivals = fitted(name).arrivals
    expected = 8 * sum(CALLS.values())

    assert [len(group.days) for group in arrivals.classes] == [DAYS]
    assert arrivals.classes[0].total == pytest.approx(expected, abs=ERRORS * sqrt(expected / DAYS))
    by_queue = arrivals.classes[0].calls.sum(axis=(1, 2))
    for queue, found in zip(fitted(name).log.queues, by_queue, strict=True):
        assert found == pytest.approx(8 * CALLS[queue], abs=ERRORS * sqrt(8 * CALLS[queue] / DAYS))
    assert arrivals.cv < 0.06  # there was none beyond Poisson


@pytest.mark.parametrize("name", EVERY)
def test_talk_times_come_back(name: str):
    law = fitted(name).people.handling.laws[None, None]
    rounding = 0.5  # whole seconds, cut

    assert mean_s(law.law) == pytest.approx(TALK_S, abs=ERRORS * TALK_S * TALK_CV / sqrt(law.samples) + rounding)


@pytest.mark.parametrize("name", CALL_BY_CALL)
def test_the_spread_of_talk_times_comes_back(name: str):
    times = fitted(name).people.handling.laws[None, None]
    assert times.distance < 1.63 / sqrt(times.samples) + 0.005  # Kolmogorov's 1 % bound, and the seconds cut
    logs = np.log(fitted(name).log.service[fitted(name).log.service > 0])
    assert logs.std() == pytest.approx(sqrt(np.log1p(TALK_CV**2)), rel=ERRORS / sqrt(2 * times.samples) + 0.01)


@pytest.mark.parametrize("name", CALL_BY_CALL)
def test_patience_comes_back(name: str):
    patience = fitted(name).people.patience.laws[None, None]

    assert patience.ended > 150
    assert mean_s(patience.law) == pytest.approx(PATIENCE_S, rel=ERRORS / sqrt(patience.ended))


def test_patience_comes_back_from_sums_of_waits():
    patience = fitted("avaya-cms-interval").people.patience.laws[None, None]
    assert mean_s(patience.law) == pytest.approx(PATIENCE_S, rel=ERRORS / sqrt(patience.ended))


def test_patience_told_by_a_service_level_alone_is_marked_as_assumed_and_of_its_size():
    patience = fitted("genesys-interval").people.patience.laws[None, None]
    assert "assumed" in patience.family
    assert mean_s(patience.law) == pytest.approx(PATIENCE_S, rel=0.4)


@pytest.mark.parametrize("name", CALL_BY_CALL)
def test_work_after_the_call_comes_back_though_few_layouts_tell_it(name: str):
    away = fitted(name).people.off_phone
    assert away is not None
    assert away.busy.mean_s == pytest.approx(WRAP_UP_S, rel=0.15)
    assert away.recall.mean_s == pytest.approx(WRAP_UP_S, rel=0.25)


@pytest.mark.parametrize("name", CALL_BY_CALL)
def test_agents_come_back(name: str):
    there = fitted(name).presence
    assert there is not None
    inside = there.present[:, 19:33]  # 09:30-16:30
    assert inside.mean() == pytest.approx(AGENTS, rel=0.03)
    assert fitted(name).people.teams.one


# --- work after the call, by queue


def away_of(wrap_up: str) -> OffPhones:
    """Return the times off the phone that the fit finds where work after the call is as written."""
    text = SCENARIO.replace(f"wrap_up: {{exponential: {WRAP_UP_S}s}}", f"wrap_up: {wrap_up}")
    write, mark = strangers.WRITERS["freeswitch-cdr"]
    form = format_columns("freeswitch-cdr", "", "map.yaml", "Europe/Berlin")
    log = read_logs([Source.of(csv_text(write(lived(text)), mark).encode(), "log")], form)
    found = fit_log(log).people.off_phone
    assert found is not None
    return found


def test_where_all_queues_are_alike_one_law_is_enough():
    assert away_of(f"{{exponential: {WRAP_UP_S}s}}").after == {}


def test_a_queue_with_more_work_after_the_call_has_a_law_of_its_own():
    rules = "[{exponential: 60s, queues: [support]}, {exponential: 15s}]"
    after = away_of(rules).after

    assert after["support"].busy.mean_s == pytest.approx(60, rel=0.25)
    assert after["sales"].busy.mean_s == pytest.approx(15, rel=0.25)
    assert after["support"].quiet.mean_s > 2 * after["sales"].quiet.mean_s


def test_laws_of_queues_are_written_as_rules_that_a_scenario_reads():
    scenario = parse_scenario(SCENARIO, "made.yaml")
    people = fitted("freeswitch-cdr").people
    assert people.off_phone is not None
    apart = replace(people.off_phone, after=dict.fromkeys(("sales", "support"), people.off_phone))
    written = people_mapping(replace(people, off_phone=apart))

    again = mapping_of(fitted("freeswitch-cdr")) | {key: written[key] for key in ("wrap_up", "quiet_wrap_up", "recall")}
    read = parse_scenario(render(again), "again.yaml")
    assert [len(rules) for rules in (read.wrap_up, read.quiet_wrap_up, read.recall)] == [3, 3, 3]
    assert len(scenario.wrap_up) == 1
