"""`callcenter simulate`: exit codes, what goes where, and refusals before any work is done."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.cli import main

FAST = ["simulate", "first-steps", "--replications", "3"]


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*FAST, "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_table_goes_to_standard_output(capsys):
    assert main(FAST) == 0
    out, err = capsys.readouterr()

    assert "service level (sl_net)" in out
    assert err == ""


def test_json_is_one_object_with_the_promised_keys(capsys):
    found = _json(capsys)

    assert {"scenario", "seed", "replications", "engine", "calls", "tiers", "overall", "agents", "intervals"} <= set(
        found
    )
    assert found["engine"] == "compiled"
    assert set(found["tiers"]["vip"]["service_level"]["sl_net"]) == {"mean", "ci_low", "ci_high"}
    assert found["tiers"]["vip"]["wait_max_s"]["ci_low"] is None
    assert found["overall"]["target"] is None


def test_json_does_not_depend_on_the_number_of_processes(capsys):
    texts = []
    for processes in ("1", "3"):
        assert main(["simulate", "understaffed-monday", "--replications", "8", "--json", "--processes", processes]) == 0
        texts.append(capsys.readouterr().out)

    assert texts[0] == texts[1]
    assert texts[0].count("\n") == 1


def test_seed_replications_and_sets_are_heeded(capsys):
    found = _json(capsys, "--seed", "5", "--set", "staffing.0.agents=12")

    assert (found["seed"], found["replications"]) == (5, 3)
    assert found["tiers"]["vip"]["service_level"]["sl_net"]["mean"] > 0.99


def test_check_is_0_when_all_targets_are_met(capsys):
    assert main(["simulate", "first-steps", "--check", "--set", "staffing.0.agents=15"]) == 0


def test_a_note_on_what_was_overlooked_is_no_target_missed(capsys):
    forced = ("--set", "staffing.0.agents=15", "--set", "centre.queues.hotline.wrap_up=10s")

    assert main(["simulate", "first-steps", "--check", *forced]) == 0
    assert "after-call work is what the queues force" in capsys.readouterr().out


def test_check_is_1_when_a_target_is_missed(capsys):
    assert main([*FAST, "--check", "--set", "staffing.0.agents=4"]) == 1
    assert "not met: standard: target 80/20 missed" in capsys.readouterr().err


def test_check_is_1_when_a_target_is_undecided_and_says_so(capsys):
    assert main(["simulate", "first-steps", "--replications", "1", "--check", "--json"]) == 1
    out, err = capsys.readouterr()

    assert json.loads(out)["tiers"]["vip"]["target"]["met"] == "undecided"
    assert "undecided is not met" in err


def test_without_check_a_missed_target_is_no_fault(capsys):
    assert main([*FAST, "--set", "staffing.0.agents=4"]) == 0
    assert "Note: standard: target 80/20 missed" in capsys.readouterr().out


def test_precision_goes_on_until_the_intervals_are_narrow(capsys):
    found = _json(capsys, "--precision", "3%")
    levels = [tier["service_level"]["sl_net"] for tier in found["tiers"].values()]

    assert found["replications"] > 3
    assert all(level["ci_high"] - level["ci_low"] <= 0.06 for level in levels)


def test_precision_says_what_its_control_variates_saved(capsys):
    words = ["simulate", "bank-abc", "--replications", "60", "--precision", "3%"]
    assert main(words) == 0
    out, err = capsys.readouterr()

    assert "Note: corrected for how busy the 60 replications happened to be (control variates): without, about" in out
    assert "did not reach" not in err


def test_a_precision_that_every_promise_reached_is_reached_whatever_is_doubted_elsewhere(capsys):
    """Of multi-skill's queues, which nothing is promised for, one is in doubt."""
    assert main(["simulate", "multi-skill", "--precision", "2%", "--json"]) == 0
    out, err = capsys.readouterr()

    assert any("queues" in path for doubt in json.loads(out)["doubts"] for path in doubt["figures"])
    assert "did not reach" not in err


def test_out_writes_the_folder_and_result_json_is_what_json_prints(tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main([*FAST, "--json", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    names = {"report.html", "calls.csv", "tasks.csv", "intervals.csv", "result.json"}

    assert names <= {path.name for path in out.iterdir()}
    assert (out / "result.json").read_text() == printed.out
    assert "report.html" in printed.err


def test_calls_replays_what_out_wrote(tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main([*FAST, "--out", str(out)]) == 0
    lines = len((out / "calls.csv").read_text().splitlines()) - 1
    capsys.readouterr()
    found = _json(capsys, "--calls", str(out / "calls.csv"))

    assert found["calls"]["mean"] == lines


@pytest.mark.parametrize(
    "words, says",
    [
        (["--replications", "0"], "--replications"),
        (["--processes", "0"], "--processes"),
        (["--seed", "-1"], "--seed"),
        (["--seed", str(2**63)], "--seed"),
        (["--precision", "five"], "write 0.5% or 0.005"),
        (["--precision", "nan"], "write 0.5% or 0.005"),
        (["--precision", "0"], "write 0.5% or 0.005"),
        (["--precision", "5"], "write 0.5% or 0.005"),
        (["--columns", "map.yaml"], "--calls LOG.csv"),
        (["--calls", "nowhere.csv"], "cannot be read"),
        (["--set", "tiers.vipp.target=95/20"], "did you mean"),
        (["--out", "/dev/null"], "is a file"),
        (["--out", "/dev/null/below"], "is a file"),
    ],
)
def test_bad_input_is_refused_in_one_line_before_any_work(words, says, capsys, monkeypatch):
    monkeypatch.setattr("callcenter.cli.simulate._lived", lambda *a, **k: pytest.fail("it simulated"))
    assert main(["simulate", "first-steps", *words]) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert err.count("\n") == 1
    assert says in err


def test_an_unknown_scenario_is_refused(capsys):
    assert main(["simulate", "frist-steps"]) == 2
    assert "did you mean first-steps" in capsys.readouterr().err


def test_interrupting_leaves_nothing_and_exits_130(tmp_path: Path, capsys, monkeypatch):
    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.report.folder.contents", interrupted)
    assert main([*FAST, "--out", str(tmp_path / "out")]) == 130
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in capsys.readouterr().err


def test_help_needs_no_numbers_and_no_charts():
    script = (
        "import sys, callcenter.cli as c; c.main(['--help']); c.main(['staff', '--help']);"
        "c.main(['simulate', '--help']); print([m for m in ('numpy', 'matplotlib', 'simpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_command_starts_no_threads_for_large_matrices():
    """It has none: such threads spin while they wait, and sums of theirs may depend on how many cores there are."""
    script = (
        "import os, callcenter.cli as c; c.main('erlang c --calls 9 --aht 180s --agents 9 --within 20s'.split());"
        "print(len(os.listdir('/proc/self/task')))"
    )
    alone = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", script], env=alone, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "1"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed_lead_nowhere(tmp_path: Path, closed: str):
    line = f"{sys.executable} -m callcenter simulate first-steps --replications 2 --out {tmp_path}/out {closed}"
    done = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True)

    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!")
    assert bool(done.stdout) is (" >&-" not in f" {closed}")


@pytest.mark.ci
@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_being_stopped_stops_the_workers_and_leaves_nothing(tmp_path: Path, number: signal.Signals, status: int):
    long = ["simulate", "telecom-hotline", "--engine", "simpy", "--replications", "40"]
    words = [sys.executable, "-m", "callcenter", *long, "--out", str(tmp_path / "out")]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stderr is not None
    said = [child.stderr.readline(), child.stderr.readline()]  # workers are running by the second line
    os.kill(child.pid, number)
    out, err = child.communicate(timeout=30)  # would wait for workers that live on: they hold the pipe

    assert all(line.startswith("simulating: ") for line in said)
    assert (child.returncode, out) == (status, "")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


STOPPED = {  # long: none is over before it is stopped
    "simulate": ["telecom-hotline", "--engine", "simpy", "--replications", "200"],
    "staff": ["computer-maker", "--method", "simulation"],
    "schedule": ["telecom-hotline", "--replications", "400"],
    "sweep": ["telecom-hotline", "--vary", "volume*=0.9,1,1.1", "--replications", "2000"],
}


@pytest.mark.ci
@pytest.mark.parametrize("command", STOPPED)
def test_ctrl_c_ends_a_command_in_a_line_with_all_of_its_processes(tmp_path: Path, command: str):
    words = [sys.executable, "-m", "callcenter", command, *STOPPED[command], "--out", str(tmp_path / "out")]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stderr is not None
    said = child.stderr.readline()
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to every process of the command
    if command == "staff":  # a search is asked for the best so far first
        said = child.stderr.readline()
        while "best so far" not in said:
            said = child.stderr.readline()
        os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)  # would wait for processes that live on: they hold the pipe

    assert (child.returncode, out) == (130, ""), said + err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_first_run_says_that_it_compiles_and_how_long_that_took(capsys, monkeypatch):
    monkeypatch.setattr("callcenter.cli.simulate.is_compiled_yet", lambda: False)
    assert main([*FAST, "--json"]) == 0

    said = capsys.readouterr().err
    assert re.search(r"^compiling the simulator: once.*\ncompiled in \d+\.\d s$", said, re.M)
