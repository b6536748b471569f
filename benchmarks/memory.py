"""Ten million calls in one replication: what memory it takes to live them, and to write each of them down.

Each way has a process of its own, so that its memory is its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.models import scenario
from sim.experiment.engines import Engine
from sim.experiment.replicate import one
from sim.report.calls import call_csv, call_parquet

CALLS: Final = 10_000_000
WANTED_GIB: Final = 2
GIB: Final = 2**20
"""In the kibibytes of `ru_maxrss`."""


def _figures() -> None:
    one(scenario("b", CALLS), 0, engine=Engine.COMPILED)


def _files() -> None:
    found = one(scenario("b", CALLS), 0, keep_records=True, engine=Engine.COMPILED).calls
    assert found is not None
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "calls.csv").open("w") as file:
            file.writelines(call_csv(found))
        parts = call_parquet(found)
        if parts is not None:
            with (Path(folder) / "calls.parquet").open("wb") as binary:
                binary.writelines(parts)


WAYS: Final[dict[str, Callable[[], None]]] = {"figures alone": _figures, "calls.csv and calls.parquet too": _files}


def _alone(way: str) -> None:
    begun = time.perf_counter()
    WAYS[way]()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB
    print(f"{way}: {used:.2f} GiB (at most {WANTED_GIB} asked), {time.perf_counter() - begun:.0f} s")


def main() -> None:
    """Print what each way takes."""
    print(f"{CALLS:,} calls of model b in one replication")
    for way in WAYS:
        subprocess.run([sys.executable, "-m", "benchmarks.memory", way], check=True)


if __name__ == "__main__":
    _alone(sys.argv[1]) if sys.argv[1:] else main()
