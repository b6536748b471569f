"""Plans that only the engine can tell: whole days are lived, agents added by cuts, then taken away many at a time.

One more agent counts for the half hour and what its backlog reaches, so one lived day tries an agent away in every
third half hour at once: what the calls of three half hours lose is that agent's. The cheapest losses go together, as
long as every promise can spare them, and the plan that is left is lived before it is believed.

Few days are lived, and they are not any: of many whose calls are counted, those that stand evenly for quiet and busy
ones (systematic sampling by the number of calls). A plan is meant for the judge's fresh days, so a promise over the
day is aimed at with what those need to confirm it, whatever the number of days lived here.

Sources: systematic sampling, W. G. Cochran, "Sampling Techniques", 3rd ed., 1977, chapter 8; common random numbers and
the local search by one agent fewer, A. N. Avramidis et al., "Optimizing daily agent scheduling in a multiskill call
center", EJOR 200(3), 2010.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Final

import numpy as np
from scipy import special

from callcenter.language.said import N_, said
from callcenter.scenario import Scenario
from callcenter.tiers import Sense
from sim.model.demand import arrivals
from sim.model.streams import Chance, Floats, Ints
from sim.planning.plan.groups import costs
from sim.planning.staffing.cover import Cover, Short, covered, too_few
from sim.planning.staffing.judge import controls
from sim.planning.staffing.plan import Binding
from sim.planning.staffing.promises import ALPHA, Failed, Finding, Promise, decide, judge, shares
from sim.planning.staffing.rig import Heads, Rig
from sim.planning.staffing.walk import Bound

APART: Final = 3
"""Half hours at least between two agents who are tried away in one lived day."""
CARE: Final = 1.3
"""Losses of several agents together are more than their sum: so many times."""
SURE_BY_INTERVAL: Final = 1.0
"""A promise by the interval is aimed at with so many standard errors: fresh days need only not refute it."""
BATCH_SIZE: Final = 24
"""Lived days with agents tried away, after which those go that can: a search that is stopped has some of it done."""
LUCK: Final = 0.5
"""Of the promises that looked kept on the days searched, some were lucky: so many standard errors are not believed."""
DAYS_FOR_EACH: Final = 5
DRAWN: Final = 4
"""Of so many times the days, those are lived that stand evenly for all."""

Move = tuple[int, Heads]
"""Interval, and what changes there: agents by group."""


def even_days(scenario: Scenario, first: int, days: int) -> tuple[int, ...]:
    """Return replications, from `first` on, whose numbers of calls stand evenly for those of many days."""
    drawn = range(first, first + DRAWN * days)
    calls = {n: len(arrivals(scenario, Chance(scenario.seed, n))) for n in drawn}
    in_order = sorted(drawn, key=lambda n: (calls[n], n))
    return tuple(sorted(in_order[DRAWN // 2 :: DRAWN]))


@dataclass
class WholeDays:
    """The plan as it stands, and what the days give with it."""

    rig: Rig
    cover: Cover
    wanted: list[Promise]
    formula: str
    most: Heads
    expected: Floats | None
    judged_on: int
    """Fresh days that the plan is to stand before."""
    lives: int
    """Times at most that the days are lived."""
    price: tuple[float, ...]
    swaps: tuple[tuple[int, int], ...]
    """Groups of which one agent of the first may give way to one, cheaper, of the second."""
    told: Callable[[str, int, int], None]
    stop: Callable[[], bool]
    plan: list[Heads] = field(default_factory=list)
    unmeetable: list[Promise] = field(default_factory=list)
    binding: dict[int, list[Binding]] = field(default_factory=dict)
    more: dict[Promise, float] = field(default_factory=dict)
    """So much beyond its aim is asked of a promise that fresh days failed."""
    hit: bool = False
    """A bound ended the search before it was done."""
    counts: Ints = field(init=False)
    """Intervals x days x rows x counts."""
    came: Ints = field(init=False)
    lived: int = 0
    mended: int = 0
    """Times that fresh days failed a promise."""

    def search(self) -> None:
        """Find the plan."""
        try:
            self._up()
            self._down([(h, _one(g, self.most, -1)) for h, g in self._everybody()])
            swapped = [(h, _swap(a, b, self.most)) for h, _ in enumerate(self.plan) for a, b in self.swaps]
            self._down([move for move in swapped if self._possible(move)])
        except Bound:
            self.hit = True

    def of_their_targets(self) -> list[Finding]:
        """Return every promise's finding, with verdicts."""
        return decide(self._findings(self.counts))

    # --- looking

    def _live(self, plan: Sequence[Heads]) -> Ints:
        if self.lived and (self.lived >= self.lives or self.stop()):
            raise Bound
        self.lived += 1
        counts, self.came = self.rig.whole(plan)
        if self.lived == 1:
            self.plan, self.counts = list(plan), counts
        return counts

    def _findings(self, counts: Ints) -> list[Finding]:
        whole = counts.sum(axis=0)
        found = [
            self._finding(p, whole if p.interval is None else counts[p.interval])
            for p in self.wanted
            if p not in self.unmeetable
        ]
        return [f for f in found if f is not None]

    def _finding(self, promise: Promise, counts: Ints) -> Finding | None:
        known = controls(self.came, self.expected, promise.interval)[:, :1]
        return judge(promise, counts, self.formula, known, DAYS_FOR_EACH)

    def _aim(self, finding: Finding) -> float:
        """Return what the level has to be here, for the judge to find the promise kept."""
        goal, error = finding.goal, finding.error
        if finding.promise.interval is not None:
            margin = SURE_BY_INTERVAL * error
        else:
            many = sum(p.interval is None for p in self.wanted)
            fresh = error * sqrt(self.rig.where.days / self.judged_on)
            margin = float(special.ndtri(1 - ALPHA / many)) * fresh + LUCK * error
        margin += self.more.get(finding.promise, 0.0)
        return min(goal + margin, (1 + goal) / 2)

    def _short(self, counts: Ints) -> list[Short]:
        """Return what falls short, and which level it should reach."""
        found = [(f, self._aim(f)) for f in self._findings(counts)]
        return [(f, aim) for f, aim in found if f.level is not None and f.level.mean < aim]

    # --- up

    def _up(self) -> None:
        """Add agents by cuts until every promise is aimed at; what the most agents do not keep is set aside."""
        plan, counts, left = covered(self.cover, self._live, self._short, self.formula, self.told)
        self.plan, self.counts = plan, counts
        if not left:
            return
        self.told(N_("the most agents"), 0, 1)
        at_most = self._live([self.most] * len(plan))
        self.unmeetable = [f.promise for f in self._findings(at_most) if f.p > ALPHA / len(self.wanted)]
        if self.unmeetable:
            self.plan, self.counts, _ = covered(self.cover, self._live, self._short, self.formula, self.told)

    # --- down

    def _everybody(self) -> list[tuple[int, int]]:
        dearest = sorted(range(len(self.most)), key=lambda g: -self.price[g])
        return [(h, g) for g in dearest for h, heads in enumerate(self.plan) if heads[g] > 0 and sum(heads) > 1]

    def _possible(self, move: Move) -> bool:
        h, change = move
        return all(0 <= n + d <= m for n, d, m in zip(self.plan[h], change, self.most, strict=True))

    def _down(self, moves: list[Move]) -> None:
        """Make the moves that every promise can spare, until none is left."""
        while moves:
            left, made = [], 0
            parties = _parties(moves)
            for begin in range(0, len(parties), BATCH_SIZE):
                here = [[m for m in party if self._may_go(m)] for party in parties[begin : begin + BATCH_SIZE]]
                room = self._room()
                losses = self._tried(here, room, (begin, len(parties)))
                spared = [move for move in losses if _worst(losses[move], room) <= 1]
                chosen = self._chosen(spared, losses, room)
                while chosen and not self._taken(chosen):
                    chosen = chosen[: len(chosen) // 2]
                made += len(chosen)
                left += spared
            if not made:
                return
            moves = [move for move in left if self._may_go(move)]

    def _may_go(self, move: Move) -> bool:
        return self._possible(move) and sum(self.plan[move[0]]) + sum(move[1]) > 0

    def _room(self) -> Floats:
        """Return by how much each promise is kept beyond what is aimed at (short of it: 0)."""
        room = np.full(len(self.wanted), np.inf)
        for finding in self._findings(self.counts):
            if finding.level is not None:
                place = self.wanted.index(finding.promise)
                room[place] = max(finding.level.mean - self._aim(finding), 0.0)
        return room

    def _tried(self, parties: list[list[Move]], room: Floats, done: tuple[int, int]) -> dict[Move, Floats]:
        """Live the days with each move made, a party in one; return what each promise loses by each."""
        found: dict[Move, Floats] = {}
        levels = self._levels(self.counts)
        for turn, party in enumerate(parties, done[0]):
            self.told(N_("one agent fewer"), turn, done[1])
            if not party:
                continue
            counts = self._live(_with(self.plan, party))
            for h, change in party:
                changed = self.counts.copy()
                changed[h : h + APART] = counts[h : h + APART]
                found[h, change] = loss = levels - self._levels(changed)
                if _worst(loss, room) > 1 and sum(change) < 0:
                    self._remember(h, change.index(-1), self.wanted[int(np.argmax(_parts(loss, room)))], changed)
        return found

    def _levels(self, counts: Ints) -> Floats:
        """Return the plain level of every promise."""
        whole = counts.sum(axis=0)
        parts = (whole if p.interval is None else counts[p.interval] for p in self.wanted)
        return np.array([_level(p, part, self.formula) for p, part in zip(self.wanted, parts, strict=True)])

    def _chosen(self, moves: list[Move], losses: dict[Move, Floats], room: Floats) -> list[Move]:
        """Return moves that can be made together: those first that cost the promises least for what they save."""
        saving = {move: -sum(p * d for p, d in zip(self.price, move[1], strict=True)) for move in moves}
        chosen: list[Move] = []
        left = room.copy()
        for move in sorted(moves, key=lambda m: (_worst(losses[m], room) / saving[m], m)):
            loss = np.maximum(losses[move], 0.0) * CARE
            if saving[move] > 0 and not any(move[0] == h for h, _ in chosen) and (loss <= left).all():
                chosen.append(move)
                left -= np.where(np.isinf(left), 0.0, loss)
        return chosen

    def _taken(self, moves: list[Move]) -> bool:
        """Make the moves if the days keep what was aimed at (what fell short before may stay so)."""
        self.told(N_("the agents who are left"), 0, 1)
        short = {f.promise: f.level.mean for f, _ in self._short(self.counts) if f.level is not None}
        plan = _with(self.plan, moves)
        counts = self._live(plan)
        for finding, _ in self._short(counts):
            assert finding.level is not None
            if finding.level.mean < short.get(finding.promise, np.inf):
                return False
        self.plan, self.counts = plan, counts
        return True

    def _remember(self, h: int, group: int, promise: Promise, changed: Ints) -> None:
        """Note what one agent fewer of a group costs: the promise that can spare it least, with and without."""
        parts = [c.sum(axis=0) if promise.interval is None else c[promise.interval] for c in (self.counts, changed)]
        now, fewer = (self._finding(promise, part) for part in parts)
        if now is None or fewer is None:
            return
        bound = ALPHA / len(self.wanted)
        fewer = replace(fewer, verdict="no" if 1 - fewer.p <= bound else "undecided")
        now = replace(now, verdict="yes" if now.p <= bound else "undecided")
        name = self.rig.where.scenario.centre.groups[group].name
        known = [b for b in self.binding.get(h, ()) if b.group != name]
        self.binding[h] = [*known, Binding(h, name, now, fewer)]

    # --- after the judge

    def mend(self, failed: Sequence[Failed], counts: Ints) -> None:
        """Give more agents where the calls were late that broke a promise on fresh days; spare those not needed."""
        mine = {f.promise: f for f in self._findings(self.counts)}
        for on_fresh_days, lacking in failed:
            promise = on_fresh_days.promise
            if promise in mine:
                found = mine[promise]
                assert found.level is not None
                beyond = max(found.level.mean - self._aim(found), 0.0) + lacking
                self.more[promise] = self.more.get(promise, 0.0) + beyond
        short = [(f, f.level.mean + lacking) for f, lacking in failed if f.level is not None]
        heads = [list(row) for row in self.plan]
        # Twice as many as the last time: where a cut's guess is too low, as many rounds as there are would not do.
        times = 2**self.mended
        self.mended += 1
        for (h, queue), more in too_few(self.cover, self.plan, short, counts.swapaxes(0, 1), self.formula).items():
            able = [g for g in self.cover.serving[queue] if heads[h][g] < self.most[g]]
            if able:
                cheapest = min(able, key=lambda g: (self.price[g], g))
                heads[h][cheapest] = min(heads[h][cheapest] + times * more, self.most[cheapest])
        before, plan = self.plan, [tuple(row) for row in heads]
        self.lives = self.lived + BATCH_SIZE
        added = [(h, g) for h, row in enumerate(plan) for g, n in enumerate(row) if n > before[h][g]]
        with self.rig:
            try:
                self.counts, self.plan = self._live(plan), plan
                self._down([(h, _one(g, self.most, -1)) for h, g in added])
            except Bound:
                self.hit = True

    def gap(self) -> str:
        """Return what the plan costs beside what a formula asks of each set of queues, in words."""
        hourly = costs(self.cover.scenario)

        def cost(plan: list[Heads]) -> float:
            return sum(price * n for heads in plan for price, n in zip(hourly, heads, strict=True))

        least, mine = cost(self.cover.least), cost(self.plan)
        what = said("hours at their shift types' cost") if len(set(hourly)) > 1 else said("agents")
        if mine <= least:
            return said(
                "groups are staffed together, by cuts: {what} {mine:,.0f} a day by interval, no more than the "
                "{least:,.0f} that every set of queues by itself would ask for by formula; that nothing cheaper would "
                "do is not proved",
                what=what, mine=mine, least=least,
            )  # fmt: skip
        return said(
            "groups are staffed together, by cuts: {what} {mine:,.0f} a day by interval, where every set of queues "
            "by itself would ask for {least:,.0f} by formula, {more:.0%} less; that nothing cheaper would do is not "
            "proved",
            what=what, mine=mine, least=least, more=1 - least / mine,
        )  # fmt: skip


def _one(group: int, like: Heads, by: int) -> Heads:
    return tuple(by * (g == group) for g in range(len(like)))


def _swap(dear: int, cheap: int, like: Heads) -> Heads:
    return tuple((g == cheap) - (g == dear) for g in range(len(like)))


def _with(plan: Sequence[Heads], moves: Sequence[Move]) -> list[Heads]:
    found = list(plan)
    for h, change in moves:
        found[h] = tuple(n + d for n, d in zip(found[h], change, strict=True))
    return found


def _parties(moves: Sequence[Move]) -> list[list[Move]]:
    """Share moves out so that those of one party are apart, in order of their intervals."""
    parties: list[list[Move]] = []
    for move in moves:
        party = next((p for p in parties if all(abs(move[0] - h) >= APART for h, _ in p)), None)
        if party is None:
            parties.append([move])
        else:
            party.append(move)
    return [sorted(party) for party in parties]


def _level(promise: Promise, counts: Ints, formula: str) -> float:
    """Return the plain level of a promise; nothing promised to anybody is kept."""
    above, below = shares(counts, promise.rows, formula)
    if promise.target.sense is Sense.PROBABILITY:
        some = below > 0
        return float(np.where(some, above >= promise.target.share * below, True).mean())
    total = below.sum()
    return float(above.sum() / total) if total else 1.0


def _parts(loss: Floats, room: Floats) -> Floats:
    """Return which part of its room each promise loses."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((loss <= 0) | np.isinf(room), 0.0, loss / room)


def _worst(loss: Floats, room: Floats) -> float:
    return float(_parts(loss, room).max(initial=0.0))
