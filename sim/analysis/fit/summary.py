"""A fit in words: a few lines for people, and the comments of the scenario file."""

from math import isfinite

import numpy as np

from callcenter.config.words import WEEKDAYS, date_text
from callcenter.language.said import said
from callcenter.scenario import ModelError
from sim.analysis.fit.assumed_patience import ASSUMED
from sim.analysis.fit.fitted import Fitted
from sim.analysis.fit.patience import ABOUT_CENSORING
from sim.analysis.fit.spelling import span_text
from sim.model.laws import mean_s


def comments_of(fitted: Fitted) -> dict[str, str]:
    """Return what the fit has to say, as comments above the keys of the file it is about."""
    log, people = fitted.log, fitted.people
    away = people.off_phone
    lines = {
        "": "\n".join(["Made by `callcenter fit`; edit it as you like.", *summary_lines(fitted)]),
        "patience": (
            "Assumed to be exponential: the file does not show how long those waited who hung up (docs/fit.md)."
            if any(fit.family == ASSUMED for fit in people.patience.laws.values())
            else f"Censored maximum likelihood; {ABOUT_CENSORING}."
        ),
        "staffing": (
            "The log shows who served, not who was on duty: agents between the first and last call of a spell of\n"
            "work, on average, rounded. Put your roster here if you have it."
        ),
    }
    if away is not None:
        lines["wrap_up"] = (
            f"Time off the phone after a call that leaves callers waiting: mean {away.busy.mean_s:.0f} s, median "
            f"{away.busy.median_s:.0f} s.\nIt holds wrap-up, ringing and short absences alike."
        )
        lines["quiet_wrap_up"] = (
            f"The same after a call that leaves nobody waiting: mean {away.quiet.mean_s:.0f} s, median "
            f"{away.quiet.median_s:.0f} s: people rest when it is quiet."
        )
        lines["recall"] = f"Those who rest are back when somebody waits: after {away.recall.median_s:.0f} s (median)."
    if len(log.tiers) > 1 and log.columns.tier.known_when_waited:
        lines["arrivals"] = (
            "Shares of the tiers are those among callers who waited: the log tells the tier only of them."
        )
    return lines


def summary_lines(fitted: Fitted) -> list[str]:
    """Return the fit in a few lines for people."""
    log, tally, people = fitted.log, fitted.log.tally, fitted.people
    answered = int(log.answered.sum())
    lines = [
        said(
            "{rows:,} rows: {n:,} calls offered, {answered:,} answered, {n_2:,} abandoned; "
            "{not_offered:,} never asked for an agent, {ignored:,} ignored, {sum:,} impossible",
            rows=tally.rows,
            n=len(log),
            answered=answered,
            n_2=int(log.abandoned.sum()),
            not_offered=tally.not_offered,
            ignored=tally.ignored,
            sum=sum(tally.dropped.values()),
        )
    ]
    if tally.doubled:
        lines.append(said("  come again: {n:,} earlier records of calls are left out", n=tally.doubled))
    if tally.elsewhere:
        lines.append(said("  not asked for: {n:,} rows (where in the column map)", n=tally.elsewhere))
    if log.overflowed.any():
        lines.append(said("  overflowed: {n:,} left their queue by a rule, unanswered", n=int(log.overflowed.sum())))
    lines += [
        said("  impossible: {n:,} x {reason}, first in {example}", n=n, reason=reason, example=tally.example[reason])
        for reason, n in tally.dropped.items()
    ]
    for group in fitted.arrivals.classes:
        days = ", ".join(WEEKDAYS[day] for day in group.weekdays)
        lines.append(
            said("arrivals {days}: {total:,.0f} calls a day, from one day", days=days, total=group.total)
            if len(group.days) == 1
            else said(
                "arrivals {days}: {total:,.0f} calls a day, from {n} days",
                days=days,
                total=group.total,
                n=len(group.days),
            )
        )
    halves = said("not known") if fitted.arrivals.halves is None else f"{fitted.arrivals.halves:.2f}"
    lines.append(
        said(
            "busyness: cv {cv:.1%} beyond Poisson; correlation of the halves of a day {halves}",
            cv=fitted.arrivals.cv,
            halves=halves,
        )
    )
    if fitted.arrivals.odd_days:
        odd = ", ".join(date_text(day) for day in fitted.arrivals.odd_days)
        lines.append(said("  left out, unlike their weekday: {odd}", odd=odd))
    for kind, law in people.handling.laws.items():
        whose = " ".join(part for part in kind if part) or said("all")
        lines.append(
            said(
                "handling {whose}: mean {mean_s:.0f} s of {samples:,}, {short:.1%} very short, KS "
                "distance {distance:.3f} (lognormal alone {plain_distance:.3f})",
                whose=whose,
                mean_s=law.mean_s,
                samples=law.samples,
                short=law.short,
                distance=law.distance,
                plain_distance=law.plain_distance,
            )
        )
    factors = ", ".join(f"{span_text(p.begin, p.end)} x{p.factor:.2f}" for p in people.handling.periods)
    lines.append(
        said(
            "  by time of day: {factors}; {left_out:,} answered calls without a usable time",
            factors=factors,
            left_out=people.handling.left_out,
        )
    )
    for kind, fit in people.patience.laws.items():
        mean = mean_s(fit.law)
        whose = " ".join(part for part in kind if part) or said("all")
        lines.append(
            said(
                "patience {whose}: {family}, mean {mean}, {ended:,} of {samples:,} hung up, "
                "{at_once:.1%} at once, distance to Kaplan-Meier {distance:.3f}",
                whose=whose,
                family=fit.family,
                mean=f"{mean:.0f} s" if isfinite(mean) else said("endless"),
                ended=fit.ended,
                samples=fit.samples,
                at_once=fit.at_once,
                distance=fit.distance,
            )
        )
    if people.off_phone is not None:
        off_phones = people.off_phone
        busy, quiet, recall = (
            said("mean {mean:.0f} s, median {median:.0f} s", mean=off.mean_s, median=off.median_s)
            for off in (off_phones.busy, off_phones.quiet, off_phones.recall)
        )
        lines.append(
            said(
                "off the phone after a call: while callers wait {busy}; when nobody waits {quiet}; "
                "back from rest when somebody does {recall}",
                busy=busy, quiet=quiet, recall=recall,
            )
        )  # fmt: skip
    lines.append(_presence_line(fitted))
    if not people.teams.one:
        lines.append(
            said(
                "teams: {names}: some agents (next to) never take some queues' calls",
                names=", ".join(people.teams.names),
            )
        )
    lines.append(_error_line(fitted.error))
    known = float((log.customer >= 0).mean())
    lines.append(
        said(
            "retrials: off; {known:.0%} of the callers are known by name, and a log does not tell a "
            "retrial from a new call",
            known=known,
        )
    )
    return lines


def _error_line(error: ModelError | None) -> str:
    if error is None:
        return said(
            "how far off: not known (it takes two weeks of calls whose waits the log tells, each held out in turn)"
        )
    return said(
        "how far off: {weeks} weeks, each foretold from the others; beyond chance {what:.1f} "
        "points of calls within 20 s, {what_2:.1f} points abandoned, {wait_s:.1f} s of mean wait "
        "(one standard deviation: ranges of `simulate` hold it)",
        weeks=error.weeks,
        what=100 * error.service_level,
        what_2=100 * error.abandonment,
        wait_s=error.wait_s,
    )


def _presence_line(fitted: Fitted) -> str:
    if fitted.presence is None:
        return said("agents: the log names none; the scenario has one all day, put your roster there")
    there = fitted.presence
    working = there.seen.sum(axis=1) > 0
    hours = there.interval_s / 3600
    totals = [float(np.mean(part[working].sum(axis=1))) * hours for part in (there.busy, there.present, there.seen)]
    return said(
        "agent hours a day: {totals:.1f} talking <= {totals_2:.1f} at work (taken) <= "
        "{totals_3:.1f} if all who served stayed the whole interval",
        totals=totals[0],
        totals_2=totals[1],
        totals_3=totals[2],
    )
