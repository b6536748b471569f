"""The directory as a file that the import reads: what goes out and comes in again is the same directory."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from api.customers.imports.rows import FIELDS
from api.store.store import Store
from callcenter.config.formula_cells import harmless
from callcenter.errors import BadInput

HEADER: Final = ("customer_id", "phone", *FIELDS)
YES_NO: Final = {1: "yes", 0: "no", None: ""}
SEPARATOR: Final = " | "


def lines(store: Store) -> Iterator[list[list[Any]]]:
    """Yield the customers as rows of the header's columns, some thousands at a time; strangers are left out."""
    asked = f"SELECT key, customer_id, {', '.join(FIELDS)} FROM customers WHERE customer_id IS NOT NULL"
    consent, protected = FIELDS.index("consent") + 2, FIELDS.index("protected") + 2
    for page in store.connection.pages(asked):
        numbers = _numbers(store, [row[0] for row in page])
        found = []
        for row in page:
            values = [row[1], numbers.get(row[0], ""), *row[2:]]
            values[consent], values[protected] = YES_NO[values[consent]], YES_NO[values[protected]]
            found.append(values)
        yield found


def _numbers(store: Store, keys: list[str]) -> dict[str, str]:
    """Return the numbers of some customers as one cell each."""
    rows: Any = store.connection.read_in(
        "SELECT customer_key, place, number, extension, shared FROM customer_numbers WHERE customer_key {}", keys
    )
    found: dict[str, list[str]] = {}
    for key, _, kept, extension, shared in sorted(rows, key=lambda row: (row[0], row[1])):
        number = store.vault.open(kept, "customer_numbers.number")
        more = (f" ext. {extension}" if extension else "") + (" (shared)" if shared else "")
        found.setdefault(key, []).append(number + more)
    return {key: SEPARATOR.join(parts) for key, parts in found.items()}


def write_csv(store: Store, out: TextIO) -> int:
    """Write CSV in UTF-8, and return how many customers."""
    written = csv.writer(out, lineterminator="\n")
    written.writerow(HEADER)
    count = 0
    for rows in lines(store):
        written.writerows(["" if cell is None else harmless(cell) for cell in row] for row in rows)
        count += len(rows)
    return count


def write_parquet(store: Store, path: Path) -> int:
    """Write Parquet, and return how many customers."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput("{path}: Parquet needs the extra: pip install 'callcenter[parquet]'", path=path) from None
    kinds = {"revenue_12m": "float64", "tenure_months": "float64", "credit_score": "float64", "contacts_12m": "int64"}
    schema = pyarrow.schema([(name, kinds.get(name, "string")) for name in HEADER])
    count = 0
    with parquet.ParquetWriter(path, schema) as out:
        for rows in lines(store):
            columns = [list(column) for column in zip(*rows, strict=True)]
            out.write_table(pyarrow.table(columns, schema=schema))
            count += len(rows)
    return count
