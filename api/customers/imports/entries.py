"""Entries of a checked file → the directory: who is there already keeps their key, who is new gets one.

A customer is found by `customer_id`. A stranger whose number nobody else has becomes the customer who brings it, with
the calls they made. A column that the file has says what is so (an empty cell: nothing is known); one that it has not
leaves what is known. The same goes for the numbers of a customer: all that the row says, and no others.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.customers.directory.lookup import Profile
from api.customers.directory.record import SPENDING_SPAN, Known
from api.customers.tiers.judgements import Judge, Verdict
from api.customers.tiers.regrading import GradeStep
from api.ids import new_hex, new_ids
from api.store.encryption import SECRET_BYTES
from api.store.store import Store
from callcenter.ids import CustomerKey
from callcenter.units import Millis

NUMBER_COLUMNS: Final = ("customer_key", "lookup", "extension", "number", "shared", "place", "at")

DUE: Final = (
    "customers.revenue_12m IS NOT NULL AND (customers.revenue_before_at IS NULL "
    f"OR excluded.at - customers.revenue_before_at >= {SPENDING_SPAN})"
)
REMEMBERED: Final = (
    f"revenue_before = CASE WHEN {DUE} THEN customers.revenue_12m ELSE customers.revenue_before END, "
    f"revenue_before_at = CASE WHEN {DUE} THEN excluded.at ELSE customers.revenue_before_at END"
)
"""What `Customer.brings` does, for many at once."""


@dataclass(slots=True)
class Fields:
    """What each entry of a file says."""

    names: tuple[str, ...]
    has_numbers: bool

    def written(self) -> str:
        """Return it as text."""
        return json.dumps([list(self.names), self.has_numbers])

    @classmethod
    def read(cls, text: str) -> "Fields":
        """Return what `written` wrote."""
        names, has_numbers = json.loads(text)
        return cls(tuple(names), has_numbers)


@dataclass(slots=True)
class Imported:
    """A customer as the database knows them by now; None for numbers: as they were."""

    key: str
    customer_id: str
    profile: Profile
    numbers: list[tuple[str, bool]] | None
    before: Known | None
    """As far as their tier goes; None: they were not known."""

    @property
    def pair(self) -> tuple[Known, Known] | None:
        """The customer before and after, if there was one before."""
        if self.before is None:
            return None
        return self.before, Known(self.before.key, self.profile.tier, protected=self.profile.protected)


def put_entries(
    store: Store,
    fields: Fields,
    bodies: Sequence[str],
    now: Millis,
    *,
    rung: GradeStep | None = None,
    fresh: bool = True,
) -> list[Imported]:
    """Put entries into the directory, in the caller's transaction, and return what has to be known of it.

    Args:
        store: The one that writes.
        fields: What the entries say.
        bodies: The entries, of different customers.
        now: The instant of the import.
        rung: The ladder that tiers follow; None: they are what the file says.
        fresh: Whether anybody wants to know of those who are new, too.
    """
    if not bodies:
        return []
    entries = json.loads(f"[{','.join(bodies)}]")
    ids = [entry[0][0] for entry in entries]
    keys = dict(_rows(store, "SELECT customer_id, key FROM customers WHERE customer_id {}", ids))
    there = set(keys.values())
    adopted: set[str] = set()
    if fields.has_numbers:
        strangers = _strangers(store, [entry for entry in entries if entry[0][0] not in keys])
        keys |= strangers
        adopted = set(strangers.values())
    new = [name for name in ids if name not in keys]
    keys |= zip(new, new_ids("p", len(new)), strict=True)
    known = _known(store, [*there, *adopted], rung)
    if rung is not None:
        fields = _graded(rung, fields, entries, keys, known)
    _put_rows(store, fields, entries, keys, now)
    numbers = _put_numbers(store, entries, keys, there, adopted, now) if fields.has_numbers else {}
    asked = "SELECT key, tier, account_manager, zone, protected FROM customers WHERE key {}"
    wanted = list(keys.values() if fresh else known)
    profiles = {row[0]: Profile(row[1], row[2], row[3], bool(row[4]), False) for row in _rows(store, asked, wanted)}
    told = []
    for name in ids:
        key = keys[name]
        if key in profiles:
            held, was = numbers.get(key, None if key in there else []), known.get(key)
            before = None if was is None else Known(CustomerKey(key), was.tier, protected=was.protected)
            told.append(Imported(key, name, profiles[key], held, before))
    return told


@dataclass(frozen=True, slots=True)
class _Was:
    """What was known of a customer, as far as their tier goes."""

    tier: str | None
    why: str | None
    protected: bool
    figure: float | None


def _known(store: Store, keys: Sequence[str], rung: GradeStep | None) -> dict[str, _Was]:
    figure = "NULL" if rung is None else rung.figure
    rows = _rows(store, f"SELECT key, tier, why, protected, {figure} FROM customers WHERE key {{}}", keys)
    return {key: _Was(tier, why, bool(protected), value) for key, tier, why, protected, value in rows}


def _graded(
    rung: GradeStep, fields: Fields, entries: Sequence[Any], keys: Mapping[str, str], known: Mapping[str, _Was]
) -> Fields:
    """Let tiers follow the ladder in a file that says the figure or a tier; return what the entries say then."""
    if not {rung.figure, "tier"} & set(fields.names):
        return fields
    more = tuple(name for name in ("tier", "why") if name not in fields.names)
    graded = Fields((*fields.names, *more), fields.has_numbers)
    tier_at, why_at = graded.names.index("tier"), graded.names.index("why")
    figure_at = graded.names.index(rung.figure) if rung.figure in fields.names else None
    for (customer_id, values, _), _ in entries:
        was = known.get(keys[customer_id])
        values += [None if was is None else getattr(was, name) for name in more]
        value = values[figure_at] if figure_at is not None else None if was is None else was.figure
        if value is not None:
            values[tier_at] = rung.tier(None if was is None else was.tier, value)
            values[why_at] = rung.why(values[tier_at], value)
    return graded


def _rows(store: Store, sql: str, values: Sequence[str]) -> list[Any]:
    return list(store.connection.read_in(sql, values)) if values else []


def _strangers(store: Store, entries: Sequence[Any]) -> dict[str, str]:
    """Return which new customers are strangers who have rung before: by a number that is theirs alone."""
    owner: dict[str, str] = {}
    for (customer_id, _, numbers), common in entries:
        for number, _, shared in numbers:
            if not shared and number not in common:
                owner[store.vault.blind(number)] = customer_id
    asked = (
        "SELECT n.lookup, n.customer_key FROM customer_numbers n JOIN customers c ON c.key = n.customer_key "
        "WHERE c.customer_id IS NULL AND n.lookup {}"
    )
    found: dict[str, str] = {}
    for lookup, key in sorted(_rows(store, asked, list(owner))):
        if key not in found.values():
            found.setdefault(owner[lookup], key)
    return found


def _put_rows(store: Store, fields: Fields, entries: Sequence[Any], keys: Mapping[str, str], now: Millis) -> None:
    names = fields.names
    fixed = () if "protected" in names else ("protected",)
    columns = ("key", "customer_id", "at", *names, *fixed, "backup_key")
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("customer_id", "at", *names))
    if "revenue_12m" in names:
        changed += f", {REMEMBERED}"
    more = (0,) * len(fixed)
    # Who is there already keeps the key they have.
    seal = store.vault.seal
    rows = [
        (keys[name], name, now, *values, *more, seal(new_hex(SECRET_BYTES), "customers.backup_key"))
        for (name, values, _), _ in entries
    ]
    store.connection.insert("customers", columns, rows, f"ON CONFLICT (key) DO UPDATE SET {changed}")


def _put_numbers(
    store: Store, entries: Sequence[Any], keys: Mapping[str, str], there: set[str], adopted: set[str], now: Millis
) -> dict[str, list[tuple[str, bool]]]:
    """Write the numbers that are new or other than they were; return whose."""
    before: dict[str, list[tuple[Any, ...]]] = {key: [] for key in there}
    asked = "SELECT customer_key, place, lookup, extension, shared FROM customer_numbers WHERE customer_key {}"
    for key, *rest in sorted(_rows(store, asked, list(there))):
        before[key].append(tuple(rest[1:]))
    told: dict[str, list[tuple[str, bool]]] = {}
    rows: list[tuple[object, ...]] = []
    gone: list[str] = []
    blind, seal = store.vault.blind, store.vault.seal
    for (customer_id, _, numbers), _ in entries:
        key = keys[customer_id]
        held = [(blind(number), extension, shared) for number, extension, shared in numbers]
        if key in before and before[key] == held:
            continue
        if key in before or key in adopted:
            gone.append(key)
        told[key] = [(lookup, bool(shared)) for lookup, _, shared in held]
        for place, ((lookup, extension, shared), one) in enumerate(zip(held, numbers, strict=True)):
            rows.append((key, lookup, extension, seal(one[0], "customer_numbers.number"), shared, place, now))
    if gone:
        store.connection.delete_in("customer_numbers", "customer_key", gone)
    if rows:
        store.connection.insert("customer_numbers", NUMBER_COLUMNS, rows)
    return told


# --- a file that waits in the database, because the service goes on while it comes in

STAGING, WHOLE, DONE, BROKEN = "staging", "whole", "done", "broken"


def stage(import_id: str, rows: Sequence[tuple[int, str]]) -> Callable[[Store], None]:
    """Return what lets some entries wait: nothing of them is known before all of them are there."""

    def work(store: Store) -> None:
        kept = [(import_id, n, store.vault.seal(body, "import_rows.body")) for n, body in rows]
        store.connection.insert("import_rows", ("import_id", "n", "body"), kept)

    return work


def put_staged(
    import_id: str, most: int, now: Millis, judge: Judge, rung: GradeStep | None, by: str
) -> Callable[[Store], tuple[list[Imported], Verdict]]:
    """Return what takes the next entries that wait into the directory, with what follows; an empty list: that was all.

    What tells of a new tier goes into the same transaction, so that no crash comes between the two.
    """

    def work(store: Store) -> tuple[list[Imported], Verdict]:
        connection = store.connection
        found: Any = connection.execute("SELECT fields, done FROM imports WHERE id = ?", (import_id,))
        fields, done = Fields.read(found[0][0]), found[0][1]
        rows: Any = connection.execute(
            "SELECT n, body FROM import_rows WHERE import_id = ? ORDER BY n LIMIT ?", (import_id, most)
        )
        if not rows:
            connection.execute("UPDATE imports SET state = ? WHERE id = ?", (DONE, import_id))
            return [], Verdict()
        bodies = [store.vault.open(body, "import_rows.body") for _, body in rows]
        told = put_entries(store, fields, bodies, now, rung=rung)
        verdict = judged(store, judge, told, by, now)
        connection.execute("DELETE FROM import_rows WHERE import_id = ? AND n <= ?", (import_id, rows[-1][0]))
        connection.execute("UPDATE imports SET done = ? WHERE id = ?", (done + len(rows), import_id))
        return told, verdict

    return work


def judged(store: Store, judge: Judge, told: Sequence[Imported], by: str, now: Millis) -> Verdict:
    """Write down what follows for customers who were known before, in the caller's transaction, and return it."""
    verdict = judge.judge([pair for one in told if (pair := one.pair) is not None], by, now)
    store.carry_out(verdict.rows)
    return verdict
