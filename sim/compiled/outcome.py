"""What a compiled day comes to, in the forms that every engine's days have: columns, calls, callbacks."""

from typing import Final

import numpy as np

from callcenter import events as ev
from callcenter.callbacks import TaskKind
from callcenter.centre import Centre, Queue
from callcenter.events import RejectReason
from callcenter.ids import CallId, TaskId
from callcenter.lifecycle.measures import OUTCOMES, TaskRecord
from callcenter.tiers import Tier
from callcenter.units import Millis
from sim.compiled import folds as fo
from sim.compiled import layout as at
from sim.compiled.day import CompiledDay
from sim.model.streams import Ints
from sim.results.call_table import NOTHING, CallTable, Names, in_order
from sim.results.figures import SPANS, Lived
from sim.run.blending import ListTalks
from sim.run.columns import COLUMN, NOBODY, Columns, thresholds

_TASK_OUTCOMES = ("open", "completed", "unreachable", "out_of_time", "superseded")
_KINDS = (TaskKind.DEFERRED, TaskKind.VIRTUAL_HOLD)
assert SPANS == ("logged_in", "not_ready", "ring", "dial", "talk"), "layout counts them so"


def lived_of(day: CompiledDay) -> Lived:
    """Return what a compiled day that keeps its rows leaves, in the form in which `sim.results.figures` takes it."""
    written = day.written
    assert written is not None, "the day has kept its rows"
    rows = np.ascontiguousarray(written.of(at.ROWS).T)  # a column is looked at whole, again and again
    wraps = written.of(at.WRAPS)
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
        spans=written.of(at.SPANS),
        wraps=wraps[:, at.WRAPPED_GROUP : at.WRAPPED_TIER],
        tasks=tasks_of(day),
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
        short=(rows[at.ROW_OUTCOME] == fo.ABANDONED) & (rows[at.ROW_DETAIL] > 0),
        first=rows[at.ROW_SEGMENT] == 1,
        limit=np.array(thresholds(day.scenario), np.int64)[tier],
        group=group,
        ended=ended,
        cost=rows[at.ROW_COST],
    )


_REASONS: Final = (RejectReason.CLOSED, RejectReason.FULL, RejectReason.MAX_WAIT, RejectReason.EMPTY)
"""In the order of `layout`."""


def calls_of(day: CompiledDay) -> CallTable:
    """Return the table of the calls of a day that kept them; it can be asked for once."""
    assert day.calls is not None, "the day has kept its calls"
    columns, reasons = day.calls.columns(), dict[str, int]()
    why = columns["reason"]
    turned_away = np.flatnonzero(why != NOTHING)
    where = np.stack([columns[name][turned_away].astype(np.int64) for name in ("outcome", "reason", "queue", "tier")])
    ways, which = np.unique(where, axis=1, return_inverse=True)
    numbers = [reasons.setdefault(_why(day.scenario.centre, *way), len(reasons)) for way in ways.T.tolist()]
    columns["reason"] = np.full(len(why), NOTHING, np.int64)
    columns["reason"][turned_away] = np.array(numbers, np.int64)[which]
    columns["customer"] = np.full(len(why), NOTHING)
    if day.knows_customers:
        columns["customer"] = day.people.column(at.P_CUSTOMER)[columns["number"]]
    customers = tuple(dict.fromkeys(day.callers.customers())) if day.scenario.recorded else None
    return in_order(day.scenario.centre, Names(day.seats.names, tuple(reasons), customers), columns)


def _why(centre: Centre, outcome: int, reason: int, queue: int, tier: int) -> str:
    """Return where an overflowed call went, or why another was rejected."""
    if outcome == fo.REJECTED:
        return _REASONS[reason]
    config, theirs = centre.queues[queue], centre.tiers[tier]
    way = (config.when_closed, config.when_full, config.after_max_wait, config.when_empty)[reason]
    if reason == at.WAITED_TOO_LONG and _limits(theirs, config):
        way = theirs.after_max_wait
    assert way.target is not None
    return way.target


def _limits(tier: Tier, queue: Queue) -> bool:
    """Tell whether it is the tier that says how long a call may wait: `entering.waited_too_long`."""
    return tier.max_wait is not None and (queue.max_wait is None or tier.max_wait <= queue.max_wait)


def tasks_of(day: CompiledDay) -> list[TaskRecord]:
    """Return the records of callbacks, in the order in which they were promised."""
    centre, found = day.scenario.centre, []
    for row in day.tasks().tolist():
        tier, queue = centre.tiers[row[at.T_TIER]].name, centre.queues[row[at.T_QUEUE]].name
        call = f"{row[at.T_FROM]}" if row[at.T_FROM_SEGMENT] == 1 else f"{row[at.T_FROM]}/s{row[at.T_FROM_SEGMENT]}"
        promised = Millis(row[at.T_SCHEDULED_AT])
        record = TaskRecord(
            ev.TaskScheduled(
                promised, 0, TaskId(f"{call}/cb"), _KINDS[row[at.T_KIND]], queue, tier, None,
                Millis(row[at.T_DUE_AT]), Millis(row[at.T_PROMISE]), CallId(call), False, None, None,
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
