"""Calls as files: the same in one block as in many, and as the spreadsheets of a country read them."""

import csv
import io

import pytest

from callcenter.config import load_scenario
from sim.experiment.replicate import one
from sim.report import calls
from sim.report.calls import call_csv, call_parquet
from sim.report.tables import for_locale, localised
from sim.results.call_table import CallTable


@pytest.fixture(scope="module")
def table() -> CallTable:
    found = one(load_scenario("first-steps"), 0, keep_records=True).calls
    assert found is not None
    return found


def test_blocks_join_without_a_seam(table: CallTable, monkeypatch: pytest.MonkeyPatch):
    whole = "".join(call_csv(table))
    monkeypatch.setattr(calls, "BLOCK", 7)
    parts = list(call_csv(table))

    assert len(parts) > len(table) / 7
    assert "".join(parts) == whole
    assert whole.count("\n") == len(table) + 1


def test_a_row_group_of_parquet_is_a_block(table: CallTable, monkeypatch: pytest.MonkeyPatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(calls, "BLOCK", 100)
    parts = call_parquet(table)
    assert parts is not None
    found = parquet.ParquetFile(io.BytesIO(b"".join(parts)))
    rows = list(csv.DictReader(io.StringIO("".join(call_csv(table)))))

    assert found.metadata.num_row_groups == -(-len(table) // 100)
    told = found.read().to_pylist()
    assert [row["call_id"] for row in told] == [row["call_id"] for row in rows]
    assert [row["talk_s"] for row in told] == [float(row["talk_s"]) if row["talk_s"] else None for row in rows]


def test_what_comes_in_parts_is_put_in_a_country_s_form_part_by_part(table: CallTable):
    whole = "".join(call_csv(table))

    parts = localised({"calls.csv": iter(whole.splitlines(keepends=True))}, "de")["calls.csv"]

    assert "".join(map(str, parts)) == for_locale(whole, "de")
