"""How long callers wait before they hang up: per queue and tier as far as the log tells them apart.

One hazard for all calls that had to wait, and a multiplier for each queue and tier that is drawn towards 1 where few
hung up (`sim.analysis.fit.pooling`): newcomers who hang up twice as fast get a law of their own, eleven callers do not.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.errors import BadInput
from callcenter.scenario import Law, LawKind
from sim.analysis.fit.assumed_patience import assumed_from_answered
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.pooling import multipliers
from sim.analysis.fit.survival import SurvivalFit, at_once_events, fit_censored, told_apart, within_the_second

ABOUT_CENSORING = (
    "callers who were answered count as patient up to then; that they were no more patient than those still waiting "
    "at that time is assumed, the log cannot show it"
)
ROUNDS: Final = 20
CLOSE: Final = 1e-4
"""The hazard and the multipliers are fitted in turn until no multiplier moves by more."""
ALIKE: Final = 0.005
"""Kinds whose multipliers lie closer together than this share the one law."""

Kind = tuple[str | None, str | None]
"""A queue and a tier; None: any."""

FEW: Final = 0.05
"""Part of the callers who hung up whose waits may be missing."""


@dataclass(frozen=True, slots=True)
class PatienceFit:
    """Patience by queue and tier, as far as they differ; the entry for `(None, None)` is that of all calls."""

    laws: dict[Kind, SurvivalFit]

    def law(self, queue: str, tier: str) -> Law:
        """Return the law of a queue's and tier's calls."""
        for kind in ((queue, tier), (queue, None), (None, tier)):
            if kind in self.laws:
                return self.laws[kind].law
        return self.laws[None, None].law


def fit_patience(log: CallLog) -> PatienceFit:
    """Return the patience of the callers who waited (a caller answered at once tells nothing).

    Calls whose wait the log does not tell are left out; where those are more than a few of the callers who hung up,
    what is left would make people patient, and the law is estimated otherwise (`sim.analysis.fit.assumed_patience`).
    """
    if log.unknown_waits[1] > FEW * log.abandoned.sum():
        return PatienceFit({(None, None): told_at_all(assumed_from_answered(log), log)})
    log = _with_waits(log)
    waited = ((log.wait > 0) | ~log.answered) & ~np.isnan(log.wait)
    times, left = log.wait[waited], log.abandoned[waited]
    kinds, kind_of = _kinds(log, waited)
    common = fit_censored(times, left)
    if len(kinds) == 1 or common.curve is None:
        return PatienceFit({(None, None): common})
    first = at_once_events(times, left) if common.at_once else np.zeros(len(times), np.bool_)
    later = left & ~first
    exposed = within_the_second(times)
    ended = np.bincount(kind_of[later], minlength=len(kinds)).astype(np.float64)
    faster = np.ones(len(kinds))
    for _ in range(ROUNDS):
        expected = np.bincount(kind_of, common.curve.cumulative(exposed) * ~first, minlength=len(kinds))
        before, faster = faster, multipliers(ended, np.maximum(expected, 1e-9))
        common = fit_censored(times, left, faster[kind_of])
        if common.curve is None or np.abs(faster - before).max() < CLOSE:
            break
    of_kind = np.bincount(kind_of, minlength=len(kinds)).astype(np.float64)
    once = np.bincount(kind_of[first], minlength=len(kinds)).astype(np.float64)
    at_once = common.at_once * multipliers(once, of_kind * common.at_once) if common.at_once else np.zeros(len(kinds))
    if np.ptp(faster) < ALIKE and np.ptp(at_once) < ALIKE:
        return PatienceFit({(None, None): common})
    laws = {
        kind: told_apart(
            common, times[kind_of == n], left[kind_of == n], faster=float(faster[n]), at_once=float(at_once[n])
        )
        for n, kind in enumerate(kinds)
    }
    return PatienceFit({**laws, (None, None): fit_censored(times, left)})


def told_at_all(fit: SurvivalFit, log: CallLog) -> SurvivalFit:
    """Return an assumed law, or refuse one by which nobody hangs up where callers did.

    Raises:
        BadInput: the log tells of no wait that the law could be estimated from.
    """
    lost = int(log.abandoned.sum())
    if lost and fit.law.kind is LawKind.NEVER:
        raise BadInput(
            "{lost:,} callers hung up, and the log tells of no wait from which their patience could be estimated: "
            "bring it with the wait of each call, or of intervals with the service level or the mean wait (ASA)",
            lost=lost,
        )
    return fit


def _with_waits(log: CallLog) -> CallLog:
    """Return the log with calls of known waits in place of the answered whose wait it does not tell.

    Left out, they would be missing among those who stayed, and all others seem the less patient.

    Raises:
        BadInput: that is so of most of the answered.
    """
    unknown, known = (np.flatnonzero(log.answered & (np.isnan(log.wait) == told)) for told in (True, False))
    if not len(unknown):
        return log
    if len(known) < len(unknown):
        raise BadInput(
            "the log does not tell how long {unknown:,} of {answered:,} answered calls waited, so nothing can be "
            "told of patience: name the time of the answer or the wait (wait: in the column map)",
            unknown=len(unknown),
            answered=len(unknown) + len(known),
        )
    alike = known[np.linspace(0, len(known) - 1, len(unknown)).astype(np.int64)]
    return log.only(np.sort(np.concatenate([np.flatnonzero(~log.answered), known, alike])))


def _kinds(log: CallLog, waited: NDArray[np.bool_]) -> tuple[list[Kind], NDArray[np.int64]]:
    """Return the kinds of calls that waited, and which of them each is; tiers count only if all are known."""
    queue, tier = log.queue[waited], log.tier[waited]
    by_tier = len(log.tiers) > 1 and bool((tier >= 0).all())
    by_queue = len(log.queues) > 1
    number = queue * len(log.tiers) * by_queue + tier * by_tier
    found, kind_of = np.unique(number, return_inverse=True)
    names = [
        (
            log.queues[int(n) // len(log.tiers)] if by_queue else None,
            log.tiers[int(n) % len(log.tiers)] if by_tier else None,
        )
        for n in found
    ]
    return names, np.asarray(kind_of.reshape(-1), np.int64)
