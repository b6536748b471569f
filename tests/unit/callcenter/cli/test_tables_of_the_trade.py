"""Tables in and out as spreadsheets have them: workbooks, semicolons and decimal commas, and no cell is a formula."""

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from callcenter.cli import main
from callcenter.config import load_scenario
from callcenter.config.formula_cells import as_given, harmless, harmless_text
from sim.report.files import csv_text
from sim.report.tables import for_locale, workbook

SHORT = ["--replications", "2", "--processes", "1"]


def rows(path: Path, sheet: str) -> list[dict[str, object]]:
    return pl.read_excel(path, sheet_name=sheet).to_dicts()


def test_staff_writes_a_workbook_beside_the_csv_with_the_same_rows_and_schedule_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert main(["staff", "first-steps", "--out", str(out), *SHORT]) == 0
    plain = list(csv.DictReader(io.StringIO((out / "staffing.csv").read_text())))
    sheet = rows(out / "staffing.xlsx", "staffing")

    assert [int(row["rostered"]) for row in plain] == [row["rostered"] for row in sheet]
    types = ["--set", "shift_types={long: {group: desk, length: 4h, earliest: 09:00, latest: 13:00}}"]
    group = load_scenario("first-steps").centre.groups[0].name
    types[1] = types[1].replace("desk", group)
    found = []
    for name in ("staffing.csv", "staffing.xlsx"):
        capsys.readouterr()
        assert main(["schedule", "first-steps", "--staffing", str(out / name), "--json", *types, *SHORT]) == 0
        found.append(json.loads(capsys.readouterr().out)["cost"])
    assert found[0] == found[1] > 0


def test_a_country_gets_its_separator_its_decimal_sign_and_a_byte_order_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert main(["simulate", "first-steps", "--out", str(out), "--csv-locale", "de_DE", *SHORT]) == 0
    raw = (out / "intervals.csv").read_bytes()

    assert raw.startswith(b"\xef\xbb\xbfstart;tier;offered")
    first = next(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert "," in first["offered"] or float(first["offered"]) >= 0
    assert main(["simulate", "first-steps", "--csv-locale", "Germany!", "--out", str(tmp_path / "o"), *SHORT]) == 2
    assert "is no locale" in capsys.readouterr().err


@pytest.mark.parametrize("locale, decimal", [("es", ","), ("es_MX", "."), ("de-CH", "."), ("zh_CN", ".")])
def test_figures_follow_the_country_and_words_do_not(locale: str, decimal: str):
    told = for_locale(csv_text(("name", "share"), [("v1.5 b", 0.25)]), locale)

    assert f"v1.5 b{';' if decimal == ',' else ','}0{decimal}25" in told


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+cmd", "-2+3", "@sum", "\t=1"])
def test_a_name_that_looks_like_a_formula_is_text_in_csv_and_in_a_workbook(name: str, tmp_path: Path):
    told = next(csv.reader(io.StringIO(csv_text(("name",), [(name,)]).partition("\n")[2])))[0]

    assert told == f"'{name}"
    assert as_given(told) == name
    assert harmless(-2.5) == -2.5
    assert harmless("-2.5") == "-2.5"
    (tmp_path / "x.xlsx").write_bytes(workbook([("s", ("name", "n"), [(name, 1)])]))
    assert rows(tmp_path / "x.xlsx", "s") == [{"name": name.strip() if name.startswith("\t") else name, "n": 1}] or (
        rows(tmp_path / "x.xlsx", "s")[0]["name"] == name
    )


@given(st.text(alphabet="'=+-@\t1.,a", max_size=6))
def test_every_cell_comes_back_as_it_was(cell: str):
    assert as_given(harmless_text(cell)) == cell


def test_the_other_columns_of_a_table_of_formulas_are_no_formulas(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "cases.csv").write_text("calls,aht,agents,who,+x\n100,180,14,=1+1,-3\n")

    assert main(["erlang", "c", "--csv", str(tmp_path / "cases.csv")]) == 0
    header, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header[4] == "'+x"
    assert row[3:5] == ["'=1+1", "-3"]


def test_customers_whose_names_look_like_formulas_are_text_in_their_grades_and_the_same_ones_when_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    names = ["=1+1", "'=1", "'s", "+49 30 1", "-3", "@x"]
    (tmp_path / "c.csv").write_text("customer_id,revenue_12m\n" + "".join(f"{n},{i}\n" for i, n in enumerate(names)))
    grade = ["tiers", str(tmp_path / "c.csv"), "--method", "pyramid"]

    assert main([*grade, "--out", str(tmp_path / "g.csv")]) == 0
    told = [row["customer_id"] for row in csv.DictReader((tmp_path / "g.csv").read_text().splitlines())]
    assert told == ["'=1+1", "'=1", "'s", "'+49 30 1", "-3", "'@x"]
    capsys.readouterr()
    assert main([*grade, "--before", str(tmp_path / "g.csv"), "--json"]) == 0
    moved = json.loads(capsys.readouterr().out)["changes"]
    assert (moved["new"], moved["gone"]) == (0, 0)


def test_the_same_tables_are_the_same_workbook():
    assert workbook([("s", ("a",), [(1,)])]) == workbook([("s", ("a",), [(1,)])])


def test_the_formulas_read_a_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "cases.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("cases")
        sheet.write_row(0, 0, ["calls", "interval", "aht", "agents", "within"])
        sheet.write_row(1, 0, [100, "30m", "180s", 14, "20s"])

    assert main(["erlang", "c", "--csv", str(path), "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)["rows"][0]
    options = ["--calls", "100", "--interval", "30m", "--aht", "180s", "--agents", "14", "--within", "20s"]
    assert main(["erlang", "c", *options, "--json"]) == 0
    assert asked["service_level"] == pytest.approx(json.loads(capsys.readouterr().out)["service_level"])
