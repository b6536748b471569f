"""Whom a broken promise tells, and when: every level from a point below the target to collapse, for other targets too.

What must fire is worked out here minute by minute, from the contacts alone, and Prometheus's own evaluator is held
against it.
"""

from itertools import accumulate
from typing import Final, NamedTuple

import pytest

from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.recording import recording_rules
from callcenter.metrics.rules import Groups
from deploy.generate.centre import DOCUMENTS
from tests.watching.floors import Series, calls, flat, in_order, stretches, target
from tests.watching.test_alerts import needs_promtool, story, told

MORNING, REST = 120, 480
"""Minutes of a day: two good hours, and eight as they come."""
A_MINUTE: Final = 10
"""Contacts."""
GOOD: Final = 0.97
"""Of those two hours; better where more is promised."""
MIN_CONTACTS: Final = 20


class Step(NamedTuple):
    alert: str
    long: int
    short: int
    lasts: int
    stays: int


LADDER = (
    Step("ServiceLevelBurnsFast", 30, 5, 1, 5),
    Step("ServiceLevelBurns", 120, 15, 5, 15),
    Step("ServiceLevelBurnsSlowly", 360, 60, 15, 30),
)
"""Windows and how long it lasts, minutes; the day-long window needs a longer story."""


def limit(alert: str, promise: float) -> float:
    worst = 1 / (1 - promise)
    return {
        "ServiceLevelBurnsFast": min(5, 1 + (worst - 1) / 2),
        "ServiceLevelBurns": min(2, 1 + (worst - 1) / 8),
        "ServiceLevelBurnsSlowly": 1.001,
    }[alert]


def first(holds: list[bool], lasts: int) -> int | None:
    """Return the first minute at which it has held for so long."""
    run = 0
    for minute, so in enumerate(holds):
        run = run + 1 if so else 0
        if run > lasts:
            return minute
    return None


def worked_out(promise: float, missed: list[float]) -> dict[str, int | None]:
    """Return alert → the minute at which it first fires, where so large a share is missed each minute."""
    lost = [0.0, *accumulate(share * A_MINUTE for share in missed)]

    def burn(minute: int, window: int) -> float:
        since = max(0, minute - window)
        return (lost[minute] - lost[since]) / (A_MINUTE * (minute - since) or 1) / (1 - promise)

    minutes = range(len(missed))
    fires = {
        step.alert: first(
            [
                min(burn(m, step.long), burn(m, step.short)) > limit(step.alert, promise)
                and A_MINUTE * min(m, step.long) >= MIN_CONTACTS
                for m in minutes
            ],
            step.lasts,
        )
        for step in LADDER
    }
    over = [lost[m] - A_MINUTE * m * (1 - promise) for m in minutes]
    fires["DaysBudgetSpent"] = first([over[m] > 1 - 1e-6 and A_MINUTE * m >= MIN_CONTACTS for m in minutes], 30)
    return fires


def lived(promise: float, level: float) -> list[float]:
    """Return the share that is missed in each minute of the day."""
    return [1 - good(promise)] * MORNING + [1 - level] * REST


def good(promise: float) -> float:
    return max(GOOD, (1 + promise) / 2)


def named(promise: float, level: float) -> str:
    return f"{promise:.0%} kept at {level:.1%}"


def of_budgets() -> Groups:
    """Return what the alerts ask for, and they."""
    groups = recording_rules() | alert_rules(DOCUMENTS)
    return {name: groups[name] for name in ("callcenter_burn", "callcenter_today", "callcenter_burn_alerts")}


EVERY = (0.01, 0.02, 0.03, 0.05, 0.07, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)


def levels(promise: float, below: tuple[float, ...]) -> list[float]:
    """Return what is looked at: above the target, exactly at it, so far below it, and collapse."""
    found = [round(level, 3) for level in (promise + 0.005, promise, *(promise - far for far in below), 0.0)]
    at_a_limit = [1 - (1 - promise) * limit(step.alert, promise) for step in LADDER]  # there rounding decides
    return [n for n in dict.fromkeys(found) if n >= 0 and not [at for at in at_a_limit if abs(at - n) < 1e-6]]


def floor(promise: float, level: float, minutes: int = REST) -> Series:
    """Return a tier that does well for two hours, and then as well as this."""
    tier = named(promise, level)
    early, late = (
        (n, A_MINUTE * share, A_MINUTE * (1 - share)) for n, share in ((MORNING, good(promise)), (minutes, level))
    )
    return calls(tier, early, late) | target(tier, promise, MORNING + minutes)


def asked(tier: str, minute: int, firing: set[str], where: str = "") -> dict[str, object]:
    return {
        "expr": f'group by (alertname) (ALERTS{{alertstate="firing",tier="{tier}"{where}}})',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)],
    }


def test_what_must_fire_is_worked_out_as_the_table_of_the_page_says():
    """Minutes after two good hours end; docs/watching.md has these rows."""
    rows = {
        level: [
            None if minute is None else minute - MORNING for minute in worked_out(0.85, lived(0.85, level)).values()
        ]
        for level in (0.85, 0.84, 0.8, 0.75, 0.7, 0.6, 0.4, 0.0)
    }

    assert rows == {
        0.85: [None, None, None, None],
        0.84: [None, None, 348, None],
        0.8: [None, None, 270, 320],
        0.75: [None, None, 160, 175],
        0.7: [None, 106, 112, 127],
        0.6: [None, 79, 73, 88],
        0.4: [30, 53, 48, 63],
        0.0: [18, 33, 32, 48],
    }


@needs_promtool
@pytest.mark.parametrize(
    "promises, below",
    [
        pytest.param((0.85,), (0.01, 0.1, 0.25, 0.5), id="85"),
        pytest.param((0.9, 0.85, 0.8, 0.5, 0.99), EVERY, id="every", marks=pytest.mark.slow),
    ],
)
def test_every_level_from_a_point_below_the_target_to_collapse_tells_whom_it_must_when_it_must(
    tmp_path, promises, below
):
    series: Series = {}
    checks = []
    looked_at = [(promise, level) for promise in promises for level in levels(promise, below)]
    for promise, level in looked_at:
        tier = named(promise, level)
        series |= floor(promise, level)
        fires = worked_out(promise, lived(promise, level))
        begun = {name: minute for name, minute in fires.items() if minute is not None}
        for minute in sorted({MORNING, MORNING + REST - 1, *(m + way * 3 for m in begun.values() for way in (-1, 1))}):
            if minute < MORNING + REST and not [m for m in begun.values() if abs(m - minute) < 3]:
                checks.append(asked(tier, minute, {name for name, m in begun.items() if m <= minute}))
        assert bool(begun) == (level < promise), "a promise that is kept tells nobody; one that is broken, somebody"
    assert len(checks) > 3 * len(looked_at)
    told(tmp_path, of_budgets(), [story("every level", series, []) | {"promql_expr_test": checks}])


@needs_promtool
def test_three_quarters_against_85_for_eight_hours_raise_a_ticket(tmp_path):
    tier = named(0.85, 0.75)
    night, day = (480, 0.0, 0.0), (480, A_MINUTE * 0.75, A_MINUTE * 0.25)
    series = calls(tier, night, day) | target(tier, 0.85, 960)
    checks = [asked(tier, minute, set()) for minute in (479, 485)]
    checks += [asked(tier, minute, {"ServiceLevelBurnsSlowly", "DaysBudgetSpent"}) for minute in (540, 700, 959)]
    checks.append(asked(tier, 959, {"ServiceLevelBurnsSlowly"}, ',over="1d",severity="ticket"'))
    told(tmp_path, of_budgets(), [story("a bad day", series, []) | {"promql_expr_test": checks}])


@needs_promtool
def test_another_days_budget_is_whole_again_and_a_kept_promise_ends_the_ticket(tmp_path):
    at = 'tier="vip"'
    met, missed = (f'callcenter_contacts_today{{{at},outcome="answered",within="{so}"}}' for so in ("true", "false"))
    series = in_order(600) | {
        met: f"{stretches((300, 7))} {stretches((300, 9.5))}",
        missed: f"{stretches((300, 3))} {stretches((300, 0.5))}",
    }
    checks = [(29, {}), (200, {"DaysBudgetSpent": 1}), (299, {"DaysBudgetSpent": 1}), (340, {}), (599, {})]
    told(tmp_path, of_budgets(), [story("a bad day and a good one", series, checks)])


@needs_promtool
@pytest.mark.parametrize("a_minute, fires", [(0.02, False), (0.2, True)])
def test_few_callers_ring_no_alarm_and_enough_of_them_do(tmp_path, a_minute, fires):
    tier = named(0.85, 0.5)
    series = calls(tier, (600, a_minute / 2, a_minute / 2)) | target(tier, 0.85, 600)
    found = {"ServiceLevelBurns", "ServiceLevelBurnsSlowly", "DaysBudgetSpent"} if fires else set()
    told(tmp_path, of_budgets(), [story("few", series, []) | {"promql_expr_test": [asked(tier, 599, found)]}])


@needs_promtool
def test_a_standby_that_tells_its_targets_too_is_no_fault(tmp_path):
    tier = named(0.85, 0.5)
    series = floor(0.85, 0.5) | {
        f'callcenter_sl_target_ratio{{instance="standby",tier="{tier}"}}': flat(0.85, MORNING + REST)
    }
    fires = {"ServiceLevelBurns", "ServiceLevelBurnsSlowly", "DaysBudgetSpent"}
    told(
        tmp_path,
        of_budgets(),
        [story("two", series, []) | {"promql_expr_test": [asked(tier, MORNING + REST - 1, fires)]}],
    )
