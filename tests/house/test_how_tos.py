"""What pages tell the reader to type does what they say."""

import doctest
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from callcenter.cli import main
from callcenter.config import parse_scenario
from callcenter.config.people import read_people
from callcenter.config.words import date_text

DOCS = Path(__file__).parents[2] / "docs"


def commands(page: str, *names: str) -> list[list[str]]:
    """Return the commands of a page that need no file of the reader's."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^    callcenter (.*)$", text, re.MULTILINE)
    return [words for line in lines if (words := shlex.split(line, comments=True))[0] in names]


def test_the_python_of_the_grading_page_gives_what_it_says():
    assert doctest.testfile(str(DOCS / "grading.md"), module_relative=False).failed == 0


def blocks(page: str) -> list[str]:
    """Return the YAML that a page shows."""
    return re.findall(r"^```yaml\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


CENTRE = """
version: 1
centre:
  tiers: {vip: {band: 0, target: 90/20}, standard: {band: 1, target: 80/20}}
  queues: {hotline: {hours: {mon-fri: "08:00-20:00"}}}
  groups: GROUPS
handling: {exponential: 4m}
"""


def test_the_calendar_and_the_prices_of_their_page_are_a_scenario():
    days, money = blocks("calendar-and-money.md")
    asked = parse_scenario(CENTRE.replace("GROUPS", "{day: {}, night: {}}") + days + money)

    assert [date_text(day) for day in asked.horizon.measured][0::6] == ["2026-03-30", "2026-04-05"]
    assert asked.money is not None


def test_the_shifts_and_the_people_of_the_staffing_page_are_read():
    shifts, people = blocks("staffing.md")
    asked = parse_scenario(CENTRE.replace("GROUPS", "{desk: {}}") + "arrivals: [{calls_per_hour: 9}]\n" + shifts)
    groups = "{support: {}, sales: {}, billing: {skills: {billing: 2, en: 1}}}"
    where = parse_scenario(CENTRE.replace("GROUPS", groups) + "arrivals: [{calls_per_hour: 9}]\n").centre

    assert [kind.name for kind in asked.shift_types] == ["full", "part_time"]
    assert len(read_people(people.encode(), "people.yaml", where, ("early",)).persons) == 3


@pytest.mark.ci
def test_every_comparison_of_the_fairness_page_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = commands("fairness.md", "compare")

    assert len(told) == 4
    assert [main([*words, "--replications", "1", "--processes", "1"]) for words in told] == [0] * 4
    assert "What each tier waits, brings and takes" in capsys.readouterr().out


@pytest.mark.ci
def test_the_tables_of_the_fairness_page_are_what_its_comparisons_give(capsys: pytest.CaptureFixture[str]):
    page = (DOCS / "fairness.md").read_text(encoding="utf-8")
    bank, utility, orders, _ = (given(words, capsys) for words in commands("fairness.md", "compare"))

    for label, result in zip(("own people", "one pool, bands", "pool, 3 kept free"), bank, strict=True):
        rows = [line for line in page.splitlines() if f"| {label}" in line]
        for row, tier in zip(rows, "abc", strict=True):
            assert f" {share(result, tier, 'sl_net')} " in row
            assert f"| {result['tiers'][tier]['wait_max_s']['mean']:.0f} s |" in row
    for tier in ("key", "major", "business", "household"):
        row = next(line for line in page.splitlines() if line.startswith(f"| {tier} |"))
        cells = [cell.split(" (")[0].strip() for cell in row.split("|")[-3:-1]]
        assert cells == [percent(result["tiers"][tier]["abandonment"]["mean"]) for result in utility]
    rows = page.partition("| 20 replications |")[2].splitlines()[2:7]
    for row, result in zip(rows, orders, strict=True):
        vip, standard = (result["tiers"][tier] for tier in ("vip", "standard"))
        cells = [cell.split(" (")[0].strip() for cell in row.split("|")[2:-1]]
        assert cells == [
            share(result, "vip", "sl_net"), f"{vip['wait_p95_s']['mean']:.0f} s", share(result, "standard", "sl_net"),
            f"{standard['wait_p95_s']['mean']:.0f} s", f"{standard['wait_max_s']['mean']:.0f} s",
        ]  # fmt: skip


def given(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the results of a comparison, the base's first."""
    words = [word for word in words if not word.startswith(("--out", "out/"))]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return [told["base"], *(variant["result"] for variant in told["variants"])]


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def share(result: dict[str, Any], tier: str, formula: str) -> str:
    return percent(result["tiers"][tier]["service_level"][formula]["mean"])


def test_made_up_customers_are_graded_as_the_grading_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = [words for words in commands("grading.md", "scenario", "tiers") if "CUSTOMERS.csv" not in words]

    assert [main([*words, "--customers", "10000"] if words[0] == "scenario" else words) for words in told] == [0, 0]
    assert "1.0 %" in capsys.readouterr().out
