"""What callers pay for lists in a simulated day: the talk in progress, told call by call under the same chance."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.callbacks import OUTREACH
from callcenter.config import load_scenario
from callcenter.units import Millis
from sim.results.figures import figures
from sim.run.blending import ListTalks
from sim.run.driver import Day

SCENARIO = replace(load_scenario("campaign-in-the-lulls"), replications=1)
Spans = list[tuple[str, int, int]]


class CallingDay(Day):
    """A day that notes which agent talked to a list when, after-call work included."""

    def __init__(self, scenario, replication):
        self.busy: Spans = []
        self._of_list: dict[str, tuple[str, int]] = {}
        super().__init__(scenario, replication, keep_records=True)

    def _heard_by(self, *folds):
        mine = {
            ev.TaskAttempted: self._attempted, ev.TaskNotReached: self._over, ev.TaskCompleted: self._over,
            ev.WrapUpEnded: self._wrapped,
        }  # fmt: skip
        super()._heard_by(*folds, mine)

    def _attempted(self, event):
        if event.kind in OUTREACH:
            self._of_list[event.task_id] = event.agent_id, event.at

    def _over(self, event):
        if event.task_id in self._of_list:
            agent, begin = self._of_list[event.task_id]
            self.busy.append((agent, begin, event.at))

    def _wrapped(self, event):
        if event.subject in self._of_list:
            found = (event.agent_id, self._of_list[event.subject][1], event.started_at)
            self.busy[self.busy.index(found)] = *found[:2], event.at


class AwayDay(Day):
    """The same day without lists: agents are merely not ready when they would have talked to one."""

    def __init__(self, scenario, replication, away: Spans):
        self._away = away
        super().__init__(replace(scenario, outreach=()), replication, keep_records=True)

    def people_come(self):
        found = super().people_come()
        for agent, begin, end in self._away:
            self.loop.at(Millis(begin), lambda moment: self.loop.tell(cmd.SetNotReady(moment.who, "list")), agent)
            self.loop.at(Millis(end), lambda moment: self.loop.tell(cmd.SetAvailable(moment.who)), agent)
        return found


def waits(day) -> dict[str, tuple[str, int | None]]:
    """Return how and when each call's wait ended."""
    return {record.call_id: (record.outcome, record.left_at) for record in day.ledger.calls}


@pytest.mark.parametrize("replication", [0])
def test_without_lists_and_with_agents_merely_away_for_them_each_call_fares_the_same(replication):
    called = CallingDay(SCENARIO, replication)
    called.run()
    away = AwayDay(SCENARIO, replication, called.busy)
    away.run()

    assert len(called.busy) > 40, "lists were called"
    assert waits(called) == waits(away)


def test_the_result_tells_how_long_callers_waited_while_somebody_talked_to_a_list():
    day = CallingDay(SCENARIO, 0)
    day.run()
    found = figures(day).behind
    expected = 0
    for record in day.ledger.calls:
        if not day.measured_from <= record.queued_at < day.measured_until:
            continue
        end = day.now if record.left_at is None else record.left_at
        seen = {ms for _, b, e in day.busy for ms in range(max(b, record.queued_at), min(e, end))}
        expected += len(seen)

    assert found[:, 1].sum() == expected > 0
    assert found[:, 0].sum() > 0


def test_time_before_an_instant_counts_talks_at_once_once():
    talks = ListTalks()
    talks.spans["desk"] = [(10, 20), (15, 30), (40, 50)]
    talks.spans["other"] = [(0, 100)]

    assert talks.before(["desk"], np.array([5, 12, 25, 35, 45, 60])).tolist() == [0, 2, 15, 20, 25, 30]
    assert talks.before(["nobody"], np.array([5])).tolist() == [0]
