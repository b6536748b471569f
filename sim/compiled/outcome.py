"""What a compiled day comes to: its rows as the columns that every engine's figures are told from."""

import numpy as np

from callcenter import events as ev
from callcenter.callbacks import TaskKind
from callcenter.ids import CallId, TaskId
from callcenter.lifecycle.measures import OUTCOMES, TaskRecord
from callcenter.units import Millis
from sim.compiled import layout as at
from sim.compiled.day import CompiledDay
from sim.model.streams import Ints
from sim.results.figures import SPANS, Lived
from sim.run.blending import ListTalks
from sim.run.columns import COLUMN, NOBODY, Columns, thresholds

_TASK_OUTCOMES = ("open", "completed", "unreachable", "out_of_time", "superseded")
_KINDS = (TaskKind.DEFERRED, TaskKind.VIRTUAL_HOLD)
assert SPANS == ("logged_in", "not_ready", "ring", "dial", "talk"), "layout counts them so"


def lived_of(day: CompiledDay) -> Lived:
    """Return what a compiled day that keeps its rows leaves, in the form in which `sim.results.figures` takes it."""
    rows = np.ascontiguousarray(day.rows().T)  # a column is looked at whole, again and again
    wraps = day.wraps()
    worked = np.zeros(rows.shape[1], np.int64)
    mine = wraps[wraps[:, at.WRAPPED_ROW] != at.NONE]
    np.add.at(worked, mine[:, at.WRAPPED_ROW], mine[:, at.WRAPPED_END] - mine[:, at.WRAPPED_BEGIN])
    order = np.argsort(rows[at.ROW_QUEUED], kind="stable")
    rows = rows[:, order]
    return Lived(
        scenario=day.scenario,
        begin=day.measured_from,
        end=day.measured_until,
        now=day.now,
        calls=_columns(day, rows, worked[order]),
        told=rows[[at.ROW_P50, at.ROW_P90]].T - 1,
        customer=day.people.column(at.P_CUSTOMER)[rows[at.ROW_NUMBER]] if day.knows_customers else None,
        spans=day.spans(),
        wraps=wraps[:, at.WRAPPED_GROUP : at.WRAPPED_TIER],
        tasks=_tasks(day),
        list_talks=ListTalks(),  # lists are SimPy's
        refused=day.refused,
        self_served=day.callers.self_served,
        hung_up_in_menu=day.callers.hung_up_in_menu,
    )


def _columns(day: CompiledDay, rows: Ints, worked: Ints) -> Columns:
    left, until, group = rows[at.ROW_LEFT], rows[at.ROW_UNTIL], rows[at.ROW_GROUP]
    ended = (group != NOBODY) & (until != at.NONE)
    tier = rows[at.ROW_TIER]
    return Columns(
        ids=(),
        tier=tier,
        queue=rows[at.ROW_QUEUE],
        queued=rows[at.ROW_QUEUED],
        left=left,
        ring=left - rows[at.ROW_RANG],
        talk=np.where(ended, until - left, 0),
        wrap=worked,
        outcome=np.array([COLUMN[name] for name in OUTCOMES], np.int64)[rows[at.ROW_OUTCOME]],
        short=rows[at.ROW_SHORT] > 0,
        first=rows[at.ROW_SEGMENT] == 1,
        limit=np.array(thresholds(day.scenario), np.int64)[tier],
        group=group,
        ended=ended,
        cost=rows[at.ROW_COST],
    )


def _tasks(day: CompiledDay) -> list[TaskRecord]:
    """Return the records of callbacks, without what only a list of them would show."""
    centre, found = day.scenario.centre, []
    for row in day.tasks().tolist():
        tier, queue = centre.tiers[row[at.T_TIER]].name, centre.queues[row[at.T_QUEUE]].name
        call = f"{row[at.T_FROM]}" if row[at.T_FROM_SEGMENT] == 1 else f"{row[at.T_FROM]}/s{row[at.T_FROM_SEGMENT]}"
        promised = Millis(row[at.T_SCHEDULED_AT])
        record = TaskRecord(
            ev.TaskScheduled(
                promised, 0, TaskId(f"{call}/cb"), _KINDS[row[at.T_KIND]], queue, tier, None, promised, promised,
                CallId(call), False, None, None,
            )
        )  # fmt: skip
        record.outcome = _TASK_OUTCOMES[row[at.T_OUTCOME]]
        record.attempts = row[at.T_ATTEMPTS]
        record.attempted_in_time, record.late = row[at.T_IN_TIME] == 1, row[at.T_LATE] == 1
        record.reached, record.reached_in_time = row[at.T_REACHED] == 1, row[at.T_REACHED_IN_TIME] == 1
        record.solved = None if row[at.T_SOLVED] == at.NONE else row[at.T_SOLVED] == 1
        record.ended_at = None if row[at.T_ENDED_AT] == at.NONE else Millis(row[at.T_ENDED_AT])
        found.append(record)
    return found
