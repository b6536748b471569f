"""The language of a command is that command's, and nobody's after it."""

import pickle
import re

import pytest

from callcenter.cli import main
from callcenter.errors import BadInput
from callcenter.language.spoken import speaking, spoken, told

CASE = ["erlang", "c", "--calls", "100", "--interval", "30m", "--aht", "180s", "--agents", "14", "--within", "20s"]


@pytest.mark.parametrize("asked", [["--lang", "zh"], ["--lang", "zh", "--agents", "no number"], ["--lang", "xx"]])
def test_the_next_command_is_english_again(asked: list[str], capsys: pytest.CaptureFixture[str]):
    main([*CASE, *asked])
    capsys.readouterr()

    assert spoken() == "en"
    assert main(CASE) == 0
    assert "offered load" in capsys.readouterr().out


def test_english_asked_for_is_english_where_another_language_is_in_force(capsys: pytest.CaptureFixture[str]):
    with speaking("zh_CN"):
        assert main([*CASE, "--lang", "en"]) == 0
        assert spoken() == "zh_CN"

    assert "offered load" in capsys.readouterr().out


REFUSED = {
    "--set tiers.vpi.target=90/20": "中没有 'vpi'，您是想写 centre.tiers.vip 吗？",
    "--set tiers.vip.target=190/20": "须大于 0% 且小于 100%；请写 90/20",
    "--set tiers.vip.band=x": "不是整数（x）：请写 3 之类",
    "--set no_such_key=1": "不是已知的键",
}


@pytest.mark.parametrize(("changed", "told"), REFUSED.items())
def test_a_refusal_is_told_in_the_language_of_the_command(changed: str, told: str, capsys: pytest.CaptureFixture[str]):
    asked = ["simulate", "first-steps", *changed.split()]

    assert main([*asked, "--lang", "zh"]) == 2
    line = capsys.readouterr().err
    assert told in line
    assert line.startswith(changed.split("=", 1)[0]), "where it is written stays as it was written"
    assert main(asked) == 2
    assert capsys.readouterr().err.isascii()


def test_what_is_wrong_keeps_what_it_was_made_of_across_processes():
    fault = BadInput("{path}: {why}", path="day.yaml", why=BadInput("is empty: write at least one"))
    again = pickle.loads(pickle.dumps(fault))

    assert str(again) == "day.yaml: is empty: write at least one"
    with speaking("zh_CN"):
        assert told(again) == "day.yaml: 为空：请至少写一个"


@pytest.mark.parametrize("asked", [["--lang", "zh", "--help"], ["--help", "--lang=zh"]])
def test_help_is_told_in_the_language_asked_for_wherever_it_stands(
    asked: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(["staff", *asked]) == 0
    assert "给出每个时段需要多少坐席，并用仿真核对。" in capsys.readouterr().out
    assert main(["staff", "--help"]) == 0
    assert "Say how many agents each interval needs" in capsys.readouterr().out


def test_nothing_asked_shows_the_help_in_the_language_of_the_surroundings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CALLCENTER_LANG", "zh")

    main([])
    assert "每个时段需要多少坐席。" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "line",
    [
        "simulate first-steps --set patience=[]",
        "simulate first-steps --set handling={}",
        "simulate first-steps --set handling=abc",
        "simulate first-steps --set centre=nope.yaml",
        "simulate first-steps --set title={a:",
        "staff first-steps --max-occupancy 101%",
        "staff first-steps --max-occupancy abc",
        "sweep first-steps --vary volume*=1,2 --scheduler nope",
        "erlang c --calls -1 --aht 180s --agents 5",
        "erlang c --calls 5 --aht 180s --target 80/20",
        "erlang c --calls 5 --aht 180s --target 80",
        "erlang c --calls 5 --aht 180s --target 100%",
        "erlang c --calls 1e9 --aht 180s --target 80%",
        "erlang tiers --calls 5,a --aht 180s --agents 5",
    ],
)
def test_refusals_are_in_the_readers_language_to_the_last_word(line: str, capsys: pytest.CaptureFixture[str]):
    assert main([*line.split(), "--lang", "zh"]) == 2

    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert not re.search(r"\b(is|not|must|write|check|names|of|no|there)\b", told.replace("<stream end>", "")), told
