"""`python -I -m callcenter.cli.job`: one simulation for somebody who asked over HTTP.

What is asked comes as JSON on standard input; nothing in it names a file, and what reads it opens none. The process
limits itself before it reads a word: memory, processor time, files. It answers with one JSON object on standard output,
`{"result": …}` or `{"error": "one line"}` with exit status 2; how far it is goes to standard error, `3 of 50`.
"""

import json
import os
import resource
import sys
from dataclasses import dataclass, replace
from typing import Any, Final

from callcenter.config.parse import parse_scenario
from callcenter.errors import CallCenterError
from callcenter.scenario import Scenario, is_on

WRONG_INPUT: Final = 2
MOST_FILES: Final = 64
MOST_RESULT: Final = 8_000_000
MOST_REPLICATIONS: Final = 1_000
MOST_DAYS: Final = 400
MOST_AGENTS: Final = 20_000
MOST_CALLS: Final = 500_000
"""Of one replication, those who ring again included: about 1 KB each."""
MOST_CALLS_IN_ALL: Final = 50_000_000


class TooLarge(CallCenterError):
    """A simulation that is more than the service does beside its calls."""

    code = "simulation_too_large"


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to simulate."""

    replications: int
    days: int
    agents: int
    """On the busiest weekday."""
    calls: float
    """Expected in one replication, those who ring again included."""


def size_of(scenario: Scenario) -> Size:
    """Return how much there is to simulate in `scenario`, without simulating it."""
    horizon = scenario.horizon
    days = range(horizon.first_day, horizon.first_day + horizon.discard + horizon.days + horizon.run_off)
    agents = max(
        sum(shift.agents for shift in scenario.shifts if is_on(shift, day))
        + sum(max(staffing.agents) for staffing in scenario.staffing if is_on(staffing, day))
        for day in days
    )
    calls = sum(sum(s.calls) for day in days for s in scenario.streams if is_on(s, day))
    first = max(calls, max((sum(s.calls) for s in scenario.streams), default=0)) + len(scenario.recorded)
    again = [(min(r.probability, 1.0), r.most) for _, r in scenario.retrials]
    attempts = max((sum(p**n for n in range(most)) for p, most in again), default=1.0)
    return Size(scenario.replications, len(days), agents, first * attempts)


def check_size(size: Size) -> None:
    """Refuse what would take the machine from the calls.

    Raises:
        TooLarge: which figure is too large, and how large it may be.
    """
    bounds = (
        ("replications", size.replications, MOST_REPLICATIONS),
        ("days a replication", size.days, MOST_DAYS),
        ("agents", size.agents, MOST_AGENTS),
        ("calls a replication", size.calls, MOST_CALLS),
        ("calls in all replications", size.calls * size.replications, MOST_CALLS_IN_ALL),
    )
    for what, found, most in bounds:
        if not found <= most:
            said = f"{found:,.0f} {what}: the service simulates {most:,} at most; callcenter simulate does it"
            raise TooLarge(said)


def limit(memory: int, seconds: int) -> None:
    """Keep this process within `memory` bytes and `seconds` of processor time, and let it write no file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def simulated(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what `callcenter simulate --json` prints for what is asked.

    Raises:
        CallCenterError: the text or a `--set` is wrong, or asks for too much.
    """
    scenario = parse_scenario(asked["text"], asked["name"], asked["sets"])
    chance = {key: asked[key] for key in ("replications", "seed") if asked[key] is not None}
    scenario = replace(scenario, **chance)
    check_size(size_of(scenario))
    from sim.experiment.replicate import run
    from sim.results.result import as_json, result

    lived = run(scenario, processes=1, progress=_tell)
    found: dict[str, Any] = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    return found


def main() -> int:
    """Limit this process, read what is asked, and answer."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    os.nice(5)  # calls come first
    try:
        text = json.dumps({"result": simulated(json.loads(sys.stdin.buffer.read()))}, allow_nan=False)
        if len(text) > MOST_RESULT:
            raise TooLarge(f"the result has {len(text):,} characters, {MOST_RESULT:,} at most: ask for fewer days")
    except CallCenterError as error:
        return _refused(str(error))
    except MemoryError:
        return _refused("needs more memory than a simulation has here: fewer calls, agents or days")
    sys.stdout.write(text)
    return 0


def _refused(line: str) -> int:
    sys.stdout.write(json.dumps({"error": line}))
    return WRONG_INPUT


def _tell(done: int, wanted: int) -> None:
    print(f"{done} of {wanted}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
