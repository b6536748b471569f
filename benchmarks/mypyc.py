"""The engine as Python runs it and compiled by mypyc: commands a CPU second, and calls beside plain SimPy, interleaved.

What is compiled is what `make fast-wheel` compiles, in build/compiled-engine: anew each time, which takes minutes. Both
trees hold the same sources; each run says whether its engine was compiled, and what came out must be equal.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.pairs import median
from hatch_build import compiled

ROUNDS, CALLS = 6, 60_000
ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build" / "compiled-engine"
ENGINE = """
import json
from benchmarks.engine import speed
from routing import engine
print(json.dumps({"speed": speed(100), "compiled": not engine.__file__.endswith(".py")}))
"""


def build() -> float:
    """Compile the engine into a tree of its own; return the seconds that took."""
    shutil.rmtree(TREE, ignore_errors=True)
    for package in ("callcenter", "routing", "sim", "scenarios", "benchmarks"):
        shutil.copytree(ROOT / package, TREE / package, ignore=shutil.ignore_patterns("__pycache__"))
    begun = time.monotonic()
    for extension in compiled(TREE):
        shutil.copy(extension, TREE / extension.relative_to(TREE / "built"))
    return time.monotonic() - begun


def run(where: Path, *command: str) -> dict[str, object]:
    """Return what a run of Python in this tree prints."""
    env = os.environ | {"PYTHONPATH": str(where)}
    done = subprocess.run([sys.executable, *command], cwd=where, env=env, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print both, and their ratios, as medians with 95 % intervals."""
    print(f"compiled in {build():.0f} s")
    speeds: dict[Path, list[float]] = {ROOT: [], TREE: []}
    for _ in range(ROUNDS):
        for where, found in speeds.items():
            told = run(where, "-c", ENGINE)
            assert told["compiled"] == (where is TREE)
            found.append(float(told["speed"]))  # type: ignore[arg-type]
    ratio = median([fast / plain for plain, fast in zip(*speeds.values(), strict=True)])
    as_is, fast = (median(found).value for found in speeds.values())
    print(f"  engine alone, 100 waiting: {as_is:,.0f} commands/CPU s, compiled {fast:,.0f}: x {ratio}")
    for model in ("a", "b"):
        ratios: dict[Path, list[float]] = {ROOT: [], TREE: []}
        for seed in range(1, ROUNDS + 1):
            base = _calls_per_s(run(ROOT, "-m", "benchmarks.peers.plain_simpy", model, str(CALLS), str(seed)))
            tiers = []
            for where, found in ratios.items():
                told = run(where, "-m", "benchmarks.peers.ours", model, str(CALLS), str(seed))
                found.append(_calls_per_s(told) / base)
                tiers.append(told["tiers"])
            assert tiers[0] == tiers[1]
        mine, compiled_ = (median(found) for found in ratios.values())
        print(f"  model {model}: x {mine} of plain SimPy; compiled x {compiled_}")


def _calls_per_s(told: dict[str, object]) -> float:
    return float(told["calls"]) / float(told["cpu_s"])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
