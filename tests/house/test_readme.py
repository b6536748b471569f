"""The README's commands run as they stand there."""

import doctest
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from callcenter.cli import main
from tests.live.served import served

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.search(r"## Five minutes\n\n```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
assert BLOCK is not None
LINES = [shlex.split(line, comments=True)[1:] for line in BLOCK[1].splitlines() if line.startswith("callcenter ")]
SHORTER = ["--replications", "10"]


@pytest.mark.ci
def test_five_minutes_go_as_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    answers = [main([*line, *SHORTER] if line[0] == "simulate" else line) for line in LINES]

    # 25 % more calls are too many for the first day's desk: `--check` says no, and that is 1.
    assert [code for line, code in zip(LINES, answers, strict=True) if "--check" in line] == [1]
    assert {code for line, code in zip(LINES, answers, strict=True) if "--check" not in line} == {0}
    assert (tmp_path / "out" / "my-day" / "report.html").is_file()


@pytest.mark.ci
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_first_call_is_posted_as_the_readme_says(tmp_path: Path):
    found = re.search(r"```sh\n(curl .*?)```", README.read_text(encoding="utf-8"), re.S)
    assert found is not None
    with served(tmp_path) as (url, key):
        command = found[1].replace("http://127.0.0.1:8080", url)
        told = subprocess.run(["sh", "-c", command], env={"CC_KEY": key}, capture_output=True, text=True, check=True)

    assert told.stdout.startswith("decision=queue&")


def test_the_python_in_the_readme_gives_what_it_says():
    assert doctest.testfile(str(README), module_relative=False).failed == 0


def test_every_shipped_scenario_is_in_the_readme():
    text = README.read_text(encoding="utf-8")
    names = [path.stem for path in (README.parent / "scenarios").glob("*.yaml")]

    assert [name for name in names if f"`{name}`" not in text] == []
