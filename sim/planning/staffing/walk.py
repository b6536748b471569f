"""The walk: half hour by half hour to the fewest agents, back where backlog carries over, and a proof at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from callcenter.language.said import N_
from sim.model.streams import Floats, Ints
from sim.planning.staffing.judge import controls
from sim.planning.staffing.plan import Binding
from sim.planning.staffing.promises import ALPHA, Failed, Finding, Promise, decide, judge, shares
from sim.planning.staffing.rig import BACK, Heads, Rig

STRIDE: Final = 4
"""Agents added at a time, at most, while a half hour is far from its promise."""
LOOK_BACK: Final = 8
"""Half hours at most in which an earlier agent is tried for two later ones."""
BEYOND: Final = BACK - 2
"""Half hours after a change in which its backlog is looked for."""
ROUNDS: Final = 12
SURE: Final = 1.645
"""Standard errors by which a promise is kept when the last one of Holm's procedure is found kept at 95 %."""


class Bound(Exception):  # not a fault: the search may try no more
    """The bound of the search has been reached."""


@dataclass
class Walk:
    """The plan as it stands, and what every interval gives with it."""

    rig: Rig
    wanted: list[Promise]
    formula: str
    plan: list[Heads]
    most: Heads
    """Agents of each group at most."""
    expected: Floats | None
    tries: int
    """Stretches to try at most."""
    told: Callable[[str, int, int], None]
    stop: Callable[[], bool] = lambda: False
    """Asked before each try whether to end with what there is."""
    unmeetable: list[Promise] = field(default_factory=list)
    counts: dict[int, Ints] = field(default_factory=dict)
    """Interval → days x rows x counts, with the plan as it stands."""
    binding: dict[int, list[Binding]] = field(default_factory=dict)
    more: dict[Promise, float] = field(default_factory=dict)
    """So much beyond its target is asked of a promise that fresh days failed."""
    hit: bool = False
    """A bound ended the search before it was done."""
    came: Ints = field(init=False)
    _known: dict[int | None, tuple[Ints, list[Promise], list[Finding]]] = field(default_factory=dict)
    """Interval → what its counts, with the plan as it stands, have been found to come to."""
    _controls: dict[int | None, Floats] = field(default_factory=dict)
    """Interval → `controls` of it: arrivals are the same whoever is there."""

    def __post_init__(self) -> None:
        self.rig.begin()
        self.came = self.rig.arrivals()
        self.last = self.rig.where.intervals() - 1

    def search(self) -> None:
        """Find the plan."""
        self._as_far_as_it_goes(self._from_the_start)

    def _as_far_as_it_goes(self, what: Callable[[], None]) -> None:
        """Do `what`; where a bound ends it, the plan is left as it stands and lived through."""
        try:
            what()
        except Bound:
            self.hit = True
            tries, stop = self.tries, self.stop
            self.tries, self.stop = 10**9, lambda: False
            self.again(0)
            self.tries, self.stop = tries, stop

    def _from_the_start(self) -> None:
        start = list(self.plan)
        self.forward()
        self.whole_day()
        self.look_back(start)
        self.whole_day()
        self.trim()

    # --- looking

    def look(self, h: int, heads: Heads) -> Ints:
        """Try `heads` in interval `h` of the plan."""
        if self.rig.played >= self.tries or self.stop():
            raise Bound
        return self.rig.play(h, heads, self.plan[h + 1] if h < self.last else heads)

    def live(self, h: int, heads: Heads, counts: Ints) -> None:
        """Take `heads`, which were tried last, into the plan."""
        self.plan[h], self.counts[h] = heads, counts
        self.rig.commit(h, heads)

    def again(self, first: int, until: int | None = None) -> None:
        """Live through the intervals from `first` on with the plan as it stands."""
        for h in range(first, min(self.last + 1, until if until is not None else self.last + 1)):
            self.live(h, self.plan[h], self.look(h, self.plan[h]))

    def at(self, h: int | None) -> list[Promise]:
        """Return the promises for interval `h` (None: the day) that can be kept."""
        return [p for p in self.wanted if p.interval == h and p not in self.unmeetable]

    def found(self, h: int | None, counts: Ints) -> list[Finding]:
        """Return how well those are kept."""
        wanted, before = self.at(h), self._known.get(h)
        if before is not None and before[0] is counts and before[1] == wanted:
            return before[2]
        if wanted and h not in self._controls:
            self._controls[h] = controls(self.came, self.expected, h)
        asked = self.more
        findings = [judge(p, counts, self.formula, self._controls[h], more=asked.get(p, 0.0)) for p in wanted]
        found = [f for f in findings if f is not None]
        if h is not None and counts is self.counts.get(h):
            self._known[h] = counts, wanted, found
        return found

    def day(self, instead: dict[int, Ints] | None = None) -> Ints:
        """Return the counts of the whole day, with some intervals' replaced."""
        counts = self.counts | (instead or {})
        return np.asarray(np.sum([counts[h] for h in sorted(counts)], axis=0))

    def all_findings(self, instead: dict[int, Ints] | None = None) -> list[Finding]:
        """Return every promise's finding, with verdicts."""
        counts = self.counts | (instead or {})
        parts = [self.found(h, counts[h]) for h in sorted(counts)]
        if self.at(None):
            parts.append(self.found(None, self.day(instead)))
        return decide([f for part in parts for f in part])

    def keeps_all(self, instead: dict[int, Ints] | None = None) -> bool:
        """Tell whether every promise that can be kept is kept, decided together."""
        return all(f.verdict == "yes" for f in self.all_findings(instead))

    def _fine(self, h: int | None, counts: Ints) -> bool:
        return all(f.p <= self._level for f in self.found(h, counts))

    @property
    def _level(self) -> float:
        """Level at which each promise is held to be kept: all of them together at 95 %."""
        return ALPHA / len(self.wanted)

    # --- forward

    def forward(self) -> None:
        """Go through the day once: in each half hour the fewest agents that keep its promises, given those before."""
        for h in range(self.last + 1):
            self.told(N_("half hours in order"), h, self.last + 1)
            self.settle(h)

    def settle(self, h: int) -> None:
        """Find the fewest agents for interval `h`, given those before, from the plan's number on (up and down)."""
        heads = self.plan[h]
        counts = self.look(h, heads)
        if not self.at(h) or not counts.any():
            self.live(h, heads, counts)
            return
        if not self._fine(h, counts):
            heads, counts = self._up(h, heads, counts)
        while True:
            less = [(fewer, self.look(h, fewer)) for fewer in self._less(h, heads)]
            enough = [(fewer, found) for fewer, found in less if self._fine(h, found)]
            if not enough:
                break
            heads, counts = enough[0]
        self.live(h, heads, counts)

    def _less(self, h: int, heads: Heads) -> list[Heads]:
        """Return `heads` of interval `h` with one agent fewer, in each group that has any; where calls come, not none.

        With nobody there all may hang up too soon to be counted, and the promise would look kept.
        """
        least, places = int(self.came[:, h].any()), range(len(heads))
        return [(*heads[:g], heads[g] - 1, *heads[g + 1 :]) for g in places if heads[g] > 0 and sum(heads) > least]

    def _up(self, h: int, heads: Heads, counts: Ints) -> tuple[Heads, Ints]:
        """Add agents until the promises of `h` are kept; what even the most agents do not keep is set aside."""
        stride, checked = 1, False
        while not self._fine(h, counts):
            if heads == self.most or (stride >= STRIDE and not checked):
                checked = True
                at_most = self.look(h, self.most)
                lost = [f.promise for f in self.found(h, at_most) if f.p > self._level]
                if lost:
                    self.unmeetable += lost
                    return self._best_partial(h, heads, lost, at_most)
                if heads == self.most:
                    return heads, at_most
            best: tuple[float, Heads, Ints] | None = None
            for g in range(len(heads)):
                if heads[g] >= self.most[g]:
                    continue
                more = (*heads[:g], min(heads[g] + stride, self.most[g]), *heads[g + 1 :])
                found = self.look(h, more)
                gain = sum(f.level.mean for f in self.found(h, found) if f.level is not None)
                if best is None or gain > best[0]:
                    best = gain, more, found
            if best is None:
                break
            _, heads, counts = best
            stride = min(stride * 2, STRIDE)
        return heads, counts

    def _best_partial(self, h: int, heads: Heads, lost: list[Promise], at_most: Ints) -> tuple[Heads, Ints]:
        """Return agents for an interval whose promise `lost` cannot be kept: more of them would give no more."""
        best = [self._mean(p, at_most) for p in lost]
        for step in range(20):
            counts = self.look(h, heads)
            near = all(self._mean(p, counts) >= b - 0.01 for p, b in zip(lost, best, strict=True))
            if (near and self._fine(h, counts)) or heads == self.most:
                return heads, counts
            heads = tuple(min(n + 1 + step, top) for n, top in zip(heads, self.most, strict=True))
        return self.most, at_most

    def _mean(self, promise: Promise, counts: Ints) -> float:
        above, below = shares(counts, promise.rows, self.formula)
        return float(above.sum() / max(below.sum(), 1))

    # --- promises over the day

    def whole_day(self) -> None:
        """Add agents where they help the promises over the day most; take away where they help least."""
        if not self.at(None):
            return
        for turn in range(ROUNDS):
            self.told(N_("promises over the day"), turn, ROUNDS)
            short = [f for f in self.found(None, self.day()) if f.p > self._level]
            if not short or not self._add_for(short):
                break
        else:
            raise Bound
        short = [f for f in self.found(None, self.day()) if f.p > self._level]
        self.unmeetable += [f.promise for f in short if f.promise not in self.more]
        if not [p for p in self.wanted if p.interval is not None]:
            for _ in range(ROUNDS):
                if not self._take_away():
                    break

    def _balance(self, promise: Promise, counts: Ints) -> float:
        """Return by how many calls a day the promise is kept (below zero: missed)."""
        above, below = shares(counts, promise.rows, self.formula)
        return float((above - promise.target.share * below).mean())

    def _goal(self, finding: Finding) -> float:
        return finding.goal + self.more.get(finding.promise, 0.0)

    def _add_for(self, short: list[Finding]) -> bool:
        """Add one agent wherever that brings most, until it should suffice; False: nothing can be added."""
        need = []
        for f in short:
            calls = float(shares(self.day(), f.promise.rows, self.formula)[1].mean())
            assert f.level is not None
            width = (f.level.half_width or 0.0) * 1.5
            need.append(max((self._goal(f) + width - f.level.mean) * calls, 0.1))
        gains: list[tuple[float, int, Heads, list[float]]] = []
        for h in range(self.last + 1):
            if not self.counts[h].any():
                continue
            for g, n in enumerate(self.plan[h]):
                if n < self.most[g]:
                    more = (*self.plan[h][:g], n + 1, *self.plan[h][g + 1 :])
                    found = self.look(h, more)
                    gain = [self._balance(f.promise, found) - self._balance(f.promise, self.counts[h]) for f in short]
                    score = sum(min(part, short_of) / short_of for part, short_of in zip(gain, need, strict=True))
                    gains.append((score, h, more, gain))
        gains = [entry for entry in gains if entry[0] > 1e-6]
        changed: list[int] = []
        for _, h, more, gain in sorted(gains, key=lambda entry: -entry[0]):
            if all(short_of <= 0 for short_of in need):
                break
            if h not in changed:
                self.plan[h] = more
                changed.append(h)
                need = [short_of - part for short_of, part in zip(need, gain, strict=True)]
        if changed:
            self.again(min(changed))
        return bool(changed)

    def _take_away(self) -> bool:
        """Take one agent away wherever that costs least, as long as the day's promises can spare it."""
        kept = self.found(None, self.day())
        spare = []
        for f in kept:
            calls = float(shares(self.day(), f.promise.rows, self.formula)[1].mean())
            assert f.level is not None
            spare.append((f.level.mean - (f.level.half_width or 0.0) * 1.6 - self._goal(f)) * calls)
        losses: list[tuple[float, int, Heads, list[float]]] = []
        for h in range(self.last + 1):
            for fewer in self._less(h, self.plan[h]):
                found = self.look(h, fewer)
                loss = [self._balance(f.promise, self.counts[h]) - self._balance(f.promise, found) for f in kept]
                losses.append((max(loss, default=0.0), h, fewer, loss))
        before, changed = list(self.plan), []
        for _, h, fewer, loss in sorted(losses, key=lambda entry: entry[0]):
            left = [room - 1.3 * part for room, part in zip(spare, loss, strict=True)]
            if h not in changed and all(room >= 0 for room in left):
                self.plan[h], spare = fewer, left
                changed.append(h)
        if not changed:
            return False
        self.again(min(changed))
        if self._fine(None, self.day()):
            return True
        self.plan = before
        self.again(min(changed))
        return False

    # --- back

    def look_back(self, start: list[Heads]) -> None:
        """Try one agent more in an earlier half hour for two fewer in the later ones: backlog carries over."""
        dear = sorted(range(1, self.last + 1), key=lambda h: sum(start[h]) - sum(self.plan[h]))[:LOOK_BACK]
        for turn, h in enumerate(sorted(dear)):
            self.told(N_("earlier half hours again"), turn, LOOK_BACK)
            if sum(self.plan[h]) <= sum(start[h]) or not self.at(h):
                continue
            self._exchange(h)

    def _exchange(self, h: int) -> None:
        until = min(h + BEYOND, self.last + 1)
        before, counts = list(self.plan), dict(self.counts)
        self.rig.keep()
        self.plan[h - 1] = tuple(n + (g == 0) for g, n in enumerate(self.plan[h - 1]))
        self.again(h - 1, h)
        for later in range(h, until):
            self.settle(later)
            if later == h and sum(self.plan[h]) >= sum(before[h]):
                break  # where the backlog comes first it spares nobody: nor will it later
        if sum(map(sum, self.plan)) < sum(map(sum, before)):
            self.again(until)
            return
        self.plan, self.counts = before, counts
        self.rig.undo()

    # --- the proof

    def trim(self) -> None:
        """Try the plan with each agent taken away: what can go goes, and for the rest it is known what that costs.

        Once through the day in its order does: who goes later changes nothing before, and who could not go while
        there were more agents cannot go with fewer. What those who went earlier lack beyond the half hours in which
        that was looked for is seen where the day comes to it, and given back there.
        """
        for h in range(self.last + 1):
            self.told(N_("one agent fewer"), h, self.last + 1)
            self._trim_at(h)
        if not self._keeps(None):
            self.whole_day()

    def _trim_at(self, h: int) -> None:
        before = heads = self.plan[h]
        now = self.counts[h] = self.look(h, heads)
        while not self._keeps(h) and heads != self.most:
            heads = self._more(heads)
            now = self.counts[h] = self.look(h, heads)
        self.live(h, heads, now)
        if heads != before:
            self._keeps_before(h)
        while self._spares_one(h):
            pass

    def _keeps(self, h: int | None) -> bool:
        """Tell whether what is promised for interval `h` (None: for the day) is kept, decided with all the rest."""
        return all(f.verdict == "yes" for f in self.all_findings() if f.promise.interval == h)

    def _spares_one(self, h: int) -> bool:
        """Take an agent out of interval `h` if every promise can spare one; else remember what that would cost."""
        if self._may_spare(h):
            for heads in self._less(h, self.plan[h]):
                counts = self.look(h, heads)
                if self.keeps_all({h: counts}) and self._can_go(h, heads, counts):
                    return True
        self._remember(h)
        return False

    def _may_spare(self, h: int) -> bool:
        """Tell whether anything is promised that an agent of interval `h` works for."""
        return bool(self.at(h) or self.at(None) or self.at(min(h + 1, self.last)))

    def _can_go(self, h: int, heads: Heads, counts: Ints) -> bool:
        """Take `heads` into the plan if every promise is kept with it in the half hours around it too."""
        before, known = self.plan[h], dict(self.counts)
        self.rig.keep()
        self.live(h, heads, counts)
        after = range(h + 1, min(h + 1 + BEYOND, self.last + 1))
        if all(self._keeps_in(later) for later in after) and self._keeps_before(h):
            return True
        self.plan[h], self.counts = before, known
        self.rig.undo()
        return False

    def _keeps_in(self, h: int) -> bool:
        """Live through interval `h` once more; tell whether every promise is still kept."""
        self.again(h, h + 1)
        return self.keeps_all()

    def _keeps_before(self, h: int) -> bool:
        """Tell the same of the interval before `h`, whose last calls meet who is there in `h`."""
        if h:
            self.counts[h - 1] = self.look(h - 1, self.plan[h - 1])
        return self.keeps_all()

    def _more(self, heads: Heads) -> Heads:
        """Return one agent more, of the first group that has not its most."""
        g = next(g for g, n in enumerate(heads) if n < self.most[g])
        return (*heads[:g], heads[g] + 1, *heads[g + 1 :])

    def _remember(self, h: int) -> None:
        """Note what one agent fewer costs: the promise of that half hour (or of the day) that is then kept worst."""
        self.binding[h] = []
        for heads in self._less(h, self.plan[h]):
            fewer = self.look(h, heads)
            places = [f for f in self.all_findings({h: fewer}) if f.promise.interval in {h, None}]
            if places:
                worst = self._of_its_target(max(places, key=lambda f: f.p), fewer, h)
                now = next((f for f in self.all_findings() if f.promise == worst.promise), None)
                group = next(g for g, n in enumerate(heads) if n < self.plan[h][g])
                name = self.rig.where.scenario.centre.groups[group].name
                self.binding[h].append(Binding(h, name, now, worst))

    def _of_its_target(self, finding: Finding, counts: Ints, h: int) -> Finding:
        """Return the finding by the promise's own target, where more than that was asked: kept, broken or undecided."""
        promise = finding.promise
        if promise not in self.more:
            return finding
        counts = counts if promise.interval is not None else self.day({h: counts})
        plain = judge(promise, counts, self.formula, self._controls[promise.interval])
        assert plain is not None
        kept, broken = plain.p <= self._level, 1 - plain.p <= self._level
        return replace(plain, verdict="yes" if kept else "no" if broken else "undecided")

    # --- after the judge

    def mend(self, failed: Sequence[Failed], counts: Ints) -> None:
        """Ask more of the promises that fresh days failed, and search on from the plan as it stands."""
        for on_fresh_days, short in failed:
            promise = on_fresh_days.promise
            here = self.counts[promise.interval] if promise.interval is not None else self.day()
            now = judge(promise, here, self.formula, self._controls[promise.interval])
            if now is not None and now.level is not None:
                sure = max(now.level.mean - SURE * now.error - now.goal, 0.0)
                self.more[promise] = min(max(sure, self.more.get(promise, 0.0)) + short, (1 - now.goal) / 2)
        self._known.clear()
        self.tries += self.rig.played
        with self.rig:
            self.rig.begin()
            self._as_far_as_it_goes(self._on)

    def _on(self) -> None:
        self.again(0)
        self.whole_day()
        self.trim()

    def of_their_targets(self) -> list[Finding]:
        """Return every promise's finding by its own target, with verdicts, whatever was asked beyond it."""
        self.more.clear()
        self._known.clear()
        return self.all_findings()
