"""This simulator, by SimPy and compiled, beside plain SimPy, Ciw and salabim: two models, interleaved, CPU seconds."""

import json
import subprocess
import sys

from benchmarks.models import exact
from benchmarks.pairs import median

ROUNDS = 6
CALLS = {"ours": 100_000, "compiled": 1_000_000, "plain_simpy": 100_000, "ciw_queue": 40_000, "salabim_queue": 8_000}


def _run(peer: str, model: str, seed: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.peers.{peer}", model, str(CALLS[peer]), str(seed)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print calls per CPU second and the ratio to plain SimPy of the same round, medians with 95 % intervals."""
    for model in ("a", "b"):
        speed: dict[str, list[float]] = {peer: [] for peer in CALLS}
        sums: dict[str, list[list[float]]] = {}
        for seed in range(1, ROUNDS + 1):
            for peer in CALLS:
                found = _run(peer, model, seed)
                speed[peer].append(found["calls"] / found["cpu_s"])  # type: ignore[operator]
                tiers: list[list[float]] = found["tiers"]  # type: ignore[assignment]
                total = sums.setdefault(peer, [[0, 0, 0.0] for _ in tiers])
                for mine, new in zip(total, tiers, strict=True):
                    for n in range(3):
                        mine[n] += new[n]
        print(f"model {model}, {ROUNDS} interleaved rounds; exact (mean wait s, abandonment): {_shown(exact(model))}")
        for peer, speeds in speed.items():
            ratios = [s / plain for s, plain in zip(speeds, speed["plain_simpy"], strict=True)]
            got = [(wait / n, lost / n) for n, lost, wait in sums[peer]]
            print(f"  {peer:14} {median(speeds).value:>9,.0f} calls/CPU s   x {median(ratios)}   {_shown(got)}")


def _shown(pairs: list[tuple[float, float]]) -> str:
    return "  ".join(f"{wait:.2f}/{lost:.4f}" for wait, lost in pairs)


if __name__ == "__main__":
    main()
