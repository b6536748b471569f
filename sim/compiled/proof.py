"""The proof, call by call: one day lived under SimPy and under the compiled path, and the first difference."""

from dataclasses import fields
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from callcenter.lifecycle.measures import OUTCOMES
from callcenter.scenario import Scenario
from sim.compiled import layout as at
from sim.compiled.day import CompiledDay
from sim.compiled.outcome import lived_of
from sim.results.figures import Figures, figures, figures_of
from sim.run.driver import Day


class Story(NamedTuple):
    """What became of one segment; instants in UTC ms."""

    came: int
    caller: int
    later_segment: bool
    queue: str
    tier: str
    outcome: str
    wait_over: int
    agent: str | None
    rang: int | None
    talk: int | None
    wrap_up: int
    short: bool


class Proof(NamedTuple):
    """What a day came to under SimPy, and where the compiled path came to something else."""

    figures: Figures
    calls: int
    """Segments compared."""
    difference: str | None
    """The first difference; None: there is none."""


def lived_twice(scenario: Scenario, replication: int) -> Proof:
    """Live a day under both engines and compare every call, then every figure to the last bit.

    Raises:
        CannotTell: the day came to something that is not compiled.
    """
    ours = CompiledDay(scenario, replication, keeps_rows=True).run()
    theirs = Day(scenario, replication, keep_records=True).run()
    told, calls = figures(theirs), stories_under_simpy(theirs)
    return Proof(told, len(calls), _difference(theirs, ours, calls, told, f"day {replication + 1}: "))


def _difference(theirs: Day, ours: CompiledDay, calls: list[Story], told: Figures, where: str) -> str | None:
    for one, other in zip_longest(calls, stories_compiled(ours)):
        if one != other:
            return f"{where}SimPy has {_shown(one)}, the compiled engine {_shown(other)}"
    if theirs.now != ours.now:
        return f"{where}SimPy ends at {theirs.now}, the compiled engine at {ours.now}"
    wrong = unequal(told, ours.figures()) or unequal(told, figures_of(lived_of(ours)))
    return f"{where}the figures differ in {', '.join(wrong)}" if wrong else None


def unequal(one: Figures, other: Figures) -> list[str]:
    """Return the names of the figures in which two differ, to the last bit."""
    return [field.name for field in fields(Figures) if not _same(getattr(one, field.name), getattr(other, field.name))]


def _same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def _shown(story: Story | None) -> str:
    return "no such call" if story is None else ", ".join(f"{k} {v}" for k, v in story._asdict().items())


def stories_under_simpy(day: Day) -> list[Story]:
    """Return what became of every segment of a day that kept its records."""
    found = [
        Story(
            came=r.queued_at,
            caller=day.customers.number(r.call_id),
            later_segment="/s" in r.call_id,
            queue=r.queue,
            tier=r.tier,
            outcome=r.outcome,
            wait_over=day.now if r.left_at is None else r.left_at,
            agent=r.agent,
            rang=r.offered_at if r.outcome == "answered" else None,
            talk=r.talk_ms,
            wrap_up=r.wrap_ms,
            short=r.short,
        )
        for r in day.ledger.calls
    ]
    return sorted(found, key=_in_order)


def stories_compiled(day: CompiledDay) -> list[Story]:
    """Return the same of a compiled day."""
    rows, centre = day.rows(), day.scenario.centre
    worked = np.zeros(len(rows), np.int64)
    for row in day.wraps():
        if row[at.WRAPPED_ROW] != at.NONE:
            worked[row[at.WRAPPED_ROW]] += row[at.WRAPPED_END] - row[at.WRAPPED_BEGIN]
    found = []
    for row, wrap_up in zip(rows.tolist(), worked.tolist(), strict=True):
        answered = OUTCOMES[row[at.ROW_OUTCOME]] == "answered"
        ended = answered and row[at.ROW_UNTIL] != at.NONE
        found.append(
            Story(
                came=row[at.ROW_QUEUED],
                caller=row[at.ROW_NUMBER],
                later_segment=row[at.ROW_SEGMENT] > 1,
                queue=centre.queues[row[at.ROW_QUEUE]].name,
                tier=centre.tiers[row[at.ROW_TIER]].name,
                outcome=OUTCOMES[row[at.ROW_OUTCOME]],
                wait_over=row[at.ROW_LEFT],
                agent=day.seats.names[row[at.ROW_AGENT]] if answered else None,
                rang=row[at.ROW_RANG] if answered else None,
                talk=row[at.ROW_UNTIL] - row[at.ROW_LEFT] if ended else None,
                wrap_up=wrap_up,
                short=row[at.ROW_SHORT] > 0,
            )
        )
    return sorted(found, key=_in_order)


def _in_order(story: Story) -> tuple[int | str, ...]:
    return (story.came, story.caller, story.later_segment, story.queue, story.wait_over, story.outcome)
