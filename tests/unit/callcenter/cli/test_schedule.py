import csv
import json
import zipfile
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.config import load_scenario

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

    names = ["calendars.zip", "coverage.csv", "report.html", "result.json", "roster.csv", "roster.ics", "roster.xlsx"]
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
        (["schedule", "telecom-hotline", "--staffing", "scenarios/telecom-hotline.yaml"], "has no staffing: write one"),
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


def test_a_file_of_people_gives_a_roster_of_names(
    with_shifts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    staff = tmp_path / "people.csv"
    names = [f"Agent {n:02d}" for n in range(8)]
    staff.write_text(
        "name,groups,hours,absent\n" + "".join(f"{n},desk,20,\n" for n in names) + "Zoe,desk,20,2026-03-02\n"
    )
    out = tmp_path / "out"

    status = main(
        ["schedule", str(with_shifts), "--people", str(staff), "--out", str(out), "--json", "--check", *SHORT]
    )
    result = json.loads(capsys.readouterr().out)

    rows = list(csv.DictReader((out / "roster.csv").read_text().splitlines()))
    assert {row["agent"] for row in rows} <= set(names)
    assert sum(float(row["hours"]) for row in rows) == result["paid_hours"]
    assert len(rows) + sum(one["missing"] for one in result["people"]["open"]) > len(rows)
    assert status == 1  # somebody is missing
    assert "absent: Zoe" in result["people"]["unmet"][0]
    with zipfile.ZipFile(out / "calendars.zip") as archive:
        assert {name.removesuffix(".ics").replace("_", " ") for name in archive.namelist()} <= set(names)
    assert (out / "roster.xlsx").read_bytes()[:2] == b"PK"


def test_that_open_shifts_count_as_scheduled_is_said(
    with_shifts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    staff = tmp_path / "people.csv"
    staff.write_text("name,groups,hours\nZoe,desk,20\n")

    assert main(["schedule", str(with_shifts), "--people", str(staff), *SHORT]) == 0
    assert "Open shifts count as scheduled by half hour; the simulation lives without them" in capsys.readouterr().out


def test_people_in_a_group_that_is_not_there_are_refused_with_the_line(
    with_shifts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    staff = tmp_path / "people.yaml"
    staff.write_text("people:\n  - {name: Ana, groups: desk}\n  - {name: Ben, groups: dseks}\n")

    assert main(["schedule", str(with_shifts), "--people", str(staff), *SHORT]) == 2
    assert f"{staff}:3: people.1.groups: " in capsys.readouterr().err


def test_a_cost_beside_wages_that_is_hardly_in_their_unit_is_told(
    with_shifts: Path, capsys: pytest.CaptureFixture[str]
):
    both = with_shifts.read_text(encoding="utf-8")
    one = both.replace(", cost: 4.2", "")
    none = one.replace(", cost: 8", "")
    told = []
    for text in (none, one, both):
        with_shifts.write_text(text + "money: {currency: EUR, wages: 20}\n", encoding="utf-8")
        assert main(["schedule", str(with_shifts), *SHORT]) == 0
        told.append("full: its cost (8) is weighed against the wages" in capsys.readouterr().err)

    assert told == [False, True, False]
