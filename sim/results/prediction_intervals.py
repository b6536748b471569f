"""Prediction intervals for a fitted centre: chance, and the error of the fit on weeks that it had not seen.

An interval over replications tells how well the model's own mean is known. It says nothing of the model's error, which
more replications do not make smaller.
"""

from typing import Any, Final

from callcenter.language.said import N_, listed, said
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD
from callcenter.scenario import Scenario
from sim.model.streams import Floats
from sim.results.estimates import AMOUNT, Est, foretold

JSON = dict[str, Any]
SAID: Final = (
    ("sl_all", 100, N_("within 20 s {low:.1f}–{high:.1f} %")),
    ("abandonment", 100, N_("abandoned {low:.1f}–{high:.1f} %")),
    ("wait_mean_s", 1, N_("mean wait {low:.1f}–{high:.1f} s")),
)


def range_of(scenario: Scenario, counts: dict[str, Floats], waits_s: Floats) -> JSON | None:
    """Return, with `Est` for figures, the range of the measured days; None where no error of the model is known.

    Args:
        scenario: With its model's error.
        counts: All calls, by outcome, over replications.
        waits_s: Of all calls that were answered or given up: their waits in all, over replications.
    """
    error = scenario.model_error
    if error is None:
        return None
    found: JSON = {"weeks": error.weeks}
    # The error of the service level is that of calls answered so soon; of another promise it is not known.
    if all(tier.target is None or tier.target.within == DEFAULT_THRESHOLD for tier in scenario.centre.tiers):
        found["sl_all"] = foretold(counts["answered_in"], counts["offered"], error.service_level, error.weeks)
    found["abandonment"] = foretold(counts["abandoned"], counts["offered"], error.abandonment, error.weeks)
    waited = counts["answered"] + counts["abandoned"]
    found["wait_mean_s"] = foretold(waits_s, waited, error.wait_s, error.weeks, AMOUNT)
    return found


def says(found: JSON) -> str:
    """Return the range as a sentence."""
    bounds = [
        said(words, low=times * est.ci_low, high=times * est.ci_high)
        for name, times, words in SAID
        if isinstance(est := found.get(name), Est) and est.ci_low is not None and est.ci_high is not None
    ]
    return said(
        "they are of chance alone; with the model's error, as {weeks} weeks held out show it, "
        "95 % of such days lie within: {bounds}",
        weeks=found["weeks"],
        bounds=listed(bounds) if bounds else said("unknown, one replication tells nothing of chance"),
    )
