"""A day that has not happened, as metrics: a real Prometheus has it in its blocks and gives the simulator's figures."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from callcenter.cli import main
from callcenter.config.load import load_scenario
from callcenter.lifecycle.measures import FORMULAS
from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.catalogue import CATALOGUE, Origin
from tests.watching.prometheus import MISSING, Prometheus, prometheus
from tests.watching.test_watching import names_in, questions

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
HOUR = 3_600
MIDNIGHT = 1_772_380_800
"""2026-03-02T00:00 in Shanghai: the day of outage-surge, with four times the calls from ten to eleven."""
BEFORE, SURGE, AFTERNOON, END = (round(MIDNIGHT + hour * HOUR) for hour in (9.75, 10.4, 16, 24))


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
    words = ["simulate", "outage-surge", "--replications", "1", "--prometheus", str(folder / "day")]
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(map(str, words))))
        assert main([*words, "--json"]) == 0
    result = json.loads("".join(text for text in said if text.startswith("{")))
    data, made = folder / "data", folder / "made"
    promtool("openmetrics", str(folder / "day" / "metrics.openmetrics"), str(data))
    configuration = (folder / "day" / "prometheus.yml").read_text()
    shutil.copy(folder / "day" / "recording.yml", folder / "recording.yml")
    for _ in range(2):  # rules that ask for other rules find them the second time
        with prometheus(folder, configuration, data=data) as found:
            # All day takes minutes: a minute here and there will do. Half a one will not: within it a group is reckoned
            # at an instant made of its file's path, and the last second before a block of two hours is left out.
            for end in (BEFORE, SURGE, AFTERNOON, END):
                promtool("rules", f"--start={end - 60}", f"--end={end}", "--eval-interval=30s", f"--url={found.url}",
                         f"--output-dir={made}", str(folder / "day" / "recording.yml"))  # fmt: skip
        for block in sorted(made.iterdir()):  # not into the folder of one that runs and may be merging its blocks
            shutil.move(block, data)
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


@pytest.mark.parametrize("at", [SURGE, AFTERNOON])
@pytest.mark.parametrize("window", ["30m", "1h"])
def test_a_window_within_a_busy_day_is_within_two_points_of_what_was_counted_in_it(day, window, at):
    def counted(which: str) -> str:
        series = f"callcenter_contacts_sl_outcomes_total{{{which}}}"
        return f"sum by (tier) ({series} - {series} offset {window})"

    met, judged = counted('outcome="answered",within="true"'), counted('outcome=~"answered|abandoned"')
    late = "sum by (tier) (callcenter_contacts_late)"
    exact = day.prometheus.by(f"{met} / (({judged} + {late}) > 0)", "tier", at)
    told = day.prometheus.by(f"tier:callcenter_sl_net:ratio{window}", "tier", at)

    assert {"vip", "mid", "standard"} <= set(exact)
    assert told == pytest.approx(exact, abs=0.02)


SIMULATED = {name for series in CATALOGUE if series.origin is not Origin.PROCESS for name in series.samples}
OF_WATCHERS = re.compile(r"\b(?:prometheus|alertmanager)_|up\{|ALERTS|vector\(|time\(\)")
"""What nobody asks of a past day: there was nobody to watch it."""
ASKED = {
    panel: expr for panel, expr in questions().items() if names_in(expr) <= SIMULATED and not OF_WATCHERS.search(expr)
}


@pytest.mark.parametrize("panel", [p for p in ASKED if "ewt" not in ASKED[p] and "Patience" not in p])
def test_the_dashboards_have_answers_in_the_afternoon(day, panel):
    assert day.prometheus.ask(ASKED[panel], AFTERNOON)


ALERTS = [rule for rules in alert_rules(load_scenario("outage-surge").centre).values() for rule in rules]


def rung(day: Day, at: int) -> set[tuple[str, str]]:
    """Return which alerts' conditions hold, and for which tier."""
    asked = [rule for rule in ALERTS if not OF_WATCHERS.search(rule.expr) and names_in(rule.expr) <= SIMULATED]
    assert len(asked) >= 10, "those about the floor"
    return {
        (rule.name, dict(at_what).get("tier", "")) for rule in asked for at_what in day.prometheus.ask(rule.expr, at)
    }


def test_the_alerts_of_the_day_ring_in_the_outage_and_not_before_it(day):
    assert day.prometheus.ask("tier:callcenter_sl_judged:increase30m >= 20", BEFORE), "the morning is busy, and quiet"
    assert rung(day, BEFORE) == set()
    assert rung(day, SURGE) >= {("ServiceLevelBurnsFast", "mid"), ("ServiceLevelBurnsFast", "standard")}
    woken = {tier for name, tier in rung(day, SURGE) if name in ("ServiceLevelBurnsFast", "ServiceLevelBurns")}
    assert "vip" not in woken, "vip goes first: the others pay"


def test_it_has_the_series_that_a_service_has(day):
    named = {line.split()[2] for line in day.text.splitlines() if line.startswith("# TYPE ")}
    wanted = {s.name.removesuffix("_total") for s in CATALOGUE if s.origin is not Origin.PROCESS}

    assert wanted <= named
    assert day.text.endswith("# EOF\n")
