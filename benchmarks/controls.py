"""What control variates leave of the variance of service levels: with and without Erlang A's."""

from typing import Final

from benchmarks.what_if import scenario
from callcenter.config import load_scenario
from sim.experiment.engines import choose
from sim.experiment.replicate import one
from sim.model.controls import CONTROLS
from sim.results.controlled import corrected, uneven_error, varying
from sim.results.estimates import as_column, ratio_deviations
from sim.results.replication_figures import ReplicationFigures
from sim.results.result import judged, shares_of

REPLICATIONS: Final = 300


def main() -> None:
    """Print it of each promised service level of two centres."""
    for name, centre in (("first-steps", load_scenario("first-steps")), ("a day of three tiers", scenario())):
        engine = choose(centre).engine
        days = ReplicationFigures([one(centre, n, controlled=True, engine=engine) for n in range(REPLICATIONS)])
        told = days.controls[:, varying(days.controls)]
        for tier in judged(centre):
            found = ratio_deviations(*map(as_column, shares_of(days, tier)))
            assert found is not None
            plain = corrected(*found, told[:, :0]).error
            left = [(uneven_error(corrected(*found, used).rest, used) / plain) ** 2 for used in (told[:, :3], told)]
            whose = f"{name}, {centre.centre.tiers[tier].name}"
            print(f"{whose}: {left[0]:.2f} left by {', '.join(CONTROLS[:3])}; {left[1]:.2f} with {CONTROLS[3]}")


if __name__ == "__main__":
    main()
