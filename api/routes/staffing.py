"""How many agents: the Erlang formulas, at once."""

from math import inf
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, NotBool, Number
from api.services import Ask

routes = router("staffing")


class StaffingIn(In):
    """One interval: calls, handling time, and the promise."""

    calls: Number = Field(ge=0, le=1e6)
    interval_s: Number = Field(1_800, gt=0, le=86_400)
    aht_s: Number = Field(gt=0, le=86_400, description="After-call work included.")
    share: Number = Field(0.8, gt=0, lt=1)
    within_s: Number = Field(20, ge=0, le=86_400)
    patience_s: Annotated[float, Field(gt=0, le=1e6), NotBool] | None = Field(
        None, description="Given: callers hang up (Erlang A)."
    )
    shrinkage: Number = Field(0, ge=0, lt=0.95)
    agents: Annotated[int, Field(ge=1, le=100_000), NotBool] | None = Field(
        None, description="Given: what so many agents reach."
    )


class StaffingOut(BaseModel):
    """The fewest agents, or what the given ones reach."""

    method: str
    agents: int
    rostered: int
    load_erl: float
    figures: dict[str, float | bool | None]


EXAMPLE: Plain = {
    "method": "erlang-c", "agents": 14, "rostered": 20, "load_erl": 10.0,
    "figures": {"service_level": 0.888, "asa_s": 7.8, "p_wait": 0.174, "occupancy": 0.714},
}  # fmt: skip


@operation(
    routes, "POST", "/staffing", scopes=("supervisor",), body=StaffingIn, answer=StaffingOut, flat=True,
    asks={"calls": 100, "interval_s": 1800, "aht_s": 180, "share": 0.8, "within_s": 20, "shrinkage": 0.3},
    says=EXAMPLE,
)  # fmt: skip
async def staffing(ask: Ask) -> Reply:
    """Tell the fewest agents that keep the promise in one interval, by Erlang C, or A where patience is given."""
    wish: StaffingIn = ask.body
    # A second of vectorised formulas: not at the start of a service.
    from callcenter.erlang import erlang_a, erlang_c, offered_erl, staff_erlang_a, staff_erlang_c, with_shrinkage

    load = float(offered_erl(wish.calls, interval_s=wish.interval_s, aht_s=wish.aht_s))
    patience = inf if wish.patience_s is None else wish.patience_s
    figures: dict[str, Any]
    if wish.patience_s is None:
        agents = wish.agents or int(
            staff_erlang_c(load_erl=load, aht_s=wish.aht_s, service_level=wish.share, within_s=wish.within_s)
        )
        figures = dict(erlang_c(load_erl=load, agents=max(1, agents), aht_s=wish.aht_s, within_s=wish.within_s).plain())
    else:
        agents = wish.agents or int(
            staff_erlang_a(
                load_erl=load, aht_s=wish.aht_s, patience_s=patience, service_level=wish.share, within_s=wish.within_s
            )
        )
        figures = dict(
            erlang_a(
                load_erl=load, agents=max(1, agents), aht_s=wish.aht_s, within_s=wish.within_s, patience_s=patience
            ).plain()
        )
    return Reply(
        {
            "method": "erlang-c" if wish.patience_s is None else "erlang-a",
            "agents": agents,
            "rostered": int(with_shrinkage(agents, wish.shrinkage)),
            "load_erl": load,
            "figures": {key: value for key, value in figures.items() if not isinstance(value, list | dict)},
        }
    )
