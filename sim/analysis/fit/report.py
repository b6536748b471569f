"""A fit as plain figures, for `callcenter fit --json`."""

from math import isfinite

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS, date_text
from sim.analysis.fit.fitted import Fitted
from sim.analysis.fit.offphone import OffPhones
from sim.model.laws import mean_s


def report_of(fitted: Fitted) -> dict[str, Tree]:
    """Return what was read, what was fitted, and how well."""
    log, tally, people = fitted.log, fitted.log.tally, fitted.people
    answered = int(log.answered.sum())
    away = people.off_phone
    return {
        "rows": tally.rows,
        "ignored": tally.ignored,
        "doubled": tally.doubled,
        "elsewhere": tally.elsewhere,
        "not_offered": tally.not_offered,
        "impossible": dict(tally.dropped),
        "offered": len(log),
        "answered": answered,
        "abandoned": int(log.abandoned.sum()),
        "overflowed": int(log.overflowed.sum()),
        "days": len(log.days()),
        "arrivals": [
            {
                "weekdays": [WEEKDAYS[d] for d in group.weekdays],
                "days": len(group.days),
                "calls": round(group.total, 1),
            }
            for group in fitted.arrivals.classes
        ],
        "busyness_cv": round(fitted.arrivals.cv, 5),
        "halves_correlation": None if fitted.arrivals.halves is None else round(fitted.arrivals.halves, 4),
        "odd_days": [date_text(day) for day in fitted.arrivals.odd_days],
        "handling": {
            " ".join(part for part in kind if part) or "all": {
                "samples": law.samples,
                "mean_s": round(law.mean_s, 2),
                "short_share": round(law.short, 5),
                "ks_distance": round(law.distance, 5),
                "ks_distance_lognormal": round(law.plain_distance, 5),
            }
            for kind, law in people.handling.laws.items()
        },
        "handling_periods": [
            {"begin_ms": p.begin, "end_ms": p.end, "factor": round(p.factor, 4)} for p in people.handling.periods
        ],
        "patience": {
            " ".join(part for part in kind if part) or "all": {
                "family": fit.family,
                "criteria": dict(fit.criteria),
                "samples": fit.samples,
                "abandoned": fit.ended,
                "at_once": round(fit.at_once, 5),
                "mean_s": round(mean_s(fit.law), 2) if isfinite(mean_s(fit.law)) else None,
                "km_first_quartile_s": fit.quartile_s,
                "km_median_s": fit.median_s,
                "km_distance": round(fit.distance, 5),
            }
            for kind, fit in people.patience.laws.items()
        },
        "off_phone_s": None
        if away is None
        else {**_away(away), "after": {queue: _away(of) for queue, of in away.after.items()}},
        "teams": {name: _queues_of(fitted, i) for i, name in enumerate(people.teams.names)},
        "model_error": None
        if fitted.error is None
        else {
            "weeks": fitted.error.weeks,
            "service_level": round(fitted.error.service_level, 5),
            "abandonment": round(fitted.error.abandonment, 5),
            "mean_wait_s": round(fitted.error.wait_s, 3),
        },
        "agents_named": int((log.agent >= 0).sum()),
    }


def _away(away: OffPhones) -> dict[str, Tree]:
    return {
        when: {"mean": round(off.mean_s, 2), "median": round(off.median_s, 2)}
        for when, off in (("busy", away.busy), ("quiet", away.quiet), ("recall", away.recall))
    }


def _queues_of(fitted: Fitted, team: int) -> list[Tree]:
    return [q for q, able in zip(fitted.log.queues, fitted.people.teams.takes[team], strict=True) if able]
