"""Import and export on both databases: what goes out and comes in again is the same; who is there keeps their key."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.customers.directory.lookup import Book
from api.customers.imports.entries import Fields, put_entries
from api.customers.imports.export import write_csv, write_parquet
from api.customers.imports.spool import Spool, fill
from api.store.changes import Row
from api.store.encryption import vault_of
from api.store.open import Database
from api.store.rows import Batch
from api.store.store import Store
from callcenter.config.customer_ids import names_nobody
from callcenter.config.directory_columns import DirectoryColumns
from callcenter.customers.life import Tiers
from callcenter.units import Millis

TIERS = Tiers(("vip", "mid", "standard", "blacklisted"), "standard", "blacklisted")
NOW = Millis(1_700_000_000_000)
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

NAMES = ("phone", "name", "tier", "revenue_12m", "contacts_12m", "account_manager", "consent", "protected", "notes")


@contextmanager
def opened(address: str, key: str | None = None) -> Iterator[Store]:
    database = Database(address, vault=vault_of(key))
    store = database.writer()
    store.claim("test")
    try:
        yield store
    finally:
        store.connection.close()
        database.release()


def take(store: Store, path: Path, at_once: int = 3) -> None:
    """Import a file that has nothing to reject."""
    spool = path.with_suffix(".spool")
    spool.unlink(missing_ok=True)
    found = fill(spool, path, path.name, DirectoryColumns(), TIERS)
    assert found["rejects"] == []
    waiting, after = Spool(spool), 0
    fields = Fields(tuple(found["fields"]), found["has_numbers"])
    with store.connection.transaction():
        while rows := waiting.bodies(after, at_once):
            after = rows[-1][0]
            put_entries(store, fields, [body for _, body in rows], NOW)
    waiting.close()


def text(store: Store) -> str:
    out = io.StringIO()
    write_csv(store, out)
    return out.getvalue()


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12).map(str.strip)
numbers = st.lists(
    st.tuples(st.integers(0, 40).map(lambda n: f"+44207946{n:04}"), st.sampled_from(["", " ext. 12"]), st.booleans()),
    max_size=3, unique_by=lambda one: one[:2],
).map(lambda found: " | ".join(n + ext + (" (shared)" if shared else "") for n, ext, shared in found))  # fmt: skip
people = st.fixed_dictionaries(
    {
        "phone": numbers,
        "name": words | st.just(""),
        "tier": st.sampled_from(["", "vip", "mid", "standard"]),
        "revenue_12m": st.just("") | st.floats(-1e9, 1e9).map(repr),
        "contacts_12m": st.just("") | st.integers(0, 999).map(str),
        "account_manager": st.sampled_from(["", "ana", "ana,bob"]),
        "consent": st.sampled_from(["", "yes", "no"]),
        "protected": st.sampled_from(["yes", "no"]),
        "notes": words | st.just(""),
    }
)


customers = words.filter(bool).filter(lambda word: names_nobody(word) is None)


@given(st.dictionaries(customers, people, max_size=7))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("key", [None, KEY])
def test_what_is_exported_and_imported_is_the_same_directory(
    new_database: Callable[[], str], tmp_path: Path, key: str | None, found: dict[str, dict[str, str]]
):
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        written = csv.writer(out)
        written.writerow(["customer_id", *NAMES])
        written.writerows([name, *(person[column] for column in NAMES)] for name, person in found.items())
    with opened(new_database(), key) as store:
        take(store, file)
        first = text(store)
        again = tmp_path / "again.csv"
        again.write_text(first, encoding="utf-8")
        keys = store.find("customers", None, "customer_id", 100)
        take(store, again)
        assert text(store) == first
        assert [row["key"] for row in store.find("customers", None, "customer_id", 100)] == [row["key"] for row in keys]
    with opened(new_database(), None if key else KEY) as other:
        take(other, again)
        assert sorted(text(other).splitlines()) == sorted(first.splitlines())
        assert len(first.splitlines()) == len(found) + 1


def test_parquet_says_the_same(address: str, tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text("customer_id,phone,tier,revenue_12m,protected\nC-1,+442079460958,vip,12.5,yes\nC-2,,,,no\n")
    with opened(address) as store:
        take(store, file)
        first = text(store)
        write_parquet(store, tmp_path / "out.parquet")
        take(store, tmp_path / "out.parquet")
        assert text(store) == first


def test_a_column_that_a_file_has_not_stays_and_an_empty_cell_clears(address: str, tmp_path: Path):
    file = tmp_path / "in.csv"
    with opened(address) as store:
        file.write_text("customer_id,phone,tier,name\nC-1,+442079460958,vip,Ada\n")
        take(store, file)
        file.write_text("customer_id,tier\nC-1,\n")
        take(store, file)
        row = store.find("customers", None, None, 1)[0]
        assert (row["tier"], row["name"]) == (None, "Ada")
        assert [n["number"] for n in store.find("customer_numbers", None, None, 9)] == ["+442079460958"]

        file.write_text("customer_id,phone\nC-1,+442079460959\n")
        take(store, file)
        assert [n["number"] for n in store.find("customer_numbers", None, None, 9)] == ["+442079460959"]


def stranger(store: Store, key: str, number: str) -> None:
    store.write(
        Batch(
            NOW,
            changes=[
                Row("customers", {"key": key, "protected": 0, "at": NOW}),
                Row("customer_numbers", {"customer_key": key, "number": number, "extension": "", "shared": 0,
                                         "place": 0, "at": NOW}),
            ],
        )
    )  # fmt: skip


@pytest.mark.parametrize("key", [None, KEY])
def test_a_stranger_becomes_the_customer_who_brings_the_number_unless_several_do(
    address: str, tmp_path: Path, key: str | None
):
    file = tmp_path / "in.csv"
    file.write_text("customer_id,phone\nC-1,+442079460001\nC-2,+442079460002\nC-3,+442079460002\n")
    with opened(address, key) as store:
        stranger(store, "p1", "+442079460001")
        stranger(store, "p2", "+442079460002")
        take(store, file)
        rows = {row["key"]: row["customer_id"] for row in store.find("customers", None, None, 9)}
        book = Book.read(store)
        lookup = store.vault.blind("+442079460002")

        assert (rows["p1"], rows["p2"], len(rows)) == ("C-1", None, 4)
        assert len(book.holders(lookup)) == 3
        assert book.of_id("C-1") is not None


def test_a_file_that_fails_half_way_leaves_nothing(address: str, tmp_path: Path):
    with opened(address) as store:
        body = json.dumps([["C-1", ["vip"], []], []])
        with pytest.raises(KeyError), store.connection.transaction():  # noqa: PT012  (undone after it was done)
            put_entries(store, Fields(("tier",), False), [body], NOW)
            raise KeyError
        assert store.find("customers", None, None, 9) == []


def test_what_was_brought_before_is_remembered_from_the_first_of_several_files(address: str, tmp_path: Path):
    file = tmp_path / "in.csv"
    with opened(address) as store:
        for revenue in ("100", "", "80", "70", "60"):
            file.write_text(f"customer_id,revenue_12m\nC-1,{revenue}\nC-2,{revenue or 5}\n")
            take(store, file)
        rows = store.find("customers", None, "customer_id", 9)
        assert [(row["revenue_before"], row["revenue_12m"], row["revenue_before_at"]) for row in rows] == [
            (100, 60, NOW), (100, 60, NOW),
        ]  # fmt: skip
