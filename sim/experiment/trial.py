"""One change after another against a base: simulated days are kept, so that the next answer comes fast."""

from dataclasses import dataclass, field, replace

from callcenter.scenario import Scenario
from sim.experiment.compare import Comparison, Variant, beside, variant_of
from sim.experiment.engines import Choice, choose
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import Run, one, starts_of
from sim.model.people import check_people
from sim.results.figures import Figures


@dataclass(slots=True)
class Lived:
    """The replications of a scenario so far."""

    scenario: Scenario
    choice: Choice
    starts: tuple[int, ...]
    figures: list[Figures] = field(default_factory=list)
    told: dict[int, Variant] = field(default_factory=dict)
    """Replications → as a variant."""

    def variant(self, name: str, replications: int, progress: Progress = tell_nobody) -> Variant:
        """Return it as a variant of so many replications; those that are missing are lived."""
        while len(self.figures) < replications:
            self.figures.append(one(self.scenario, len(self.figures), engine=self.choice.engine))
            progress(len(self.figures), replications)
        if replications not in self.told:
            scenario = replace(self.scenario, replications=replications)
            run = Run(scenario, tuple(self.figures[:replications]), self.starts, self.choice)
            self.told[replications] = variant_of(name, run)
        return self.told[replications]


class Trial:
    """A base, and the variant tried last: asked for more replications of either, only those are lived."""

    def __init__(self, base: Scenario) -> None:
        self._base = _begun(base)
        self._last: Lived | None = None

    @property
    def base(self) -> Scenario:
        """What variants are compared with."""
        return self._base.scenario

    def against(self, name: str, variant: Scenario, replications: int, progress: Progress = tell_nobody) -> Comparison:
        """Return how a variant differs from the base over so many replications, under the same chance.

        Raises:
            BadInput: nobody could serve it.
        """
        variant = replace(variant, seed=self.base.seed, replications=self.base.replications)
        if self._last is None or self._last.scenario != variant:
            self._last = _begun(variant)
        wanted = 2 * replications
        base = self._base.variant(self.base.name, replications, lambda done, _: progress(done, wanted))
        mine = self._last.variant(name, replications, lambda done, _: progress(replications + done, wanted))
        return beside(base, [mine])


def _begun(scenario: Scenario) -> Lived:
    check_people(scenario)
    return Lived(scenario, choose(scenario), starts_of(scenario))
