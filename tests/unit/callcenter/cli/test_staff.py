import json
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.config import load_scenario

SHORT = ["--replications", "2", "--processes", "1"]


def test_staff_prints_agents_by_interval_and_what_a_simulation_gives(capsys: pytest.CaptureFixture[str]):
    assert main(["staff", "first-steps", *SHORT]) == 0

    said = capsys.readouterr().out
    assert "09:00" in said
    assert "16:30" in said
    assert "hours on duty" in said
    assert "offered load" in said
    assert "Not so here: nobody hangs up" in said


def test_staff_as_json_is_one_object(capsys: pytest.CaptureFixture[str]):
    assert main(["staff", "first-steps", "--method", "erlang-a", "--json", *SHORT]) == 0

    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["method"] == "erlang-a"
    assert len(found["days"][0]["intervals"]) == 16
    assert set(found["days"][0]["intervals"][0]["by_load"]) == {"stationary", "lagged", "infinite_server"}
    assert found["simulated"]["replications"] == 2
    assert found["staffing"][0]["from"] == "09:00"


def test_the_folder_is_whole_and_the_written_scenario_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out, written = tmp_path / "out", tmp_path / "staffed.yaml"

    assert main(["staff", "first-steps", "--out", str(out), "--write", str(written), *SHORT]) == 0

    assert sorted(path.name for path in out.iterdir()) == [
        "report.html",
        "result.json",
        "staffing.csv",
        "staffing.xlsx",
    ]
    page = (out / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "busiest interval" in page
    result = json.loads((out / "result.json").read_text())
    staffed = load_scenario(written)
    assert sum(sum(entry.agents) for entry in staffed.staffing) / 2 == result["rostered_hours"]
    assert staffed.shifts == ()
    capsys.readouterr()


SATURDAY = """
version: 1
name: with a Saturday
centre:
  queues: {hotline: {hours: {mon-fri: 09:00-11:00, sat: 09:00-10:00}}}
  groups: {desk: {}}
arrivals:
  - {queue: hotline, calls_per_hour: 20, from: 09:00, until: 11:00, weekdays: mon-fri}
  - {name: sat, queue: hotline, calls_per_hour: 10, from: 09:00, until: 10:00, weekdays: sat}
handling: {exponential: 3m}
patience: {exponential: 5m}
staffing: [{group: desk, agents: 3, from: 09:00, until: 11:00}]
horizon: {start: 2026-03-06, days: 2}
"""


def test_the_chart_of_a_saturday_says_that_it_is_one(tmp_path: Path):
    (tmp_path / "week.yaml").write_text(SATURDAY, encoding="utf-8")

    assert main(["staff", str(tmp_path / "week.yaml"), "--out", str(tmp_path / "out"), *SHORT]) == 0

    page = (tmp_path / "out" / "report.html").read_text()
    assert "desk, mon, tue, wed, thu, fri: agents required by interval" in page
    assert "desk, sat: agents required by interval" in page
    assert "desk, sat: service level by number of agents" in page


def test_simulation_searches_a_plan(capsys: pytest.CaptureFixture[str]):
    short = ["--set", "arrivals.0.until=11:00", "--replications", "10", "--processes", "1"]

    assert main(["staff", "first-steps", "--method", "simulation", "--json", *short]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["method"] == "simulation"
    assert found["agent_hours"] > 0
    assert found["judged"]["replications"] >= 10


def test_check_says_no_when_a_target_is_not_met_for_sure(capsys: pytest.CaptureFixture[str]):
    tight = ["--set", "tiers.vip.target=99/1", "--floor", "0%", "--method", "erlang-a"]

    status = main(["staff", "first-steps", *tight, "--check", *SHORT])

    said = capsys.readouterr()
    assert status == (1 if "callcenter staff: target of" in said.err else 0)


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["staff", "nowhere"], "no shipped scenario"),
        (["staff", "first-steps", "--method", "guess"], "--method"),
        (["staff", "first-steps", "--max-occupancy", "85"], "--max-occupancy 85"),
        (["staff", "first-steps", "--max-occupancy", "0%"], "--max-occupancy 0%"),
        (["staff", "first-steps", "--floor", "most"], "--floor most"),
        (["staff", "first-steps", "--method", "erlang-a", "--set", "patience=never"], "nobody hangs up"),
        (["staff", "first-steps", "--method", "simulation", "--floor", "80%"], "for the formulas"),
        (["staff", "first-steps", "--write", "plan.txt"], ".yaml"),
        (["staff", "first-steps", "--write", "/no/such/folder/plan.yaml"], "does not exist"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2

    said = capsys.readouterr()
    assert word in said.err
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_those_who_are_sick_in_the_file_are_not_missing_from_the_plan_that_is_written(tmp_path: Path, capsys):
    plans = []
    for more in (["--set", "absent.desk=1"], []):
        written = tmp_path / f"{len(plans)}.yaml"
        assert main(["staff", "first-steps", "--write", str(written), "--json", *SHORT, *more]) == 0
        said = capsys.readouterr()
        assert ("absent is about the people in the file" in said.err) == bool(more)
        plans.append((json.loads(said.out), load_scenario(str(written)).staffing))

    assert plans[0] == plans[1]
