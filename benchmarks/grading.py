"""Grading: reading a file of customers against the csv module alone, each method against one sort of its column."""

import csv
import io
import statistics
import time
from collections.abc import Callable

import numpy as np

from callcenter.config import load_scenario
from callcenter.config.customer_rows import read_customers
from callcenter.customers.columns import Customers
from callcenter.customers.methods import METHODS, grade
from sim.model.population import COLUMNS, population, rows

CUSTOMERS = 200_000
ROUNDS = 5


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _file(customers: Customers) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(customers))
    return text.getvalue().encode()


def main() -> None:
    """Print CPU seconds per million customers and ratios, medians of interleaved rounds."""
    customers = population(load_scenario("bank-abc"), CUSTOMERS).customers
    raw = _file(customers)
    revenue = customers.figure("revenue_12m")
    works: dict[str, Callable[[], object]] = {
        "csv module alone": lambda: sum(1 for _ in csv.reader(io.StringIO(raw.decode()))),
        "reading, checked": lambda: read_customers(raw.splitlines(keepends=True), "x"),
        "one sort": lambda: np.sort(revenue),
    }
    works |= {name: lambda name=name: grade(customers, name) for name in METHODS}
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(_timed(work))
    for name, times in found.items():
        base = "csv module alone" if name == "reading, checked" else "one sort"
        ratio = statistics.median([a / b for a, b in zip(times, found[base], strict=True)])
        told = "" if name in {"csv module alone", "one sort"} else f", x {ratio:.1f} of {base}"
        print(f"  {name:18} {statistics.median(times) * 1e6 / CUSTOMERS:6.2f} CPU s per million{told}")


if __name__ == "__main__":
    main()
