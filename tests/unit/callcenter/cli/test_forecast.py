"""`callcenter forecast`: from logs on disk to tables, JSON and scenario files, with kind refusals."""

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest

from callcenter.cli import main
from callcenter.config import load_scenario

MAP = """
version: 1
name: shop
arrival: {column: at, as: iso}
wait: w
service: s
outcome: {column: o, answered: [A], abandoned: [B]}
tiers: {standard: {target: 80/20}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a map and five weeks of calls in two logs, 2026-03-02 to 2026-04-05, closed at weekends."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "map.yaml").write_text(MAP)
    for name, days in (("march.csv", range(2, 32)), ("april.csv", range(32, 37))):
        rows = ["at,w,s,o"]
        for day in (d for d in days if d % 7 not in {0, 1}):
            date = f"2026-03-{day:02d}" if day < 32 else f"2026-04-{day - 31:02d}"
            count = 60 + 10 * (day * 7 % 3)
            rows += [f"{date}T{9 + i * 8 // count:02d}:{i * 37 % 60:02d}:00,5,{100 + i % 90},A" for i in range(count)]
        (folder / name).write_text("\n".join(rows) + "\n")
    return folder


def words(folder: Path, *more: str, logs: tuple[str, ...] = ("march.csv", "april.csv")) -> list[str]:
    return ["forecast", *(str(folder / log) for log in logs), "--columns", str(folder / "map.yaml"), *more]


def test_json_is_one_object_with_days_intervals_and_errors(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(words(folder, "--for", "2026-04-06..2026-04-12", "--json")) == 0
    found = json.loads(capsys.readouterr().out)

    assert [day["weekday"] for day in found["for"]] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    monday, saturday = found["for"][0], found["for"][5]
    assert set(monday["intervals"][0]) == {"start", "calls", "calls_low", "calls_high", "aht_s"}
    assert monday["calls_low"] < monday["calls"] < monday["calls_high"]
    assert sum(part["calls"] for part in monday["intervals"]) == pytest.approx(monday["calls"], abs=0.1)
    assert (saturday["calls"], saturday["closed"]) == (0, "no calls on this weekday in the log")
    assert {"wape_day", "wape_interval"} <= set(found["errors"]["method"]) & set(found["errors"]["seasonal_naive"])
    assert found["errors"]["origins"] == 19
    assert found["dispersion_cv"] > 0


def test_a_table_a_workbook_and_a_report_are_written_by_the_ending_of_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    dates = ("--for", "2026-04-06..2026-04-07")
    for name in ("f.csv", "f.xlsx", "f.html"):
        assert main(words(folder, *dates, "--json", "--out", str(tmp_path / name))) == 0
        found = json.loads(capsys.readouterr().out)
    lines = list(csv.DictReader(io.StringIO((tmp_path / "f.csv").read_text())))
    page = (tmp_path / "f.html").read_text()

    for day in found["for"]:
        mine = [float(line["calls"]) for line in lines if line["date"] == day["date"]]
        assert sum(mine) == pytest.approx(day["calls"], abs=0.1)
    assert list(pl.read_excel(tmp_path / "f.xlsx", sheet_id=0)) == ["days", "intervals", "errors"]
    assert "Calls by interval, 2026-04-06 (mon)" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert main(words(folder, *dates, "--out", str(tmp_path / "f.csv"), "--from", "first-steps")) == 2


def test_holidays_are_read_from_a_list_with_semicolons(folder: Path, capsys: pytest.CaptureFixture[str]):
    days = folder / "days.csv"
    days.write_text("date;name;factor\n2026-04-06;Fair;1,5\n")

    assert main(words(folder, "--for", "2026-04-06,2026-04-13", "--holidays", str(days), "--json")) == 0
    fair, plain = json.loads(capsys.readouterr().out)["for"]
    assert fair["special"] == "Fair"
    assert fair["calls"] > 1.2 * plain["calls"]


def test_the_table_names_the_days_the_errors_and_what_is_closed(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(words(folder, "--for", "2026-04-06,2026-04-11")) == 0
    said = capsys.readouterr()

    assert "2026-04-06  mon" in said.out
    assert "same weekday last week" in said.out
    assert "closed: the log has no calls on sat" in said.err


def test_the_file_it_writes_feeds_the_other_commands(folder: Path, capsys: pytest.CaptureFixture[str]):
    out = folder / "week.yaml"
    assert main(words(folder, "--for", "2026-04-06..2026-04-12", "--out", str(out))) == 0
    assert main(["scenario", "validate", str(out)]) == 0
    assert main(["staff", str(out), "--replications", "2", "--json"]) == 0

    assert capsys.readouterr().err.count("fault") == 0


def test_a_months_files_go_to_a_folder(folder: Path):
    assert main(words(folder, "--for", "2026-04-06..2026-04-20", "--out", str(folder / "weeks"))) == 0

    assert sorted(path.name for path in (folder / "weeks").iterdir()) == [
        "2026-04-06.yaml",
        "2026-04-13.yaml",
        "2026-04-20.yaml",
    ]


def test_from_keeps_the_centre_and_the_people_of_a_scenario(folder: Path):
    base, out = folder / "base.yaml", folder / "next.yaml"
    assert main(words(folder, "--for", "2026-04-06", "--out", str(base))) == 0
    base.write_text(base.read_text().replace("agents: 1\n", "agents: 7\n").replace("target: 80/20", "target: 95/10"))
    assert main(words(folder, "--for", "2026-04-07", "--out", str(out), "--from", str(base))) == 0
    made = load_scenario(out)

    assert (made.staffing[0].agents, made.centre.tiers[0].target.share) == ((7,) * 48, 0.95)
    assert made.name == "shop 2026-04-07"
    assert {stream.weekdays for stream in made.streams} == {(1,)}


def test_a_list_of_holidays_closes_a_day(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "days.csv").write_text("date,name,factor\n2026-04-06,Easter Monday,0\n")
    assert main(words(folder, "--for", "2026-04-06", "--holidays", str(folder / "days.csv"))) == 0
    said = capsys.readouterr()

    assert "Easter Monday: closed" in said.out
    assert "closed: 2026-04-06, Easter Monday: factor 0" in said.err


@pytest.mark.parametrize(
    "more, said",
    [
        (["--for", "soon"], "--for soon: is no date"),
        (["--for", "2026-04-06..2026-04-20", "--out", "x.yaml"], "one file holds a week at most"),
        (["--for", "2026-04-06", "--from", "first-steps"], "add --out"),
        (["--for", "2026-04-06", "--out", "x.yaml", "--from", "telecom-hotline"], "--from: has no queue 'calls'"),
        (["--for", "2026-04-06", "--holidays", "no/such.csv"], "cannot be read"),
        (["--for", "2026-03-09"], "3 weeks are needed"),
        (["--for", "2029-03-09"], "more than a year"),
        (["--for", "2026-04-11", "--out", "x.yaml"], "nothing to staff"),
    ],
)
def test_wrong_wishes_are_refused_in_one_line(
    folder: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
):
    assert main(words(folder, *more)) == 2
    lines = capsys.readouterr().err.strip().splitlines()

    assert said in lines[-1]


@pytest.mark.parametrize("text", ["", "at,w,s,o\n"])
def test_an_empty_log_is_refused(folder: Path, text: str, capsys: pytest.CaptureFixture[str]):
    (folder / "empty.csv").write_text(text)
    assert main(words(folder, "--for", "2026-04-06", logs=("empty.csv",))) == 2

    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.shared("data/anonymous_bank_1999_01.csv.gz")
def test_on_the_anonymous_bank_it_beats_last_week_out_of_sample(shared, checkout, capsys):
    logs = [str(shared(f"data/anonymous_bank_1999_{month}.csv.gz")) for month in ("01", "02")]
    columns = str(checkout / "scenarios" / "columns" / "anonymous-bank.yaml")
    assert main(["forecast", *logs, "--columns", columns, "--for", "1999-03-01..1999-03-07", "--json"]) == 0
    errors = json.loads(capsys.readouterr().out)["errors"]

    assert errors["method"]["wape_day"] < 0.9 * errors["seasonal_naive"]["wape_day"]
    assert errors["method"]["wape_interval"] < 0.9 * errors["seasonal_naive"]["wape_interval"]
    assert 0.9 <= errors["method"]["coverage_day"] <= 0.99
    assert 0.93 <= errors["method"]["coverage_interval"] <= 0.99
    assert errors["origins"] == 45
