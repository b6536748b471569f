"""What would happen to such a call now; nothing changes."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.http.endpoint import Reply, operation, router
from api.http.formats import In, Listed, Skills
from api.routes.calls import Address, AgentName, Name
from api.services import Ask
from api.state.numbers import normalised
from callcenter import commands as cmd
from callcenter.ids import AgentId, CallId
from callcenter.skills import levels

routes = router("decisions")


class PreviewIn(In):
    """A call that might come."""

    queue: Name | None = None
    tier: Name | None = None
    caller: Address | None = None
    customer_id: Name | None = None
    intent: Name | None = None
    channel: Name = "voice"
    skills: Skills = Field({}, max_length=20)
    preferred_agents: Annotated[list[AgentName], Listed] = Field([], max_length=10)


class PreviewOut(BaseModel):
    """What would be decided."""

    decision: str
    reason: str | None
    queue: str
    tier: str
    band: int
    agent_id: str | None
    position: int | None
    overflow_target: str | None
    ewt_p50_s: float | None
    ewt_p90_s: float | None


EXAMPLE: dict[str, Any] = {
    "decision": "queue", "reason": None, "queue": "hotline", "tier": "standard", "band": 1, "agent_id": None,
    "position": 4, "overflow_target": None, "ewt_p50_s": 35.0, "ewt_p90_s": 80.5,
}  # fmt: skip


@operation(
    routes, "POST", "/decisions:preview", scopes=("telephony", "supervisor"), body=PreviewIn, answer=PreviewOut,
    fails=(409,), flat=True, asks={"queue": "hotline", "tier": "standard"}, says=EXAMPLE,
)  # fmt: skip
async def preview_decision(ask: Ask) -> Reply:
    """Tell what would happen to such a call now; nothing changes."""
    wish: PreviewIn = ask.body
    services = ask.services
    engine = services.live.engine
    customer = await services.customers.expected(wish.customer_id, normalised(wish.caller, services.region), ask.now)
    found = engine.preview(
        cmd.AdmitCall(
            CallId("preview"),
            wish.queue or services.settings.default_queue or engine.centre.queues[0].name,
            services.standings.of_call(customer, wish.tier, ask.now),
            None if customer is None else customer.key or None,
            wish.intent,
            levels(wish.skills),
            tuple(AgentId(agent) for agent in wish.preferred_agents)
            or (customer.managers if customer is not None else ()),
            wish.channel,
        ),
        now=ask.now,
    )
    ewt = found.expected_wait
    return Reply(
        {
            "decision": found.decision,
            "reason": found.reason,
            "queue": found.queue,
            "tier": found.tier,
            "band": found.band,
            "agent_id": found.agent_id,
            "position": found.position,
            "overflow_target": found.target,
            "ewt_p50_s": None if ewt is None else ewt.p50_ms / 1000,
            "ewt_p90_s": None if ewt is None else ewt.p90_ms / 1000,
        }
    )
