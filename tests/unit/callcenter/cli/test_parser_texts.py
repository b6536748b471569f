"""What the option parser has to say is said in our words, in both languages."""

import re

import pytest

from callcenter.cli import WRONG_INPUT, main

WRONG = {
    "simulate": "Missing argument 'SCENARIO'.",
    "sweep telecom-hotline": "Missing option '--vary'.",
    "simulate telecom-hotline x": "One argument too many: x",
    "simulate telecom-hotline --seed": "Option '--seed' needs a value.",
    "simulate telecom-hotline --seed 1.5": "'--seed' takes a whole number",
    "simulate telecom-hotline --replications 0": "'--replications' must be 1 or more",
    "serve --port 65536": "'--port' must be 65535 or less",
    "staff telecom-hotline --method foo": "'--method': 'foo' is none of 'erlang-c', 'erlang-a', 'simulation'",
    "simulate --nosuch": "No such option: --nosuch (possible: --out)",
    "erlang nosuch": "No such command 'nosuch'.",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_command_is_told_in_one_line_of_ours(words: str, capsys: pytest.CaptureFixture[str]):
    assert main(words.split()) == WRONG_INPUT
    [line] = capsys.readouterr().err.splitlines()

    assert re.fullmatch(r"callcenter[a-z ]*: (.*) \(see callcenter[a-z ]* --help\)", line).group(1) == WRONG[words]


@pytest.mark.parametrize("words", WRONG)
def test_in_chinese_no_english_word_is_left(
    words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CALLCENTER_LANG", "zh")
    assert main(words.split()) == WRONG_INPUT
    line = capsys.readouterr().err.split("：", 1)[1]

    said = re.sub(r"'[^']*'|--?\S+|callcenter[a-z ]*|nosuch|[0-9]+|：x", "", line)
    assert not re.search("[A-Za-z]", said), line
