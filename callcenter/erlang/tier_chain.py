"""The queue ahead of one waiting caller, as a birth-death chain: the numbers under tiers that hang up."""

from dataclasses import dataclass

import numpy as np

from callcenter.erlang.array_types import Complexes, Floats
from callcenter.erlang.errors import SearchEnded
from callcenter.erlang.transform import on_a_line

_DEPTH = 45.0
_MAX_WAITING = 50_000
_BEYOND = 30


def queue_weights(up: Floats, n: Floats, ratio: Floats) -> Floats:
    """Return P(j waiting | all agents busy), j on the first axis: shape (J, m).

    Args:
        up: Load of the calls that join, erlangs, shape (m,).
        n: Agents, above 0.
        ratio: AHT / patience, from 0 (then `up` must be below n).

    Raises:
        SearchEnded: More than 50,000 calls waiting matter.
    """
    log_weight = np.zeros_like(up)
    peak = np.zeros_like(up)
    rows = [log_weight]
    with np.errstate(divide="ignore"):
        log_up = np.log(up)
        for j in range(1, _MAX_WAITING):
            down = n + j * ratio
            log_weight = log_weight + log_up - np.log(down)
            rows.append(log_weight)
            peak = np.maximum(peak, log_weight)
            if np.all((log_weight < peak - _DEPTH) & (up < down)):
                break
        else:
            raise SearchEnded("waiting calls", _MAX_WAITING)
    weights = np.exp(np.array(rows) - peak)
    return np.asarray(weights / weights.sum(axis=0))


@dataclass(frozen=True, slots=True)
class Ahead:
    """One tier's callers behind their own and the higher tiers: rates per AHT, shape (m,).

    A caller who finds all agents busy has ahead of him every waiting call of his own and higher tiers;
    later arrivals of higher tiers join, agents coming free and lost patience take away. When none is ahead
    and an agent comes free, he is answered.
    """

    n: Floats
    above: Floats
    """Load of the higher tiers, erlangs."""
    ratio: Floats
    """AHT / patience of everyone ahead, and of the caller."""
    waiting: Floats
    """`queue_weights` of the tiers down to this one, shape (J, m)."""

    def transform(self, s: Complexes) -> Complexes:
        """Return E exp(-s V) of the wait V of a caller who never hangs up, s of shape (m, k)."""
        n, above, ratio = (x[:, None] for x in (self.n, self.above, self.ratio))
        top = self.waiting.shape[0]
        step, total = np.ones_like(s), np.zeros_like(s)
        for j in range(top + _BEYOND - 1, -1, -1):
            down = n + j * ratio
            step = down / (s + down + above * (1.0 - step))
            if j < top:
                total = step * (self.waiting[j][:, None] + total)
        return total

    def leaving(self) -> tuple[Floats, Floats]:
        """Return E exp(-θV) and E V exp(-θV): the share served and its wait (AHTs) of those who wait."""
        n, above, ratio = self.n, self.above, self.ratio
        top = self.waiting.shape[0]
        step, bend = np.ones_like(n), np.zeros_like(n)  # first passage one down, minus its derivative
        total, slope = np.zeros_like(n), np.zeros_like(n)
        for j in range(top + _BEYOND - 1, -1, -1):
            down = n + j * ratio
            outflow = ratio + down + above * (1.0 - step)
            step, bend = down / outflow, down * (1.0 + above * bend) / (outflow * outflow)
            if j < top:
                slope = bend * (self.waiting[j] + total) + step * slope
                total = step * (self.waiting[j] + total)
        return total, slope

    def served_within(self, times: Floats) -> Floats:
        """Return P(V <= t and patience > V) of those who wait, t in AHTs above 0."""
        ratio = self.ratio[:, None]
        # A wait behind j calls is known to about one part in √j.
        terms = 32 + int(3.0 * np.sqrt(self.waiting.shape[0]))
        return np.clip(on_a_line(lambda s: self.transform(s + ratio) / s, times, terms=terms), 0.0, 1.0)
