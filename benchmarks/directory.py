"""The directory: a million customers imported, into SQLite and PostgreSQL, and what a posted call pays to be known."""

import asyncio
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from api.auth.keys import Access
from api.live.dispatcher import Dispatcher
from api.serve import DEFAULT_CENTRE
from api.services import Services
from api.settings import Settings
from callcenter.config import load_scenario
from sim.model.population import COLUMNS, population, rows
from tests import postgres

CUSTOMERS = 1_000_000
LIMIT_S = 60.0
LOOK_UPS = 100_000
TIERS = ("vip", "mid", "standard")


def _file(path: Path) -> None:
    """Write customers of the documents' bank, each with a number and a tier."""
    made = population(load_scenario("bank-abc"), CUSTOMERS)
    with path.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow((*COLUMNS, "tier"))
        writer.writerows((*row, TIERS[n]) for row, n in zip(rows(made.customers), made.tier.tolist(), strict=True))


def _server_s(server: postgres.Server) -> float:
    """Return the CPU seconds of all processes of a server, those that have ended included."""
    assert server.process is not None
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if server.process.pid in (int(words[1]), int(stat.parent.name)):
            ticks += sum(int(word) for word in words[11 : 15 if int(stat.parent.name) == server.process.pid else 13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _import(path: Path, address: str, server: postgres.Server | None) -> None:
    before, served, begun = resource.getrusage(resource.RUSAGE_CHILDREN), 0.0, time.perf_counter()
    if server is not None:
        served = _server_s(server)
    command = [sys.executable, "-m", "callcenter", "customers", "import", str(path), "--database", address]
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    theirs = 0.0 if server is None else _server_s(server) - served
    where, verdict = "SQLite" if server is None else "PostgreSQL", "below" if ours + theirs < LIMIT_S else "NOT BELOW"
    print(f"  import, {where:10} {ours + theirs:5.1f} s of one core, {verdict} {LIMIT_S:.0f} s", end="")
    print(
        f" ({theirs:.1f} s the server's); {wall:.1f} s by the clock beside a load of {os.getloadavg()[0]:.0f}",
        flush=True,
    )


async def _look_ups(address: str) -> None:
    """Print what a posted call pays to be known: by number, by the CRM's id, and as a stranger."""
    chance = random.Random(1)
    async with Dispatcher.open(DEFAULT_CENTRE, address) as live:
        services = Services(live, Access(()), Settings())
        begun = time.perf_counter()
        await services.customers.start()
        await services.customers.whole()
        print(f"  read into memory at a start  {time.perf_counter() - begun:6.1f} s, in the background")
        some = [chance.randint(1, CUSTOMERS) for _ in range(LOOK_UPS)]
        now = live.now()
        asked: dict[str, list[tuple[str | None, str | None]]] = {
            "by number": [(None, f"+888{n:011d}") for n in some],
            "by customer_id": [(f"C{n:08d}", None) for n in some],
            "a stranger, remembered": [(None, f"+889{n:011d}") for n in some],
        }
        for name, callers in asked.items():
            took = []
            for customer_id, number in callers:
                before = time.perf_counter_ns()
                found, _ = await services.customers.recognise(customer_id, number, None, now)
                services.standings.of_call(found, None, now)
                took.append(time.perf_counter_ns() - before)
            p50, p99 = np.quantile(took, (0.5, 0.99)) / 1_000
            print(f"  {name:28} {p50:6.1f} µs, 99 % below {p99:.1f} µs", flush=True)
        await services.customers.stop()


def main() -> None:
    """Print seconds of imports and microseconds of look-ups, among a million customers."""
    with tempfile.TemporaryDirectory(prefix="callcenter-directory-") as name:
        folder = Path(name)
        crm = folder / "crm.csv"
        _file(crm)
        print(f"  {CUSTOMERS:,} customers, a file of {crm.stat().st_size / 1e6:.0f} MB")
        _import(crm, str(folder / "book.sqlite3"), None)
        asyncio.run(_look_ups(str(folder / "book.sqlite3")))
        missing = postgres.why_not()
        if missing is not None:
            print(f"  PostgreSQL: not measured ({missing})")
            return
        with postgres.server() as server:
            _import(crm, server.database("book"), server)


if __name__ == "__main__":
    main()
