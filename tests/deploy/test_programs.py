"""The small programs of deploy/ at work: health without an interpreter, receivers asked for, copies that restore."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests import postgres

DEPLOY = Path(__file__).parents[2] / "deploy"


# --- ready


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Give the port of a server that answers /readyz with `status`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *about: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status, ready", [(200, True), (503, False), (404, False), (500, False)])
def test_it_is_healthy_when_it_is_ready_and_only_then(status: int, ready: bool):
    with answering(status) as port:
        done = subprocess.run([DEPLOY / "ready", str(port)], capture_output=True, text=True, check=False)

    assert done.returncode == (0 if ready else 1)
    assert bool(re.search(rf"HTTP/1.1 {status} ", done.stdout)) != ready, "why not is said"


def test_it_is_not_healthy_when_nobody_listens():
    with answering(200) as port:
        pass
    assert subprocess.run([DEPLOY / "ready", str(port)], capture_output=True, check=False).returncode == 1


# --- receivers

ADDRESSES = {
    "pages": "https://pager.example.org/v1?team=a&key=x|y",
    "tickets": "http://127.0.0.1:9/tickets",
    "alive": "https://alive.example.org/\\1",
}


def configured(folder: Path, addresses: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    for name, address in addresses.items():
        (folder / f"{name}.url").write_text(f"{address}\n")
    words = [DEPLOY / "prometheus" / "alertmanager.sh", DEPLOY / "prometheus" / "alertmanager.yml", folder,
             folder / "made.yml", "echo", "started"]  # fmt: skip
    return subprocess.run(["sh", *map(str, words)], capture_output=True, text=True, check=False)


def test_alertmanager_starts_with_the_addresses_that_it_was_given_whatever_is_in_them(tmp_path: Path):
    done = configured(tmp_path, ADDRESSES)
    made = (tmp_path / "made.yml").read_text()

    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
    assert set(re.findall(r"url: '(.+)'", made)) == set(ADDRESSES.values())
    assert (tmp_path / "made.yml").stat().st_mode & 0o077 == 0, "an address may be a secret"
    if shutil.which("amtool"):
        checked = subprocess.run(["amtool", "check-config", tmp_path / "made.yml"], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("missing", ADDRESSES)
@pytest.mark.parametrize("instead", [None, "", "pager.example.org"])
def test_alertmanager_does_not_start_without_an_address_for_each_receiver(
    tmp_path: Path, missing: str, instead: str | None
):
    given = {name: address for name, address in ADDRESSES.items() if name != missing}
    done = configured(tmp_path, given if instead is None else given | {missing: instead})

    assert (done.returncode, done.stdout) == (1, "")
    assert f"{missing}.url: holds no address" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_example_itself_is_refused_by_alertmanager_until_addresses_are_put_in():
    if shutil.which("amtool") is None:
        pytest.skip("no amtool here: deploy/apt-packages-ci.txt")
    example = DEPLOY / "prometheus" / "alertmanager.yml"
    done = subprocess.run(["amtool", "check-config", example], capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "unsupported scheme" in done.stdout + done.stderr


# --- copies of the database


def copied(server: postgres.Server, backups: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    told = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "callcenter", "PGDATABASE": "callcenter"}
    path = f"{server.bin}:{os.environ['PATH']}"
    environment = {**os.environ, **told, "BACKUPS": str(backups), "EVERY_S": "0", "PATH": path, **more}
    words = ["sh", str(DEPLOY / "postgres" / "backup.sh")]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.ci
@pytest.mark.skipif(postgres.why_not() is not None, reason=str(postgres.why_not()))
def test_a_copy_restores_and_a_database_that_is_away_costs_none(tmp_path: Path):
    import psycopg

    backups = tmp_path / "backups"
    backups.mkdir()
    old = backups / "callcenter-20200101T000000Z.dump"
    old.write_text("of long ago")
    os.utime(old, (1_577_836_800, 1_577_836_800))
    with postgres.server() as server:
        url, other = server.database("callcenter"), server.database("other")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE journal AS SELECT n FROM generate_series(1, 1000) n")
        failed = copied(server, backups, PGPORT="1")
        kept = sorted(path.name for path in backups.iterdir())
        done = copied(server, backups)
        (copy,) = backups.iterdir()
        subprocess.run([server.bin / "pg_restore", "--no-owner", "--dbname", other, copy], check=True)
        with psycopg.connect(other) as connection:
            rows = connection.execute("SELECT count(*) FROM journal").fetchall()

    assert failed.returncode == 1
    assert "the copies that are there stay" in failed.stderr
    assert kept == [old.name], "a copy that failed leaves neither a file nor takes one away"
    assert done.returncode == 0, done.stderr
    assert copy.stat().st_mode & 0o077 == 0
    assert rows == [(1000,)]
