"""In a notebook: `import callcenter as cc`, then load, simulate, compare, sweep, staff, schedule, fit and forecast.

Figures come as tables: pandas data frames where pandas is installed (extra `notebook`), else a dictionary of numpy
arrays by column. `callcenter` itself, the words, imports nothing of this until one of these names is asked for.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.centre import Policy, Selection
from callcenter.cli.options import with_chance
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.rule_names import bring
from callcenter.scenario import Scenario
from sim.experiment import compare as comparing
from sim.experiment import sweep as sweeping
from sim.experiment.replicate import Run, run
from sim.report.charts import charts
from sim.report.comparison import forest
from sim.report.drawing import Chart
from sim.report.sweep import picture
from sim.results.call_table import COLUMNS, cells
from sim.results.result import OVERALL, as_json, result

JSON = dict[str, Any]


def table(rows: Sequence[Mapping[str, Any]], index: Sequence[str] = ()) -> Any:
    """Return rows as a pandas data frame, or without pandas as numpy arrays by column."""
    columns = {name: [row.get(name) for row in rows] for name in (rows[0] if rows else index)}
    try:
        import pandas as pd
    except ImportError:
        return {name: np.array(values) for name, values in columns.items()}
    frame = pd.DataFrame(columns)
    return frame.set_index(list(index)) if index and rows else frame


def flat(block: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a block of a result as columns: a figure, and its bounds as `_low` and `_high`."""
    for key, value in block.items():
        if isinstance(value, dict) and {"mean", "ci_low", "ci_high"} <= set(value):
            yield before + key, value["mean"]
            yield f"{before}{key}_low", value["ci_low"]
            yield f"{before}{key}_high", value["ci_high"]
        elif isinstance(value, dict):
            yield from flat(value, "" if key == "service_level" else f"{before}{key}_")
        else:
            yield before + key, value


@dataclass(frozen=True)
class Plot:
    """A chart that a notebook shows by itself."""

    chart: Chart

    def _repr_html_(self) -> str:
        return f'<img src="{self.chart.image}" alt="{self.chart.says}">'

    def save(self, path: str | Path) -> None:
        """Write the chart as an SVG file.

        Raises:
            BadInput: The name promises another kind of file.
        """
        import base64

        if Path(path).suffix.lower() != ".svg":
            raise BadInput("{path}: pictures are written as SVG: name it {name}.svg", path=path, name=Path(path).stem)
        Path(path).write_bytes(base64.b64decode(self.chart.image.partition(",")[2]))


@dataclass(frozen=True)
class Study:
    """A scenario by its file or shipped name, and what was set in it."""

    name: str
    sets: tuple[str, ...]
    scenario: Scenario = field(repr=False)

    def set(self, *assignments: str) -> "Study":
        """Return the study with `PATH=VALUE`s carried out, as `--set` does: s.set("volume*=1.15")."""
        return load(self.name, *self.sets, *assignments)


def load(
    name: str | Path,
    *sets: str,
    policies: Mapping[str, Callable[..., Any]] | None = None,
    selections: Mapping[str, Callable[..., Any]] | None = None,
) -> Study:
    """Return a scenario: a path, or the name of a shipped one; with `PATH=VALUE`s set.

    Args:
        name: A path, or a shipped name.
        sets: `PATH=VALUE`s, such as `queues.*.policy=shortest_first`.
        policies: Ordering policies of your own by name: `score(item, now)`, or `routing.policies.Ordering(score, …)`.
        selections: Rules that choose among agents by name: `choose(agent, item, now, seed)`.

    They are known by name from then on, in this process and in workers; see docs/how-to/add-a-policy.md.
    """
    for kind, rules in ((Policy, policies), (Selection, selections)):
        for called, rule in (rules or {}).items():
            bring(kind, called, rule)
            if getattr(getattr(rule, "score", rule), "__module__", "") == "__main__":
                _of_this_notebook.add(called)
    return Study(str(name), sets, load_scenario(name, sets))


_of_this_notebook: set[str] = set()
"""Rules that workers cannot import."""


def _cores(processes: int | None) -> int | None:
    """Return the workers wished for: every core in a notebook; one in a script, which workers would run again.

    One, too, where a rule was written in the notebook itself: workers cannot import it.
    """
    if _of_this_notebook or (processes is None and hasattr(sys.modules.get("__main__"), "__file__")):
        return 1
    return processes


def _study(source: Any) -> Study:
    return source if isinstance(source, Study) else load(source)


@dataclass(frozen=True)
class Result:
    """What replications come to; `data` is what `simulate --json` prints."""

    run: Run = field(repr=False)
    data: JSON = field(repr=False)

    @property
    def tiers(self) -> Any:
        """A row for each tier and one for overall."""
        blocks = [*self.data["tiers"].items(), (OVERALL, self.data[OVERALL])]
        return table([{"tier": name, **dict(flat(block))} for name, block in blocks], ["tier"])

    @property
    def queues(self) -> Any:
        """A row for each queue: every segment in its own queue."""
        return table([{"queue": name, **dict(flat(block))} for name, block in self.data["queues"].items()], ["queue"])

    @property
    def groups(self) -> Any:
        """A row for each group of agents."""
        found = self.data["agents"]["groups"]
        return table([{"group": name, **dict(flat(block))} for name, block in found.items()], ["group"])

    @property
    def intervals(self) -> Any:
        """A row for each interval and tier."""
        rows = []
        for interval in self.data["intervals"]:
            for name, block in [*interval["tiers"].items(), (OVERALL, interval[OVERALL])]:
                rows.append({"start": interval["start"], "tier": name, **dict(flat(block))})
        return table(rows, ["start", "tier"])

    @property
    def calls(self) -> Any:
        """A row for each call of the first replication, as calls.csv has them."""
        first = self.run.figures[0]
        assert first.calls is not None, "simulate keeps them"
        return table([dict(zip(COLUMNS, row, strict=True)) for row in zip(*cells(first.calls), strict=True)])

    @property
    def doubts(self) -> list[JSON]:
        """Which intervals are not to be trusted, and why."""
        found: list[JSON] = self.data["doubts"]
        return found

    def plot(self, name: str = "levels") -> Plot:
        """Return a chart: levels, load, waits, shares or callbacks."""
        found = charts(self.run.scenario, self.data, self.run.figures, self.run.starts)
        if name not in found:
            raise BadInput("plot {name!r}: there is {found}", name=name, found=", ".join(found))
        return Plot(found[name])

    def __repr__(self) -> str:
        level = self.data[OVERALL]["service_level"]["sl_net"]
        told = "undefined" if level is None else f"{level['mean']:.1%}"
        return f"<{self.data['scenario']}: {self.data['replications']} replications, overall sl_net {told}>"


def simulate(
    source: Any,
    *,
    replications: int | None = None,
    seed: int | None = None,
    precision: float | None = None,
    processes: int | None = None,
) -> Result:
    """Live through a scenario's days; see `callcenter simulate`."""
    asked = with_chance(_study(source).scenario, replications, seed)
    lived = run(asked, processes=_cores(processes), precision=precision, keep_records=True)
    return Result(lived, as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine)))


@dataclass(frozen=True)
class Comparison:
    """Variants against a base on common random numbers."""

    found: comparing.Comparison = field(repr=False)

    @property
    def differences(self) -> Any:
        """A row for each variant and tier: by how much its figures exceed the base's."""
        rows = []
        for variant in self.found.as_json()["variants"]:
            for tier, figures in variant["differences"].items():
                rows.append({"variant": variant["name"], "tier": tier, **dict(flat(figures))})
        return table(rows, ["variant", "tier"])

    @property
    def results(self) -> dict[str, Result]:
        """The base and every variant by name, each with its own figures."""
        every = (self.found.base, *self.found.variants)
        return {variant.name: Result(variant.run, variant.result) for variant in every}

    def plot(self) -> Plot:
        """Return the differences with their intervals as a chart."""
        return Plot(forest(self.found))


def compare(
    source: Any,
    variants: Mapping[str, Any],
    *,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
) -> Comparison:
    """Compare variants (by name: a study, a path, or `PATH=VALUE`s to set) with a scenario under the same chance."""
    base = _study(source)

    def variant(wish: Any) -> Scenario:
        if isinstance(wish, str) and "=" in wish:
            return base.set(wish).scenario
        if isinstance(wish, list | tuple):
            return base.set(*wish).scenario
        return _study(wish).scenario

    asked = with_chance(base.scenario, replications, seed)
    wished = [(name, variant(wish)) for name, wish in variants.items()]
    return Comparison(comparing.compare(asked, wished, processes=_cores(processes)))


@dataclass(frozen=True)
class Grid:
    """A sweep: `table` has a row for each setting and tier, every figure with its bounds."""

    found: sweeping.Sweep = field(repr=False)

    @property
    def table(self) -> Any:
        """The grid."""
        return table(sweeping.rows(self.found), [*(path for path, _ in self.found.axes), "tier"])

    @property
    def elbow(self) -> JSON | None:
        """Where the curve of all calls bends."""
        return self.found.elbow()

    def plot(self) -> Plot:
        """Return the grid as a picture."""
        return Plot(picture(self.found))


def sweep(
    source: Any,
    vary: Mapping[str, Iterable[Any]],
    *,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
) -> Grid:
    """Simulate every combination of settings under the same chance; see `callcenter sweep`.

    Args:
        source: A study, a path, or a shipped name.
        vary: Path (with its operator) → values: {"volume*": [0.9, 1, 1.1]}.
        replications: Of each setting (default: the scenario's).
        seed: Chance (default: the scenario's).
        processes: Workers at most on this machine.
        scheduler: Address of a Dask scheduler to work on instead.
    """
    base = _study(source)
    axes = [(path, [str(value) for value in values]) for path, values in vary.items()]
    cells = []
    for chosen in product(*(values for _, values in axes)):
        settings = tuple(zip((path for path, _ in axes), chosen, strict=True))
        mine = base.set(*(f"{path}={value}" for path, value in settings)).scenario
        cells.append((settings, with_chance(mine, replications, seed)))
    found = sweeping.sweep(
        base.scenario.name, axes, cells, processes=_cores(processes) or os.cpu_count() or 1, scheduler=scheduler
    )
    return Grid(found)


@dataclass(frozen=True)
class Planned:
    """A plan of `staff` or `schedule`: `rows` as a table, `study` with its people in place, `data` the whole."""

    rows: Any = field(repr=False)
    study: Study = field(repr=False)
    data: JSON = field(repr=False)


def staff(
    source: Any, method: str = "erlang-c", *, replications: int | None = None, processes: int | None = None
) -> Planned:
    """Say how many agents each interval needs, and check it by simulation; see `callcenter staff`."""
    from callcenter.cli.planned import Load, Way, lived, planned, searched
    from sim.planning.plan.outcome import STAFFING_COLUMNS, plan_result, staffing_form, staffing_rows

    study = _study(source)
    if method == Way.SIMULATION:
        search = searched(study.scenario, replications, _cores(processes))
        data = search.plain() | {"groups": list(search.groups), "staffing": staffing_form(search.staffing())}
        after = search.applied()
    else:
        plan = planned(study.scenario, Way(method), Load.OFFERED, None, None)
        after = plan.applied()
        data = plan_result(plan, method, lived(after, replications, _cores(processes), "checking the plan"))
    rows = [dict(zip(STAFFING_COLUMNS, row, strict=True)) for row in staffing_rows(data)]
    return Planned(table(rows), replace(study, scenario=after), data)


def schedule(
    source: Any, method: str = "erlang-c", *, time_limit_s: float = 30.0, replications: int | None = None,
    processes: int | None = None,
) -> Planned:  # fmt: skip
    """Cover the staffing with shifts at least cost, and simulate the roster; see `callcenter schedule`."""
    from callcenter.cli.planned import Load, Way, lived, planned
    from sim.planning.roster import Aim, need_of_plan, roster_of
    from sim.planning.roster.outcome import ROSTER, roster_result, roster_rows

    study = _study(source)
    plan = planned(study.scenario, Way(method), Load.OFFERED, None, None)
    roster = roster_of(study.scenario, need_of_plan(plan), aim=Aim("cost"), time_limit_s=time_limit_s)
    after = roster.applied()
    simulated = lived(after, replications, _cores(processes), "living the roster")
    data = roster_result(roster, source=method, aim="cost", simulated=simulated)
    lines = roster_rows(roster.lines(), study.scenario.centre.zone)
    rows = [dict(zip(ROSTER, row, strict=True)) for row in lines]
    return Planned(table(rows), replace(study, scenario=after), data)


@dataclass(frozen=True)
class Fitted:
    """A scenario made from call logs: its text, and what is said about the fit."""

    text: str = field(repr=False)
    report: JSON = field(repr=False)

    def write(self, path: str | Path) -> Study:
        """Write the scenario to a file and return it as a study."""
        Path(path).write_text(self.text, encoding="utf-8")
        return load(path)


def fit(*logs: str | Path, columns: str | Path | None = None, zone: str | None = None) -> Fitted:
    """Make a scenario from call logs; see `callcenter fit`."""
    from callcenter.cli.fit import fitted_on
    from callcenter.cli.logs import read_calls
    from callcenter.config import render
    from sim.analysis.fit.report import report_of
    from sim.analysis.fit.scenario import mapping_of
    from sim.analysis.fit.summary import comments_of

    mapped = None if columns is None else Path(columns)
    fitted = fitted_on(read_calls([Path(log) for log in logs], mapped, None, zone))
    return Fitted(render(mapping_of(fitted), comments_of(fitted)), report_of(fitted))


@dataclass(frozen=True)
class Forecast:
    """A forecast: `days` and `intervals` as tables, `data` the whole."""

    data: JSON = field(repr=False)

    @property
    def days(self) -> Any:
        """A row for each day."""
        return table(
            [{k: v for k, v in day.items() if not isinstance(v, list | dict)} for day in self.data["for"]], ["date"]
        )

    @property
    def intervals(self) -> Any:
        """A row for each interval of each day."""
        rows = [{"date": day["date"], **row} for day in self.data["for"] for row in day["intervals"]]
        return table(rows)


def forecast(
    *logs: str | Path, dates: Sequence[date | str], columns: str | Path | None = None, zone: str | None = None
) -> Forecast:
    """Forecast calls and handling times of these dates from call logs; see `callcenter forecast`."""
    from callcenter.cli.logs import read_calls
    from sim.analysis.forecast.dates import read_dates
    from sim.analysis.forecast.forecast import forecast as foretell
    from sim.report.forecast import as_json as plain

    days = read_dates(",".join(str(day) for day in dates))
    mapped = None if columns is None else Path(columns)
    log = read_calls([Path(log) for log in logs], mapped, None, zone)
    return Forecast(plain(foretell(log, days, {}, str(logs[0]))))
