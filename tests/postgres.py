"""A private PostgreSQL for the tests: its own folder, a free port on loopback, stopped by its process id."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OWNER = "postgres" if os.getuid() == 0 else ""
"""The server refuses to be root."""
FASTER = ["-c", "shared_buffers=32MB", "-c", "max_connections=30"]


def programs() -> Path | None:
    """Return the folder with initdb and postgres, of version 15 or newer."""
    debian = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def why_not() -> str | None:
    """Say why no server can be started here."""
    if programs() is None:
        return "no PostgreSQL here: apt-get install postgresql-15 (deploy/apt-packages-ci.txt)"
    if OWNER:
        try:
            pwd.getpwnam(OWNER)
        except KeyError:
            return "no user postgres here, and the server refuses to be root"
    return None


def as_owner() -> dict[str, object]:
    """Return the arguments of a process that is not root."""
    if not OWNER:
        return {}
    owner = pwd.getpwnam(OWNER)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


class Server:
    """A cluster of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = programs()
        assert found is not None
        self.bin = found
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.data = folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        if OWNER:
            shutil.chown(folder, OWNER)
        self._run("initdb", "-D", str(self.data), "-U", "callcenter", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments], capture_output=True, text=True, check=False, cwd="/", **as_owner()
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start, and return when it answers."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.data), *self._listens(), *FASTER],
            stdout=log, stderr=log, cwd="/", start_new_session=True, **as_owner(),
        )  # fmt: skip
        log.close()
        self._await()

    def _listens(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-k", ""]

    def _await(self) -> None:
        import psycopg

        for _ in range(1_200):  # two minutes: after a hard stop it first recovers what a million customers wrote
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.1)
            else:
                return
        raise AssertionError((self.folder / "log").read_text())

    def url(self, database: str) -> str:
        return f"postgresql://callcenter@127.0.0.1:{self.port}/{database}"

    def database(self, name: str) -> str:
        """Make an empty database and return its address."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def stop(self, *, hard: bool = False) -> None:
        """Stop: at once (as after a power cut), or properly."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT if hard else signal.SIGINT)
            self.process.wait(180)  # its last checkpoint waits for the disk, which others may keep busy
        self.process = None


@contextmanager
def server() -> Iterator[Server]:
    """Give a server for the length of a block, in a folder that its owner can enter."""
    with tempfile.TemporaryDirectory(prefix="callcenter-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        running = Server(folder / "cluster")
        try:
            yield running
        finally:
            running.stop()
