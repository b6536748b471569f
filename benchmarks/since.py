"""This checkout beside an earlier commit of it, interleaved: the engine, a simulated day, a posted call.

`python -m benchmarks.since COMMIT [ROUNDS]` unpacks the commit into a folder that goes away, and has both measured by
`benchmarks/since_one.py` in processes of their own, by this Python, in turns. CPU seconds: they vary by a twentieth on
a busy machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
MEASURED: Final = {
    "engine": "the engine: 40,000 commands, 1,000 agents, 1,000 calls waiting",
    "day": "a simulated day: telecom-hotline, in plain Python",
    "posted": "the dispatcher: 4,000 calls admitted, each durable in SQLite",
}


def measured(tree: Path, name: str) -> float:
    """Return the CPU seconds of one measurement in one tree."""
    command = [sys.executable, str(ROOT / "benchmarks" / "since_one.py"), name]
    told = subprocess.run(
        command, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, capture_output=True, text=True, check=True
    )
    return float(json.loads(told.stdout.splitlines()[-1]))


def main() -> None:
    """Print the medians of both, and of the ratio of each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="an earlier commit of this checkout")
    parser.add_argument("rounds", type=int, nargs="?", default=7, help="how often each is measured (default: 7)")
    asked = parser.parse_args()
    commit, rounds = asked.commit, asked.rounds
    with tempfile.TemporaryDirectory() as scratch:
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "x", "-C", scratch], input=archive, check=True)
        for name, what in MEASURED.items():
            pairs = []
            for n in range(rounds):
                order = (Path(scratch), ROOT) if n % 2 else (ROOT, Path(scratch))
                found = {tree: measured(tree, name) for tree in order}
                pairs.append((found[Path(scratch)], found[ROOT]))
            before, now = (statistics.median(column) for column in zip(*pairs, strict=True))
            speed = statistics.median(old / new for old, new in pairs)
            print(f"  {what}: {before:.2f} s at {commit[:9]}, {now:.2f} s now; speed x{speed:.2f}", flush=True)


if __name__ == "__main__":
    main()
