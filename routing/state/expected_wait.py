"""Expected wait: a band (P50, P90) from what the queue has lately done, or nothing when it has done too little.

The wait of a call with k calls ahead is the time for k + 1 departures from the line: agents freeing up at rate
N ÷ h each, and the ones ahead giving up at their own rate; arrivals of higher bands take their share of every
freed agent. Mean and variance of that sum of stages are matched by a gamma law, whose quantiles are looked up.
Only + - x ÷ are used, so that the answer is the same on every machine.
Source: the stage structure of the Erlang A queue (Gans, Koole and Mandelbaum, M&SOM 5(2), 2003), higher bands
by the reduced-service-rate argument of Cobham (1954).
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.units import MINUTE, Millis
from routing.state.ahead import position

if TYPE_CHECKING:
    from routing.state.floor import Floor
    from routing.state.line import Lane
    from routing.state.records import Waiting

ENOUGH: Final = 10
"""Conversations a queue must have finished before it predicts."""
ENOUGH_LOST: Final = 5
"""Callers who must have given up before a forecast counts on others doing so."""
_FORGET_AT: Final = 400
"""Conversations after which older ones count half."""
_BUCKET_MS: Final = 5 * MINUTE
_BUCKETS: Final = 6
_BUSIEST: Final = 0.95
"""The share of departures that higher bands may take in a forecast; at 1 the wait would be infinite."""

# Gamma law of mean 1: shape → median, 90 % quantile (scipy.stats.gamma.ppf, 4 digits).
_GAMMA: Final[tuple[tuple[float, float, float], ...]] = (
    (0.5, 0.4549, 2.7055),
    (1.0, 0.6931, 2.3026),
    (2.0, 0.8392, 1.9449),
    (3.0, 0.8914, 1.7741),
    (5.0, 0.9342, 1.5987),
    (8.0, 0.9587, 1.4714),
    (12.0, 0.9724, 1.3832),
    (20.0, 0.9834, 1.2951),
    (40.0, 0.9917, 1.2072),
    (100.0, 0.9967, 1.1301),
    (1000.0, 0.9997, 1.0407),
)


class ExpectedWait(NamedTuple):
    """Half of such calls wait no longer than `p50_ms`, nine in ten no longer than `p90_ms`."""

    p50_ms: Millis
    p90_ms: Millis


class Pulse:
    """What a queue has lately done: conversations, departures by abandonment, arrivals by band."""

    __slots__ = ("abandoned", "arrivals", "arriving", "handled", "handled_ms", "turns_at", "waited_ms")

    def __init__(self) -> None:
        self.handled = 0
        self.handled_ms = 0
        self.abandoned = 0
        self.waited_ms = 0
        self.turns_at = 0
        """When the next five minutes begin."""
        self.arriving: dict[int, int] = {}
        """Arrivals by band in the five minutes that run."""
        self.arrivals: list[dict[int, int]] = [self.arriving]
        """The same for the last five-minute stretches, the one that runs last."""

    def turn(self, now: Millis) -> None:
        """Begin the five minutes in which `now` lies, and forget those that are too long ago."""
        begins = now - now % _BUCKET_MS
        passed = (begins + _BUCKET_MS - self.turns_at) // _BUCKET_MS if self.turns_at else 1
        self.arrivals += [{} for _ in range(min(passed, _BUCKETS))]
        del self.arrivals[:-_BUCKETS]
        self.arriving = self.arrivals[-1]
        self.turns_at = begins + _BUCKET_MS

    def left_line(self, waited_ms: int, abandoned: bool) -> None:
        """Count the time a call stood in line, and whether it gave up."""
        self.waited_ms += waited_ms
        if abandoned:
            self.abandoned += 1

    def finished(self, talked_ms: int) -> None:
        """Count a conversation."""
        self.handled += 1
        self.handled_ms += talked_ms
        if self.handled >= _FORGET_AT:
            self.handled //= 2
            self.handled_ms //= 2
            self.abandoned //= 2
            self.waited_ms //= 2

    def wrapped_up(self, wrap_ms: int) -> None:
        """Add the after-call work of a conversation that was counted."""
        self.handled_ms += wrap_ms

    def arrivals_before(self, band: int, now: Millis) -> float:
        """Return arrivals per ms of bands before `band`, over the last half hour at most."""
        later = max(0, (now - self.turns_at) // _BUCKET_MS + 1) if self.turns_at else 0
        length = min(len(self.arrivals) + later, _BUCKETS)
        span = (length - 1) * _BUCKET_MS + now % _BUCKET_MS
        if span <= MINUTE:
            return 0.0
        recent = self.arrivals[max(0, len(self.arrivals) + later - _BUCKETS) :]
        return sum(n for counts in recent for b, n in counts.items() if b < band) / span


def expected_wait(floor: "Floor", item: "Waiting", now: Millis) -> ExpectedWait | None:
    """Return the band in which the rest of `item`'s wait is expected from `now`, or None.

    None: no agent who could take the call is at work, or the queue has finished too few conversations to tell.
    """
    lane = floor.lane_of(item)
    agents = sum(crew.working for crew in lane.crews)
    pulses = _pulses(lane)
    handled = sum(p.handled for p in pulses)
    if agents == 0 or handled < ENOUGH:
        return None
    mean_ms = sum(p.handled_ms for p in pulses) / handled
    waited = sum(p.waited_ms for p in pulses)
    # A rate of giving up needs more than one who did: until then nobody ahead is expected to.
    lost = sum(p.abandoned for p in pulses)
    gives_up = lost / waited if waited and lost >= ENOUGH_LOST else 0.0
    higher = sum(p.arrivals_before(lane.band, now) for p in pulses)
    taken = min(_BUSIEST, higher * mean_ms / agents)
    departures = agents * 100 / item.cost / max(1.0, mean_ms) * (1 - taken)
    return _quantiles(position(floor, item, now), departures, gives_up)


def _pulses(lane: "Lane") -> list[Pulse]:
    """Return the pulses of all queues that compete for the lane's agents."""
    seen: dict[str, Pulse] = {lane.queue.name: lane.queue.pulse}
    for crew in lane.crews:
        for other in crew.lanes:
            seen[other.queue.name] = other.queue.pulse
    return list(seen.values())


def _quantiles(ahead: int, departures: float, gives_up: float) -> ExpectedWait:
    """Return the quantiles of `ahead` + 1 stages, stage j left at rate `departures` + j x `gives_up` (per ms)."""
    mean = variance = 0.0
    j, width = 0, 1
    while j <= ahead:  # far back in line, stages are summed in blocks: the cost grows with the logarithm
        block = min(width, ahead + 1 - j)
        rate = departures + (j + (block - 1) / 2) * gives_up
        mean += block / rate
        variance += block / (rate * rate)
        j += block
        if j >= 16 * width:
            width *= 2
    p50, p90 = _gamma(mean * mean / variance)
    return ExpectedWait(Millis(int(mean * p50 + 0.5)), Millis(int(mean * p90 + 0.5)))


def _gamma(shape: float) -> tuple[float, float]:
    """Interpolate the table of quantiles of a gamma law with mean 1."""
    below = _GAMMA[0]
    for above in _GAMMA:
        if shape <= above[0]:
            if above is below:
                return above[1], above[2]
            part = (shape - below[0]) / (above[0] - below[0])
            return below[1] + part * (above[1] - below[1]), below[2] + part * (above[2] - below[2])
        below = above
    return _GAMMA[-1][1], _GAMMA[-1][2]
