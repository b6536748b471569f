"""A first look at a log: the known layouts are recognised, others get a map to correct, nobody's data is shown."""

import zipfile
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.config.unpacking import Source
from sim.analysis.fit.look import look
from tests import strangers
from tests.strangers import WRITERS, csv_text

CALLS = strangers.centre(4, days=7, calls_a_day=60)
INTERVALS = {"genesys-interval": strangers.intervals(CALLS), "avaya-cms-interval": strangers.cms(CALLS)}
LAYOUTS = {name: csv_text(write(CALLS), mark) for name, (write, mark) in WRITERS.items()} | {
    name: csv_text(rows) for name, rows in INTERVALS.items()
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_known_layouts_are_recognised_and_no_caller_is_shown(name: str):
    seen = look(Source.of(LAYOUTS[name].encode(), "log"))

    assert seen.format_name == name
    shown = {cell for column in seen.columns for cell, _ in column.cells}
    assert not shown & {c.caller for c in CALLS}
    assert not shown & {c.agent for c in CALLS if c.agent}


def test_a_layout_of_ones_own_gets_a_map_that_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = [["id", "came", "line", "waited (wait)", "talked (talk)", "result", "operator"]]
    rows += [
        [c.number, f"{c.arrived:%d/%m/%Y %H:%M}", c.queue, c.wait_s, c.talk_s if c.answered else "",
         "ANSWERED" if c.answered else "NO ANSWER", c.agent]
        for c in CALLS
    ]  # fmt: skip
    log, made = tmp_path / "log.csv", tmp_path / "map.yaml"
    log.write_text(csv_text(rows), encoding="utf-8")

    assert main(["look", str(log), "--out", str(made)]) == 0
    told = capsys.readouterr()
    assert "no known layout" in told.out
    assert not any(c.caller in told.out or (c.agent and c.agent in told.out) for c in CALLS)
    # The 23rd of March cannot be a month: there is nothing to ask.
    assert "%d/%m/%Y %H:%M" in made.read_text(encoding="utf-8")
    assert main(["fit", str(log), "--columns", str(made), "--out", str(tmp_path / "s.yaml")]) == 0
    lost = sum(not c.answered for c in CALLS)
    assert (
        f"{len(CALLS):,} calls offered, {len(CALLS) - lost:,} answered, {lost:,} abandoned" in capsys.readouterr().err
    )


def test_a_wait_is_not_taken_to_be_in_the_unit_of_the_talk_time_if_nobody_could_wait_so_shortly():
    rows = strangers.our_calls(CALLS)
    rows[0] = ["id", "line", "tier", "caller", "came", "waited", "result", "operator", "talked", "acw"]
    for row in rows[1:]:
        row[8] = row[8] and f"{row[8]}000"
    seen = look(Source.of(csv_text(rows).encode(), "log"))

    assert seen.proposal["service"] == {"column": "talked", "unit": "ms"}
    assert seen.proposal["wait"] == {"column": "waited", "unit": "seconds"}
    assert "wait: whether waited is in seconds" in seen.questions


def test_the_moments_at_which_a_service_began_and_ended_are_no_length_of_it():
    rows = strangers.our_calls(CALLS)
    rows[0] = ["id", "line", "tier", "caller", "came", "waited", "result", "operator", "service_time_s", "acw"]
    began = [["service_start_s", "service_exit_s"], *([40_000 + n, 40_200 + n] for n in range(len(CALLS)))]
    rows = [[*more, *row] for more, row in zip(began, rows, strict=True)]
    seen = look(Source.of(csv_text(rows).encode(), "log"))

    assert seen.proposal["service"] == {"column": "service_time_s", "unit": "seconds"}


def test_the_columns_of_an_archive_are_those_of_its_first_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows, archive = strangers.our_calls(CALLS), tmp_path / "months.zip"
    rows[0] = ["id", "line", "tier", "caller", "came", "waited", "result", "operator", "talked", "acw"]
    with zipfile.ZipFile(archive, "w") as into:
        for name, part in (("jan.csv", rows[1:20]), ("feb.csv", rows[20:])):
            into.writestr(name, csv_text([rows[0], *part]))

    assert main(["look", str(archive)]) == 0
    told = capsys.readouterr()
    assert "columns are told of its first file, 'jan.csv'" in told.err
    assert "from 19 rows" in told.out


def test_oddities_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    calls = [c for c in strangers.centre(4, days=28, calls_a_day=60) if c.arrived.day != 8]
    log = tmp_path / "Master.csv"
    log.write_text(csv_text(strangers.asterisk_cdr(calls)), encoding="utf-8")

    assert main(["look", str(log), "--zone", "Europe/Berlin"]) == 0
    assert "1 days without calls, the first 2026-04-08" in capsys.readouterr().out


def test_another_months_calls_meet_that_months_agents(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log, scenario = tmp_path / "queue_log", tmp_path / "made.yaml"
    log.write_text(csv_text(strangers.queue_log(CALLS), "|"), encoding="utf-8")
    told = [str(log), "--format", "asterisk-queue-log", "--zone", "Europe/Berlin"]
    assert main(["fit", *told, "--out", str(scenario)]) == 0

    more = ["--calls", str(log), "--agents-from", str(log), "--format", "asterisk-queue-log", "--replications", "2"]
    assert main(["simulate", str(scenario), *more]) == 0
    said = capsys.readouterr()
    assert f"{len(CALLS):,} calls on 7 days" in said.err
    assert "agent hours a week, by weekday and interval, instead of the scenario's" in said.err


def test_agents_of_a_log_that_names_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = tmp_path / "cdr.csv"
    rows = [row[:-1] for row in strangers.freeswitch_cdr(CALLS)]
    log.write_text(csv_text(rows), encoding="utf-8")

    assert main(["simulate", "first-steps", "--agents-from", str(log), "--format", "freeswitch-cdr"]) == 2
    assert "names no agents" in capsys.readouterr().err.splitlines()[-1]
