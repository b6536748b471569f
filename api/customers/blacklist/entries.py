"""An entry on the blacklist with what became of its customer's calls, as a row and back."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from api.store.changes import Change, Update
from callcenter.customers.blacklist import Entry, EntryState

ENTRY_COLUMNS: Final = tuple(field.name for field in fields(Entry) if field.name not in ("customer", "number_only"))


class Listed:
    """An entry on the blacklist, and what became of its customer's calls."""

    def __init__(self, entry: Entry, calls: int = 0, answered: int = 0) -> None:
        self.entry = entry
        self.calls = calls
        self.answered = answered

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Listed":
        """Return the entry that a row tells of."""
        values = {name: row[name] for name in ENTRY_COLUMNS} | {"state": EntryState(row["state"])}
        entry = Entry(customer=row["customer_key"], number_only=bool(row["number_only"]), **values)
        return cls(entry, row["calls"], row["answered"])

    def row(self) -> dict[str, object]:
        """Return the entry as a row."""
        entry = self.entry
        values: dict[str, object] = {name: getattr(entry, name) for name in ENTRY_COLUMNS}
        more = {"customer_key": entry.customer, "number_only": int(entry.number_only), "state": str(entry.state)}
        return values | more | {"calls": self.calls, "answered": self.answered}

    def change(self) -> Change:
        """Return what changes its row; of an open entry the counts are written by who counts, and nobody else."""
        values = self.row()
        if self.entry.is_open:
            del values["calls"], values["answered"]
        return Update("blacklist_entries", values, {"id": self.entry.id})
