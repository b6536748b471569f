"""Grades over HTTP are those of the command line."""

import json

import pytest

from callcenter.cli import main

pytestmark = pytest.mark.anyio
ROWS = [{"customer_id": f"c{n}", "revenue_12m": float(n * n), "contacts_12m": n % 7} for n in range(1, 101)]
CSV = "customer_id,revenue_12m,contacts_12m\n" + "".join(
    f"{row['customer_id']},{row['revenue_12m']},{row['contacts_12m']}\n" for row in ROWS
)


@pytest.mark.parametrize("method", ["pyramid", "abc", "activity"])
async def test_rows_csv_and_command_line_come_to_the_same(service, tmp_path, capsys, method):
    path = tmp_path / "customers.csv"
    path.write_text(CSV, encoding="utf-8")
    assert main(["tiers", str(path), "--method", method, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    by_rows = await service.post("/tiers:grade", 200, method=method, customers=ROWS)
    by_csv = await service.post("/tiers:grade", 200, method=method, csv=CSV)

    assert by_rows == by_csv
    assert by_rows["grades"] == told["grades"]
    assert (by_rows["method"], by_rows["customers"]) == (method, 100)
    best = next(line for line in by_rows["each"] if line["customer_id"] == "c100")
    assert best["grade"] == told["grades"][0]["name"]
    assert best["why"].startswith(f"{best['grade']}: ")


async def test_rules_are_those_of_a_file(service):
    rules = {"sizes": {"key": 3, "other": "rest"}, "tiers": {"key": "vip", "other": "standard"}}
    found = await service.post("/tiers:grade", 200, method="pyramid", rules=rules, customers=ROWS, each=False)

    assert [(g["name"], g["customers"], g["tier"]) for g in found["grades"]] == [
        ("key", 3, "vip"), ("other", 97, "standard"),
    ]  # fmt: skip
    assert found["each"] is None


async def test_bad_rows_are_named_one_by_one(service):
    bad = [{"customer_id": "a", "contacts_12m": -1}, {"customer_id": "b"}, {"customer_id": "b"}]
    found = await service.post("/tiers:grade", 422, method="loyalty", customers=bad)

    assert found["code"] == "bad_rows"
    assert [error["detail"] for error in found["errors"]] == [
        "customers:1: column 'contacts_12m': '-1.0' is below 0: write 0 or more, or leave it empty",
        "customers:3: column 'customer_id': 'b' is on line 2 already: keep one",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"method": "abc"}, "post a list of customers, or csv"),
        ({"method": "abx", "csv": CSV}, "there is no method 'abx', did you mean abc?"),
        ({"csv": CSV}, "--method: is missing"),
        ({"method": "rfm", "csv": CSV}, "csv:1: has no column 'last_contact'"),
        ({"method": "abc", "csv": CSV, "as_of": "soon"}, "as_of: is not a date"),
        ({"method": "abc", "csv": CSV, "rules": {"shares": {"A": 7, "B": "rest"}}}, "shares.A: is a number (7)"),
        ({"method": "abc", "csv": ""}, "csv:1: is empty"),
    ],
)
async def test_what_cannot_be_is_a_problem_that_says_why(service, body, said):
    found = await service.post("/tiers:grade", 422, **body)

    assert said in found["detail"]


async def test_only_supervisors_grade(service):
    key = await service.key("telephony")
    answer = await service.client.post("/v1/tiers:grade", json={"method": "abc", "customers": ROWS}, headers=key)

    assert answer.status_code == 403
