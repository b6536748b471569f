"""What people are like: handling, patience, wrap-up and pace, fixed by who calls and never by when they are served."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from callcenter.centre import Queue, widest
from callcenter.errors import BadInput
from callcenter.scenario import Desk, Law, LawKind, Retrial, Rule, Scenario
from callcenter.skills import covers
from callcenter.units import Millis
from sim.model import streams as draw
from sim.model.demand import NONE, Arrivals, Bools, in_order, menu_stage
from sim.model.laws import NEVER_MS, law_for, mean_s, quantile_s, quantiles_ms, time_s, to_ms
from sim.model.streams import Chance, Floats, Ints, number_of

Name = TypeVar("Name", str, str | None)
Kept = TypeVar("Kept", Ints, Floats, Bools)
_NO_TIME: Final = Law(LawKind.DETERMINISTIC, 0.0)


class FirstAttempts:
    """Everyone who calls the first time and reaches the desk, as arrays in the order in which they do."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.scenario: Final = arrivals.scenario
        self.arrivals: Final = arrivals
        self.self_served = self.hung_up_in_menu = 0
        self._kept: Ints | None = None
        at = arrivals.at
        if self.scenario.menu is not None:
            menu = menu_stage(arrivals)
            reaches_desk = ~(menu.self_served | menu.hung_up)
            at = (at + menu.time)[reaches_desk]
            at, order = in_order(at)  # menu times can let one call overtake another
            self._kept = np.flatnonzero(reaches_desk)[order]
            self.self_served, self.hung_up_in_menu = int(menu.self_served.sum()), int(menu.hung_up.sum())
        self.at: Final = at + arrivals.base
        self.tier: Final = self.kept(arrivals.tier)
        self.handling_ms: Final = self._times_ms(self.scenario.handling, draw.HANDLING, least=1)
        self._recorded_times()
        patience = self.scenario.patience
        self.patience_ms: Final = (
            self._times_ms(patience, draw.PATIENCE) if patience else np.broadcast_to(np.int64(NEVER_MS), len(self))
        )
        wrap_up = worked_rules(self.scenario)
        self.wrap_up_ms: Final = self._after_call(wrap_up) if wrap_up else None
        quiet = self.scenario.quiet_wrap_up if wrap_up else ()
        self.quiet_wrap_up_ms: Final = self._after_call(quiet) if quiet else self.wrap_up_ms
        """After a call that leaves nobody waiting; the very array above where that makes no difference."""
        self.recall_ms: Final = (
            self._times_ms(self.scenario.recall, draw.RECALL, least=1) if self.scenario.recall and quiet else None
        )
        """How soon who rests after this call is back once somebody waits."""

    def __len__(self) -> int:
        return len(self.at)

    def kept(self, values: Kept) -> Kept:
        """Return what is told of all arrivals for those who reach the desk, in the order in which they do."""
        return values if self._kept is None else values[self._kept]

    @cached_property
    def queue(self) -> Ints:
        """Index in `scenario.centre.queues`."""
        return self.kept(self.arrivals.queue)

    @cached_property
    def stream(self) -> Ints:
        """Index in `scenario.streams`, or NONE for a recorded call."""
        return self.kept(self.arrivals.stream)

    def customers(self) -> list[str]:
        """Return who calls: a recorded caller's own code, else each first call is another customer's."""
        names = [f"p{n}" for n in range(len(self))]
        if self.scenario.recorded:
            for n, row in enumerate(self.kept(self.arrivals.recorded).tolist()):
                if row != NONE and self.scenario.recorded[row].customer is not None:
                    names[n] = f"r{self.scenario.recorded[row].customer}"
        return names

    def _recorded_times(self) -> None:
        """Give recorded calls the handling time that the log has for them."""
        for n, row in enumerate(self.kept(self.arrivals.recorded).tolist() if self.scenario.recorded else ()):
            if row != NONE:
                handling_s = self.scenario.recorded[row].handling_s
                if handling_s is not None:
                    self.handling_ms[n] = int(to_ms(handling_s, least=1))

    def _after_call(self, rules: Sequence[Rule]) -> Ints:
        """Return how long each call is worked on afterwards, ms: 0 where the law says so, else 1 at least."""
        times = self._times(rules, draw.WRAP_UP)
        return np.where(times > 0, to_ms(times, least=1), 0)

    def _times_ms(self, rules: Sequence[Rule], purpose: str, least: int = 0) -> Ints:
        """Return a time for every call by the first rule that fits it, ms; `NEVER_MS` where none does."""
        if not rules:
            return np.full(len(self), NEVER_MS)
        if fits_all(rules[0]):
            parts = self.arrivals.parts(purpose) if self._kept is None else [self.kept(self.arrivals.uniforms(purpose))]
            return quantiles_ms(rules[0].law, parts, len(self), least=least)
        return to_ms(self._times(rules, purpose), least=least)

    def _times(self, rules: Sequence[Rule], purpose: str) -> Floats:
        """Return a time for every call by the first rule that fits it, seconds; infinite where none does."""
        if not rules:
            return np.full(len(self), np.inf)
        uniforms = self.kept(self.arrivals.uniforms(purpose))
        if fits_all(rules[0]):
            return quantile_s(rules[0].law, uniforms)
        times = np.full(len(self), np.inf)
        for mine, law in self._laws(rules):
            times[mine] = quantile_s(law, uniforms[mine])
        return times

    def beyond_s(self) -> Floats:
        """Return by how much each call's handling and after-call work, seconds, exceed the means of their laws."""
        beyond = np.zeros(len(self))
        for rules, purpose in (self.scenario.handling, draw.HANDLING), (worked_rules(self.scenario), draw.WRAP_UP):
            if rules:
                means = np.full(len(self), np.nan)
                for mine, law in self._laws(rules):
                    means[mine] = mean_s(law)
                known = np.isfinite(means)
                beyond[known] += (self._times(rules, purpose) - means)[known]
        return beyond

    def _laws(self, rules: Sequence[Rule]) -> Iterator[tuple[Bools, Law]]:
        """Yield which calls each rule is the first to fit, and its law."""
        open_yet = np.ones(len(self), dtype=np.bool_)
        for rule in rules:
            if fits_all(rule):
                yield open_yet, rule.law
                return
            mine = open_yet & self._fits(rule)
            yield mine, rule.law
            open_yet &= ~mine

    def _fits(self, rule: Rule) -> Bools:
        """Return which calls a rule fits."""
        centre, arrivals = self.scenario.centre, self.arrivals
        fits = np.ones(len(self), dtype=np.bool_)
        if rule.tiers:
            fits &= np.isin(self.tier, _places([t.name for t in centre.tiers], rule.tiers))
        if rule.queues:
            fits &= np.isin(self.queue, _places([q.name for q in centre.queues], rule.queues))
        if rule.skills:
            by_stream = [
                bool(set(rule.skills) & set(brought(self.scenario, n, None))) for n in range(len(self.scenario.streams))
            ]
            by_queue = np.array([bool(set(rule.skills) & {s for s, _ in q.needs}) for q in centre.queues])
            by_intent = np.array([bool(set(rule.skills) & {s for s, _ in i.skills}) for i in centre.intents] + [False])
            fits &= (
                np.array([*by_stream, False])[self.stream]
                | by_queue[self.queue]
                | by_intent[self.kept(arrivals.intent)]
            )
        if rule.between is not None:
            begin, end = rule.between
            clock = self.kept(arrivals.clock)
            fits &= (clock >= begin) & (clock < end) if begin <= end else (clock >= begin) | (clock < end)
        return fits


def fits_all(rule: Rule) -> bool:
    """Tell whether a rule is for every call."""
    return not (rule.tiers or rule.queues or rule.skills or rule.between is not None)


def brought(scenario: Scenario, stream: int, intent: str | None) -> tuple[str, ...]:
    """Return the skills that a call of this stream and intent brings of its own."""
    own = [skill for skill, _ in scenario.streams[stream].skills] if stream != NONE else []
    for known in scenario.centre.intents:
        if known.name == intent:
            own += [skill for skill, _ in known.skills]
    return tuple(own)


class Callers:
    """Everyone who calls, as lists by call number: first attempts as drawn, retrials appended as they come."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.scenario: Final = arrivals.scenario
        self.chance: Final = arrivals.chance
        centre = self.scenario.centre
        first = self.first = FirstAttempts(arrivals)
        self._arrivals = arrivals
        self.self_served = first.self_served
        self.hung_up_in_menu = first.hung_up_in_menu
        self.at: list[int] = first.at.tolist()
        self.queue: list[str] = _named([q.name for q in centre.queues], first.queue)
        self.tier: list[str] = _named([t.name for t in centre.tiers], first.tier)
        self.stream: list[int] = first.stream.tolist()
        self.handling_ms: list[int] = first.handling_ms.tolist()
        self.patience_ms: list[int] = first.patience_ms.tolist()
        self.wrap_up_ms: list[int] | None = _listed(first.wrap_up_ms)
        same = first.quiet_wrap_up_ms is first.wrap_up_ms
        self.quiet_wrap_up_ms: list[int] | None = self.wrap_up_ms if same else _listed(first.quiet_wrap_up_ms)
        """After a call that leaves nobody waiting; the very list above where that makes no difference."""
        self.recall_ms: list[int] | None = _listed(first.recall_ms)
        """How soon who rests after this call is back once somebody waits."""

    # Lists that most centres never ask for are made when they are asked for.

    @cached_property
    def intent(self) -> list[str | None]:
        """Why each calls; None is no intent."""
        # No intent is NONE, which counts from the end: the last name answers for it.
        intents: list[str | None] = [*(i.name for i in self.scenario.centre.intents), None]
        return _named(intents, self.first.kept(self._arrivals.intent))

    @cached_property
    def clock(self) -> list[int]:
        """When each called, ms after local midnight."""
        return _whole(self.first.kept(self._arrivals.clock))

    @cached_property
    def key(self) -> list[int]:
        """A random name of each, for later draws."""
        return _whole(self.first.kept(self._arrivals.key))

    @cached_property
    def attempt(self) -> list[int]:
        """Which attempt of its contact each call is."""
        return [1] * len(self.first)

    @cached_property
    def customer(self) -> list[str]:
        """Who calls."""
        return self.first.customers()

    def __len__(self) -> int:
        return len(self.at)

    # --- later attempts

    def ring_again(self, number: int, at: int, *, as_patient: bool = False) -> int:
        """Append the next attempt of call `number`, at the instant `at`, and return its own number.

        Args:
            number: Of the attempt before.
            at: When it comes, UTC ms.
            as_patient: Whether its patience is the same; else it is drawn anew.
        """
        again = len(self.at)
        attempt = self.attempt[number] + 1
        zone = self.scenario.centre.zone
        clock = zone.local(at) % 86_400_000
        tier, queue, key = self.tier[number], self.queue[number], self.key[number]
        needs = [s for q in self.scenario.centre.queues if q.name == queue for s, _ in q.needs]
        skills = (*needs, *brought(self.scenario, self.stream[number], self.intent[number]))
        self.intent.append(self.intent[number])
        self.clock.append(clock)
        self.key.append(key)
        self.attempt.append(attempt)
        self.customer.append(self.customer[number])
        self.at.append(at)
        self.queue.append(queue)
        self.tier.append(tier)
        self.stream.append(self.stream[number])
        rules = self.scenario

        def time(among: Sequence[Rule], purpose: str, least: int) -> int:
            law = law_for(among, tier=tier, queue=queue, skills=skills, clock=clock)
            return NEVER_MS if law is None else one_ms(law, self.chance.one(purpose, key, attempt), least)

        # Who rings again wants the same thing: handling keeps the first attempt's draw.
        self.handling_ms.append(self.handling_ms[number])
        self.patience_ms.append(self.patience_ms[number] if as_patient else time(rules.patience, draw.PATIENCE, 0))
        for rows in self.after_calls():
            rows.append(rows[number])
        return again

    def after_calls(self) -> list[list[int]]:
        """Return the lists of after-call work and rest that there are, each once."""
        quiet = None if self.quiet_wrap_up_ms is self.wrap_up_ms else self.quiet_wrap_up_ms
        return [rows for rows in (self.wrap_up_ms, quiet, self.recall_ms) if rows is not None]

    def retrial(self, number: int, outcome: str) -> int | None:
        """Return after how many ms the caller of `number` rings again after this outcome, or None."""
        retrial = self._retrials().get(outcome)
        attempt = self.attempt[number]
        if retrial is None or attempt >= retrial.most:
            return None
        key = self.key[number]
        if self.chance.one(draw.RETRIAL, key, attempt) >= retrial.probability:
            return None
        return one_ms(retrial.delay, self.chance.one(draw.RETRIAL_DELAY, key, attempt), 1)

    def keeps_patience(self, outcome: str) -> bool:
        """Tell whether who rings again after this outcome is as patient as before."""
        return self._retrials()[outcome].keeps_patience

    def _retrials(self) -> dict[str, Retrial]:
        return dict(self.scenario.retrials)


def one_ms(law: Law, uniform: float, least: int) -> int:
    """Return one time of `law` in whole ms."""
    scaled = time_s(law, uniform) * 1000.0 + 0.5
    return NEVER_MS if scaled >= NEVER_MS else max(int(scaled), least)


def _whole(numbers: Ints) -> list[int]:
    found: list[int] = numbers.tolist()
    return found


def _listed(times: Ints | None) -> list[int] | None:
    return None if times is None else times.tolist()


def _named(names: Sequence[Name], places: Ints) -> list[Name]:
    """Return the name at each place."""
    found: list[Name] = np.array(names, dtype=object)[places].tolist()
    return found


def _places(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [names.index(name) for name in wanted if name in names]


def worked_rules(scenario: Scenario) -> tuple[Rule, ...]:
    """Return the wrap-up rules by which people end their after-call work themselves: none where there is none to do.

    No rule at all: each queue forces its own length (`forced_wrap_up`).
    """
    both = (*scenario.wrap_up, *scenario.quiet_wrap_up)
    return scenario.wrap_up if any(rule.law != _NO_TIME for rule in both) else ()


def forced_wrap_up(scenario: Scenario, queue: Queue) -> Millis:
    """Return how long the queue itself keeps agents after a call: not at all where the scenario has rules of its own.

    Rules of 0 s say that there is no such work: they do not fall back on the queue's.
    """
    return Millis(0) if scenario.wrap_up else queue.wrap_up


class Paces:
    """How fast each agent works: their group's pace times their own (lognormal, mean 1), and how they ring."""

    def __init__(self, scenario: Scenario, chance: Chance) -> None:
        self._desks = {desk.group: desk for desk in scenario.desks}
        self._chance = chance
        self._own: dict[str, float] = {}
        self.all_alike = all(desk.pace == 1.0 and desk.pace_cv == 0.0 for desk in scenario.desks)

    def desk(self, group: str) -> Desk:
        """Return how the people of `group` work."""
        return self._desks.get(group) or Desk(group)

    def of(self, agent_id: str, group: str) -> float:
        """Return by how much this agent's handling times are longer than the law's."""
        pace = self._own.get(agent_id)
        if pace is None:
            desk = self.desk(group)
            pace = desk.pace
            if desk.pace_cv > 0:
                law = Law(LawKind.LOGNORMAL, 1.0, desk.pace_cv)
                uniform = self._chance.one(draw.PACE, number_of(f"agent {agent_id}"))
                pace *= float(quantile_s(law, np.array([uniform]))[0])
            self._own[agent_id] = pace
        return pace


def check_people(scenario: Scenario) -> None:
    """Raise `BadInput` when a call could come that no rule gives a handling time, or that nobody could serve."""
    centre = scenario.centre
    for stream in scenario.streams:
        queue = next(q for q in centre.queues if q.name == stream.queue)
        needs = tuple(s for s, _ in (*queue.needs, *stream.skills))
        for tier, share in stream.tiers or ((centre.default_tier, 1.0),):
            if share > 0 and law_for(scenario.handling, tier=tier, queue=stream.queue, skills=needs) is None:
                clocks = [rule.between for rule in scenario.handling if rule.between is not None]
                if not clocks:
                    raise BadInput(
                        "stream {stream!r}: no handling time fits tier {tier!r}: add a rule without conditions",
                        stream=stream.name,
                        tier=tier,
                    )
    if not scenario.handling and any(call.handling_s is None for call in scenario.recorded):
        raise BadInput("recorded calls without a handling time need a handling law")
    for stream in scenario.streams:
        wanted = tuple(sorted({**dict(_queue_needs(scenario, stream.queue)), **dict(stream.skills)}.items()))
        if stream.skills and not any(covers(g.skills, wanted) for g in centre.groups):
            raise BadInput(
                "stream {stream!r} needs skills that no group has together: {wanted}",
                stream=stream.name,
                wanted=dict(wanted),
            )


def _queue_needs(scenario: Scenario, name: str) -> tuple[tuple[str, int], ...]:
    return next(widest(q) for q in scenario.centre.queues if q.name == name)
