import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callcenter.cli import COMMANDS, main
from callcenter.config import load_scenario, scenario_schema


def test_validate_prints_what_is_in_a_scenario(capsys: pytest.CaptureFixture[str]):
    assert main(["scenario", "validate", "telecom-hotline"]) == 0

    said = capsys.readouterr()
    assert said.out.startswith("telecom-hotline: valid")
    assert "9,900 expected" in said.out
    assert said.err == ""


def test_the_flagship_is_as_large_as_it_is_said_to_be(capsys: pytest.CaptureFixture[str]):
    assert main(["scenario", "validate", "telecom-hotline", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["calls_per_day"] >= 8_000
    assert found["agents_at_peak"] >= 60
    assert list(found["tiers"]) == ["vip", "mid", "standard", "blacklisted"]
    assert min(tier["calls_per_day"] for tier in found["tiers"].values()) > 0


def test_validate_counts_a_night_shift_of_yesterday(capsys: pytest.CaptureFixture[str]):
    assert main(["scenario", "validate", "follow-the-sun", "--json", "--set", "shifts.*.agents=1"]) == 0

    assert json.loads(capsys.readouterr().out)["agents_at_peak"] > 1


def test_set_changes_one_figure(capsys: pytest.CaptureFixture[str]):
    assert main(["scenario", "validate", "first-steps", "--json", "--set", "arrivals.0.calls_per_hour*=2"]) == 0

    assert json.loads(capsys.readouterr().out)["calls_per_day"] == 960


@pytest.mark.parametrize(
    "arguments",
    [
        ["scenario", "validate", "telecom-hotlin"],
        ["scenario", "validate", "no/such.yaml"],
        ["scenario", "validate", "first-steps", "--set", "tiers.vip.target=120/20"],
        ["scenario", "validate"],
        ["scenario", "validate", "--nonsense"],
        ["scenario", "new", "no/such/folder/x"],
        ["scenarios"],
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_schema_prints_the_json_schema(capsys: pytest.CaptureFixture[str]):
    assert main(["scenario", "schema"]) == 0

    assert json.loads(capsys.readouterr().out) == scenario_schema()


def test_new_writes_a_scenario_that_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    assert main(["scenario", "new", "my-day"]) == 0
    assert load_scenario("my-day.yaml").name == "my-day"
    assert main(["scenario", "new", "big.yaml", "--from", "telecom-hotline"]) == 0
    assert load_scenario(tmp_path / "big.yaml").centre.name == "telecom"


def test_new_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "mine.yaml"
    path.write_text("mine", encoding="utf-8")

    assert main(["scenario", "new", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert "is there already" in capsys.readouterr().err


def test_help_names_the_commands_and_imports_none_of_their_parts():
    heavy = ["numpy", "scipy", "matplotlib", "simpy", "pydantic", "ruamel", "fastapi", "rich.table"]
    code = "import sys; from callcenter.cli import main; main(['--help']); "
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "scenario" in done.stdout


@pytest.mark.parametrize("words", [[], ["customers"]])
def test_nothing_asked_shows_the_help_in_lines(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 2
    said = capsys.readouterr().err.splitlines()
    assert "Commands:" in said
    assert max(map(len, said)) <= 100


def test_version_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("callcenter ")


def test_an_interrupt_is_status_130_without_a_traceback(tmp_path: Path):
    pipe = tmp_path / "pipe.yaml"  # a named pipe that nobody writes: reading it takes for ever
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "callcenter", "scenario", "validate", str(pipe)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said in {"", "interrupted\n"}


def test_a_reader_that_goes_away_is_no_fault():
    command = f"{sys.executable} -m callcenter scenario schema | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)

    assert done.stderr == ""


def test_every_command_of_the_table_has_one_line_of_help():
    assert all(command.help.endswith(".") for command in COMMANDS.values())
