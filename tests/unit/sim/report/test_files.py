"""The folder: whole or not at all, ours replaced, others' refused; its tables agree with the result."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from callcenter.errors import BadInput
from sim.experiment.replicate import Run
from sim.report import files
from sim.report.files import INTERVALS, TASKS, check_folder, write_folder
from sim.report.folder import contents
from sim.report.wording import JSON
from sim.results.call_table import COLUMNS


@pytest.fixture(scope="module")
def folder(lived: Run, found: JSON) -> dict[str, str | bytes]:
    return {
        name: content if isinstance(content, str | bytes) else _whole(content)
        for name, content in contents(lived, found, json.dumps(found), "1").items()
    }


def _whole(parts: Iterable[str] | Iterable[bytes]) -> str | bytes:
    first, *rest = parts
    return first[:0].join([first, *rest])


def _rows(text: str | bytes) -> list[dict[str, str]]:
    assert isinstance(text, str)
    return list(csv.DictReader(io.StringIO(text)))


def test_the_calls_are_those_of_the_first_replication(folder, lived: Run):
    rows = _rows(folder["calls.csv"])

    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == lived.figures[0].tally().offered
    assert sum(row["outcome"] == "answered" for row in rows) == lived.figures[0].tally().answered
    assert all((row["talk_s"] != "") == (row["outcome"] == "answered") for row in rows)


def test_every_task_has_a_line(folder, lived: Run):
    rows = _rows(folder["tasks.csv"])

    assert tuple(rows[0]) == TASKS
    assert len(rows) == int(lived.figures[0].tasks[:, 0].sum()) > 0


def test_intervals_add_up_to_the_result(folder, found: JSON):
    rows = _rows(folder["intervals.csv"])
    vip = sum(float(row["offered"]) for row in rows if row["tier"] == "vip")

    assert tuple(rows[0]) == INTERVALS
    assert vip == pytest.approx(found["tiers"]["vip"]["offered"]["mean"])


def test_parquet_holds_the_same_calls(folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(folder["calls.parquet"]))

    assert table.column_names == list(COLUMNS)
    assert table.num_rows == len(_rows(folder["calls.csv"]))


def test_an_earlier_folder_of_ours_is_replaced(tmp_path: Path):
    out = tmp_path / "deep" / "out"
    write_folder(out, {"report.html": "old", "result.json": "{}"})
    write_folder(out, {"report.html": "new"})

    assert {p.name: p.read_text() for p in out.iterdir()} == {"report.html": "new"}
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path):
    (tmp_path / "thesis.doc").write_text("years of work")

    with pytest.raises(BadInput, match=r"thesis\.doc, which is not ours"):
        write_folder(tmp_path, {"report.html": "new"})
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_file_is_refused_as_a_folder_and_as_a_parent(tmp_path: Path):
    file = tmp_path / "notes"
    file.write_text("")

    with pytest.raises(BadInput, match="is a file"):
        check_folder(file)
    with pytest.raises(BadInput, match="is a file"):
        check_folder(file / "below")


def test_the_current_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadInput, match="is the current folder"):
        check_folder(Path())


def test_checking_leaves_nothing_behind(tmp_path: Path):
    check_folder(tmp_path / "a" / "b")

    assert list(tmp_path.iterdir()) == []


def test_what_fails_half_way_leaves_the_earlier_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    write_folder(out, {"report.html": "old"})

    def stopped(fresh: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_put_in_place", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_folder(out, {"report.html": "new"})

    assert (out / "report.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
