"""The language of a command is that command's, and nobody's after it."""

import pytest

from callcenter.cli import main
from callcenter.language.spoken import speaking, spoken

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
