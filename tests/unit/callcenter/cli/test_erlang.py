import io
import json
import sys
from pathlib import Path

import pytest

from callcenter.cli import main

CASE = ["--calls", "100", "--interval", "30m", "--aht", "180s"]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, float]:
    assert main(["erlang", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    found: dict[str, float] = json.loads(said.out)
    return found


def test_erlang_c_gives_the_published_example(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "c", *CASE, "--agents", "14", "--within", "20s")

    assert list(found) == [
        "offered_load_erlangs", "p_wait", "service_level", "asa_s", "mean_queue", "occupancy", "stable",
    ]  # fmt: skip
    assert found["offered_load_erlangs"] == 10.0
    assert found["service_level"] == pytest.approx(0.88835, abs=1e-5)
    assert found["asa_s"] == pytest.approx(7.835937, abs=1e-6)


def test_erlang_a_has_every_service_level(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "a", *CASE, "--agents", "14", "--within", "20s", "--patience", "5m")

    assert set(found) == {
        "p_wait", "service_level", "asa_s", "mean_queue", "occupancy", "p_abandon", "p_served_within_t",
        "p_wait_le_t_given_served", "sl_excl_abandoned_within_t", "p_virtual_wait_le_t", "mean_wait_all",
        "mean_wait_served", "mean_wait_abandoned", "p_wait_le_t", "offered_load_erlangs", "stable",
    }  # fmt: skip
    assert found["p_served_within_t"] == found["service_level"] == pytest.approx(0.916792, abs=1e-6)


def test_erlang_b_turns_away(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "b", *CASE, "--agents", "17")

    assert found["blocking_probability"] == pytest.approx(0.01294887522472657)
    assert found["occupancy"] == pytest.approx(0.5806183086913373)


def test_decimals_are_not_rounded(capsys: pytest.CaptureFixture[str]):
    rough = answer(capsys, "c", "--calls", "100", "--aht", "180s", "--agents", "14")
    fine = answer(capsys, "c", "--calls", "100.0000001", "--aht", "180.0000001s", "--agents", "14")

    assert rough["asa_s"] < fine["asa_s"] < rough["asa_s"] + 1e-6


def test_saturation_is_null_and_said(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "c", *CASE, "--agents", "10", "--within", "20s")
    assert found["asa_s"] is None
    assert found["mean_queue"] is None
    assert found["service_level"] == 0
    assert found["stable"] is False

    assert main(["erlang", "c", *CASE, "--agents", "10"]) == 0
    assert "saturated" in capsys.readouterr().out


def test_endless_patience_is_erlang_c(capsys: pytest.CaptureFixture[str]):
    a = answer(capsys, "a", *CASE, "--agents", "14", "--patience", "never")
    c = answer(capsys, "c", *CASE, "--agents", "14")

    assert all(a[key] == pytest.approx(value) for key, value in c.items())


def test_no_calls_wait_for_nobody(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "c", "--calls", "0", "--aht", "180s", "--agents", "0")

    assert found["asa_s"] == 0
    assert found["stable"] is True


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_table_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    pipe(monkeypatch, "day,calls,interval,aht,agents,within\nmon,100,30m,180s,14,20s\ntue,100,1800,180,10,20\n")

    assert main(["erlang", "c", "--csv", "-"]) == 0

    header, monday, tuesday = capsys.readouterr().out.splitlines()
    assert header == (
        "day,calls,interval,aht,agents,within,offered_load_erlangs,p_wait,service_level,asa_s,mean_queue,occupancy,"
        "stable"
    )
    assert monday.startswith("mon,100,30m,180s,14,20s,10.0,0.1741")
    assert monday.endswith(",true")
    assert tuesday == "tue,100,1800,180,10,20,10.0,1.0,0.0,,,1.0,false"


def test_an_option_stands_in_for_a_column(tmp_path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "table.csv"
    table.write_text("calls,agents\n100,14\n")

    assert main(["erlang", "a", "--csv", str(table), "--aht", "180s", "--patience", "5m", "--json"]) == 0

    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["service_level"] == pytest.approx(0.916792, abs=1e-6)


@pytest.mark.parametrize(
    "text, line, word",
    [
        ("calls,aht,agents\n100,180s,14\n-1,180s,9\n", 3, "calls is -1.0"),
        ("calls,aht,agents\n100,nonsense,14\n", 2, "aht is not a duration"),
        ("calls,aht,agents\nnan,180s,14\n", 2, "calls is nan"),
        ("calls,aht,agents\n100,0s,14\n", 2, "aht is 0.0"),
        ("calls,aht,agents\n100,180s,1.5\n", 2, "whole number"),
        ("calls,aht,agents\n100,180s\n", 2, "has 2 cells"),
        ("calls,aht\n100,180s\n", 1, "no column 'agents'"),
        ("", 1, "is empty"),
    ],
)
def test_a_wrong_table_is_one_line_that_names_file_and_line(
    tmp_path, capsys: pytest.CaptureFixture[str], text: str, line: int, word: str
):
    table = tmp_path / "table.csv"
    table.write_text(text)

    assert main(["erlang", "c", "--csv", str(table)]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{table}:{line}: ")
    assert word in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["c", "--calls", "100", "--aht", "0s", "--agents", "14"], "--aht 0: must be more than 0"),
        (["c", "--calls", "-1", "--aht", "180s", "--agents", "14"], "--calls -1: must not be negative"),
        (["c", "--calls", "nan", "--aht", "180s", "--agents", "14"], "--calls nan"),
        (["c", "--calls", "100", "--aht", "180", "--agents", "14"], "--aht a duration needs its unit"),
        (["c", "--calls", "100", "--aht", "180s"], "--agents is missing"),
        (["a", "--calls", "100", "--aht", "180s", "--agents", "14"], "--patience is missing"),
        (["a", *CASE, "--agents", "14", "--patience", "0s"], "--patience 0:"),
        (["b", "--calls", "x", "--aht", "180s", "--agents", "14"], "--calls"),
        (["c", "--csv", "/no/such/file.csv"], "/no/such/file.csv: cannot be read"),
        (["d"], "No such command"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]):
    assert main(["erlang", *arguments]) == 2

    said = capsys.readouterr()
    assert word in said.err
    assert said.err.count("\n") == 1


# --- how many agents

ASK = ["--calls", "100", "--aht", "180s"]
TIERS = ["--calls", "20,70,10", "--aht", "180s"]
QUESTIONS = {
    "b": [*ASK, "--target", "99%"],
    "c": [*ASK, "--within", "20s", "--target", "80%"],
    "a": [*ASK, "--patience", "5m", "--target", "80%", "--lost", "5%"],
    "x": [*ASK, "--patience", "5m", "--places", "10", "--redial-share", "50%", "--target", "90%"],
    "tiers": [*TIERS, "--patience", "60s,3m,2m", "--within", "10s,20s,60s", "--target", "90%,80%,50%"],
    "retrial": [*ASK, "--redial", "5m", "--target", "80%"],
}
LEVEL = {"b": "p_served", "retrial": "p_no_wait"}


def test_how_many_agents_is_the_published_answer(capsys: pytest.CaptureFixture[str]):
    """100 calls of 180 s in half an hour, 80/20: 14 agents, and 13 give 79.6 %."""
    found = answer(capsys, "c", *QUESTIONS["c"])

    assert found["agents"] == 14
    assert found["service_level"] == pytest.approx(0.8883500191794669)
    assert found["one_fewer"]["service_level"] == pytest.approx(0.7955947884177831)
    assert main(["erlang", "c", *QUESTIONS["c"]]) == 0
    assert capsys.readouterr().out.startswith("14 agents, the fewest with target 80%\n")


@pytest.mark.parametrize("model", QUESTIONS)
def test_every_model_answers_how_many_and_one_fewer_would_miss(model: str, capsys: pytest.CaptureFixture[str]):
    arguments = QUESTIONS[model]
    found = answer(capsys, model, *arguments)
    goals = [float(part.rstrip("%")) / 100 for part in arguments[arguments.index("--target") + 1].split(",")]

    def reached(figures: dict) -> bool:
        level = figures[LEVEL.get(model, "service_level")]
        levels = level if isinstance(level, list) else [level]
        return all(got >= goal for got, goal in zip(levels, goals, strict=True))

    assert reached(found)
    assert not reached(found["one_fewer"])
    assert found["offered_load_erlangs"] == pytest.approx([2, 7, 1] if model == "tiers" else 10)


@pytest.mark.parametrize(
    "goal, agents", [(["--asa", "20s"], 13), (["--occupancy", "70%"], 15), (["--target", "80%", "--asa", "5s"], 15)]
)
def test_a_wait_or_an_occupancy_can_be_asked_for(goal: list[str], agents: int, capsys: pytest.CaptureFixture[str]):
    assert answer(capsys, "c", *ASK, *goal)["agents"] == agents


def test_the_roster_counts_those_who_are_away(capsys: pytest.CaptureFixture[str]):
    found = answer(capsys, "c", *QUESTIONS["c"], "--shrinkage", "30%")

    assert (found["agents"], found["rostered"]) == (14, 20)


def test_a_table_asks_by_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    pipe(monkeypatch, "target,calls,aht\n80%,100,180s\n80%,200,180\n95%,0,180\n")

    assert main(["erlang", "c", "--csv", "-"]) == 0

    header, *rows = capsys.readouterr().out.splitlines()
    at = header.split(",").index("agents")
    assert [row.split(",")[at] for row in rows] == ["14", "24", "0"]


def test_a_semicolon_table_may_have_decimal_commas(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    pipe(monkeypatch, "calls;aht;agents\n100,5;180s;14\n")

    assert main(["erlang", "c", "--csv", "-", "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["rows"][0]["offered_load_erlangs"] == pytest.approx(10.05)


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["c", *ASK, "--agents", "14", "--target", "80%"], "either say how many"),
        (["c", *ASK, "--target", "100%"], "--target"),
        (["c", *ASK, "--target", "80x"], "--target is not a number"),
        (["tiers", *TIERS, "--agents", "14", "--within", "10s,20s"], "has 3 tiers"),
        (["x", *ASK, "--agents", "14"], "--places is missing"),
    ],
)
def test_a_wrong_question_is_one_line(arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]):
    assert main(["erlang", *arguments]) == 2

    said = capsys.readouterr().err
    assert word in said
    assert said.count("\n") == 1


def test_a_table_pasted_from_a_spreadsheet_is_read(capsys, monkeypatch):
    pipe(monkeypatch, "Calls\tAHT\tAgents\n100,5\t180\t14\n")

    assert main(["erlang", "c", "--csv", "-"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.startswith("Calls\tAHT\tAgents\toffered_load_erlangs\t")
    assert row.startswith("100,5\t180\t14\t10.05\t")


@pytest.mark.parametrize("cell, told", [("1.200", "calls: 1.200 could be a fraction or thousands"), ("1200", "")])
def test_between_semicolons_a_point_before_three_digits_is_asked_about(tmp_path: Path, capsys, cell: str, told: str):
    table = tmp_path / "table.csv"
    table.write_text(f"calls;aht;agents;interval\n{cell};180,5;130;30m\n")

    assert main(["erlang", "c", "--csv", str(table)]) == (2 if told else 0)
    assert told in capsys.readouterr().err
