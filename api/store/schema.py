"""Numbered migrations: what makes the tables, and what changed since; each is carried out once, in one transaction."""

from collections.abc import Callable, Mapping
from typing import Final

from api.store.connection import Connection
from api.store.faults import BadJournal
from api.store.tables import TABLES, Table

TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {"int": "INTEGER", "text": "TEXT", "blob": "BLOB"},
    "postgres": {"int": "BIGINT", "text": "TEXT", "blob": "BYTEA"},
}


def _create(name: str, table: Table, types: Mapping[str, str]) -> list[str]:
    columns = [
        f"{column} {types[kind.rstrip('?')]}{'' if kind.endswith('?') else ' NOT NULL'}"
        for column, kind in table.columns.items()
    ]
    uniques = [f"UNIQUE ({', '.join(unique)})" for unique in table.unique]
    body = ", ".join([*columns, f"PRIMARY KEY ({', '.join(table.key)})", *uniques])
    indexes = [
        f"CREATE INDEX {name}_by_{'_'.join(index)} ON {name} ({', '.join(index)})"  # names are our own
        for index in table.indexes
    ]
    return [f"CREATE TABLE {name} ({body})", *indexes]


def _first(types: Mapping[str, str]) -> list[str]:
    made = [line for name, table in TABLES.items() for line in _create(name, table, types)]
    return [*made, "INSERT INTO shard (id, journal, epoch, holder, last_n, last_seq) VALUES (1, 0, 0, '', 0, 0)"]


MIGRATIONS: Final[tuple[Callable[[Mapping[str, str]], list[str]], ...]] = (_first,)
"""Number n makes version n + 1 of the tables out of version n. Never edited once released: add another.

`tables.py` is the newest version; from the second migration on, the first one gets the tables as they were then.
"""

_VERSION_TABLE: Final = "CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)"


def migrate(connection: Connection, dialect: str) -> int:
    """Bring the tables up to date and return how many migrations that took."""
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise BadJournal(
            f"{connection.name}: its tables are of version {version}, this program knows {len(MIGRATIONS)}: "
            "it was used by a newer callcenter; start that one"
        )
    for number in range(version, len(MIGRATIONS)):
        with connection.transaction():
            connection.execute(_VERSION_TABLE)
            for statement in MIGRATIONS[number](TYPES[dialect]):
                connection.execute(statement)
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version (id, version) VALUES (1, ?)", (number + 1,))
    return len(MIGRATIONS) - version


def schema_version(connection: Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    if not connection.has_table("schema_version"):
        return 0
    found = connection.execute("SELECT version FROM schema_version")
    return int(str(found[0][0])) if found else 0
