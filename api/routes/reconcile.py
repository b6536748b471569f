"""Reconcile: the telephony system lists its live calls; a call that is missing twice is lost."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.http.endpoint import Reply, operation, router
from api.http.formats import In, Listed
from api.live.suspended_calls import confirm
from api.routes.calls import Name
from api.services import Ask
from callcenter import commands as cmd
from callcenter.ids import CallId
from callcenter.units import SECOND

routes = router("calls")
SHOWN = 100


class ReconcileIn(In):
    """Everything that is live in the telephony system now."""

    source: Name
    live_call_ids: Annotated[list[Name], Listed] = Field(max_length=100_000, description="Its own names of the calls.")


class ReconcileOut(BaseModel):
    """What was found; `unknown` are names that were never posted."""

    live: int
    missing: int
    closed: list[str]
    unknown: list[str]


@operation(
    routes, "POST", "/reconcile", scopes=("telephony",), body=ReconcileIn, answer=ReconcileOut,
    asks={"source": "pbx-1", "live_call_ids": ["1718031.42"]},
    says={"live": 1, "missing": 0, "closed": [], "unknown": []},
)  # fmt: skip
async def reconcile(ask: Ask) -> Reply:
    """Say which calls are live. One missing twice, some seconds apart, is closed with cause `lost`; aliases count."""
    wish: ReconcileIn = ask.body
    services = ask.services
    there: set[str] = set()
    unknown = []
    for external_id in wish.live_call_ids:
        call_id = await services.names.find(wish.source, external_id)
        if call_id is None:
            unknown.append(external_id)
        else:
            await confirm(services.commands, services.board.call(call_id))
            there.add(call_id)
    now = services.live.now()
    missing = 0
    closed: list[str] = []
    gap_ms = services.settings.reconcile_gap_s * SECOND
    for line in [c for c in services.board.in_hand() if c.source == wish.source]:
        if line.id.partition("/s")[0] in there:
            line.missing_since = None
        elif line.missing_since is None:
            line.missing_since = now
            missing += 1
        elif now - line.missing_since >= gap_ms:
            told = await services.tell(
                cmd.FailCall(CallId(line.id), "lost"), [services.audited(ask.key, "call.lost", line.id, wish.source)]
            )
            if told.refusal is None:
                closed.append(line.id)
        else:
            missing += 1
    return Reply({"live": len(there), "missing": missing, "closed": closed[:1_000], "unknown": unknown[:SHOWN]})
