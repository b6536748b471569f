"""The two models of the yardstick, as scenarios of ours, with their exact answers.

a: M/M/100, load 0.95, AHT 300 s, first come first served. b: M/M/50+M, load 1.05, AHT 300 s, patience 120 s, three
non-preemptive tiers with 20, 30 and 50 % of the calls. Offers are accepted at once.
"""

from dataclasses import dataclass

from callcenter.centre import Centre, Group, Queue
from callcenter.erlang import erlang_c, tier_losses
from callcenter.scenario import Horizon, Law, LawKind, Rule, Scenario, Staffing, Stream
from callcenter.tiers import Tier
from callcenter.units import HOUR, SECOND, Millis

AHT_S = 300.0


@dataclass(frozen=True, slots=True)
class Model:
    """A stationary queue: agents, load per agent, shares of the tiers, mean patience (None: nobody hangs up)."""

    agents: int
    load: float
    shares: tuple[float, ...]
    patience_s: float | None

    @property
    def calls_per_s(self) -> float:
        """Arrivals per second."""
        return self.load * self.agents / AHT_S


MODELS = {"a": Model(100, 0.95, (1.0,), None), "b": Model(50, 1.05, (0.2, 0.3, 0.5), 120.0)}


def scenario(name: str, calls: int, seed: int = 1) -> Scenario:
    """Return model `name` for about `calls` calls, in one stretch that starts empty."""
    model = MODELS[name]
    length = Millis(int(calls / model.calls_per_s * SECOND))
    tiers = tuple(Tier(f"t{n}", n) for n in range(len(model.shares)))
    hours = length // HOUR + 1
    exponential = Law(LawKind.EXPONENTIAL, AHT_S)
    patience = (Rule(Law(LawKind.EXPONENTIAL, model.patience_s)),) if model.patience_s else ()
    return Scenario(
        name=f"model {name}",
        centre=Centre("yardstick", (Queue("q"),), (Group("g", auto_answer=True),), tiers, "t0"),
        horizon=Horizon(0, length=length),
        streams=(
            Stream(
                "calls",
                "q",
                (model.calls_per_s * 3600,) * hours,
                interval=Millis(HOUR),
                tiers=tuple((f"t{n}", share) for n, share in enumerate(model.shares)),
            ),
        ),
        handling=(Rule(exponential),),
        patience=patience,
        replications=1,
        staffing=(Staffing("g", (model.agents,), interval=Millis(hours * HOUR)),),
        seed=seed,
    )


def exact(name: str) -> list[tuple[float, float]]:
    """Return mean wait (s, of all) and abandonment of each tier, in closed form."""
    model = MODELS[name]
    load = model.load * model.agents
    if model.patience_s is None:
        one = erlang_c(load_erl=load, aht_s=AHT_S, agents=model.agents)
        return [(float(one.asa_s), 0.0)]
    tiers = tier_losses(
        load_erl=[share * load for share in model.shares],
        aht_s=AHT_S,
        agents=model.agents,
        patience_s=model.patience_s,
    )
    return [(float(w), float(p)) for w, p in zip(tiers.mean_wait_all, tiers.p_abandon, strict=True)]
