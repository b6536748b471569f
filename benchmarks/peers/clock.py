"""What every peer's process does around its run: read arguments, take the CPU time, print one line of JSON."""

import gc
import json
import sys
import time
from collections.abc import Callable

Tiers = list[tuple[int, int, float]]
"""Per tier: calls, abandoned, sum of waits of all in seconds."""


def measured(run: Callable[[str, int, int], Tiers]) -> None:
    """Run `MODEL CALLS SEED` from the command line; imports are not counted, building the model is."""
    name, calls, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    gc.collect()
    begun = time.process_time()  # the measurement itself
    tiers = run(name, calls, seed)
    cpu = time.process_time() - begun
    print(json.dumps({"calls": sum(n for n, _, _ in tiers), "cpu_s": cpu, "tiers": tiers}))
