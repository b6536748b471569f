"""A what-if of two million calls: from the HTTP request to the JSON, and the processor time that the days take.

A day of 48 half hours and three tiers, a thousand times over; the service lives it in one process of its own.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.request import Request, urlopen

from benchmarks.http import SERVE
from benchmarks.pairs import median
from benchmarks.posting.servers import Server, serving
from benchmarks.staffing import PROFILE
from callcenter.config import parse_scenario
from callcenter.scenario import Scenario
from sim.experiment.replicate import run
from sim.results.result import as_json, result

DAYS: Final = 1_000
ROUNDS: Final = 6
WANTED_S: Final = 5.0
DAY: Final = f"""
version: 1
name: what-if
centre:
  tiers:
    vip: {{band: 0, target: 90/20}}
    plus: {{band: 1, target: 85/20}}
    standard: {{band: 2, target: 80/20}}
  queues: {{hotline: {{}}}}
  groups: {{desk: {{auto_answer: true}}}}
arrivals:
  - calls: {list(PROFILE)}
    every: 30m
    tiers: {{vip: 20%, plus: 30%, standard: 50%}}
handling: {{exponential: 5m}}
patience: {{exponential: 2m}}
staffing:
  - {{group: desk, agents: {[calls // 5 + 2 for calls in PROFILE]}, every: 30m}}
replications: {DAYS}
seed: 1
"""


def scenario() -> Scenario:
    """Return the day."""
    return parse_scenario(DAY, "what-if")


def _asked(server: Server, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"http://127.0.0.1:{server.port}/v1{path}", data, headers), timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def posted(server: Server, seed: int) -> float:
    """Post the what-if, wait for its JSON, and return how many seconds that took."""
    begun = time.perf_counter()
    job = _asked(server, "/simulations", {"yaml": DAY, "seed": seed})
    while job["state"] in ("waiting", "running"):
        time.sleep(0.01)
        job = _asked(server, f"/simulations/{job['id']}")
    assert job["state"] == "done", job["error"]
    assert job["result"]["engine"] == "compiled", job["result"]["engine"]
    return time.perf_counter() - begun


def _cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _told() -> object:
    found = run(scenario(), processes=1)
    return as_json(result(found.scenario, found.figures, found.starts, found.engine))


def main() -> None:
    """Print both."""
    calls = sum(PROFILE) * DAYS
    lived = median([_cpu_s(_told) for _ in range(ROUNDS)])
    print(f"{calls:,} calls on {DAYS:,} days, lived and told in one process: {lived} CPU s", flush=True)
    with serving(*SERVE) as server:
        first, took = posted(server, 1), median([posted(server, seed) for seed in range(2, 2 + ROUNDS)])
    print(f"from the request to the JSON: the first {first:.2f} s, then {took} s (at most {WANTED_S:g} asked)")


if __name__ == "__main__":
    main()
