"""Two years of three queues with known seasons and trends: what the time of the year and own levels bring.

`python -m benchmarks.forecast_years` prints, by weeks ahead, the errors (WAPE) of day totals and of the queues with one
level for all, and as the log itself chose, and how many days lie in their 95 % range.
"""

from typing import Final

import numpy as np

from sim.analysis.forecast.levels import levels_of
from sim.analysis.forecast.predict import predict
from sim.analysis.forecast.rolling import mornings_of
from sim.model.streams import Floats
from tests.long_past import MONDAY, errors_by_queue, plain, years

PAST_DAYS: Final = 730
WEEKS: Final = (1, 4, 13, 26)
SEEDS: Final = (1, 2, 3, 4)


def measured(seed: int, weeks: int) -> list[Floats]:
    """Return of both ways: error of the days, mean error of the queues, share of days in their range."""
    whole = years(PAST_DAYS + 7 * weeks, seed=seed)
    past = whole.before(MONDAY + PAST_DAYS)
    wanted = whole.days[PAST_DAYS:].tolist()
    real = whole.calls[PAST_DAYS:].sum(axis=2)
    totals = real.sum(axis=1)
    found = []
    for levels in (plain(past, wanted), levels_of(past, {}, wanted, mornings_of(past))):
        days = predict(past, levels, past.last + 1, wanted, {}, by_tier=False)
        told = np.array([day.total for day in days])
        inside = [day.total_low <= calls <= day.total_high for day, calls in zip(days, totals, strict=True)]
        found.append(
            np.array([
                np.abs(told - totals).sum() / totals.sum(),
                errors_by_queue(days, real).mean(),
                np.mean(inside),
            ])
        )  # fmt: skip
    return found


def main() -> None:
    """Print the table."""
    print(f"{'weeks ahead':12}{'one level: days, queues, in range':>40}{'as chosen':>40}")
    for weeks in WEEKS:
        one, chosen = np.mean([measured(seed, weeks) for seed in SEEDS], axis=0)
        cells = (f"{a:.1%}, {b:.1%}, {c:.0%}" for a, b, c in (one, chosen))
        print(f"{weeks:<12}" + "".join(f"{cell:>40}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
