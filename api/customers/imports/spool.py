"""Where a customer file waits, checked, before any of it goes into the directory: a private file, whatever its size.

SQLite finds on the disk what is there twice, so that many millions of rows need no more memory than ten.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from api.customers.imports.rows import Entry, Reader
from api.live.clock import LiveClock
from callcenter.config.directory_columns import DirectoryColumns
from callcenter.customers.life import Tiers
from callcenter.language.said import N_, packed, unpacked
from callcenter.units import DAY

BATCH_SIZE: Final = 5_000
MOST_TOLD: Final = 10_000
"""Rejected rows and doubts that are told one by one; beyond these, counted."""
TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE entries (line INTEGER PRIMARY KEY, customer_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE held (number TEXT NOT NULL, customer_id TEXT NOT NULL);
CREATE TABLE rejects (line INTEGER NOT NULL, "column" TEXT, value TEXT, why TEXT);
CREATE TABLE about (what TEXT);
"""
Progress = Callable[[int, int], None]
"""Rows that were read, and how many there are in about, by the size of the file."""


def fill(
    spool: Path,
    path: Path,
    source: str,
    columns: DirectoryColumns,
    tiers: Tiers,
    region: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read a file into a spool, and return what was found: counts, what is rejected, what is doubtful.

    Raises:
        BadInput: it is no customer file at all.
    """
    connection = sqlite3.connect(spool, isolation_level=None)
    try:
        connection.executescript(TABLES)
        reader = Reader(source, columns, tiers, region)
        connection.execute("BEGIN")
        rows = _take(connection, reader, path, progress)
        _reject_twice(connection, reader.file.columns.get("customer_id", ""))
        found = _found(connection, reader, rows)
        connection.execute("INSERT INTO about VALUES (?)", (json.dumps(found),))
        connection.execute("COMMIT")
    finally:
        connection.close()
    return found


def _take(connection: sqlite3.Connection, reader: Reader, path: Path, progress: Progress | None) -> int:
    entries: list[tuple[int, str, str]] = []
    held: list[tuple[str, str]] = []
    rows = 0
    dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def put() -> None:
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", entries)
        connection.executemany("INSERT INTO held VALUES (?, ?)", held)
        entries.clear()
        held.clear()

    for found in reader.read(path):
        rows += 1
        if isinstance(found, Entry):
            entries.append((found.line, found.customer_id, dumps((found.customer_id, found.values, found.numbers))))
            held.extend([(one[0], found.customer_id) for one in found.numbers or ()])
        else:
            connection.execute(
                "INSERT INTO rejects VALUES (?, ?, ?, ?)",
                (found.line, found.column, found.value, dumps(packed(found.why))),
            )
        if rows % BATCH_SIZE == 0:
            put()
            if progress is not None:
                progress(rows, round(rows * max(1.0, reader.file.size / max(1, reader.file.done))))
    put()
    return rows


def _reject_twice(connection: sqlite3.Connection, column: str) -> None:
    """A customer's first row counts; the others are rejected."""
    connection.execute("CREATE INDEX by_id ON entries (customer_id)")
    connection.execute(
        "CREATE TEMP TABLE twice AS SELECT e.line, e.customer_id, f.line AS first FROM entries e JOIN "
        "(SELECT customer_id, min(line) AS line FROM entries GROUP BY customer_id HAVING count(*) > 1) f "
        "ON f.customer_id = e.customer_id WHERE e.line > f.line"
    )
    connection.execute(
        "INSERT INTO rejects SELECT line, ?, substr(customer_id, 1, 100), "
        "json_object('template', ?, 'places', json_object('line', first)) FROM twice",
        (column, N_("is on line {line} already: keep one")),
    )
    connection.execute("DELETE FROM entries WHERE line IN (SELECT line FROM twice)")


def _ahead(connection: sqlite3.Connection, reader: Reader) -> list[tuple[int, str]]:
    """Return line and day of dealings that are to come: a day more than today, where it may be tomorrow already."""
    if "last_contact" not in reader.file.fields:
        return []
    tomorrow = (date(1970, 1, 1) + timedelta(LiveClock(None).now() // DAY + 1)).isoformat()
    asked = "SELECT line, json_extract(body, ?) AS day FROM entries WHERE day > ? ORDER BY line LIMIT ?"
    place = f"$[1][{reader.file.fields.index('last_contact')}]"
    return connection.execute(asked, (place, tomorrow, MOST_TOLD)).fetchall()


def _found(connection: sqlite3.Connection, reader: Reader, rows: int) -> dict[str, Any]:
    connection.execute("CREATE INDEX by_number ON held (number)")
    connection.execute(
        "CREATE TABLE common AS SELECT number, count(DISTINCT customer_id) AS customers FROM held GROUP BY number "
        "HAVING min(customer_id) < max(customer_id)"
    )
    suspended_calls = connection.execute(
        "SELECT e.line, c.number, c.customers FROM common c JOIN held h ON h.number = c.number "
        "JOIN entries e ON e.customer_id = h.customer_id ORDER BY e.line LIMIT ?",
        (MOST_TOLD,),
    ).fetchall()
    ahead = _ahead(connection, reader)
    (rejected,) = connection.execute("SELECT count(*) FROM rejects").fetchone()
    (accepted,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    (shared,) = connection.execute("SELECT count(*) FROM common").fetchone()
    told = connection.execute("SELECT * FROM rejects ORDER BY line LIMIT ?", (MOST_TOLD,))
    return {
        "file": reader.source,
        "rows": rows,
        "accepted": accepted,
        "rejected": rejected,
        "rejects": [
            {"line": line, "column": column, "value": value, "why": unpacked(json.loads(why))}
            for line, column, value, why in told
        ],
        "shared_numbers": shared,
        "doubts": [
            {"line": line, "column": "phone", "value": number, "why": f"{customers} customers have this number"}
            for line, number, customers in suspended_calls
        ]
        + [
            {"line": line, "column": reader.file.columns["last_contact"], "value": day, "why": "is in the future"}
            for line, day in ahead
        ]
        + [
            {"line": 1, "column": column, "value": cell, "why": "is read as a fraction, and could be thousands"}
            for column, cell in reader.either()
        ],
        "columns": reader.file.columns,
        "not_read": reader.file.not_read,
        "encoding": reader.file.decoding.encoding,
        "encoding_confidence": reader.file.decoding.confidence,
        "not_utf8_lines": reader.file.decoding.lines,
        "fields": list(reader.file.fields),
        "has_numbers": reader.file.has_numbers,
    }


class Spool:
    """A filled spool, read in the order of the file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self.found: dict[str, Any] = json.loads(self._connection.execute("SELECT what FROM about").fetchone()[0])
        self._common = {number for (number,) in self._connection.execute("SELECT number FROM common")}

    def bodies(self, after: int, most: int) -> list[tuple[int, str]]:
        """Return entries after a line: line and body, which `importing.entry_of` reads."""
        rows = self._connection.execute(
            "SELECT line, body FROM entries WHERE line > ? ORDER BY line LIMIT ?", (after, most)
        )
        if not self._common:
            return [(line, f"[{body},[]]") for line, body in rows]
        return [(line, self._with_common(body)) for line, body in rows]

    def _with_common(self, body: str) -> str:
        """Return a body with which of its numbers are other customers', too."""
        numbers = json.loads(body)[2]
        common = [one[0] for one in numbers or () if one[0] in self._common]
        return f"[{body},{json.dumps(common)}]"

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
