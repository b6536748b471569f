"""The judgement of a fit on days that it has not seen: figures of the log exact, those simulated not absurd."""

import json
from pathlib import Path

import pytest

from callcenter.cli import main

ROOT = Path(__file__).resolve().parents[2]
BANK = ROOT / "scenarios" / "columns" / "anonymous-bank.yaml"
MONTHS = {
    "02": ["1999-02-22", "1999-02-23", "1999-02-24"],
    "01": ["1999-01-25", "1999-01-26", "1999-01-27"],
}


def told(shared, month: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    log = shared(f"data/anonymous_bank_1999_{month}.csv.gz")
    assert main(["judge", str(log), "--columns", str(BANK), *more]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("month", [pytest.param("02"), pytest.param("01", marks=pytest.mark.slow)])
def test_three_days_of_the_bank_are_foretold_and_the_difference_is_told(shared, month: str, capsys):
    tests = [word for date in MONTHS[month] for word in ("--test", date)]
    found = json.loads(told(shared, month, capsys, "--json", "--replications", "2", *tests))
    out, inside, known = (found[name] for name in ("out_of_sample", "in_sample", "behaviour_known"))

    assert out["dates"] == known["dates"] == MONTHS[month]
    assert not set(out["dates"]) & set(inside["dates"])
    assert out["calls"]["simulated"] == pytest.approx(out["calls"]["observed"], rel=0.05)
    assert sum(day["observed"]["calls"] for day in out["by_date"]) == out["calls"]["observed"]
    assert sum(hour["observed"]["calls"] for hour in out["by_hour"]) == out["calls"]["observed"]
    assert set(out["figures"]) == {"sl_all", "abandonment", "mean_wait_s", "no_wait"}
    # What the method reached when it was written (docs/fit.md), and a little room.
    for figure, room in (("sl_all", 0.04), ("no_wait", 0.04)):
        in_sample = inside["figures"][figure]
        assert in_sample["simulated"] == pytest.approx(in_sample["observed"], abs=room)
    assert inside["figures"]["abandonment"]["simulated"] == pytest.approx(
        inside["figures"]["abandonment"]["observed"], abs=0.04
    )
    assert out["figures"]["abandonment"]["simulated"] == pytest.approx(
        out["figures"]["abandonment"]["observed"], abs=0.06
    )
    assert "points of service level" in found["causes"][0]


@pytest.mark.slow
@pytest.mark.parametrize("month", MONTHS)
def test_the_fourth_week_of_the_bank_is_foretold_from_the_three_before(shared, month: str, capsys):
    said = told(shared, month, capsys)

    assert "range held" in said
    for part in (
        "Every week, learnt from the others",
        "95 % range, chance and model",
        "Out of sample: 7 dates",
        "In sample",
        "answered within 20 s",
        "not waiting at all",
        "Why",
    ):
        assert part in said


@pytest.mark.parametrize(
    "more", [["--test", "1999-03-01"], ["--test", "yesterday"], ["--replications", "1"], ["--columns", "no-such.yaml"]]
)
def test_wrong_input_is_one_line_and_status_2(shared, more: list[str], capsys: pytest.CaptureFixture[str]):
    log = shared("data/anonymous_bank_1999_02.csv.gz")

    assert main(["judge", str(log), "--columns", str(BANK), *more]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_a_log_of_a_week_names_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log, columns = tmp_path / "log.csv", tmp_path / "map.yaml"
    log.write_text("day,at,wait,end\n2026-03-02,32400,1,yes\n2026-03-03,32400,1,yes\n", encoding="utf-8")
    columns.write_text(
        "version: 1\ndate: day\narrival: {column: at, as: seconds_after_midnight}\nwait: wait\n"
        "outcome: {column: end, answered: [yes], abandoned: [no]}\n",
        encoding="utf-8",
    )

    assert main(["judge", str(log), "--columns", str(columns)]) == 2
    assert "--test" in capsys.readouterr().err
