"""Verification of a plan on fresh days that the search has not seen; repaired where it fails, and verified again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt
from typing import Final, Protocol

import numpy as np
from scipy import special

from callcenter.language.said import N_, listed, said
from callcenter.lifecycle.measures import COUNTS
from callcenter.tiers import Sense
from sim.model.streams import Ints
from sim.planning.staffing.judge import Lived, on_fresh_days, scene, verdicts
from sim.planning.staffing.plan import Plan
from sim.planning.staffing.promises import ALPHA, Failed, Finding, Promise, shares
from sim.planning.staffing.rig import Heads, edges_of

JUDGED_FROM: Final = 2_000_000
"""Replications from here on are judged on; those of a search and of an ordinary run begin earlier."""
JUDGEMENTS: Final = 5
"""Times at most that a plan is mended."""
AT_FIRST: Final = 30
"""Fresh days on which a promise that is far from kept is refuted already: the rest is lived where none is."""
TOLD_FROM: Final = 0.1
"""Where a service level leaves out more of the calls than this, it is said."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, of how much."""


class Mends(Protocol):
    """What found the plan, and knows where an agent more helps."""

    wanted: list[Promise]
    unmeetable: list[Promise]
    plan: list[Heads]

    def mend(self, failed: Sequence[Failed], counts: Ints) -> None:
        """Search on from the plan as it stands, for what fresh days failed.

        Args:
            failed: What is to be mended, and by how much.
            counts: Of the fresh days: days x intervals x rows x counts.
        """


def judged(plan: Plan, by: Mends, judged_on: int, cores: int, progress: Progress, stop: Callable[[], bool]) -> Plan:
    """Return the plan with what fresh days say of it, mended where they failed it.

    A promise over the day that they neither confirm nor refute is looked at on more of them, as many as were searched
    on, before agents are added for it: else every plan with few agents too few to see would get some too many.

    When `stop` says so, the plan stays as it is, judged on the first of those days.
    """
    counts = np.zeros((0, 1, 1, len(COUNTS)), np.int64)
    at_most = max(judged_on, plan.searched_on)
    steps = sorted({min(AT_FIRST, judged_on), judged_on, at_most})
    for turn in range(JUDGEMENTS + 1):
        doing = said("fresh days after mending, round {turn}", turn=turn) if turn else N_("fresh days, by the engine")

        def told(done: int, of: int, doing: str = doing) -> None:
            progress(doing, done, of)

        first, known = JUDGED_FROM + turn * at_most, Lived()
        kept, failed = False, list[Finding]()
        for days in steps:
            plan, counts = _lived(plan, by, first, days, cores, told, known)
            failed = _failed(plan, by, _fails if days == at_most else _refuted)
            kept = days >= judged_on and not _failed(plan, by, _fails)
            if kept or stop() or (failed and turn < JUDGEMENTS):
                break
        if kept or stop() or turn == JUDGEMENTS:
            break
        by.mend([(f, _lacks(f, plan.judged, plan.judged_on / at_most)) for f in failed], counts)
        plan = replace(plan, heads=tuple(by.plan), notes=(*plan.notes, _mended(plan, by.plan, failed)))
    failed = _failed(plan, by, _fails)
    if failed:
        lost = said("{n} promises are still not confirmed on fresh days", n=len(failed))
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


def _refuted(finding: Finding) -> bool:
    return finding.verdict == "no"


def _lacks(finding: Finding, findings: Sequence[Finding], lived: float) -> float:
    """Return how much higher the level must be for a promise to stand on fresh days, of which the share `lived` was.

    A promise for an interval need not be refuted. One over the day has to be confirmed, at the level that Holm's
    procedure leaves it among all that are not.
    """
    assert finding.level is not None
    short = finding.goal - finding.level.mean
    if finding.promise.interval is None:
        open_still = sum(f.verdict != "yes" for f in findings)
        short += float(special.ndtri(1 - ALPHA / open_still)) * finding.error * sqrt(lived)
    return max(short, 0.0)


def _mended(plan: Plan, mended: Sequence[Heads], failed: Sequence[Finding]) -> str:
    before, now = (sum(map(sum, heads)) for heads in (plan.heads, mended))
    what = listed(dict.fromkeys(_named(f.promise, plan) for f in failed))
    if list(plan.heads) == list(mended):
        return said(
            "fresh days failed {what}: searched on for what it lacked, and no agent more helped on the days searched",
            what=what,
        )
    return said(
        "fresh days failed {what}: searched on for what it lacked, from {before} agents by interval to {now}",
        what=what, before=before, now=now,
    )  # fmt: skip


def _named(promise: Promise, plan: Plan) -> str:
    when = said("over the day") if promise.interval is None else plan.starts[promise.interval]
    if promise.target.sense is Sense.PROBABILITY:
        return said("{who} (probability) {when}", who=promise.who, when=when)
    return said("{who} {when}", who=promise.who, when=when)
