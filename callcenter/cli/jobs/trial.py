"""Trials: a base whose simulated days are kept, and one change after another beside it, fast enough to watch."""

from dataclasses import replace
from typing import Any, Final

from callcenter.cli.jobs.bounds import TooLarge, size_of
from callcenter.cli.jobs.simulated import Tell, scenario_of, variants_of
from callcenter.language.said import said
from callcenter.scenario import Scenario
from sim.experiment.trial import Trial

JSON = dict[str, Any]
MOST_CALLS: Final = 2_000_000
"""Of a trial, base and variant together: some seconds by the compiled engine."""


class Trials:
    """What is tried against one base."""

    def __init__(self, asked: JSON) -> None:
        self._asked = asked
        self._trial: Trial | None = None

    def tried(self, wish: JSON, tell: Tell) -> JSON:
        """Return a comparison of the base with the wish's sets on top of it, as `callcenter compare --json` prints it.

        Raises:
            CallCenterError: a set is wrong, or it is too much to be watched.
        """
        if self._trial is None:
            base = scenario_of(self._asked)
            _check(base, wish["replications"])
            self._trial = Trial(base)
        [(name, variant)] = variants_of(self._asked, [(wish["name"], wish["sets"])])
        _check(variant, wish["replications"])
        return self._trial.against(name, variant, wish["replications"], tell).as_json()


def _check(scenario: Scenario, replications: int) -> None:
    size = size_of(replace(scenario, replications=replications))
    calls = 2 * size.calls * replications
    if calls > MOST_CALLS:
        raise TooLarge(
            said(
                "{calls:,.0f} calls to try: {most:,} at most while one watches; run it as a simulation",
                calls=calls,
                most=MOST_CALLS,
            )
        )
