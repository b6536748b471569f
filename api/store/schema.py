"""Numbered migrations: what makes the tables, and what changed since; each is carried out once, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from api.store.connection import Connection
from api.store.errors import BadJournal
from api.store.tables import TABLES, Table

TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {"int": "INTEGER", "real": "REAL", "text": "TEXT", "blob": "BLOB"},
    "postgres": {"int": "BIGINT", "real": "DOUBLE PRECISION", "text": "TEXT", "blob": "BYTEA"},
}


def _create(name: str, table: Table, dialect: str) -> list[str]:
    types = TYPES[dialect]
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
    # SQLite lays rows in the order of a numbered key by itself; of a text key it would keep an index beside them.
    by_text = dialect == "sqlite" and any(table.columns[column] == "text" for column in table.key)
    return [f"CREATE TABLE {name} ({body}){' WITHOUT ROWID' if by_text else ''}", *indexes]


AS_THEN: Final[Mapping[str, Table]] = {
    "natural_keys": replace(TABLES["natural_keys"], indexes=()),
    "shard": Table(
        {
            "id": "int", "journal": "int", "epoch": "int", "holder": "text", "reached": "int?", "last_n": "int",
            "last_seq": "int",
        },
        ("id",),
    ),
    "call_details": Table(
        {
            "call_id": "text", "customer_key": "text?", "source": "text", "external_call_id": "text",
            "caller": "text?", "called": "text?", "callback_number": "text?", "attributes": "text?", "at": "int",
        },
        ("source", "external_call_id"),
        indexes=(("customer_key",), ("caller",)),
    ),
    "customers": Table(
        {
            "customer_key": "text", "customer_id": "text?", "number": "text?", "name": "text?", "tier": "text?",
            "zone": "text?", "attributes": "text?", "at": "int",
        },
        ("customer_key",),
        unique=(("customer_id",),),
        indexes=(("number",),),
    ),
    "outbox": Table(
        {
            "id": "text", "endpoint_id": "text", "seq": "int", "type": "text", "body": "text", "state": "text",
            "attempts": "int", "next_at": "int", "last_error": "text?", "at": "int",
        },
        ("id",),
        indexes=(("state", "next_at"), ("endpoint_id", "seq")),
    ),
    "api_keys": Table(
        {
            "id": "text", "hash": "text", "scopes": "text", "name": "text?", "agent_id": "text?", "created_at": "int",
            "expires_at": "int?", "revoked_at": "int?", "last_used_at": "int?",
        },
        ("id",),
    ),
    "audit": Table(
        {"id": "text", "at": "int", "principal": "text", "action": "text", "subject": "text?", "detail": "text?"},
        ("id",),
        indexes=(("at",),),
    ),
}  # fmt: skip
"""Tables that have changed since the migration that made them, as they were then."""


SINCE: Final = ("revenue_before", "revenue_before_at", "backup_key")
"""Columns that `customers` got later."""


def without(name: str, *columns: str) -> Table:
    """Return a table as it was before it had these columns."""
    newest = TABLES[name]
    return replace(newest, columns={c: kind for c, kind in newest.columns.items() if c not in columns})


def _made(dialect: str, *names: str) -> list[str]:
    """Return what makes new tables, as `tables.py` has them."""
    return [line for name in names for line in _create(name, TABLES[name], dialect)]


def _first(dialect: str) -> list[str]:
    names = (
        "shard", "commands", "events", "snapshots", "live_offers", "natural_keys", "call_details", "idempotency_keys",
        "customers", "hook_endpoints", "outbox", "api_keys", "audit", "settings",
    )  # fmt: skip
    made = [line for name in names for line in _create(name, AS_THEN.get(name, TABLES[name]), dialect)]
    return [*made, "INSERT INTO shard (id, journal, epoch, holder, last_n, last_seq) VALUES (1, 0, 0, '', 0, 0)"]


def _customers_get_numbers_and_figures(dialect: str) -> list[str]:
    in_attributes = "json_extract(attributes, '$.{}')" if dialect == "sqlite" else "attributes::json ->> '{}'"
    manager, complaint = in_attributes.format("account_manager"), in_attributes.format("open_complaint")
    return [
        "ALTER TABLE customers RENAME TO customers_before",
        *_create("customers", without("customers", *SINCE), dialect),
        *_made(dialect, "customer_numbers", "account_managers", "imports", "import_rows"),
        "INSERT INTO customers (key, customer_id, name, tier, zone, account_manager, notes, protected, at) "
        f"SELECT customer_key, customer_id, name, tier, zone, {manager}, {complaint}, 0, at FROM customers_before",
        "INSERT INTO customer_numbers (customer_key, lookup, extension, number, shared, place, at) "
        "SELECT customer_key, number, '', number, 0, 0, at FROM customers_before WHERE number IS NOT NULL",
        "DROP TABLE customers_before",
        "DROP INDEX call_details_by_caller",
        "ALTER TABLE call_details ADD COLUMN caller_lookup TEXT",
        "ALTER TABLE call_details ADD COLUMN callback_lookup TEXT",
        "UPDATE call_details SET caller_lookup = caller, callback_lookup = callback_number",
        "CREATE INDEX call_details_by_caller_lookup ON call_details (caller_lookup)",
        "CREATE INDEX call_details_by_callback_lookup ON call_details (callback_lookup)",
        "CREATE INDEX call_details_by_at ON call_details (at)",
    ]


def _treatment_is_governed(dialect: str) -> list[str]:
    return _made(dialect, "tier_changes", "tier_overrides", "blacklist_entries", "complaints", "surveys")


def _audit_says_about_whom(dialect: str) -> list[str]:
    return [
        "ALTER TABLE audit ADD COLUMN customer_key TEXT",
        "CREATE INDEX audit_by_customer_key ON audit (customer_key)",
    ]


def _each_end_point_has_its_own_outbox(dialect: str) -> list[str]:
    return [
        "DROP INDEX outbox_by_state_next_at",
        "CREATE INDEX outbox_by_endpoint_id_state_next_at ON outbox (endpoint_id, state, next_at)",
    ]


def _customers_remember_what_they_brought(dialect: str) -> list[str]:
    types = TYPES[dialect]
    return [
        f"ALTER TABLE customers ADD COLUMN revenue_before {types['real']}",
        f"ALTER TABLE customers ADD COLUMN revenue_before_at {types['int']}",
    ]


def _names_of_calls_come_again(dialect: str) -> list[str]:
    then = without("call_details", "channel")
    columns = ", ".join(then.columns)
    return [
        *(f"DROP INDEX call_details_by_{'_'.join(index)}" for index in TABLES["call_details"].indexes),
        "ALTER TABLE call_details RENAME TO call_details_before",
        *_create("call_details", then, dialect),
        f"INSERT INTO call_details ({columns}) SELECT {columns} FROM call_details_before",
        "DROP TABLE call_details_before",
    ]


def _keys_are_bound(dialect: str) -> list[str]:
    text = TYPES[dialect]["text"]
    return [f"ALTER TABLE api_keys ADD COLUMN {name} {text}" for name in ("sources", "groups")]


def _contacts_are_told_and_days_are_booked(dialect: str) -> list[str]:
    return _made(
        dialect, "task_details", "notes", "contacts", "intervals", "interval_plans", "agent_days", "projections",
        "campaigns",
    )  # fmt: skip


def _surveys_are_found_by_subject(dialect: str) -> list[str]:
    subjects = ("call_id", "task_id", "complaint_id")
    return [f"CREATE INDEX IF NOT EXISTS surveys_by_{name} ON surveys ({name})" for name in subjects]


def _channels_are_told_and_people_are_planned(dialect: str) -> list[str]:
    channel = f"ALTER TABLE call_details ADD COLUMN channel {TYPES[dialect]['text']}"
    return [channel, *_made(dialect, "agent_plans")]


def _snapshots_have_projections(dialect: str) -> list[str]:
    return [
        *_made(dialect, "snapshot_projections"),
        "CREATE INDEX natural_keys_by_at ON natural_keys (at)",
    ]


def _the_journal_is_pruned(dialect: str) -> list[str]:
    return [f"ALTER TABLE shard ADD COLUMN {name} {TYPES[dialect]['int']}" for name in ("pruned", "pruned_sum")]


def _centres_have_versions(dialect: str) -> list[str]:
    return _made(dialect, "centre_versions")


def _people_sign_in(dialect: str) -> list[str]:
    return _made(dialect, "sessions", "passwords")


def _plans_are_kept(dialect: str) -> list[str]:
    return _made(dialect, "plans", "calendar_links")


def _people_have_keys_for_backups(dialect: str) -> list[str]:
    a_half = "md5(gen_random_uuid()::text)"
    drawn = "lower(hex(randomblob(32)))" if dialect == "sqlite" else f"{a_half} || {a_half}"
    return [
        f"ALTER TABLE customers ADD COLUMN backup_key {TYPES[dialect]['text']}",
        f"UPDATE customers SET backup_key = {drawn}",
        *(f"INSERT INTO settings (name, value) VALUES ('{name}', {drawn})" for name in (LINEAGE, NOBODY)),
    ]


LINEAGE: Final = "backup:lineage"
"""Setting: which database this is; its copies, put back, go on being it."""
NOBODY: Final = "backup:nobody"
"""Setting: the key by which backups encrypt what is about no customer who is known."""
ERASE_AGAIN: Final = "backup:erased"
"""Setting: customers whom a restored copy knew and who have been erased since; the service calls off what is theirs."""

MIGRATIONS: Final[tuple[Callable[[str], list[str]], ...]] = (
    _first,
    _customers_get_numbers_and_figures,
    _treatment_is_governed,
    _audit_says_about_whom,
    _each_end_point_has_its_own_outbox,
    _customers_remember_what_they_brought,
    _names_of_calls_come_again,
    _keys_are_bound,
    _contacts_are_told_and_days_are_booked,
    _surveys_are_found_by_subject,
    _channels_are_told_and_people_are_planned,
    _snapshots_have_projections,
    _the_journal_is_pruned,
    _centres_have_versions,
    _people_sign_in,
    _plans_are_kept,
    _people_have_keys_for_backups,
)
"""Number n makes version n + 1 of the tables out of version n, in the words of the dialect. Never edited once
released: add another. `tables.py` is the newest version; who changes a table there keeps what it was in `AS_THEN`.
"""

_VERSION_TABLE: Final = "CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)"


def migrate(connection: Connection, dialect: str, until: int | None = None) -> int:
    """Bring the tables up to date, or to version `until`, and return how many migrations that took."""
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise BadJournal(
            "{connection}: its tables are of version {version}, this program knows {n}: it was used "
            "by a newer callcenter; start that one",
            connection=connection.name,
            version=version,
            n=len(MIGRATIONS),
        )
    wanted = len(MIGRATIONS) if until is None else until
    for number in range(version, wanted):
        with connection.transaction():
            connection.execute(_VERSION_TABLE)
            for statement in MIGRATIONS[number](dialect):
                connection.execute(statement)
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version (id, version) VALUES (1, ?)", (number + 1,))
    return max(wanted - version, 0)


def schema_version(connection: Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    if not connection.has_table("schema_version"):
        return 0
    found = connection.execute("SELECT version FROM schema_version")
    return int(str(found[0][0])) if found else 0
