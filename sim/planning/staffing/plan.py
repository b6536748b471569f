"""The answer of a search: agents per group and interval, what they give on fresh days, and why not one fewer."""

from dataclasses import dataclass, replace
from typing import Any

from callcenter.config.words import WEEKDAYS, date_text
from callcenter.contact_plan import EVERY_DAY
from callcenter.scenario import Scenario, Staffing
from sim.planning.staffing.promises import Finding
from sim.planning.staffing.rig import Heads, curves
from sim.results.estimates import Est

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    """Why an interval has not one agent fewer: the promise that is then kept worst."""

    interval: int
    group: str
    now: Finding | None
    """The promise with the plan's agents, on the days searched on."""
    fewer: Finding
    """The same promise with one agent fewer; its verdict is no, or undecided."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Agents for one day, found and judged by simulation."""

    scenario: Scenario
    """As it was given: what the plan was judged on."""
    formula: str
    """Which service level (`callcenter.lifecycle.measures.FORMULAS`)."""
    starts: tuple[str, ...]
    """Local time at which each interval begins, HH:MM."""
    groups: tuple[str, ...]
    heads: tuple[Heads, ...]
    """By interval, in the order of `groups`: agents to roster (shrinkage takes some away)."""
    judged: tuple[Finding, ...]
    """Every promise on fresh days under the real engine."""
    searched: tuple[Finding, ...]
    """The same on the days searched on: what the plan was decided by."""
    binding: tuple[Binding, ...]
    judged_on: int
    """Fresh replications."""
    searched_on: int
    notes: tuple[str, ...] = ()
    unmeetable: tuple[str, ...] = ()
    """Promises that no number of agents keeps; the rest of the plan is the best that can be had."""
    hit_bound: bool = False
    """The search stopped at its bound: the plan is good, but perhaps not minimal."""
    weekdays: tuple[int, ...] = EVERY_DAY
    """Of the days planned; none where these are `dates`."""
    dates: tuple[int, ...] = ()
    but: tuple[int, ...] = ()
    """Dates on those days of the week that are of another kind."""
    elsewhere: tuple[Staffing, ...] = ()
    """By formula, or planned before: the days of the week that are not like the one planned."""
    others: "tuple[Plan, ...]" = ()
    """Of the other kinds of measured days."""

    @property
    def agents(self) -> dict[str, tuple[int, ...]]:
        """Agents by group, one number for each interval."""
        return {name: tuple(heads[g] for heads in self.heads) for g, name in enumerate(self.groups)}

    @property
    def cost(self) -> int:
        """Agent intervals (agent half hours, where intervals are half hours) of one day of each kind."""
        return sum(sum(heads) for heads in self.heads) + sum(plan.cost for plan in self.others)

    @property
    def met(self) -> bool:
        """Whether the fresh days broke no promise, and kept every one over the day."""
        return (
            all(plan.met for plan in self.others)
            and not self.unmeetable
            and all(
                f.verdict == "yes" or (f.promise.interval is not None and f.verdict == "undecided") for f in self.judged
            )
        )

    def staffing(self) -> tuple[Staffing, ...]:
        """Return the plan as a scenario's staffing curves."""
        if not self.others:
            return (*self.mine(), *self.elsewhere)
        mine = (*self.mine(), *(entry for plan in self.others for entry in plan.mine()))
        planned = {(entry.weekdays, entry.dates) for entry in mine}
        return (*mine, *(entry for entry in self.elsewhere if (entry.weekdays, entry.dates) not in planned))

    def mine(self) -> tuple[Staffing, ...]:
        """Return the staffing of the days planned here."""
        like = Staffing("", (), weekdays=self.weekdays or EVERY_DAY, dates=self.dates, but=self.but)
        return curves(self.scenario, self.heads, like)

    def applied(self) -> Scenario:
        """Return the scenario with the plan in place of its shifts and staffing."""
        return replace(self.scenario, shifts=(), staffing=self.staffing())

    def plain(self) -> JSON:
        """Return the plan as data for JSON."""
        return {
            "scenario": self.scenario.name,
            "method": "simulation",
            "service_level": self.formula,
            "agents": {name: list(heads) for name, heads in self.agents.items()},
            "starts": list(self.starts),
            "interval_s": self.scenario.interval / 1000,
            "agent_intervals": self.cost,
            "met": self.met,
            "judged": {"replications": self.judged_on, "promises": [_finding(f, self.starts) for f in self.judged]},
            "searched": {
                "replications": self.searched_on,
                "promises": [_finding(f, self.starts) for f in self.searched],
            },
            "binding": [
                {
                    "start": self.starts[b.interval],
                    "group": b.group,
                    "promise": b.fewer.promise.who,
                    "with": None if b.now is None else _est(b.now.level),
                    "one_fewer": _est(b.fewer.level),
                    "met_with_one_fewer": b.fewer.verdict,
                    "days_met_with": None if b.now is None else b.now.met_in,
                    "days_met_with_one_fewer": b.fewer.met_in,
                }
                for b in self.binding
            ],
            "unmeetable": list(self.unmeetable),
            "notes": list(self.notes),
            "hit_bound": self.hit_bound,
            "weekdays": [WEEKDAYS[day] for day in self.weekdays],
            "dates": [date_text(day) for day in self.dates],
            "others": [plan.plain() for plan in self.others],
        }


def _est(est: Est | None) -> dict[str, float | None] | None:
    return None if est is None else est.as_dict()


def _finding(finding: Finding, starts: tuple[str, ...]) -> JSON:
    promise, target = finding.promise, finding.promise.target
    return {
        "who": promise.who,
        "start": None if promise.interval is None else starts[promise.interval],
        "scope": str(target.scope),
        "sense": str(target.sense),
        "share": target.share,
        "goal": finding.goal,
        "level": _est(finding.level),
        "probability_met": finding.met_in,
        "met": finding.verdict,
    }
