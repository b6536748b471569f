"""`callcenter tiers` as a stranger uses it."""

import csv
import json

import pytest

from callcenter.cli import main

HEADER = "customer_id,phone,revenue_12m,last_contact,contacts_12m,tenure_months,credit_score\n"


@pytest.fixture
def customers(tmp_path):
    path = tmp_path / "customers.csv"
    rows = [f"c{n},+4420794{n:05},{n}.50,2026-02-{n % 28 + 1:02},{n % 9},{n},{300 + n}\n" for n in range(1, 101)]
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


def run(capsys, *words) -> tuple[int, str, str]:
    status = main(["tiers", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("method", ["pyramid", "abc", "rfm", "value3d", "loyalty", "activity", "ltv", "scorecard"])
def test_every_method_prints_the_contracts_json_best_grade_first(customers, capsys, method):
    status, out, _ = run(capsys, customers, "--method", method, "--json")
    found = json.loads(out)

    assert status == 0
    assert found["method"] == method
    for grade in found["grades"]:
        assert {"name", "customers", "share_customers", "share_revenue"} <= set(grade)
    assert sum(grade["customers"] for grade in found["grades"]) == found["customers"] == 100
    assert sum(grade["share_revenue"] for grade in found["grades"]) == pytest.approx(1)


def test_a_hundred_customers_make_a_pyramid_of_1_4_15_80(customers, capsys):
    _, out, _ = run(capsys, customers, "--method", "pyramid", "--json")

    assert [(g["name"], g["customers"]) for g in json.loads(out)["grades"]] == [
        ("platinum", 1), ("gold", 4), ("iron", 15), ("lead", 80),
    ]  # fmt: skip


def test_what_is_written_can_be_imported_and_compared_with_next_time(customers, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    run(capsys, customers, "--method", "pyramid", "--out", out)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))

    assert list(rows[0]) == ["customer_id", "phone", "grade", "tier", "why"]
    assert rows[-1] == {
        "customer_id": "c100", "phone": "+442079400100", "grade": "platinum", "tier": "vip",
        "why": "platinum: a revenue of 100.50 is place 1 of 100, among the top 1 %",
    }  # fmt: skip

    text = customers.read_text(encoding="utf-8").replace("c1,+442079400001,1.50", "c1,+442079400001,500")
    customers.write_text(text.replace("c50,", "new,"), encoding="utf-8")
    folder = tmp_path / "report"
    _, told, _ = run(capsys, customers, "--method", "pyramid", "--before", out, "--out", folder, "--json")
    changes = json.loads(told)["changes"]

    assert (changes["promoted"], changes["demoted"], changes["new"], changes["gone"]) == (1, 3, 1, 1)
    moved = list(csv.DictReader((folder / "changes.csv").read_text(encoding="utf-8").splitlines()))
    assert {"customer_id": "c1", "before": "lead", "now": "platinum", "change": "promoted"} in moved
    assert {"customer_id": "c50", "before": "lead", "now": "", "change": "gone"} in moved
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "lead → platinum: 1" in page


def test_shares_of_agents_time_are_shown_where_the_file_has_them(customers, tmp_path, capsys):
    lines = customers.read_text(encoding="utf-8").splitlines()
    customers.write_text(
        "\n".join([f"{lines[0]},agent_minutes_12m", *(f"{line},{n % 5}" for n, line in enumerate(lines[1:]))]) + "\n",
        encoding="utf-8",
    )
    _, out, _ = run(capsys, customers, "--method", "abc", "--json", "--out", tmp_path / "report")

    assert sum(g["share_agent_time"] for g in json.loads(out)["grades"]) == pytest.approx(1)
    assert "of agents&#39; time" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_bad_rows_are_told_one_by_one_and_nothing_is_written(customers, tmp_path, capsys):
    with customers.open("a", encoding="utf-8") as file:
        file.write("c1,,5,2026-01-01,1,1,1\nx,,lots,2026-01-01,1,1,1\n")
    before = set(tmp_path.iterdir())
    status, out, err = run(capsys, customers, "--method", "abc", "--out", tmp_path / "grades.csv")

    assert (status, out) == (2, "")
    assert f"{customers}:102: column 'customer_id': 'c1' is on line 2 already: keep one" in err
    assert f"{customers}:103: column 'revenue_12m': 'lots' is not a number" in err
    assert err.splitlines()[-1].endswith("2 of 102 rows cannot be taken: fix them; nothing was done")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "pyramide"], "--method: there is no method 'pyramide', did you mean pyramid?"),
        ([], "--method: is missing: choose one of pyramid, abc"),
        (["--method", "abc", "--rules", "nowhere"], "--rules nowhere: there are no shipped rules of this name"),
        (["--method", "rfm", "--rules", "bank-abc"], "bank-abc.yaml:4: is about abc, not rfm"),
        (["--method", "pyramid", "--set", "sizes.gold=100%"], "sizes: adds up to 116 %"),
        (["--method", "abc", "--as-of", "2026-13-01"], "--as-of: is not a date"),
        (["--method", "abc", "--before", "missing.csv"], "--before missing.csv: cannot be read"),
        (["--method", "abc", "--out", "no/such/folder/x.csv"], "the folder no/such/folder does not exist"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(customers, capsys, words, said):
    status, out, err = run(capsys, customers, *words)

    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_grades_of_another_method_are_no_last_time(customers, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    run(capsys, customers, "--method", "pyramid", "--out", out)
    status, _, err = run(capsys, customers, "--method", "abc", "--before", out)

    assert status == 2
    assert "the grade 'lead' is none of A, B, C: give the grades of the same method" in err


def test_an_empty_file_of_customers_is_graded_into_nothing(tmp_path, capsys):
    path = tmp_path / "none.csv"
    path.write_text(HEADER, encoding="utf-8")
    status, out, err = run(capsys, path, "--method", "pyramid", "--json", "--out", tmp_path / "report")

    assert status == 0
    assert [g["share_customers"] for g in json.loads(out)["grades"]] == [None] * 4
    assert "no customers: there is nothing to grade" in err
