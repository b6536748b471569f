import csv
import json
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.files import load_scenario

SHORT = ["--replications", "2", "--processes", "1"]
SHIFTS = """
shift_types:
  full: {group: desk, length: 8h, earliest: "09:00", latest: "09:00", cost: 8, breaks: [{after: 4h, for: 30m}]}
  half: {group: desk, length: 4h, earliest: "09:00", latest: "13:00", cost: 4.2}
"""


@pytest.fixture
def with_shifts(tmp_path: Path, checkout: Path) -> Path:
    path = tmp_path / "day.yaml"
    path.write_text((checkout / "scenarios" / "first-steps.yaml").read_text() + SHIFTS)
    return path


def test_schedule_prints_shifts_coverage_and_what_the_roster_gives(
    with_shifts: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["schedule", str(with_shifts), *SHORT]) == 0

    said = capsys.readouterr().out
    assert "full" in said
    assert "proved to be the optimum" in said
    assert "0.0 under" in said
    assert "simulated (sl_net)" in said


def test_the_folder_has_roster_calendar_and_report(with_shifts: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert main(["schedule", str(with_shifts), "--out", str(out), *SHORT]) == 0

    names = ["calendars.zip", "coverage.csv", "report.html", "result.json", "roster.csv", "roster.ics"]
    assert sorted(path.name for path in out.iterdir()) == names
    rows = list(csv.DictReader((out / "roster.csv").read_text().splitlines()))
    calendar = (out / "roster.ics").read_bytes().decode()
    assert len(rows) == calendar.count("BEGIN:VEVENT") > 0
    assert "required and scheduled by interval" in (out / "report.html").read_text()


def test_a_plan_of_staff_is_covered_from_its_files(with_shifts: Path, tmp_path: Path, capsys):
    out, written = tmp_path / "staffed", tmp_path / "staffed.yaml"
    assert main(["staff", str(with_shifts), "--out", str(out), "--write", str(written), *SHORT]) == 0
    capsys.readouterr()

    costs = []
    for source in (out / "result.json", out / "staffing.csv", written):
        assert main(["schedule", str(with_shifts), "--staffing", str(source), "--json", *SHORT]) == 0
        costs.append(json.loads(capsys.readouterr().out)["cost"])

    assert costs[0] == costs[1] == costs[2] > 0


def test_the_written_scenario_has_the_shifts(with_shifts: Path, tmp_path: Path):
    written = tmp_path / "rostered.yaml"
    assert main(["schedule", str(with_shifts), "--write", str(written), *SHORT]) == 0

    rostered = load_scenario(written)

    assert rostered.staffing == ()
    assert sum(shift.agents for shift in rostered.shifts) > 0


def test_what_cannot_be_covered_is_said_and_the_rest_is_planned(with_shifts: Path, capsys: pytest.CaptureFixture[str]):
    late = ["--set", "shift_types.full.earliest=10:00", "--set", "shift_types.full.latest=10:00"]
    late += ["--set", "shift_types.half.earliest=10:00"]

    assert main(["schedule", str(with_shifts), *late, "--check", "--json", *SHORT]) == 1

    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["groups"][0]["first_uncovered"]["start"] == "09:00"
    assert not found["covered"]
    assert found["head_hours"]["scheduled"] > 0
    assert "09:00 is the first interval that cannot be covered" in said.err


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["schedule", "first-steps"], "has no shift_types"),
        (["schedule", "computer-maker", "--time-limit", "0"], "--time-limit"),
        (["schedule", "computer-maker", "--staffing", "/no/such.json"], "cannot be read"),
        (["schedule", "computer-maker", "--staffing", "pyproject.toml"], "holds no staffing"),
        (["schedule", "computer-maker", "--aim", "beauty"], "--aim"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, checkout: Path
):
    monkeypatch.chdir(checkout)

    assert main(arguments) == 2

    said = capsys.readouterr()
    assert word in said.err
    assert said.out == ""
    assert said.err.count("\n") == 1
