"""The worked week of docs/how-to is true: its files are read, its commands run in order, and its claims hold."""

import csv
import re
import shlex
from pathlib import Path

import pytest

from callcenter.cli import main

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.ci
def test_the_worked_week_runs_from_an_empty_folder_to_a_roster_of_names(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for kind, text in FENCED.findall((checkout / "docs" / "how-to" / "a-week.md").read_text(encoding="utf-8")):
        if kind == "console":
            program, *words = shlex.split(text)
            assert program == "callcenter"
            assert main(words) == 0, text
        else:
            first, _, rest = text.partition("\n")
            Path(first.removeprefix("# file: ")).write_text(rest, encoding="utf-8")

    rows = list(csv.DictReader(Path("names/roster.csv").read_text("utf-8").splitlines()))
    people = list(csv.DictReader(Path("people.csv").read_text("utf-8").splitlines()))
    assert {row["agent"] for row in rows} <= {one["name"] for one in people}
    assert {row["group"] for row in rows} == {one["groups"] for one in people}
    saturday = [row for row in rows if row["date"] == "2026-03-07" and row["group"] != "night"]
    assert {row["end"][11:16] for row in saturday} == {"14:00"}
    assert any(row["begin"][11:16] == "22:00" and row["date"] == "2026-03-08" for row in rows)
    assert ("Ana", "2026-03-04") not in {(row["agent"], row["date"]) for row in rows}
    for made in ("staff/report.html", "shifts/report.html", "names/report.html", "names/roster.xlsx"):
        assert Path(made).stat().st_size > 1_000
