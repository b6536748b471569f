"""PostgreSQL 15 and newer through psycopg 3 (extra `postgres`): the same tables, by URL.

The writer holds a session advisory lock; pgbouncer in transaction mode would lose it, so the address must be direct.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic_core import to_json

from api.store.connection import Values
from api.store.errors import BadJournal, Conflict, Owned, StoreFailed
from api.store.tables import TABLES

try:
    import psycopg
except ImportError as error:  # pragma: no cover  # the extra is not installed
    raise BadJournal("--database postgresql://…: needs the extra: pip install 'callcenter[postgres]'") from error

LOCK: Final = 0x63616C6C
"""The advisory lock of the one who writes (per database)."""
PAGE: Final = 5_000
"""Rows of a large answer at a time."""
OLDEST: Final = 150_000
KINDS: Final = {"int": "bigint", "real": "float8", "text": "text", "blob": "bytea"}
# A host that vanished is noticed in seconds, on both sides.
PATIENCE: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}

ANSWERS: Final = re.compile(r"^\s*(SELECT|SHOW|WITH)\b|\bRETURNING\b", re.IGNORECASE)
"""Statements that give rows."""


class PostgresConnection:
    """A connection to one database."""

    def __init__(self, name: str, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._name = name
        self._connection = connection

    @property
    def name(self) -> str:
        return self._name

    def execute(self, sql: str, values: Values = ()) -> list[tuple[object, ...]]:
        with self._faults():
            cursor = self._connection.execute(sql.replace("?", "%s"), tuple(values) or None)
            # Inside a transaction statements go out together, and what answers is not known before it is asked for.
            return cursor.fetchall() if ANSWERS.search(sql) else []

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[Values], otherwise: str = "") -> None:
        kinds = {column: KINDS[TABLES[table].columns[column].rstrip("?")] for column in columns}
        into = f"INSERT INTO {table} ({', '.join(columns)})"
        with self._faults():
            if "bytea" in kinds.values():
                sql = f"{into} VALUES ({', '.join(['%s'] * len(columns))}) {otherwise}"
                for row in rows:
                    self._connection.execute(sql, tuple(row))
                return
            # All rows as one text of JSON: psycopg writes arrays element by element, which costs many times as much.
            shape = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
            sql = f"{into} SELECT {', '.join(columns)} FROM json_to_recordset(%s::json) AS told({shape}) {otherwise}"
            told = to_json([dict(zip(columns, row, strict=True)) for row in rows]).decode()
            self._connection.execute(sql, (told,))

    def read_in(self, sql: str, values: Sequence[str]) -> list[tuple[object, ...]]:
        return self.execute(sql.format("= ANY(?)"), (list(values),))

    def pages(self, sql: str, values: Values = ()) -> Iterator[list[tuple[Any, ...]]]:
        # A cursor on the server's side, or all of the answer would come at once.
        with self._faults(), self._connection.transaction(), self._connection.cursor(name="pages") as cursor:
            cursor.execute(sql.replace("?", "%s"), tuple(values) or None)
            while page := cursor.fetchmany(PAGE):
                yield page

    def delete_in(self, table: str, column: str, values: Sequence[str]) -> None:
        self.execute(f"DELETE FROM {table} WHERE {column} = ANY(?)", (list(values),))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        # One round trip for all of it: a fault shows at the end of the block, where nothing is kept.
        with self._faults(), self._connection.pipeline(), self._connection.transaction():
            yield

    def scrub(self) -> None:
        """Leave it to autovacuum: a table of millions of calls is not rewritten while calls wait."""

    def has_table(self, table: str) -> bool:
        return self.execute("SELECT to_regclass(?) IS NOT NULL", (table,)) == [(True,)]

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.UniqueViolation as error:
            raise Conflict(f"{self.name}: {_line(error)}") from error
        except psycopg.Error as error:
            raise StoreFailed(f"{self.name}: {_line(error)}") from error


def open_writer(url: str, holder: str) -> PostgresConnection:
    """Return the connection that writes, with the lock that nobody else has."""
    connection = _connect(url, holder)
    try:
        version = connection.execute("SELECT current_setting('server_version_num')::int")
        if int(str(version[0][0])) < OLDEST:
            raise BadJournal("{connection}: PostgreSQL 15 or newer is needed", connection=connection.name)
        if connection.execute("SHOW synchronous_commit") == [("off",)]:
            connection.execute("SET synchronous_commit TO on")  # an answer is given only for what is durable
        # Nothing of ours waits for long; a predecessor that died a moment ago lets go within this time.
        connection.execute("SET lock_timeout TO '3s'")
        try:
            connection.execute("SELECT pg_advisory_lock(?)", (LOCK,))
        except StoreFailed as fault:
            raise Owned(connection.name, _who(connection)) from fault
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(url: str) -> PostgresConnection:
    """Return a connection that can only read."""
    connection = _connect(url, "callcenter reader")
    connection.execute("SET default_transaction_read_only TO on")
    return connection


def _connect(url: str, application: str) -> PostgresConnection:
    try:
        parts = urlsplit(url)
    except ValueError as error:  # the address may hold a password: it is not repeated
        raise BadJournal("--database postgresql://…: is no address ({line})", line=_line(error)) from None
    name = f"postgresql://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
        wanted = PATIENCE | {"application_name": application[:60]} | {k: str(v) for k, v in given.items()}
        raw = psycopg.connect(psycopg.conninfo.make_conninfo("", **wanted), autocommit=True)
    except psycopg.ProgrammingError as error:
        raise BadJournal("--database {name}: {line}", name=name, line=_line(error)) from error
    except psycopg.Error as error:
        raise StoreFailed(f"{name}: {_line(error)}") from error
    return PostgresConnection(name, raw)


def _who(connection: PostgresConnection) -> str:
    found = connection.execute(
        "SELECT application_name, pid FROM pg_stat_activity JOIN pg_locks USING (pid) "
        "WHERE locktype = 'advisory' AND objid = ? AND granted",
        (LOCK,),
    )
    return f"{found[0][0]}, server process {found[0][1]}" if found else "unknown"


def _line(error: Exception) -> str:
    """Return what the server says, without the row it says it of: a log holds no caller's number."""
    diagnosis = getattr(error, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error)
    return " ".join(said.split()) or type(error).__name__
