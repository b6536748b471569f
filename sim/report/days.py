"""Days of a run, each for itself: what a chart of days laid on each other cannot show."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.report.drawing import INK, Chart, colour, drawn, per_cent
from sim.report.wording import SHORT_WEEKDAYS, count, day_name, share, share_with_interval, tier_name
from sim.results.estimates import Est, mean, ratio
from sim.results.figures import Figures
from sim.results.replication_figures import stacked
from sim.results.result import OVERALL, as_json, local_time, shares_of

WIDE: Final = 9.6
MOST_LABELS: Final = 31


def by_day(
    scenario: Scenario, days: Sequence[Figures], starts: Sequence[int]
) -> list[tuple[str, dict[str, Est | None]]]:
    """Return, for each measured local day with calls or people: offered, occupancy, and the service level by tier."""
    places: dict[str, list[int]] = {}
    for n, start in enumerate(starts):
        places.setdefault(local_time(scenario.centre.zone, start)[:10], []).append(n)
    days, found = stacked(days), []
    for day, mine in places.items():
        offered = mean(np.array([run.counts[:, mine, 0].sum() for run in days], np.float64))
        sums = np.array([run.interval_sums[mine].sum(axis=0) for run in days])
        if not (offered and offered.mean) and not sums[:, 2].any():
            continue
        figures: dict[str, Est | None] = {"offered": offered, "occupancy": ratio(sums[:, 1], sums[:, 2])}
        for name, tier in (*((t.name, n) for n, t in enumerate(scenario.centre.tiers)), (OVERALL, None)):
            parts = [shares_of(days, tier, n) for n in mine]
            figures[name] = ratio(sum(a for a, _ in parts), sum(b for _, b in parts))
        found.append((day, figures))
    return found


def chart(scenario: Scenario, days: Sequence[Figures], starts: Sequence[int]) -> Chart | None:
    """Return the service level of every day and tier; None for a single day."""
    found = by_day(scenario, days, starts)
    if len(found) < 2:  # one day is the whole
        return None
    names = [t.name for t in scenario.centre.tiers if any(figures[t.name] for _day, figures in found)]
    labels = [f"{_weekday(day)}\n{day[5:]}" for day, _figures in found]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        x = np.arange(len(found))
        for name in [*names, OVERALL] if len(names) > 1 else [OVERALL]:
            place = next((n for n, t in enumerate(scenario.centre.tiers) if t.name == name), 0)
            tint = INK if name == OVERALL else colour(place)
            mean_, low, high = (
                np.array([_end(figures[name], part) for _day, figures in found])
                for part in ("mean", "ci_low", "ci_high")
            )
            axes.fill_between(x, low, high, color=tint, alpha=0.15, linewidth=0)
            axes.plot(x, mean_, color=tint, linewidth=1.8, marker="o", markersize=4, label=tier_name(name))
        step = max(1, len(found) // MOST_LABELS + 1)
        axes.set_xticks(x[::step], labels[::step])
        per_cent(axes)
        axes.legend(ncols=4, loc="lower left")

    known = [(est.mean, day) for day, figures in found if (est := figures[OVERALL]) is not None]
    says = _("No call was to be judged.")
    if known:
        worst = min(known)
        says = _(
            "Each day for itself. The worst is {day}, {share} of all calls.",
            day=day_name(date.fromisoformat(worst[1])),
            share=share(worst[0]),
        )
    rows = tuple(
        (
            _("{weekday} {date}", weekday=_weekday(day), date=day),
            count(None if figures["offered"] is None else figures["offered"].mean),
            *(share_with_interval(as_json(figures[name])) for name in (*names, OVERALL)),
            share_with_interval(as_json(figures["occupancy"])),
        )
        for day, figures in found
    )
    header = (_("day"), _("calls"), *names, _("overall"), _("occupancy"))
    return Chart(
        _("Service level by day ({formula})", formula=DEFAULT_FORMULA), says, drawn(WIDE, 2.9, draw), header, rows
    )


def _weekday(day: str) -> str:
    return _(SHORT_WEEKDAYS[date.fromisoformat(day).weekday()])


def _end(est: Est | None, part: str) -> float:
    value: float | None = None if est is None else getattr(est, part)
    return np.nan if value is None else value
