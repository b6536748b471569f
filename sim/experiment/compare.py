"""Variants of a scenario against it, replication by replication on common random numbers.

Every variant is run with the base's seed and number of replications, so that replication n of each meets the same
customers on the same day: what is left of the difference is the variant's doing. A variant of other days, another
interval or other calls meets others: that is said of it. Differences are variant less base;
one is decided where its 95 % interval leaves out zero. Several differences are shown: about one in twenty of those
that are nothing will look decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from callcenter.errors import BadInput
from callcenter.lifecycle.measures import COUNTS, DEFAULT_FORMULA, FORMULAS, OCCUPIED, Tally
from callcenter.scenario import Scenario
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import Run, run
from sim.experiment.unlike import unlike
from sim.model.streams import Floats
from sim.results.estimates import DIFFERENCE, Est, paired, paired_ratio
from sim.results.figures import SUMS, Figures
from sim.results.money import totals
from sim.results.replication_figures import stacked
from sim.results.result import OVERALL, as_json, counts_of, local_time, result, shares_of

JSON = dict[str, Any]
Parts = dict[str, dict[str, Est | None]]
MS: Final = 1000.0
FIGURES: Final = (DEFAULT_FORMULA, "abandonment", "asa_s", "wait_p95_s")
"""Of each tier and overall; overall has `occupancy` besides."""
OCCUPANCY: Final = "occupancy"


@dataclass(frozen=True, slots=True)
class Variant:
    """A named scenario that has been lived through."""

    name: str
    run: Run
    result: JSON
    """As plain data."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The base, the variants, and how each differs: tier → figure → estimate (None: undefined)."""

    base: Variant
    variants: tuple[Variant, ...]
    differences: tuple[dict[str, dict[str, Est | None]], ...]
    parts: tuple[Parts, ...]
    """Of each variant: `queues` → service level, `groups` → occupancy, of those that both have; `money`, in the
    currency of both: wages, lost calls, cost, revenue at risk."""
    intervals: tuple[list[JSON], ...]
    """Of each variant: by how much the service levels of each interval exceed the base's."""
    notes: tuple[list[JSON], ...]
    """Of each variant: that its days, interval or calls are others."""

    def as_json(self) -> JSON:
        """Return the comparison as the JSON output has it."""
        return {
            "base": self.base.result,
            "variants": [
                {
                    "name": variant.name,
                    "differences": _plain(found),
                    **{f"differences_by_{kind}": _flat(of) for kind, of in parts.items()},
                    "differences_by_interval": intervals,
                    "notes": notes,
                    "result": variant.result,
                }
                for variant, found, parts, intervals, notes in zip(
                    self.variants, self.differences, self.parts, self.intervals, self.notes, strict=True
                )
            ],
        }


def decided(difference: Est | None) -> bool:
    """Tell whether an interval leaves out zero.

    >>> decided(Est(0.02, 0.01, 0.03)), decided(Est(0.02, -0.01, 0.05)), decided(Est(0.0, 0.0, 0.0))
    (True, False, False)
    """
    if difference is None or difference.ci_low is None or difference.ci_high is None:
        return False
    return difference.ci_low > 0 or difference.ci_high < 0


def _flat(found: dict[str, Est | None]) -> JSON:
    return {name: None if est is None else est.as_dict() | {"decided": decided(est)} for name, est in found.items()}


def _plain(found: dict[str, dict[str, Est | None]]) -> JSON:
    return {
        tier: {
            name: None if est is None else est.as_dict() | {"decided": decided(est)} for name, est in figures.items()
        }
        for tier, figures in found.items()
    }


def compare(
    base: Scenario,
    variants: Sequence[tuple[str, Scenario]],
    *,
    processes: int | None = None,
    progress: Progress = tell_nobody,
) -> Comparison:
    """Run a scenario and its variants under the same chance, and return how they differ.

    Args:
        base: Its seed and replications hold for all.
        variants: Name and scenario of each.
        processes: Workers at most.
        progress: Told after each replication of any of them.
    """
    for name, scenario in variants:
        _one_currency(base, name, scenario)
    wanted = base.replications * (1 + len(variants))
    lived: list[Variant] = []
    for name, scenario in [(base.name, base), *variants]:
        same = replace(scenario, seed=base.seed, replications=base.replications)
        tell = _shifted(progress, len(lived) * base.replications, wanted)
        lived.append(variant_of(name, run(same, processes=processes, progress=tell)))
    return beside(lived[0], lived[1:])


def variant_of(name: str, lived: Run) -> Variant:
    """Return a scenario that was lived, with its result."""
    found = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    return Variant(name, lived, found)


def beside(base: Variant, variants: Sequence[Variant]) -> Comparison:
    """Return how variants differ from the base; all lived the same replications of the same seed."""
    runs = [variant.run for variant in variants]
    return Comparison(
        base,
        tuple(variants),
        tuple(differences(base.run, run) for run in runs),
        tuple(parts_of(base.run, run) for run in runs),
        tuple(by_interval(base.run, run) for run in runs),
        tuple(unlike(base.run.scenario, run.scenario) for run in runs),
    )


def _shifted(progress: Progress, before: int, wanted: int) -> Progress:
    def tell(done: int, _: int) -> None:
        progress(before + done, wanted)

    return tell


def _one_currency(base: Scenario, name: str, variant: Scenario) -> None:
    if base.money is not None and variant.money is not None and base.money.currency != variant.money.currency:
        raise BadInput(
            "VARIANT {name}: is in {currency}, {base} in {currency_2}: give both the same currency",
            name=name,
            currency=variant.money.currency,
            base=base.name,
            currency_2=base.money.currency,
        )


def differences(base: Run, variant: Run) -> dict[str, dict[str, Est | None]]:
    """Return by how much the variant's figures exceed the base's, for every tier that both have and overall."""
    ours, theirs = _places(variant.scenario), _places(base.scenario)
    after, before = stacked(variant.figures), stacked(base.figures)
    found: dict[str, dict[str, Est | None]] = {}
    for name in theirs:
        if name in ours:
            found[name] = _of_tier(after, before, ours[name], theirs[name])
    found[OVERALL] = _of_tier(after, before, None, None)
    found[OVERALL][OCCUPANCY] = paired_ratio(*_busy(after), *_busy(before))
    return found


def parts_of(base: Run, variant: Run) -> Parts:
    """Return by how much service levels of queues and occupancies of groups exceed the base's."""
    ours, theirs = ([q.name for q in run.scenario.centre.queues] for run in (variant, base))
    found: Parts = {"queues": {}, "groups": {}}
    if base.scenario.money is not None and variant.scenario.money is not None:
        earlier = totals(base.scenario, base.figures)
        after = totals(variant.scenario, variant.figures)
        found["money"] = {part: paired(after[part], earlier[part]) for part in after if part in earlier}
    for name in theirs:
        if name in ours:
            mine = _of_queue(variant.figures, ours.index(name))
            found["queues"][name] = paired_ratio(*mine, *_of_queue(base.figures, theirs.index(name)))
    groups = [group.name for group in variant.scenario.centre.groups]
    for group in base.scenario.centre.groups:
        if group.name in groups:
            mine, before = _busy(variant.figures, group.name), _busy(base.figures, group.name)
            found["groups"][group.name] = paired_ratio(*mine, *before)
    return found


def by_interval(base: Run, variant: Run) -> list[JSON]:
    """Return by how much the service levels of each interval exceed the base's, for tiers of both and overall.

    An interval in which nothing was promised in either has null.
    """
    if variant.starts != base.starts:
        return []
    ours, theirs = _places(variant.scenario), _places(base.scenario)
    both = [name for name in theirs if name in ours]
    places: list[tuple[str, int | None, int | None]] = [(name, ours[name], theirs[name]) for name in both]
    places.append((OVERALL, None, None))
    zone = base.scenario.centre.zone
    after, before = stacked(variant.figures), stacked(base.figures)
    found = []
    for n, start in enumerate(base.starts):
        levels = {
            name: paired_ratio(*shares_of(after, mine, n), *shares_of(before, other, n)) for name, mine, other in places
        }
        if any(level is not None for level in levels.values()):
            found.append({"start": local_time(zone, start), "service_level": _flat(levels)})
    return found


def _of_queue(days: Sequence[Figures], queue: int) -> tuple[Floats, Floats]:
    table = np.array([day.queue_counts[queue].sum(axis=0) for day in days], np.float64)
    tally: Any = Tally(**{name: table[:, n] for n, name in enumerate(COUNTS)})  # type: ignore[arg-type]
    above, below = FORMULAS[DEFAULT_FORMULA](tally)
    return above, below  # type: ignore[return-value]


def _places(scenario: Scenario) -> dict[str, int]:
    return {tier.name: n for n, tier in enumerate(scenario.centre.tiers)}


def _of_tier(
    ours: Sequence[Figures], theirs: Sequence[Figures], our_tier: int | None, their_tier: int | None
) -> dict[str, Est | None]:
    return {
        DEFAULT_FORMULA: paired_ratio(*shares_of(ours, our_tier), *shares_of(theirs, their_tier)),
        "abandonment": paired_ratio(*_abandoned(ours, our_tier), *_abandoned(theirs, their_tier)),
        "asa_s": paired_ratio(*_waited(ours, our_tier), *_waited(theirs, their_tier), DIFFERENCE),
        "wait_p95_s": paired(_p95(ours, our_tier), _p95(theirs, their_tier)),
    }


def _abandoned(days: Sequence[Figures], tier: int | None) -> tuple[Floats, Floats]:
    counts = counts_of(days, tier)
    return counts["abandoned"], counts["offered"]


def _waited(days: Sequence[Figures], tier: int | None) -> tuple[Floats, Floats]:
    """Return the waits of answered calls in all, seconds, and their number, over replications."""
    place = SUMS.index("wait_answered_ms")
    sums = [day.sums[:, place].sum() if tier is None else day.sums[tier, place] for day in days]
    return np.array(sums, np.float64) / MS, counts_of(days, tier)["answered"]


def _p95(days: Sequence[Figures], tier: int | None) -> Floats:
    """Return the 95th percentile of each replication's waits, seconds; nan where nobody waited or was answered."""
    found = []
    for day in days:
        waits = np.concatenate(day.waits) if tier is None else day.waits[tier]
        found.append(float(np.quantile(waits, 0.95, method="inverted_cdf")) / MS if len(waits) else np.nan)
    return np.array(found, np.float64)


def _busy(days: Sequence[Figures], of: str | None = None) -> tuple[Floats, Floats]:
    """Return the occupied time of a group's agents (None: of all) and the time they were ready, ms."""
    spans = [[group for name, group in day.spans.items() if of in {None, name}] for day in days]
    occupied = [sum(group[what] for group in groups for what in OCCUPIED) for groups in spans]
    ready = [sum(group["logged_in"] - group["not_ready"] for group in groups) for groups in spans]
    return np.array(occupied, np.float64), np.array(ready, np.float64)
