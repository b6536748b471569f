"""Whoever started the service hears when it is ready, that it lives, and that it ends: systemd's own datagrams."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from api.telemetry.supervisor import Supervisor
from tests.live.served import CLI, announced, clean_environment

SILENCE_S = 1.0


@pytest.fixture
def line(tmp_path: Path):
    """Listen where the supervisor does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind(str(tmp_path / "notify"))
        found.settimeout(20)
        yield found


def heard(line: socket.socket, wanted: str) -> None:
    """Return when the supervisor hears it."""
    while wanted not in line.recv(4096).decode().splitlines():
        pass


def silent(line: socket.socket) -> bool:
    """Tell whether nothing more comes, once what is on its way has come."""
    line.settimeout(SILENCE_S)
    for _ in range(1_000):
        try:
            line.recv(4096)
        except TimeoutError:
            line.settimeout(20)
            return True
    return False


@pytest.mark.ci
def test_a_service_says_that_it_is_ready_and_lives_falls_silent_when_it_hangs_and_says_that_it_ends(tmp_path, line):
    environment = clean_environment() | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    process = subprocess.Popen(
        [*CLI, "serve", "--port", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment
    )
    announced(process)
    heard(line, "READY=1")
    for _ in range(3):
        heard(line, "WATCHDOG=1")
    process.send_signal(signal.SIGSTOP)
    hung = silent(line)
    process.send_signal(signal.SIGCONT)
    heard(line, "WATCHDOG=1")
    process.send_signal(signal.SIGTERM)
    heard(line, "STOPPING=1")
    process.communicate(timeout=20)

    assert hung
    assert process.returncode == 0


@pytest.mark.ci
def test_a_standby_is_ready_to_wait(tmp_path, line):
    def started(*words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*CLI, "serve", "--port", "0", *words],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=clean_environment() | environment,
        )  # fmt: skip

    first = started()
    announced(first)
    second = started("--standby", NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000")
    heard(line, "STATUS=on standby")
    for _ in range(3):
        heard(line, "WATCHDOG=1")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=20)
    heard(line, "READY=1")
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=20)

    assert (first.returncode, second.returncode) == (0, 0)


def test_who_is_not_asked_says_nothing_and_who_is_not_heard_goes_on(tmp_path: Path, line):
    Supervisor({}).tell("READY=1")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")}).tell("READY=1\nSTATUS=x")

    assert line.recv(4096) == b"READY=1\nSTATUS=x"


def test_a_supervisor_may_listen_at_a_name_that_is_in_no_folder():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        name = f"callcenter-test-{os.getpid()}"
        line.bind(f"\0{name}")
        line.settimeout(20)
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}).tell("WATCHDOG=1")

        assert line.recv(4096) == b"WATCHDOG=1"
