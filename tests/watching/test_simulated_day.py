"""A day that has not happened, as metrics: a real Prometheus has it in its blocks and gives the simulator's figures."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from callcenter.cli import main
from callcenter.measures import FORMULAS
from callcenter.metrics.catalogue import CATALOGUE, Origin
from tests.watching.prometheus import MISSING, Prometheus, prometheus
from tests.watching.test_watching import names_in, questions

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
HOUR = 3_600
MIDNIGHT = 1_772_409_600
NOON = MIDNIGHT + 12 * HOUR
END = MIDNIGHT + 24 * HOUR
"""2026-03-02, the day of first-steps."""


@dataclass
class Day:
    """What was simulated, and where it can be asked."""

    prometheus: Prometheus
    result: dict[str, Any]
    text: str


def promtool(*words: str) -> None:
    done = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Do what docs/watching.md says: simulate, make blocks, start, make the recorded series, start again."""
    folder = tmp_path_factory.mktemp("simulated")
    words = ["simulate", "first-steps", "--replications", "1", "--prometheus", str(folder / "day")]
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(map(str, words))))
        assert main([*words, "--json"]) == 0
    result = json.loads("".join(text for text in said if text.startswith("{")))
    data = folder / "data"
    promtool("openmetrics", str(folder / "day" / "metrics.openmetrics"), str(data))
    configuration = (folder / "day" / "prometheus.yml").read_text()
    shutil.copy(folder / "day" / "recording.yml", folder / "recording.yml")
    for _ in range(2):  # rules that ask for other rules find them the second time
        with prometheus(folder, configuration, data=data) as found:
            for end in (NOON, END):  # all day takes minutes: half a minute at two places will do
                promtool("rules", f"--start={end - 30}", f"--end={end}", "--eval-interval=30s", f"--url={found.url}",
                         f"--output-dir={data}", str(folder / "day" / "recording.yml"))  # fmt: skip
    with prometheus(folder, configuration, data=data) as found:
        yield Day(found, result, (folder / "day" / "metrics.openmetrics").read_text())


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_recorded_service_level_of_the_day_is_the_simulators(day, formula):
    told = day.prometheus.by(f"tier:callcenter_{formula}:ratio_total", "tier", END)
    wanted = {tier: block["service_level"][formula]["mean"] for tier, block in day.result["tiers"].items()}

    assert told == pytest.approx(wanted, abs=1e-9)
    assert 0 < min(wanted.values()) < 1


@pytest.mark.parametrize("count", ["offered", "answered", "abandoned"])
def test_the_counts_of_the_day_are_the_simulators(day, count):
    series = (
        "callcenter_contacts_offered_total"
        if count == "offered"
        else f'callcenter_contacts_sl_outcomes_total{{outcome=~"{count}|{count}_short"}}'
    )
    told = day.prometheus.by(f"sum by (tier) ({series})", "tier", END)

    assert told == {tier: block[count]["mean"] for tier, block in day.result["tiers"].items()}


def test_occupancy_is_the_simulators(day):
    spent = day.prometheus.by("sum by (activity) (callcenter_agent_seconds_total)", "activity", END)
    occupied = sum(spent[what] for what in ("ring", "talk", "dial", "wrap_up"))

    assert occupied / (spent["logged_in"] - spent["not_ready"]) == pytest.approx(
        day.result["agents"]["occupancy"]["mean"], abs=1e-6
    )


SIMULATED = {name for series in CATALOGUE if series.origin is not Origin.PROCESS for name in series.samples}
ASKED = {panel: expr for panel, expr in questions().items() if names_in(expr) <= SIMULATED}


@pytest.mark.parametrize("panel", [p for p in ASKED if "ewt" not in ASKED[p] and "promise_kept" not in ASKED[p]])
def test_the_dashboards_have_answers_at_noon(day, panel):
    assert day.prometheus.ask(ASKED[panel], NOON)


def test_it_has_the_series_that_a_service_has(day):
    named = {line.split()[2] for line in day.text.splitlines() if line.startswith("# TYPE ")}
    wanted = {s.name.removesuffix("_total") for s in CATALOGUE if s.origin is not Origin.PROCESS}

    assert wanted <= named
    assert day.text.endswith("# EOF\n")
