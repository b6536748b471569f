"""Call logs read and fitted: seconds and memory for plain CSV, packed, and with every cell quoted.

`CALLCENTER_BENCH_ROWS` says how many rows (1,000,000): days of 8,000 calls of 200 agents, each file in a process of its
own, so that its memory is its own.
"""

import csv
import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Final

import numpy as np

A_DAY: Final = 8_000
AGENTS: Final = 200
HEADER: Final = ("id", "came", "wait", "talk", "end", "queue", "agent", "customer")
QUEUES: Final = ("sales", "support", "billing")
MAP: Final = """version: 1
zone: Europe/Berlin
arrival: {column: came, as: iso}
wait: wait
service: talk
outcome: {column: end, answered: [yes], abandoned: [no]}
queue: {column: queue, values: all}
agent: agent
customer: customer
call: id
"""
FIT: Final = """
import resource, sys
from pathlib import Path
from time import perf_counter
from callcenter.cli.fit import fit
begun = perf_counter()
fit([Path(sys.argv[1])], Path(sys.argv[3]), Path(sys.argv[2]))
used = resource.getrusage(resource.RUSAGE_SELF)
print(perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def rows(number: int) -> Iterator[list[tuple[str, ...]]]:
    """Yield days of made-up calls."""
    rng = np.random.Generator(np.random.PCG64(1))
    for day in range(-(-number // A_DAY)):
        size = min(A_DAY, number - day * A_DAY)
        at = np.sort(8 * 3600 + rng.beta(2, 2, size) * 36_000).astype(int).tolist()
        wait = np.where(rng.random(size) < 0.5, 0, rng.exponential(40, size)).astype(int).tolist()
        talk = (rng.lognormal(5.0, 0.7, size).astype(int) + 1).tolist()
        answered = (rng.random(size) > 0.1).tolist()
        queue, customer = rng.integers(0, 3, size).tolist(), rng.integers(0, 1_000_000, size).tolist()
        text = (date(2024, 1, 1) + timedelta(days=day)).isoformat()
        yield [
            (
                f"c{day}-{i}", f"{text}T{t // 3600:02d}:{t // 60 % 60:02d}:{t % 60:02d}", str(wait[i]),
                str(talk[i]) if answered[i] else "", "yes" if answered[i] else "no", QUEUES[queue[i]],
                f"agent{i % AGENTS}" if answered[i] else "", f"+4930{customer[i]}",
            )
            for i, t in enumerate(at)
        ]  # fmt: skip


def write(path: Path, number: int, *, quoted: bool) -> None:
    """Write that many rows."""
    with _opened(path) as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n")
        out.writerow(HEADER)
        for some in rows(number):
            out.writerows(some)


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", compresslevel=1)
    return path.open("w")


def main() -> None:
    """Measure each of the three."""
    number = int(os.environ.get("CALLCENTER_BENCH_ROWS", "1000000"))
    with tempfile.TemporaryDirectory() as folder:
        columns = Path(folder, "map.yaml")
        columns.write_text(MAP)
        for name, quoted in (("plain.csv", False), ("packed.csv.gz", False), ("quoted.csv", True)):
            log = Path(folder, name)
            write(log, number, quoted=quoted)
            told = subprocess.run(
                [sys.executable, "-c", FIT, str(log), str(columns), str(Path(folder, "out.yaml"))],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            wall, seconds, kilobytes = (float(word) for word in told.stdout.split()[-3:])
            used = f"{wall:6.1f} s ({seconds:6.1f} CPU s), {kilobytes / 1024:6,.0f} MB"
            print(f"{name:14} {number:>12,} rows: {used}", flush=True)
            log.unlink()


if __name__ == "__main__":
    main()
