"""Features of scenarios that the compiled path does not have: such a scenario runs on SimPy, to the same answer."""

from collections.abc import Iterator

from callcenter.scenario import Law, LawKind, Scenario
from callcenter.skills import covers, relaxed
from callcenter.tiers import Leave
from sim.compiled.setting import POLICIES, SELECTIONS, kinds_of, knows_customers, needs_of


def refusal(scenario: Scenario) -> str | None:
    """Return which feature of a scenario is not compiled, or None: all of it is."""
    return next(_refusals(scenario), None)


def _refusals(scenario: Scenario) -> Iterator[str]:
    centre = scenario.centre
    if scenario.outreach:
        yield "campaign and care calls"
    yield from (f"the rule {queue.policy}" for queue in centre.queues if queue.policy not in POLICIES)
    yield from (f"the rule {queue.selection}" for queue in centre.queues if queue.selection not in SELECTIONS)
    if any(agent.skills is not None for agent in centre.agents):
        yield "agents with skills of their own"
    if any(not _simple(law) for law in _later_laws(scenario)):
        yield "laws made of mixtures of mixtures, or smooth ones, for what is drawn as the day goes"
    if any(not _can_be_served(scenario, *kind) for kind in kinds_of(scenario)):
        yield "calls whose skills no group has together"
    ways = [way for q in centre.queues for way in (q.when_closed, q.when_full, q.after_max_wait, q.when_empty)]
    ways += [tier.after_max_wait for tier in centre.tiers]
    names = {queue.name for queue in centre.queues}
    if (
        len(scenario.horizon.lived) > 1
        and knows_customers(scenario)
        and any(way.leave is Leave.OVERFLOW and way.target in names for way in ways)
    ):
        yield "overflow between queues on connected days with customers who are known again"


def _later_laws(scenario: Scenario) -> Iterator[Law]:
    """Yield the laws of what is drawn as the day goes."""
    yield scenario.callbacks.dial
    for desk in scenario.desks:
        yield desk.ring
    for _, retrial in scenario.retrials:
        yield retrial.delay
    if scenario.retrials:
        for rule in scenario.patience:
            yield rule.law


def _simple(law: Law) -> bool:
    if law.kind is LawKind.EMPIRICAL:
        return not law.smooth
    return all(part.kind is not LawKind.MIXTURE and _simple(part) for _, part in law.parts)


def _can_be_served(scenario: Scenario, q: int, stream: int, intent: int) -> bool:
    queue = scenario.centre.queues[q]
    needs = needs_of(scenario, queue, stream, intent)
    for step in queue.relaxation:
        needs = relaxed(needs, step)
    return needs == queue.needs or any(covers(group.skills, needs) for group in scenario.centre.groups)
