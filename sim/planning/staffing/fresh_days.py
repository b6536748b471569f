"""Verification of a plan on fresh days that the search has not seen; repaired where it fails, and verified again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from callcenter.language.said import N_, listed, said
from callcenter.lifecycle.measures import COUNTS
from callcenter.tiers import Sense
from sim.model.streams import Ints
from sim.planning.staffing.judge import Lived, on_fresh_days, scene, verdicts
from sim.planning.staffing.plan import Plan
from sim.planning.staffing.promises import Finding, Promise, shares
from sim.planning.staffing.rig import Heads, edges_of

JUDGED_FROM: Final = 2_000_000
"""Replications from here on are judged on; those of a search and of an ordinary run begin earlier."""
JUDGEMENTS: Final = 5
"""Times at most that a plan is mended."""
AT_FIRST: Final = 30
"""Fresh days on which it shows whether a plan is to be mended: the rest is lived for those that are not."""
TOLD_FROM: Final = 0.1
"""Where a service level leaves out more of the calls than this, it is said."""
HOPELESS: Final = 0.2
"""A promise over the day that looks broken so likely on those is mended at once."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, of how much."""


class Mends(Protocol):
    """What found the plan, and knows where an agent more helps."""

    wanted: list[Promise]
    unmeetable: list[Promise]

    def mended(
        self, plan: Sequence[Heads], failed: Sequence[Finding], findings: Sequence[Finding], counts: Ints
    ) -> list[Heads]:
        """Return the plan with more agents for what fresh days failed.

        Args:
            plan: As it was judged.
            failed: What is to be mended.
            findings: Every promise on the fresh days.
            counts: Of those days: days x intervals x rows x counts.
        """


def judged(plan: Plan, by: Mends, judged_on: int, cores: int, progress: Progress, stop: Callable[[], bool]) -> Plan:
    """Return the plan with what fresh days say of it, mended where they failed it.

    When `stop` says so, the plan stays as it is, judged on the first of those days.
    """
    counts = np.zeros((0, 1, 1, len(COUNTS)), np.int64)
    for turn in range(JUDGEMENTS + 1):
        doing = said("fresh days after mending, round {turn}", turn=turn) if turn else N_("fresh days, by the engine")

        def told(done: int, of: int, doing: str = doing) -> None:
            progress(doing, done, of)

        first, known = JUDGED_FROM + turn * judged_on, Lived()
        plan, counts = _lived(plan, by, first, min(AT_FIRST, judged_on), cores, told, known)
        failed = _failed(plan, by, _hopeless)
        if stop():
            break
        if not failed or turn == JUDGEMENTS:
            plan, counts = _lived(plan, by, first, judged_on, cores, told, known)
            failed = _failed(plan, by, _fails)
        if not failed or turn == JUDGEMENTS:
            break
        mended = by.mended(plan.heads, failed, plan.judged, counts)
        plan = replace(plan, heads=tuple(mended), notes=(*plan.notes, _mended(plan, mended, failed)))
    failed = _failed(plan, by, _fails)
    if failed:
        lost = said("{n} promises are still not kept on fresh days", n=len(failed))
        plan = replace(plan, notes=(*plan.notes, lost))
    apart = uncounted(counts, plan.formula)
    if apart > TOLD_FROM:
        note = said(
            "{share:.0%} of the calls count in no {formula}: they are turned away, hang up at once, overflow or are "
            "called back; promises are kept without them",
            share=apart, formula=plan.formula,
        )  # fmt: skip
        plan = replace(plan, notes=(*plan.notes, note))
    return plan


def uncounted(counts: Ints, formula: str) -> float:
    """Return the share of the calls offered, 0..1, that a service level leaves out.

    Args:
        counts: Days x intervals x rows x counts.
        formula: Which service level.
    """
    offered = float(counts[..., COUNTS.index("offered")].sum())
    _, below = shares(counts.sum(axis=1), None, formula)
    return 1 - float(below.sum()) / offered if offered else 0.0


def _lived(
    plan: Plan, by: Mends, first: int, days: int, cores: int, told: Callable[[int, int], None], known: Lived
) -> tuple[Plan, Ints]:
    """Return the plan with what fresh days say of it, and their counts; add to `known` what is lived."""
    fresh = scene(plan.applied())
    counts, came = on_fresh_days(fresh, first, days, edges_of(fresh), cores, told, known)
    findings = verdicts(fresh, by.wanted, plan.formula, counts, came)
    return replace(plan, judged=tuple(findings), judged_on=days), counts


def _failed(plan: Plan, by: Mends, fails: Callable[[Finding], bool]) -> list[Finding]:
    return [f for f in plan.judged if f.promise not in by.unmeetable and fails(f)]


def _fails(finding: Finding) -> bool:
    return finding.verdict == "no" or (finding.promise.interval is None and finding.verdict != "yes")


def _hopeless(finding: Finding) -> bool:
    return finding.verdict == "no" or (finding.promise.interval is None and finding.p > HOPELESS)


def _mended(plan: Plan, mended: Sequence[Heads], failed: Sequence[Finding]) -> str:
    changed = [h for h, heads in enumerate(mended) if heads != plan.heads[h]]
    what = listed(dict.fromkeys(_named(f.promise, plan) for f in failed))
    if not changed:
        return said("fresh days failed {what}, and there are the most agents already", what=what)
    where = ", ".join(plan.starts[h] for h in changed)
    return said("fresh days failed {what}: one agent more at {where}", what=what, where=where)


def _named(promise: Promise, plan: Plan) -> str:
    when = said("over the day") if promise.interval is None else plan.starts[promise.interval]
    if promise.target.sense is Sense.PROBABILITY:
        return said("{who} (probability) {when}", who=promise.who, when=when)
    return said("{who} {when}", who=promise.who, when=when)
