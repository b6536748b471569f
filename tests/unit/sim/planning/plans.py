"""A centre and a day to plan for."""

from callcenter.centre import Centre, Group, Queue
from callcenter.scenario import Horizon, Law, LawKind, Rule, Scenario, Stream
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import HOUR, Millis

WITHIN = Millis(20_000)
MONDAY = 20_514
EXPONENTIAL = Law(LawKind.EXPONENTIAL, 180.0)
EVERY_HALF_HOUR = Tier("all", 0, Target(0.8, WITHIN, Scope.INTERVAL))


def centre(*tiers: Tier, **more: object) -> Centre:
    parts: dict[str, object] = {"queues": (Queue("line"),), "groups": (Group("desk", auto_answer=True),)}
    return Centre("test", tiers=tiers, default_tier=tiers[0].name, **(parts | more))  # type: ignore[arg-type]


def scenario(where: Centre, calls: tuple[float, ...] = (100.0,) * 6, **more: object) -> Scenario:
    stream = Stream("calls", where.queues[0].name, calls, begin=9 * HOUR, tiers=((where.tiers[0].name, 1.0),))
    parts: dict[str, object] = {
        "streams": (stream,),
        "handling": (Rule(EXPONENTIAL),),
        "patience": (Rule(Law(LawKind.EXPONENTIAL, 300.0)),),
    }
    return Scenario("test", where, Horizon(MONDAY), **(parts | more))  # type: ignore[arg-type]


def agents(plan_: object) -> list[int]:
    heads = plan_.days[0].pools[0].staffed.agents  # type: ignore[attr-defined]
    return [int(n) for n in heads if n]
