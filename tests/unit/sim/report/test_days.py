"""Days of a run, each for itself; the lowest figure first; queues and groups beside tiers."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from callcenter.config.load import load_scenario
from sim.experiment.compare import compare
from sim.experiment.replicate import run
from sim.report import wording
from sim.report.comparison import page as comparison_page
from sim.report.comparison import show as show_comparison
from sim.report.days import by_day, chart
from sim.report.page import report
from sim.report.table import show
from sim.results.result import as_json, result

WEEK = ["horizon.days=3", "replications=3", "volume*=0.3"]


@pytest.fixture(scope="module")
def week():
    lived = run(load_scenario("first-steps", WEEK), processes=1)
    return lived, as_json(result(lived.scenario, lived.figures, lived.starts))


def test_the_days_add_up_to_the_whole(week):
    lived, told = week
    found = by_day(lived.scenario, lived.figures, lived.starts)

    assert [day for day, _ in found] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert sum(f["offered"].mean for _, f in found) == pytest.approx(told["overall"]["offered"]["mean"])
    for _, figures in found:
        for est in figures.values():
            assert est is None or est.ci_low <= est.mean <= est.ci_high


def test_a_report_of_several_days_has_each_of_them_and_of_one_day_has_no_such_chart(week):
    lived, told = week
    page = report(lived, told, "1.0")
    one = run(load_scenario("first-steps", ["replications=2", "volume*=0.3"]), processes=1)

    assert "Service level by day" in page
    assert "Mon 2026-03-02" in page
    assert chart(one.scenario, one.figures, one.starts) is None


def text_of(print_it) -> str:
    stream = io.StringIO()
    print_it(Console(file=stream, width=200, color_system=None))
    return stream.getvalue()


@pytest.fixture(scope="module")
def several():
    base = load_scenario("multi-skill", ["replications=2", "volume*=0.3"])
    return compare(base, [("busy", replace(base, shrinkage=0.3))], processes=1)


def test_queues_and_groups_are_printed_where_there_are_several_and_the_lowest_stands_first(several):
    scenario, told = several.base.run.scenario, several.base.result
    text = text_of(lambda console: show(console, scenario, told))
    lowest = min(told["queues"], key=lambda q: told["queues"][q]["service_level"]["sl_net"]["mean"])

    assert all(f"\n{name} " in text for name in (*told["queues"], *told["agents"]["groups"]))
    assert f"queue {lowest}, " in text.splitlines()[2]
    assert wording.worst(told) == text.splitlines()[2]


def test_a_comparison_shows_each_variants_own_values_by_tier_queue_and_group(several):
    text = text_of(lambda console: show_comparison(console, several))
    ours = several.variants[0].result
    standard = wording.share(ours["tiers"]["standard"]["service_level"]["sl_net"]["mean"])
    html = comparison_page(several, "1.0")

    assert any(line.startswith("standard ") and standard in line for line in text.splitlines())
    assert "  less base" in text
    for queue, block in ours["queues"].items():
        own = wording.share(block["service_level"]["sl_net"]["mean"])
        assert any(line.startswith(f"{queue}: service level") and own in line for line in text.splitlines())
        assert f"{queue}: service level" in html
    plain = several.as_json()["variants"][0]
    assert set(plain["differences_by_queues"]) == set(ours["queues"])
    assert set(plain["differences_by_groups"]) == set(ours["agents"]["groups"])
