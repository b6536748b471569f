"""A whole forecast: the days asked for, how wrong such forecasts have been, and what there is to say about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from callcenter.config.words import WEEKDAYS, date_text
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.forecast.history import History, closed_weekdays, history_of, weekday_of
from sim.analysis.forecast.levels import Choice, Levels, levels_of
from sim.analysis.forecast.predict import METHOD, DayForecast, predict
from sim.analysis.forecast.rolling import (
    RollingTest,
    check_long_enough,
    mornings_of,
    rolling_test,
    weeks_ahead,
)
from sim.analysis.forecast.specials import Specials
from sim.experiment.progress import Progress, tell_nobody

FARTHEST_DAYS: Final = 366
SEASON_DAYS: Final = 56
"""Farther ahead the time of the year begins to tell."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected, and how far to trust it."""

    past: History
    """What it was learnt from."""
    days: tuple[DayForecast, ...]
    real: tuple[float | None, ...]
    """Of a back-test: the calls that came on each day; None: not known."""
    test: RollingTest
    notes: tuple[str, ...]
    method: str = METHOD

    @property
    def cv(self) -> float:
        """Coefficient of variation of real days about their forecast, Poisson noise apart (mean over open days)."""
        open_ = [day.cv2 for day in self.days if day.closed is None]
        return sqrt(float(np.mean(open_))) if open_ else 0.0


def forecast(
    log: CallLog, days: Sequence[int], specials: Specials, source: str, progress: Progress = tell_nobody
) -> Forecast:
    """Return the forecast of `days`.

    Args:
        log: The past. Days from the first of `days` on are not looked at: such a forecast is a back-test.
        days: Local day numbers, in order.
        specials: Special days of past and future; may be empty.
        source: What to call the log in a refusal.
        progress: Of the rolling-origin test.

    Raises:
        BadInput: the log is too short, or the days are more than a year after its end.
    """
    whole = history_of(log)
    if not len(whole.days):
        fewest = log.columns.fewest_calls
        raise BadInput(
            "{source}: no day has the {fewest} calls that the map asks for: lower 'fewest_calls'",
            source=source,
            fewest=fewest,
        )
    past = whole.before(days[0]) if days[0] <= whole.last else whole
    back = past is not whole
    check_long_enough(past, f"{source} before {date_text(days[0])}" if back else source)
    if days[-1] - past.last > FARTHEST_DAYS:
        raise BadInput(
            "--for {days}: is more than a year after the end of the log ({last}): ask for nearer "
            "dates or give a newer log",
            days=date_text(days[-1]),
            last=date_text(past.last),
        )
    morning = past.last + 1
    levels = levels_of(past, specials, days, mornings_of(past))
    told = predict(past, levels, morning, days, specials)
    test = rolling_test(past, levels, specials, weeks=weeks_ahead(past, days[-1]), progress=progress)
    real = {int(day): float(calls) for day, calls in zip(whole.days, whole.totals, strict=True)} if back else {}
    notes = [
        *_about_dates(whole, past, days),
        *_about_seasons(past, levels, days),
        *_about_days(past, told, specials),
        *_about_errors(test),
    ]
    return Forecast(past, tuple(told), tuple(real.get(day) for day in days), test, tuple(notes), _method(levels))


def _method(levels: Levels) -> str:
    year = ", time of the year by waves" if levels.whole.yearly else ""
    alone = ", levels of their own for some queues" if any(levels.queues) else ""
    return METHOD + year + alone


def _about_dates(whole: History, past: History, days: Sequence[int]) -> list[str]:
    found = []
    if past is not whole:
        found.append(
            f"back-test: the log goes on to {date_text(whole.last)}; "
            f"nothing of it after {date_text(past.last)} was used"
        )
    broken = [day for day in past.broken if day <= past.last + 1]
    if broken:
        named = ", ".join(map(date_text, broken))
        found.append(f"left out, since hours are missing in which others of their weekday have calls: {named}")
    return found


def _about_seasons(past: History, levels: Levels, days: Sequence[int]) -> list[str]:
    """Say whether the time of the year counts, and by what errors."""
    ahead = days[-1] - past.last
    if levels.choice is None:
        if ahead <= SEASON_DAYS:
            return []
        return [
            f"{ahead} days after the end of the log: seasons of the year are not modelled, mind the ranges "
            "(that takes sixty weeks of log)"
        ]
    found = [f"{_chosen(levels.choice)} ({_errors(levels.choice)}, up to {levels.weeks} weeks ahead)"]
    for name, choice, own in zip(past.log.queues, levels.queue_choices, levels.queues, strict=False):
        if choice is not None and own is not None:
            found.append(f"queue {name}: a level of its own; {_chosen(choice)} ({_errors(choice)})")
    return found


def _chosen(choice: Choice) -> str:
    return "the time of the year counts" if choice.taken == "year" else "the time of the year does not count"


def _errors(choice: Choice) -> str:
    words = {"share": "as a share of all calls", "level": "without it", "year": "with it"}
    return "days were missed by " + ", ".join(f"{error:.1%} {words[way]}" for way, error in choice.errors.items())


def _about_days(past: History, told: Sequence[DayForecast], specials: Specials) -> list[str]:
    shut = [
        w for w in closed_weekdays(past.days) if any(weekday_of(day.day) == w for day in told)
    ]  # fmt: skip
    found = []
    if shut:
        named = ", ".join(WEEKDAYS[w] for w in shut)
        found.append(f"closed: the log has no calls on {named} in its last weeks, so none are expected")
    for day in told:
        if day.closed is not None and weekday_of(day.day) not in shut:
            found.append(f"closed: {date_text(day.day)}, {day.closed}")
    kinds = {specials[day].kind for day in past.days.tolist() if day in specials}
    for day in told:
        special = specials.get(day.day)
        if special is not None and day.closed is None and special.factor is None and special.kind not in kinds:
            found.append(
                f"{date_text(day.day)} is {special.name}, and the log has no {special.kind} holiday to learn from: "
                "reckoned as an ordinary day with a wide range; a list with a factor says more (--holidays FILE.csv)"
            )
    return found


def _about_errors(test: RollingTest) -> list[str]:
    if test.better:
        return []
    return ["on this log the method is no better than the seasonal naive: see the errors before you rely on it"]
