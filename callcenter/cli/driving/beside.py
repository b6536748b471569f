"""Live against simulated figures: the same stretch of the same scenario, computed by the same code."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from callcenter.lifecycle.measures import DEFAULT_FORMULA, DEFAULT_THRESHOLD, FORMULAS, CallRecord, Tally, service_level
from callcenter.scenario import Scenario
from callcenter.units import SECOND, Millis
from sim.experiment.progress import Progress
from sim.experiment.workers import Replications
from sim.report.table import bare_table
from sim.report.wording import count, seconds, share
from sim.results.estimates import AMOUNT, mean, ratio
from sim.results.result import as_json
from sim.run.partial_day import PartialDay

JSON = dict[str, Any]
COUNTED: Final = (
    "offered", "answered", "answered_in", "abandoned", "overflowed", "converted", "rejected", "failed", "open",
)  # fmt: skip


@dataclass(slots=True)
class Figures:
    """What a tier's calls came to."""

    tally: Tally = field(default_factory=Tally)
    wait_answered_s: float = 0.0


def thresholds_of(scenario: Scenario, speed: float) -> dict[str, Millis]:
    """Return T of each tier, in the people's time.

    The service judges by its clock, and of the people's time `speed` times as much has passed meanwhile: who judged
    them by T itself would tell another service level than the service does.
    """
    judged = {t.name: DEFAULT_THRESHOLD if t.target is None else t.target.within for t in scenario.centre.tiers}
    return {name: Millis(round(within * speed)) for name, within in judged.items()}


def figures_of(
    calls: Sequence[CallRecord], scenario: Scenario, now: Millis, thresholds: dict[str, Millis]
) -> dict[str, Figures]:
    """Return the figures by tier; a contact is judged on its first segment."""
    found = {tier.name: Figures() for tier in scenario.centre.tiers}
    for record in calls:
        if not record.first_segment:
            continue
        mine = found[record.tier]
        record.count(mine.tally, thresholds[record.tier], now)
        if record.outcome == "answered" and record.left_at is not None:
            mine.wait_answered_s += (record.left_at - record.queued_at) / SECOND
    return found


def told(found: Figures) -> JSON:
    """Return the figures of one run."""
    tally = found.tally
    return {name: getattr(tally, name) for name in COUNTED} | {
        "service_level": {formula: service_level(tally, formula) for formula in FORMULAS},
        "abandonment": tally.abandoned / tally.offered if tally.offered else None,
        "asa_s": found.wait_answered_s / tally.answered if tally.answered else None,
    }


def simulated(
    scenario: Scenario,
    minutes: float | None,
    progress: Progress,
    thresholds: dict[str, Millis],
    since: int | None = None,
) -> list[dict[str, Figures]]:
    """Return the figures of every replication of the stretch; the first one has the very people who were driven."""
    found: dict[int, dict[str, Figures]] = {}
    with Replications(partial(_lived, scenario, minutes, thresholds, since), os.cpu_count() or 1) as days:
        days.do(found, range(scenario.replications), progress)
    return [found[n] for n in range(scenario.replications)]


def _lived(
    scenario: Scenario, minutes: float | None, thresholds: dict[str, Millis], since: int | None, replication: int
) -> dict[str, Figures]:
    day = PartialDay(scenario, replication, minutes, since)
    day.run()
    figures = figures_of(day.ledger.calls, scenario, day.now, thresholds)
    day.forget()
    return figures


def estimated(runs: Sequence[Figures]) -> JSON:
    """Return the figures over replications, each with its 95 % interval."""
    tallies = [run.tally for run in runs]
    counts = {name: [getattr(tally, name) for tally in tallies] for name in COUNTED}
    levels = {}
    for name, formula in FORMULAS.items():
        shares = [formula(tally) for tally in tallies]
        levels[name] = ratio([above for above, _ in shares], [below for _, below in shares])
    found: JSON = as_json(
        {name: mean(values) for name, values in counts.items()}
        | {
            "service_level": levels,
            "abandonment": ratio(counts["abandoned"], counts["offered"]),
            "asa_s": ratio([run.wait_answered_s for run in runs], counts["answered"], AMOUNT),
        }
    )
    return found


def beside(live: dict[str, Figures], runs: Sequence[dict[str, Figures]], thresholds: dict[str, Millis]) -> JSON:
    """Return, by tier, the live figures, those of the same people simulated, and those of all replications."""
    return {
        tier: {
            "within_s": thresholds[tier] / SECOND,
            "live": told(figures),
            "same_people": told(runs[0][tier]) if runs else None,
            "simulated": estimated([run[tier] for run in runs]) if runs else None,
        }
        for tier, figures in live.items()
    }


ROWS: Final = (("offered", "calls"), (DEFAULT_FORMULA, "share"), ("abandonment", "share"), ("asa_s", "seconds"))
"""What the table shows of each tier, and as what."""


def shown(block: JSON | None, name: str) -> Any:
    """Return a figure of a block; None where there is none."""
    if block is None:
        return None
    return block["service_level"][name] if name in FORMULAS else block[name]


def written(value: Any, kind: str) -> str:
    """Return a figure as it is shown, with its interval where it has one.

    >>> written({"mean": 3.0, "ci_low": 2.0, "ci_high": 4.0}, "calls"), written(0.912, "share"), written(None, "share")
    ('3 (2–4)', '91.2 %', '–')
    """
    write: Callable[[float | None], str] = {"calls": count, "share": share, "seconds": seconds}[kind]
    if not isinstance(value, dict):
        return write(value)
    if value["ci_low"] is None:
        return write(value["mean"])
    low, high = (write(value[bound]).removesuffix(" %").removesuffix(" s") for bound in ("ci_low", "ci_high"))
    return f"{write(value['mean'])} ({low}–{high})"


def show(console: Console, scenario: Scenario, tiers: JSON, speed: float) -> None:
    """Print the figures side by side; seconds are the people's."""
    table = bare_table(console)
    for name in ("tier", "figure", "live", "same people simulated", f"{scenario.replications} simulated (95 %)"):
        table.add_column(name, justify="left" if name in {"tier", "figure"} else "right", overflow="fold")
    for tier in scenario.centre.tiers:
        within_s = tiers[tier.name]["within_s"]
        judged = f"within {within_s:g} s" + ("" if speed == 1 else f", {within_s / speed:g} s by the service's clock")
        words = {DEFAULT_FORMULA: f"{judged} ({DEFAULT_FORMULA})", "asa_s": "mean wait of answered"}
        for n, (name, kind) in enumerate(ROWS):
            blocks = [tiers[tier.name][column] for column in ("live", "same_people", "simulated")]
            figures = (written(shown(block, name), kind) for block in blocks)
            table.add_row(Text(tier.name if n == 0 else ""), words.get(name, name), *figures)
    console.print(table)
