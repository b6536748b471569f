import json
from pathlib import Path

import pytest

from callcenter.cli import main

SHORT = ["--replications", "3", "--processes", "1"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    minutes = [f"2026-03-03T{9 + n // 60:02}:{n % 60:02}:30" for n in range(180)]
    path.write_text("arrived,queue,tier\n2026-03-02T10:00:00,,\n" + "".join(f"{at},,\n" for at in minutes))
    return path


def test_today_tells_the_rest_of_the_last_day_of_the_log(log: Path, capsys: pytest.CaptureFixture[str]):
    ask = ["today", "first-steps", "--so-far", str(log), "--at", "11:30", "--try", "staffing.0.agents=20", "--json"]
    assert main([*ask, *SHORT]) == 0

    said = capsys.readouterr()
    result = json.loads(said.out)
    assert "the last one is today" in said.err
    assert (result["date"], result["now"], result["so_far"]["calls"]) == ("2026-03-03", "11:30", 150)
    assert result["rest"]["intervals"][0]["start"] == "2026-03-03T11:30"
    assert result["tries"][0]["change"] == "staffing.0.agents=20"
    assert result["tries"][0]["rest"]["service_level"]["mean"] >= result["rest"]["service_level"]["mean"]
    assert result["adherence"] is None


def test_today_in_words(log: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["today", "first-steps", "--so-far", str(log), *SHORT]) == 0

    said = capsys.readouterr().out
    assert "2026-03-03 11:59" in said
    assert "times as busy" in said
    assert "Rest of the day:" in said
    assert "Below a target:" in said


@pytest.mark.parametrize(
    "more, said",
    [(["--at", "noon"], "--at noon: is not a time of day"), (["--at", "00:00"], "--at"), (["--try", "x.y=1"], "x.y=1")],
)
def test_what_cannot_be_asked_is_one_line(log: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str):
    assert main(["today", "first-steps", "--so-far", str(log), *more, *SHORT]) == 2

    err = capsys.readouterr().err.splitlines()
    assert said in err[-1]
    assert "Traceback" not in "".join(err)
