"""More than the service can take: how much is taken, how long that takes, how soon the rest is refused.

Open load from a process with a core of its own, the service has the others: at each moment both run. Then as many
boards listen to the stream of events as a large centre has, while calls are posted at a common pace.
"""

import json
import statistics
import subprocess
import sys
import time
from typing import Any, Final

from benchmarks.http import SERVE, listening, measuring
from benchmarks.posting.posters import POSTER_S, REPORT_EACH
from benchmarks.posting.servers import CORES, Server, on_cores

SECONDS: Final = 6
TIMES: Final = (0.5, 2, 5)
ROUNDS: Final = 3
P99_MS: Final = 500
"""Of what is taken, at most."""
LISTENERS: Final = 500
PER_S: Final = 100
"""Requests while those listen: a centre of about 800 agents at three minutes a call."""
HEARD_P99_MS: Final = 50
POSTERS: Final = {CORES[-1]}
SERVICE: Final = set(CORES[:-1]) or POSTERS


def sent(server: Server, name: str, per_s: float) -> dict[str, Any]:
    """Send so many requests per second, and return what came of them."""
    words = [str(server.port), server.key, name, str(per_s), str(SECONDS)]
    with on_cores(POSTERS):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.posting.posters", *words], stdout=subprocess.PIPE, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def p99_ms(waits_s: list[float]) -> float:
    """Return what 99 of 100 wait at most."""
    return statistics.quantiles(waits_s, n=100)[98] * 1e3 if len(waits_s) > 1 else float("nan")


def say(what: str, found: dict[str, Any], wanted_ms: float) -> None:
    """Print what came of a load."""
    parts = []
    for kind, count in sorted(found["told"].items()):
        waits = found["waits_s"].get(kind, [])
        took = f" (p50 {statistics.median(waits) * 1e3:.0f} ms, p99 {p99_ms(waits):.0f} ms)" if waits else ""
        parts.append(f"{count:,} {kind}{took}")
    taken = [wait for kind, waits in found["waits_s"].items() if kind.endswith("taken") for wait in waits]
    kept = "kept" if p99_ms(taken) <= wanted_ms else "missed"
    late = p99_ms(found["late_s"])
    print(f"  {what}: {'; '.join(parts)}\n    p99 of what is taken {p99_ms(taken):.0f} ms, at most {wanted_ms} asked: "
          f"{kept}; the posters were late by {late:.0f} ms (p99)", flush=True)  # fmt: skip


def overloaded() -> None:
    """Measure what one service can take, and offer it a part and a multiple of that."""
    with on_cores(SERVICE), measuring("calls", *SERVE) as calls:
        with on_cores(POSTERS):
            for _ in range(ROUNDS):
                calls.round()
        most = statistics.median(calls.per_s)
        cpu_us = statistics.median(calls.cpu_us)
        print(f"  {most:,.0f} calls per second can be taken, {cpu_us:.0f} µs of CPU each; {SECONDS} s of each load, "
              f"every {REPORT_EACH}th a report, a poster waits {POSTER_S:g} s", flush=True)  # fmt: skip
        for times in TIMES:
            before = calls.server.cpu_s()
            found = sent(calls.server, f"at-{times:g}", most * times)
            spent = calls.server.cpu_s() - before
            say(f"{times:g} x", found, P99_MS)
            refused = sum(count for kind, count in found["told"].items() if "503" in kind)
            if refused:
                taken = sum(count for kind, count in found["told"].items() if kind.endswith("taken"))
                each = (spent - taken * cpu_us / 1e6) / refused * 1e6
                print(f"    a refusal cost about {each:.0f} µs of CPU", flush=True)
            time.sleep(1)  # what waits for the disk is durable


def listened_to() -> None:
    """Let boards listen to every event while calls are posted."""
    with (
        on_cores(SERVICE),
        measuring("heard", *SERVE) as heard,
        on_cores(POSTERS),
        listening(heard.server, LISTENERS),
    ):
        say(f"{LISTENERS} listen, {PER_S} requests per second", sent(heard.server, "heard", PER_S), HEARD_P99_MS)


def main() -> None:
    """Overload it; let many listen to it."""
    overloaded()
    listened_to()
