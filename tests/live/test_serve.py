"""`callcenter serve` as it is started: a real process, a real socket, a real clock."""

import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from api.store.open import Database
from tests.live.served import CLI, clean_environment, served, start


def ask(url: str, key: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"X-API-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, json.loads(fault.read())


@pytest.mark.ci
def test_it_starts_with_nothing_configured_and_ends_gracefully_when_asked(tmp_path: Path):
    with served(tmp_path) as (url, key):
        assert ask(f"{url}/readyz", "")[0] == 200
        status, call = ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": "1"})
        assert (status, call["decision"]) == (201, "queue")
        stream = urllib.request.urlopen(urllib.request.Request(f"{url}/v1/stream", headers={"X-API-Key": key}))
        assert stream.readline() == b"retry: 2000\n"
    stream.close()
    assert (tmp_path / "callcenter.sqlite3").exists()


@pytest.mark.ci
def test_in_json_every_line_is_an_object_the_servers_too_and_none_has_a_number(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text('log_format = "json"\n')
    process, url, key = start(tmp_path)
    call = {"source": "pbx", "external_call_id": "1", "caller": "+442079460958"}
    call_id = ask(f"{url}/v1/calls", key, call)[1]["call_id"]
    ask(f"{url}/v1/calls/{call_id}/events", key, {"type": "abandoned"})
    ask(f"{url}/v1/nothing", key)
    process.send_signal(signal.SIGTERM)
    text = process.communicate(timeout=20)[1]
    lines = [json.loads(line) for line in text.splitlines()]

    assert [line["outcome"] for line in lines if line.get("call_id") == call_id] == ["abandoned"]
    assert "uvicorn.error" in {line["logger"] for line in lines}
    assert all({"at", "level", "logger", "message"} <= set(line) for line in lines)
    assert "79460958" not in text
    assert "/v1/" not in text, "requests are counted by route and status, and not logged"


@pytest.mark.ci
def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path: Path):
    process, url, key = start(tmp_path)
    names = [str(n) for n in range(50)]
    posted = [ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": n})[1]["call_id"] for n in names]
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    with served(tmp_path) as (url, none):
        assert none == "", "the admin key is shown once"
        again = [ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": n}) for n in names]

    assert [status for status, _ in again] == [200] * 50
    assert [call["call_id"] for _, call in again] == posted


@pytest.mark.ci
def test_a_second_service_on_one_file_refuses_to_start(tmp_path: Path):
    with served(tmp_path):
        again = [*CLI, "serve", "--port", "0"]
        second = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert second.returncode == 2
    assert "another service has it open" in second.stderr


@pytest.mark.ci
def test_a_link_to_the_file_of_another_service_is_that_file(tmp_path: Path):
    with served(tmp_path):
        (tmp_path / "link.sqlite3").symlink_to("callcenter.sqlite3")
        again = [*CLI, "serve", "--port", "0", "--database", "link.sqlite3"]
        second = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert second.returncode == 2
    assert "another service has it open" in second.stderr


def run(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CLI, "serve", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        env=clean_environment() | environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "environment", "file", "says"),
    [
        (["--centre", "nowhere"], {}, "", "there is no shipped centre"),
        ([], {"CALLCENTER_PORT": "many"}, "", "CALLCENTER_PORT"),
        ([], {"CALLCENTER_PORT": "tcp://10.0.0.1:8080"}, "", "CALLCENTER_PORT"),
        ([], {"CALLCENTER_RATE_PER_S": "-1"}, "", "CALLCENTER_RATE_PER_S"),
        ([], {"CALLCENTER_DATABSE": "x"}, "", "did you mean CALLCENTER_DATABASE?"),
        ([], {}, "prot = 1", "callcenter.toml: there is no setting prot, did you mean port?"),
        ([], {}, "port = [", "callcenter.toml"),
        ([], {}, 'default_queue = "hotlin"', "did you mean hotline?"),
        ([], {}, 'complaint_grades = {serious = "2x/4h"}', "complaint_grades: serious = '2x/4h'"),
        ([], {}, 'complaint_grades = {serious = "4h/2h"}', "a response comes before the resolution"),
        ([], {}, "complaint_grades = {}", "complaint_grades"),
        ([], {}, "ladder = {gold = 5}", "ladder: 'gold' cannot be earned in this centre"),
        ([], {}, "ladder = {vip = 5, mid = 50}", "ladder"),
        (
            [],
            {"CALLCENTER_BREAK_REASONS": "lunch"},
            "",
            'CALLCENTER_BREAK_REASONS: is no JSON: write it such as ["break"',
        ),
        ([], {"CALLCENTER_LADDER": "vip=1"}, "", 'CALLCENTER_LADDER: is no JSON: write it such as {"vip": 90}'),
        ([], {"CALLCENTER_SESSION_S": "inf"}, "", "CALLCENTER_SESSION_S"),
        ([], {"CALLCENTER_RATE_PER_S": "inf"}, "", "CALLCENTER_RATE_PER_S"),
        ([], {"CALLCENTER_KEEP_CALLS_DAYS": "99999999999999999999"}, "", "CALLCENTER_KEEP_CALLS_DAYS"),
        ([], {"CALLCENTER_NUMBERS_KEY": "short"}, "", "numbers_key: a key is 32 random bytes"),
        ([], {"CALLCENTER_TRACES": "collector:4318"}, "", "traces: 'collector:4318' is no address"),
        ([], {"CALLCENTER_JOURNAL_ARCHIVE": "nowhere/journal.gz"}, "", "journal_archive nowhere/journal.gz"),
        ([], {"CALLCENTER_CONTACT_PLANS": '{"gold": 90}'}, "", "contact_plans: the centre has no tier 'gold'"),
        ([], {"CALLCENTER_CONTACT_PLAN_QUEUE": "nope"}, "", "contact_plan_queue: the centre has no such queue"),
        (["--database", "postgresql://x:secret@[/"], {}, "", "--database"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, words, environment, file, says):
    if file:
        (tmp_path / "callcenter.toml").write_text(file)
    check = [] if "--database" in words else ["--check"]
    done = run(tmp_path, *check, *words, **environment)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr
    assert "secret" not in done.stderr


def test_names_that_others_put_into_the_environment_are_left_alone(tmp_path: Path):
    """Kubernetes makes such names of a service that is called callcenter."""
    done = run(tmp_path, "--check", CALLCENTER_SERVICE_HOST="10.0.0.1", CALLCENTER_PORT_8080_TCP_ADDR="10.0.0.1")

    assert done.returncode == 0, done.stderr


def test_flags_come_before_the_environment_and_that_before_the_file(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text('port = 1001\nhost = "127.0.0.3"\ndatabase = "file.db"\n')
    done = run(tmp_path, "--check", "--port", "1003", CALLCENTER_PORT="1002", CALLCENTER_HOST="127.0.0.2")

    assert "http://127.0.0.2:1003" in done.stderr
    assert "database file.db" in done.stderr


def test_an_address_that_is_taken_is_said_before_anything_is_written(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path, "--port", str(taken.getsockname()[1]))

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "use another --port" in done.stderr
    assert list(tmp_path.iterdir()) == [], "no database, and no admin key that nobody will see again"


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(tmp_path: Path, host: str):
    done = run(tmp_path, "--port", "0", "--host", host)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@pytest.mark.parametrize(
    ("database", "says"),
    [
        ("postgresql://someone:secret@127.0.0.1:1/x", "onnection refused"),
        ("/nowhere/x.db", "check the folder"),
        (".", "cannot be written|unable to open|is a directory|check"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_in_one_line(tmp_path: Path, database: str, says: str):
    done = run(tmp_path, "--port", "0", "--database", database)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert re.search(says, done.stderr), done.stderr
    assert "secret" not in done.stderr


def test_a_newer_journal_is_refused_with_what_to_do(tmp_path: Path):
    made = Database(str(tmp_path / "callcenter.sqlite3"))
    store = made.writer()
    store.claim("the test")
    store.connection.execute("UPDATE shard SET journal = 99")
    store.connection.close()
    made.release()
    done = run(tmp_path, "--port", "0")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "newer callcenter; start that one" in done.stderr


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path):
    (tmp_path / "x.db").write_text("name,phone\n" * 500)
    done = run(tmp_path, "--port", "0", "--database", "x.db")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert (tmp_path / "x.db").read_text() == "name,phone\n" * 500


def test_check_only_validates(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text('port = 9090\ncentre = "telecom"\n')
    done = subprocess.run([*CLI, "serve", "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "centre 'telecom'" in done.stderr
    assert ":9090" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["callcenter.toml"]


@pytest.mark.ci
def test_a_hang_up_reads_the_centre_again_and_kills_nobody(tmp_path: Path):
    file = tmp_path / "centre.yaml"
    file.write_text("name: before\nqueues: {hotline: {}}\ngroups: {desk: {}}\n")
    process, url, key = start(tmp_path, "--centre", str(file))
    assert process.stderr is not None

    def hang_up(text: str) -> str:
        file.write_text(text)
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        return next(line for line in process.stderr if line.startswith("callcenter: "))

    assert "reloaded: centre 'after'" in hang_up("name: after\nqueues: {hotline: {}, more: {}}\ngroups: {desk: {}}\n")
    assert "nothing is changed: " in hang_up("queues: 7")
    assert ask(f"{url}/v1/centre", key)[1]["name"] == "after"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
