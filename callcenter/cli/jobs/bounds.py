"""What a job may take: the size of a simulation, and the memory, processor time and files of its process."""

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.errors import CallCenterError
from callcenter.language.said import N_, said
from callcenter.scenario import Scenario, is_on

MOST_FILES: Final = 64
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
    days = scenario.horizon.lived
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


def most_replications(size: Size) -> int:
    """Return how many replications of such a size the service simulates at most."""
    return min(MOST_REPLICATIONS, int(MOST_CALLS_IN_ALL // max(size.calls, 1.0)))


def check_size(*sizes: Size) -> None:
    """Refuse what would take the machine from the calls.

    Args:
        sizes: Of each scenario that is to be simulated.

    Raises:
        TooLarge: which figure is too large, and how large it may be.
    """
    for size in sizes:
        bounds = (
            (N_("replications"), size.replications, MOST_REPLICATIONS),
            (N_("days a replication"), size.days, MOST_DAYS),
            (N_("agents"), size.agents, MOST_AGENTS),
            (N_("calls a replication"), size.calls, MOST_CALLS),
            (N_("calls in all replications"), sum(s.calls * s.replications for s in sizes), MOST_CALLS_IN_ALL),
        )
        for what, found, most in bounds:
            if not found <= most:
                raise TooLarge(
                    said(
                        "{found:,.0f} {what}: the service simulates {most:,} at most; callcenter simulate does it",
                        found=found, what=said(what), most=most,
                    )
                )  # fmt: skip


def limit(memory: int, seconds: int) -> None:
    """Keep this process within `seconds` of processor time and `memory` bytes more than it has; let it write no file.

    What it has already it shares with the process that it was forked from.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    within = memory + _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (within, within))


def _address_space() -> int:
    """Return the bytes of address space that this process has now; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
