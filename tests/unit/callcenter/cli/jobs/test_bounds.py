"""A simulation for somebody who asked over HTTP: nothing in it names a file, and it stays within its bounds."""

import json
import socket
import subprocess
import sys

import pytest

from callcenter.cli.jobs import bounds, work
from callcenter.cli.jobs.bounds import MOST_CALLS, Size, TooLarge, check_size, size_of
from callcenter.cli.jobs.simulated import simulated as simulated_telling
from callcenter.config import load_scenario
from callcenter.config.shipped import shipped, shipped_text
from callcenter.errors import BadInput
from callcenter.language.said import unpacked

MEGABYTE = 1024**2


def asked(text, sets=(), **chance):
    found = {"kind": "simulation", "text": text, "name": "s.yaml", "sets": list(sets)}
    return found | {"replications": None, "seed": None} | chance


def simulated(what):
    return simulated_telling(what, lambda done, wanted: None)


def in_a_child(what, memory=1024 * MEGABYTE, seconds=60):
    """Return the exit status of a job that a server with an empty environment forks, and the lines of its answer."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with control, subprocess.Popen(
        [sys.executable, "-I", "-B", "-m", "callcenter.cli.jobs.server", str(memory), str(seconds)],
        stdin=theirs, env={"OPENBLAS_NUM_THREADS": "1"}, cwd="/",
    ) as server:  # fmt: skip
        theirs.close()
        ours, its = socket.socketpair()
        with ours, its:
            socket.send_fds(control, [b"run 7"], [its.fileno()])
            its.close()
            ours.sendall(json.dumps(what).encode() + b"\n")
            with ours.makefile("rb") as lines:
                answer = [json.loads(line) for line in lines]
        word, job, status = control.recv(200).decode().split()
        assert (word, job) == ("ended", "7")
        control.close()  # the service is gone: so is the server
        assert server.wait(10) == 0
    return int(status), answer


def test_it_finds_what_the_command_line_finds():
    wish = asked(shipped_text("first-steps"), ["staffing.0.agents=9"], replications=2, seed=3)
    status, answer = in_a_child(wish)

    assert status == 0
    assert answer[:-1] == [{"done": 1, "wanted": 2}, {"done": 2, "wanted": 2}]
    assert answer[-1]["result"] == json.loads(json.dumps(simulated(wish)))
    assert answer[-1]["result"]["seed"] == 3


def test_a_path_is_refused_and_nothing_of_the_file_is_said(tmp_path):
    (tmp_path / "c.yaml").write_text("kept-for-nobody: yes\n")
    for text, sets in [
        (f"version: 1\nname: x\ncentre: {tmp_path}/c.yaml\n", []),
        (shipped_text("first-steps"), [f" centre={tmp_path}/c.yaml"]),
        ("version: 1\ncentre: /dev/zero\n", []),
    ]:
        with pytest.raises(BadInput) as refused:
            simulated(asked(text, sets))
        assert "no shipped centre" in str(refused.value)
        assert "kept-for-nobody" not in str(refused.value)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_may_be_simulated(name):
    check_size(size_of(load_scenario(name)))


@pytest.mark.parametrize(
    ("sets", "what"),
    [
        (["replications=1001"], "replications"),
        (["horizon.days=366", "horizon.discard=40"], "days"),
        (["staffing.0.agents=20001"], "agents"),
        (["arrivals.0.calls_per_hour=100000"], "calls a replication"),
        (["arrivals.0.calls_per_hour=20000", "retrials.abandoned={probability: 1, delay: {exponential: 1m}, most: 50}"],
         "calls a replication"),
        (["arrivals.0.calls_per_hour=20000", "replications=500"], "calls in all"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused_before_it_runs(sets, what):
    with pytest.raises(TooLarge, match=what):
        simulated(asked(shipped_text("first-steps"), sets))


def test_what_is_just_small_enough_is_not_refused():
    check_size(Size(1_000, 400, 20_000, MOST_CALLS / 10))


@pytest.mark.ci
def test_a_child_that_needs_more_memory_than_it_has_says_so():
    heavy = asked(shipped_text("first-steps"), ["arrivals.0.calls_per_hour=60000"], replications=1)
    status, answer = in_a_child(heavy, memory=50 * MEGABYTE)

    assert status == 2
    assert "memory" in answer[-1]["error"]


@pytest.mark.ci
def test_a_child_is_ended_when_its_processor_time_is_over():
    heavy = asked(shipped_text("first-steps"), ["arrivals.0.calls_per_hour=30000"], replications=10)
    status, answer = in_a_child(heavy, seconds=2)

    assert status == -24  # SIGXCPU
    assert all("done" in line for line in answer)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\ntitle: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"k{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
        "version: 1\ncentre: " + "[" * 5_000,
        "version: 1\ncentre: " + "{a: " * 5_000,
        "version: 1\ncentre: &a {b: *a}\n",
        "!!python/object/apply:os.system [touch /tmp/x]",
    ],
    ids=["billion laughs", "deep lists", "deep mappings", "itself", "a tag"],
)
def test_a_text_that_asks_for_too_much_is_refused_at_once(text):
    with pytest.raises(BadInput):
        simulated(asked(text))


def test_a_child_writes_no_file_and_opens_few(tmp_path):
    told = (
        "import errno, os, signal\n"
        f"from callcenter.cli.jobs.bounds import limit\nlimit({1024 * MEGABYTE}, 60)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "said = []\n"
        "try:\n    os.write(os.open('x', os.O_CREAT | os.O_WRONLY), b'a')\n"
        "except OSError as fault:\n    said.append(errno.errorcode[fault.errno])\n"
        "held = []\n"
        "try:\n    held = [os.dup(0) for _ in range(1000)]\n"
        "except OSError as fault:\n    said.append(errno.errorcode[fault.errno])\n"
        "print(*said)\n"
    )
    found = subprocess.run([sys.executable, "-c", told], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["EFBIG", "EMFILE"]
    assert (tmp_path / "x").read_bytes() == b""


def test_a_result_that_is_too_long_is_refused_in_a_line(monkeypatch):
    monkeypatch.setattr(work, "MOST_RESULT", 100)
    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(json.dumps(asked(shipped_text("first-steps"), replications=1)).encode() + b"\n")
        status = work.answer_on(its)
        its.close()
        with ours.makefile("rb") as lines:
            last = json.loads(lines.readlines()[-1])

    assert status == 2
    assert unpacked(last["error"]).endswith("100 at most: ask for fewer days")


def test_a_precision_beyond_what_the_service_simulates_is_said_not_to_be_reached(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_CALLS_IN_ALL", 30 * 480)
    found = simulated(asked(shipped_text("first-steps"), replications=5, precision=0.0001))
    (note,) = (note for note in found["notes"] if note["cause"] == "precision_not_reached")

    assert found["replications"] == 30
    assert (note["replications"], note["precision"]) == (30, 0.0001)
    assert note["says"] == "30 replications did not reach a precision of 0.01%"
