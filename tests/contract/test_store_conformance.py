"""One suite for both databases: what is written is there, all of it or nothing, and only one service writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.recovery.restore import recover
from api.store import postgres, sqlite
from api.store.changes import Delete, Row, Update
from api.store.codec import write_line
from api.store.connection import Connection
from api.store.errors import BadJournal, Conflict, Replaced, StoreFailed
from api.store.open import Database
from api.store.retention import thin_snapshots
from api.store.rows import Batch, CommandRow, SnapshotRow, packed
from api.store.schema import MIGRATIONS, migrate, schema_version
from api.store.store import Store
from api.store.tables import TABLES
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import AdmitCall, AdoptCentre, LogIn
from callcenter.errors import BadInput
from callcenter.events import AgentLoggedIn, CallConnected, CallOffered, OfferEnded
from callcenter.ids import AgentId, CallId, OfferId
from callcenter.units import DAY, Millis

CENTRE = Centre("demo", (Queue("sales"),), (Group("desk"),))
NOW = Millis(1_700_000_000_000)


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    found = Database(address)
    yield found
    found.release()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = database.writer()
    opened.claim("me")
    yield opened
    opened.connection.close()


@contextmanager
def opened_again(store: Store, database: Database) -> Iterator[Store]:
    store.connection.close()
    again = database.writer()
    try:
        yield again
    finally:
        again.connection.close()


def natural_key(name: str) -> Row:
    return Row("natural_keys", {"source": "pbx", "external_call_id": name, "call_id": f"call-{name}", "at": NOW})


def command(n: int, body: str = '{"is":"EndCall","call_id":"c1"}', seq: int = 0) -> CommandRow:
    return CommandRow(n, NOW, body, None, seq)


def test_the_tables_are_made_once_and_have_their_version(store: Store, database: Database):
    dialect = "postgres" if database.is_postgres else "sqlite"

    assert schema_version(store.connection) == len(MIGRATIONS)
    assert migrate(store.connection, dialect) == 0
    assert [name for name in TABLES if not store.connection.has_table(name)] == []


def test_a_database_of_the_first_version_keeps_its_customers(address: str):
    """The tables are made as the first version made them, filled, and opened by this one."""
    database = Database(address)
    dialect = "postgres" if database.is_postgres else "sqlite"
    with as_version(database, dialect, 1) as connection:
        columns = ("customer_key", "customer_id", "number", "name", "tier", "zone", "attributes", "at")
        connection.execute(
            f"INSERT INTO customers ({', '.join(columns)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ("p1", "C-1", "+442079460958", "Ada", "vip", None, '{"account_manager": "ana", "open_complaint": "K"}', 7),
        )
        connection.execute("INSERT INTO customers (customer_key, number, at) VALUES (?, ?, ?)", ("p2", "+861", 8))
        connection.execute("INSERT INTO customers (customer_key, customer_id, at) VALUES (?, ?, ?)", ("p3", "C-3", 9))

    store = database.writer()
    customers = store.find("customers", None, "key", 10)
    numbers = store.find("customer_numbers", None, "customer_key", 10)
    store.connection.close()
    database.release()

    keys = [str(row.pop("backup_key")) for row in customers]
    first = {name: value for name, value in customers[0].items() if value is not None}
    assert [len(key) for key in keys] == [64] * len(set(keys)), "each has a key of its own"
    assert first == {
        "key": "p1", "customer_id": "C-1", "name": "Ada", "tier": "vip", "account_manager": "ana", "notes": "K",
        "protected": 0, "at": 7,
    }  # fmt: skip
    assert [(row["key"], row["customer_id"]) for row in customers] == [("p1", "C-1"), ("p2", None), ("p3", "C-3")]
    assert [(row["customer_key"], row["lookup"], row["number"]) for row in numbers] == [
        ("p1", "+442079460958", "+442079460958"),
        ("p2", "+861", "+861"),
    ]


def test_a_database_in_which_a_name_was_one_calls_for_ever_keeps_its_calls_and_lets_names_come_again(address: str):
    database = Database(address)
    dialect = "postgres" if database.is_postgres else "sqlite"
    with as_version(database, dialect, 6) as connection:
        connection.execute(
            "INSERT INTO call_details (call_id, customer_key, source, external_call_id, caller, caller_lookup, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ("c1", "k", "pbx", "s7", "+442079460958", "+442079460958", 7),
        )
    store = database.writer()
    again = {name: None for name in TABLES["call_details"].columns if not name.endswith("_lookup")}
    store.change(
        lambda s: s.carry_out(
            [Row("call_details", again | {"call_id": "c2", "source": "pbx", "external_call_id": "s7", "at": 8})]
        )
    )
    found = [(row["call_id"], row["caller"]) for row in store.find("call_details", {"source": "pbx"}, "at", 10)]
    store.connection.close()
    database.release()

    assert found == [("c1", "+442079460958"), ("c2", None)]


@contextmanager
def as_version(database: Database, dialect: str, version: int) -> Iterator[Connection]:
    """Give a database whose tables are of an older version."""
    connection: Connection
    if database.is_postgres:
        connection = postgres.open_writer(database.address, "older")
    else:
        connection = sqlite.open_writer(database.path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.store.schema.MIGRATIONS", MIGRATIONS[:version])
        migrate(connection, dialect)
    yield connection
    connection.close()


def test_what_is_written_is_read(store: Store):
    login = AgentLoggedIn(NOW, 1, AgentId("ana"), "größe 🙂")

    store.write(Batch(NOW, [command(1, seq=1)], [login], [natural_key("x")]))

    head = store.head()
    assert (head.last_n, head.last_seq, head.reached) == (1, 1, NOW)
    assert [(row.n, row.body) for row in store.commands(0)] == [(1, '{"is":"EndCall","call_id":"c1"}')]
    assert store.events_after(0, 10) == [login]
    assert store.find("natural_keys", {"source": "pbx"}, None, 10) == [
        {"source": "pbx", "external_call_id": "x", "call_id": "call-x", "at": NOW}
    ]


def test_many_rows_go_in_at_once(store: Store):
    commands = [command(n) for n in range(1, 2_778)]

    store.write(Batch(NOW, commands, [], [natural_key(str(n)) for n in range(2_777)]))

    assert [row.n for row in store.commands(0)] == list(range(1, 2_778))
    assert len(store.find("natural_keys", None, "-external_call_id", 5_000)) == 2_777


def test_a_key_that_is_taken_undoes_the_whole_batch(store: Store):
    store.write(Batch(NOW, [command(1)], [], [natural_key("x")]))

    with pytest.raises(Conflict):
        store.write(Batch(NOW, [command(2)], [], [natural_key("y"), natural_key("x")]))

    assert store.head().last_n == 1
    assert [row["external_call_id"] for row in store.find("natural_keys", None, None, 10)] == ["x"]
    store.write(Batch(NOW, [command(2)], [], [natural_key("y")]))
    assert [row.n for row in store.commands(0)] == [1, 2]


def test_rows_change_and_go(store: Store):
    store.write(Batch(NOW, changes=[natural_key("x"), natural_key("y"), natural_key("z")]))
    store.write(
        Batch(
            NOW,
            changes=[
                Update("natural_keys", {"call_id": "other"}, {"source": "pbx", "external_call_id": "x"}),
                Delete("natural_keys", {"external_call_id": "y"}),
                natural_key("y"),
                Delete("natural_keys", {"external_call_id": "z"}),
            ],
        )
    )

    assert [(row["external_call_id"], row["call_id"]) for row in store.find("natural_keys", None, "at", 10)] == [
        ("x", "other"),
        ("y", "call-y"),
    ]


def test_what_may_be_null_is_found_by_it(store: Store):
    store.write(Batch(NOW, changes=[Row("customers", {"key": "k1", "name": None, "protected": 0, "at": NOW})]))

    assert len(store.find("customers", {"name": None}, None, 10)) == 1


def offered(seq: int, offer: str, agent: str) -> CallOffered:
    return CallOffered(NOW, seq, CallId("c1"), "sales", "vip", AgentId(agent), "desk", OfferId(offer), None)


def test_an_agent_has_one_live_offer(store: Store):
    ended = OfferEnded(NOW, 2, OfferId("c1/o1"), "c1", AgentId("ana"), "desk", "no_answer", NOW)  # type: ignore[arg-type]
    store.write(Batch(NOW, events=[offered(1, "c1/o1", "ana")]))
    assert [row["agent_id"] for row in store.find("live_offers", None, None, 10)] == ["ana"]

    with pytest.raises(Conflict):
        store.write(Batch(NOW, events=[offered(2, "c1/o2", "ana")]))

    store.write(Batch(NOW, events=[ended, offered(3, "c1/o2", "ana")]))
    assert [row["offer_id"] for row in store.find("live_offers", None, None, 10)] == ["c1/o2"]


def test_an_offer_that_came_and_went_in_one_batch_leaves_nothing(store: Store):
    connected = CallConnected(
        NOW, 2, CallId("c1"), "c1", "sales", "vip", AgentId("ana"), "desk", OfferId("c1/o1"), NOW, NOW  # type: ignore[arg-type]
    )  # fmt: skip

    store.write(Batch(NOW, events=[offered(1, "c1/o1", "ana"), connected]))

    assert store.find("live_offers", None, None, 10) == []


def test_an_owner_who_was_replaced_writes_nothing(store: Store):
    stale = Store(store.connection)
    stale.claim("first")
    store.claim("second")

    with pytest.raises(StoreFailed):
        stale.write(Batch(NOW, [command(1)]))

    store.write(Batch(NOW, [command(1)]))
    assert [row.n for row in store.commands(0)] == [1]


@pytest.mark.usefixtures("store")
def test_a_second_service_is_told_who_has_the_database(address: str):
    with pytest.raises(BadJournal, match=r"another service has it open \(.*process \d+"):
        Database(address, "second").writer()


@pytest.mark.parametrize("change", ["UPDATE shard SET journal = 99", "UPDATE schema_version SET version = 99"])
def test_a_newer_journal_is_refused(store: Store, database: Database, change: str):
    store.connection.execute(change)

    with pytest.raises(BadJournal, match="newer callcenter; start that one"), opened_again(store, database) as again:
        again.claim("me")


def test_a_write_cut_short_is_recognised_and_left_out(store: Store, database: Database):
    line = write_line(AdoptCentre(CENTRE))
    store.write(Batch(NOW, [command(1, line)]))
    store.connection.insert("commands", tuple(TABLES["commands"].columns), [(2, NOW, '{"is":"Lo', None, 9, 12)])
    store.connection.insert("events", tuple(TABLES["events"].columns), [(1, NOW, "AgentLoggedIn", "{")])

    with opened_again(store, database) as again:
        found = recover(again, "me")

    assert found is not None
    assert (found.head.last_n, found.head.last_seq) == (1, 0)


@pytest.mark.parametrize(
    "damage",
    [
        """UPDATE commands SET body = replace(body, 'ana', 'bob') WHERE n = 2""",
        "DELETE FROM commands WHERE n = 2",
        "UPDATE commands SET at = at + 1 WHERE n = 2",
        "UPDATE commands SET refused = 'unknown_call' WHERE n = 2",
    ],
)
def test_a_damaged_command_is_recognised(store: Store, database: Database, damage: str):
    login, again = LogIn(AgentId("ana"), "desk"), LogIn(AgentId("eva"), "desk")
    store.write(
        Batch(
            NOW,
            [
                command(1, write_line(AdoptCentre(CENTRE))),
                command(2, write_line(login), 1),
                command(3, write_line(again), 2),
            ],
            [AgentLoggedIn(NOW, 1, AgentId("ana"), "desk"), AgentLoggedIn(NOW, 2, AgentId("eva"), "desk")],
        )
    )  # fmt: skip
    store.connection.execute(damage)

    with pytest.raises(BadJournal, match="command 2 is missing or damaged"), opened_again(store, database) as again:
        recover(again, "me")


def test_who_cannot_read_the_journal_does_not_own_it(store: Store, database: Database):
    newer = '{"is":"CommandOfANewerVersion","call_id":"c1"}'
    store.write(Batch(NOW, [command(1, write_line(AdoptCentre(CENTRE))), command(2, newer)]))
    reader = database.reader()
    before = reader.head().epoch

    with pytest.raises(BadInput, match="is not a command this version knows"):
        recover(store, "older")

    assert reader.head().epoch == before == store.epoch
    assert reader.connection.execute("SELECT holder FROM shard") == [("me",)]
    store.write(Batch(NOW, [command(3)]))
    reader.connection.close()


def test_who_was_replaced_hears_of_that_first(store: Store):
    store.write(Batch(NOW, [command(1, "{")]))

    with pytest.raises(Replaced):
        recover(store, "me", before=store.epoch + 1)


def test_a_program_that_decides_otherwise_says_so(store: Store, database: Database):
    admit = AdmitCall(CallId("c1"), "sales")
    store.write(Batch(NOW, [command(1, write_line(AdoptCentre(CENTRE))), command(2, write_line(admit), 0)]))

    with pytest.raises(BadJournal, match="this program decides otherwise"), opened_again(store, database) as again:
        recover(again, "me")


def test_a_damaged_snapshot_is_left_out(store: Store):
    for n in (1, 2):
        store.write(Batch(NOW, [command(n)], snapshot=SnapshotRow(n, NOW, 0, 1, packed({"version": n}))))
    store.connection.execute("UPDATE snapshots SET sum = 7 WHERE n = 2")

    assert [(row.n, row.plain) for row in store.snapshots()] == [(1, {"version": 1})]


def test_old_events_and_keys_go_with_a_snapshot(store: Store):
    old, later = Millis(NOW - 8 * DAY), NOW
    key = {"principal": "p", "request_hash": "h", "status": 201, "body": "{}"}
    events = [AgentLoggedIn(at, seq, AgentId(str(seq)), "desk") for seq, at in ((1, old), (2, later))]
    rows = [Row("idempotency_keys", {**key, "key": str(at), "at": at}) for at in (old, later)]
    store.write(Batch(NOW, events=events, changes=rows))

    for n in range(1, 6):
        store.write(Batch(NOW, [command(n)], snapshot=SnapshotRow(n, NOW, 2, 1, packed({}))))

    assert [event.seq for event in store.events_after(0, 10)] == [2]
    assert [row["at"] for row in store.find("idempotency_keys", None, None, 10)] == [later]
    assert [row.n for row in store.snapshots()] == [5, 4, 3, 1], "the first of the day stays"
    with store.connection.transaction():
        thin_snapshots(store.connection, NOW + 1)
    assert [row.n for row in store.snapshots()] == [5, 4, 3]


def test_a_reader_cannot_write(store: Store, database: Database):
    store.write(Batch(NOW, [command(1)]))
    reader = database.reader()

    with pytest.raises(StoreFailed):
        reader.connection.execute("DELETE FROM commands")

    assert reader.head().last_n == 1
    reader.connection.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    (tmp_path / "x.db").write_text("name,phone\n" * 500)

    with pytest.raises(StoreFailed, match=r"x\.db: file is not a database"):
        Database(str(tmp_path / "x.db")).writer()
    with pytest.raises(BadJournal, match="no such file"):
        Database(str(tmp_path / "y.db")).reader()
