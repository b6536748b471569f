"""The tables, once for both databases: names, columns, keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INT, REAL, TEXT, BLOB = "int", "real", "text", "blob"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns (`name: type`, a `?` after the type: may be null), primary key, unique columns, indexes."""

    columns: Mapping[str, str]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    sealed: Mapping[str, str | None] = field(default_factory=dict)
    """Columns that are encrypted where a key is given (`vault.py`) → the column by which they are searched, if any.

    That one is the store's own: it holds the text itself, or its keyed hash.
    """

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns that only one row may have."""
        return (self.key, *self.unique)


TABLES: Final[Mapping[str, Table]] = {
    # One row: who owns the journal (`epoch` fences an owner who was replaced), how far it goes, and up to where it is
    # gone again.
    "shard": Table(
        {
            "id": INT, "journal": INT, "epoch": INT, "holder": TEXT, "reached": f"{INT}?", "last_n": INT,
            "last_seq": INT, "pruned": f"{INT}?", "pruned_sum": f"{INT}?",
        },
        ("id",),
    ),
    # Every command, refused ones too; `seq` is the last event after it, `sum` a checksum chained from row to row.
    "commands": Table({"n": INT, "at": INT, "body": TEXT, "refused": f"{TEXT}?", "seq": INT, "sum": INT}, ("n",)),
    "events": Table({"seq": INT, "at": INT, "type": TEXT, "body": TEXT}, ("seq",)),
    # The engine after command `n`; `centre_n` is the command that adopted the centre in force.
    "snapshots": Table({"n": INT, "at": INT, "seq": INT, "centre_n": INT, "sum": INT, "body": BLOB}, ("n",)),
    # What is folded of the events, up to event `seq`, kept beside the snapshot of command `n`; `form`: of the code that
    # can read it.
    "snapshot_projections": Table({"n": INT, "seq": INT, "form": INT, "sum": INT, "body": BLOB}, ("n",)),
    # The one live offer of an agent.
    "live_offers": Table(
        {"offer_id": TEXT, "agent_id": TEXT, "subject": TEXT, "at": INT}, ("offer_id",), (("agent_id",),)
    ),
    # A call's names in the telephony systems; a relinked call has several rows (aliases).
    "natural_keys": Table(
        {"source": TEXT, "external_call_id": TEXT, "call_id": TEXT, "at": INT},
        ("source", "external_call_id"),
        indexes=(("at",),),
    ),
    # What is personal about a call: who rang, what the telephony system told of it (JSON). By the name it was posted
    # under before its id: names come in some order, so that new rows lie together; ids are scattered by a hash. Names
    # come again, so that several calls may have had one.
    "call_details": Table(
        {
            "call_id": TEXT, "customer_key": f"{TEXT}?", "source": TEXT, "external_call_id": TEXT,
            "caller": f"{TEXT}?", "called": f"{TEXT}?", "callback_number": f"{TEXT}?", "attributes": f"{TEXT}?",
            "at": INT, "caller_lookup": f"{TEXT}?", "callback_lookup": f"{TEXT}?", "channel": f"{TEXT}?",
        },
        ("source", "external_call_id", "call_id"),
        indexes=(("customer_key",), ("at",), ("caller_lookup",), ("callback_lookup",)),
        sealed={"caller": "caller_lookup", "callback_number": "callback_lookup"},
    ),
    "idempotency_keys": Table(
        {
            "principal": TEXT, "key": TEXT, "request_hash": TEXT, "status": INT, "headers": f"{TEXT}?",
            "body": TEXT, "at": INT,
        },
        ("principal", "key"),
    ),
    # --- the directory of customers
    # The engine knows a random key; who stands behind it can be erased here, row by row. Without customer_id: a
    # stranger, known by the number of a call. `account_manager`: agents divided by commas, the first is asked first;
    # `why`: the grade in one sentence; `consent`: 1 yes, 0 no, null never asked; `protected`: never in the last band;
    # `backup_key`: what is known of them is encrypted by it in backups, which have everything but this (`people.py`).
    "customers": Table(
        {
            "key": TEXT, "customer_id": f"{TEXT}?", "name": f"{TEXT}?", "tier": f"{TEXT}?", "grade": f"{TEXT}?",
            "why": f"{TEXT}?", "revenue_12m": f"{REAL}?", "last_contact": f"{TEXT}?", "contacts_12m": f"{INT}?",
            "tenure_months": f"{REAL}?", "credit_score": f"{REAL}?", "account_manager": f"{TEXT}?",
            "language": f"{TEXT}?", "zone": f"{TEXT}?", "consent": f"{INT}?", "protected": INT, "notes": f"{TEXT}?",
            "at": INT, "revenue_before": f"{REAL}?", "revenue_before_at": f"{INT}?", "backup_key": f"{TEXT}?",
        },
        ("key",),
        unique=(("customer_id",),),
        sealed={"backup_key": None},
    ),
    # A customer's numbers, E.164 (or an address); several customers may have one number. `lookup` is what a number is
    # found by: the number itself, or its keyed hash where numbers are encrypted.
    "customer_numbers": Table(
        {
            "customer_key": TEXT, "lookup": TEXT, "extension": TEXT, "number": TEXT, "shared": INT, "place": INT,
            "at": INT,
        },
        ("customer_key", "lookup", "extension"),
        indexes=(("lookup",),),
        sealed={"number": "lookup"},
    ),
    # Agents in their part of account manager: who stands in for them, and when they are away.
    "account_managers": Table(
        {
            "agent_id": TEXT, "deputy": f"{TEXT}?", "away_from": f"{INT}?", "away_until": f"{INT}?",
            "reason": f"{TEXT}?", "at": INT,
        },
        ("agent_id",),
    ),
    # A file of customers on its way into the directory: its rows wait in `import_rows` until all of them are there.
    "imports": Table(
        {
            "id": TEXT, "file": TEXT, "fields": TEXT, "state": TEXT, "rows": INT, "done": INT, "principal": TEXT,
            "at": INT,
        },
        ("id",),
    ),
    "import_rows": Table({"import_id": TEXT, "n": INT, "body": TEXT}, ("import_id", "n"), sealed={"body": None}),
    # --- how customers are treated: why a tier, who is on the blacklist, who complained, who was asked
    # Each change of the tier in force: when, from what to what, on what it rests, in one sentence, by whom.
    "tier_changes": Table(
        {
            "id": TEXT, "customer_key": TEXT, "at": INT, "before": TEXT, "after": TEXT, "source": TEXT, "why": TEXT,
            "by": TEXT,
        },
        ("id",),
        indexes=(("customer_key",), ("at",)),
    ),
    "tier_overrides": Table(
        {
            "id": TEXT, "customer_key": TEXT, "tier": TEXT, "reason": TEXT, "author": TEXT, "begins": INT, "ends": INT,
            "ended_at": f"{INT}?", "ended_by": f"{TEXT}?", "ended_why": f"{TEXT}?", "at": INT,
        },
        ("id",),
        indexes=(("customer_key",), ("ended_at",)),
    ),
    # `calls` and `answered` count the customer's calls while the entry was in force.
    "blacklist_entries": Table(
        {
            "id": TEXT, "customer_key": TEXT, "state": TEXT, "reason": TEXT, "author": TEXT, "proposed_at": INT,
            "review_at": INT, "expires_at": f"{INT}?", "number_only": INT, "approved_by": f"{TEXT}?",
            "in_force_at": f"{INT}?", "reviewed_by": f"{TEXT}?", "appeal": f"{TEXT}?", "ended_at": f"{INT}?",
            "ended_by": f"{TEXT}?", "ended_why": f"{TEXT}?", "calls": INT, "answered": INT,
        },
        ("id",),
        indexes=(("customer_key",), ("state",)),
    ),
    # The customer and what they said go when the person is erased; `follow_up` is the outbound task that asks them.
    "complaints": Table(
        {
            "id": TEXT, "customer_key": f"{TEXT}?", "call_id": f"{TEXT}?", "queue": TEXT, "tier": TEXT, "grade": TEXT,
            "about": TEXT, "state": TEXT, "opened_at": INT, "respond_by": INT, "resolve_by": INT, "level": INT,
            "reopened": INT, "responded_at": f"{INT}?", "resolved_at": f"{INT}?", "closed_at": f"{INT}?",
            "opened_by": TEXT, "resolution": f"{TEXT}?", "follow_up": f"{TEXT}?", "at": INT,
        },
        ("id",),
        indexes=(("customer_key",), ("state",), ("at",)),
    ),
    # What a customer said who was asked: csat 1 to 5, nps 0 to 10, solved 1 or 0.
    "surveys": Table(
        {
            "id": TEXT, "at": INT, "customer_key": f"{TEXT}?", "tier": TEXT, "queue": f"{TEXT}?",
            "call_id": f"{TEXT}?", "task_id": f"{TEXT}?", "complaint_id": f"{TEXT}?", "csat": f"{INT}?",
            "nps": f"{INT}?", "solved": f"{INT}?", "comment": f"{TEXT}?", "by": TEXT,
        },
        ("id",),
        indexes=(("at",), ("customer_key",), ("call_id",), ("task_id",), ("complaint_id",)),
    ),
    # --- contacts as they were, and what is said of customers who are called
    # What a client or an agent said of an outbound task that no call's details tell: whom to call and why.
    "task_details": Table(
        {
            "task_id": TEXT, "customer_key": f"{TEXT}?", "number": f"{TEXT}?", "attributes": f"{TEXT}?",
            "note": f"{TEXT}?", "campaign": f"{TEXT}?", "at": INT, "number_lookup": f"{TEXT}?",
        },
        ("task_id",),
        indexes=(("customer_key",), ("campaign",), ("at",), ("number_lookup",)),
        sealed={"number": "number_lookup", "attributes": None, "note": None},
    ),
    # What agents wrote; `subject` is the call or task, `contact` what it is a part of.
    "notes": Table(
        {
            "id": TEXT, "at": INT, "contact": TEXT, "subject": TEXT, "customer_key": f"{TEXT}?", "author": TEXT,
            "text": f"{TEXT}?",
        },
        ("id",),
        indexes=(("contact",), ("customer_key",), ("at",)),
        sealed={"text": None},
    ),
    # One stay of a known customer in a queue, or one talk in which the centre called, when it is over.
    "contacts": Table(
        {
            "customer_key": TEXT, "at": INT, "id": TEXT, "contact": TEXT, "kind": TEXT, "queue": TEXT, "tier": TEXT,
            "outcome": TEXT, "wait_ms": f"{INT}?", "agent_id": f"{TEXT}?", "talk_ms": f"{INT}?", "result": f"{TEXT}?",
        },
        ("customer_key", "at", "id"),
        indexes=(("at",),),
    ),
    # The day's book: what came to pass in a half hour, by queue, tier and group; nobody is in it. `body`: counts and
    # sums (JSON). `version` counts how often it was written; `closed_at`: since when it is told as closed.
    "intervals": Table(
        {
            "begin": INT, "queue": TEXT, "tier": TEXT, "crew": TEXT, "version": INT, "closed_at": f"{INT}?",
            "body": TEXT,
        },
        ("begin", "queue", "tier", "crew"),
    ),
    # What was planned for a half hour: people of a group, calls of a queue.
    "interval_plans": Table(
        {"begin": INT, "queue": TEXT, "crew": TEXT, "agents": f"{REAL}?", "calls": f"{REAL}?", "aht_s": f"{REAL}?"},
        ("begin", "queue", "crew"),
    ),
    # An agent's day: counts and sums (JSON).
    "agent_days": Table(
        {"agent_id": TEXT, "day": INT, "body": TEXT}, ("agent_id", "day"), indexes=(("day",),)
    ),
    # When an agent is to be there, half hour by half hour.
    "agent_plans": Table({"agent_id": TEXT, "begin": INT, "planned_ms": INT}, ("agent_id", "begin")),
    # How far a fold of the events is in its tables, and what it needs to go on from there.
    "projections": Table({"name": TEXT, "seq": INT, "at": INT, "body": TEXT}, ("name",)),
    "campaigns": Table(
        {
            "id": TEXT, "name": TEXT, "queue": TEXT, "kind": TEXT, "state": TEXT, "begins": INT, "ends": INT,
            "listed": INT, "taken": INT, "refused": TEXT, "principal": TEXT, "at": INT,
        },
        ("id",),
        indexes=(("at",),),
    ),
    # --- web hooks, access, settings
    "hook_endpoints": Table(
        {
            "id": TEXT, "url": TEXT, "secret": TEXT, "second_secret": f"{TEXT}?", "types": f"{TEXT}?",
            "created_at": INT, "disabled_at": f"{INT}?", "disabled_because": f"{TEXT}?",
        },
        ("id",),
    ),
    # What is still to be told to an end point, and dead letters.
    "outbox": Table(
        {
            "id": TEXT, "endpoint_id": TEXT, "seq": INT, "type": TEXT, "body": TEXT, "state": TEXT,
            "attempts": INT, "next_at": INT, "last_error": f"{TEXT}?", "at": INT,
        },
        ("id",),
        indexes=(("endpoint_id", "state", "next_at"), ("endpoint_id", "seq")),
    ),
    "api_keys": Table(
        {
            "id": TEXT, "hash": TEXT, "scopes": TEXT, "name": f"{TEXT}?", "agent_id": f"{TEXT}?",
            "created_at": INT, "expires_at": f"{INT}?", "revoked_at": f"{INT}?", "last_used_at": f"{INT}?",
            "sources": f"{TEXT}?", "groups": f"{TEXT}?",
        },
        ("id",),
    ),
    # Browsers that stand for a key; `id` is the hash of what the cookie says.
    "sessions": Table({"id": TEXT, "key_id": TEXT, "begun_at": INT, "seen_at": INT}, ("id",)),
    # How a person signs in for a key: a name, and the hash of a password (argon2).
    "passwords": Table({"name": TEXT, "key_id": TEXT, "hash": TEXT, "at": INT}, ("name",), unique=(("key_id",),)),
    # What supervisors keep by a name: what-ifs and rosters; `asked` and `body` are JSON.
    "plans": Table(
        {
            "id": TEXT, "kind": TEXT, "name": TEXT, "at": INT, "principal": TEXT, "asked": TEXT, "body": TEXT,
        },
        ("id",),
        indexes=(("kind", "at"),),
    ),
    # Whose shifts an address with a secret leads to; `id` is the secret's hash.
    "calendar_links": Table({"id": TEXT, "person": TEXT, "at": INT, "principal": TEXT}, ("id",)),
    # `customer_key`: whom `detail` may speak of.
    "audit": Table(
        {
            "id": TEXT, "at": INT, "principal": TEXT, "action": TEXT, "subject": f"{TEXT}?", "detail": f"{TEXT}?",
            "customer_key": f"{TEXT}?",
        },
        ("id",),
        indexes=(("at",), ("customer_key",)),
    ),
    # Centres that were put in force, as commands of the journal; the newest is in force.
    "centre_versions": Table({"version": INT, "at": INT, "author": TEXT, "name": TEXT, "body": TEXT}, ("version",)),
    # The service's own secrets and settings (what signs offer tokens, …).
    "settings": Table({"name": TEXT, "value": TEXT}, ("name",)),
}  # fmt: skip

OPEN_TO_CALLERS: Final = frozenset(TABLES) - {
    "shard", "commands", "events", "snapshots", "snapshot_projections", "live_offers",
}  # fmt: skip
"""What `Row`, `Update` and `Delete` may name; the others are the journal's own."""

OWNED: Final[Mapping[str, str]] = {
    name: "key" if name == "customers" else "customer_key"
    for name, table in TABLES.items()
    if name == "customers" or "customer_key" in table.columns
}
"""Tables about persons → the column that says about whom a row is."""
