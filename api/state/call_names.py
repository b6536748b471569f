"""Which call a telephony system's name means: names come again, on some systems within the hour.

A name (source, external id) is one call's while that lives and for a guard time after its end. After that, or from
another caller, it is a new call's; what is said of the old one still reaches the old one.
"""

from typing import TYPE_CHECKING, Final

from api.state.call_ids import call_name
from api.state.numbers import normalised
from api.state.records import CallLine
from callcenter import commands as cmd
from callcenter.errors import UnknownCall
from callcenter.ids import CallId
from callcenter.units import SECOND

if TYPE_CHECKING:
    from api.services import Services

REUSED: Final = "id_reused"
"""The cause by which a call fails whose name another caller comes with: nobody has told us of its end."""
NOBODY: Final = 0
"""Stands for a caller who is not known."""


def print_of(caller: str | None, region: str | None) -> int:
    """Return what a caller is compared by; it says nothing of the number, and is good in this process only."""
    number = normalised(caller, region)
    return NOBODY if number is None else hash(number) or 1


async def is_another(
    services: "Services", line: CallLine, external_id: str, caller: str | None, received_at: int | None
) -> bool:
    """Tell whether a post under the name of the call `line` is of another call.

    Args:
        services: The services.
        line: The newest segment of the call that has the name.
        external_id: The name it comes under.
        caller: Who rings, as posted; None: it does not say, which is how things are asked about.
        received_at: When the telephony system got the call, if it says so.
    """
    lives = services.board.lives(line.id)
    other = False
    if caller is not None:
        was, is_now = await _print_of_line(services, line), print_of(caller, services.region)
        # Of one who lives it takes two numbers: a number may come to be known, or be withheld, on the way.
        other = was != is_now and (not lives or NOBODY not in (was, is_now))
    if lives or other:
        return other
    assert line.ended_at is not None
    if received_at is not None:
        return received_at > line.ended_at
    return services.live.now() - line.ended_at >= services.settings.call_guard_s * SECOND


async def _print_of_line(services: "Services", line: CallLine) -> int:
    if line.caller is None:  # posted before a restart
        where = {"call_id": line.id.partition("/s")[0], "source": line.source}
        rows = await services.live.find("call_details", where, limit=1)
        line.caller = print_of(str(rows[0]["caller"]), None) if rows and rows[0]["caller"] else NOBODY
    return line.caller


async def give_up_name(services: "Services", line: CallLine, external_id: str) -> None:
    """See to a call whose name is another's from now on: one that lives, and has no newer name, must have ended."""
    if line.external_id != external_id:
        return
    for segment in services.board.segments(line.id):
        if not segment.ended:
            await services.tell(cmd.FailCall(CallId(segment.id), REUSED))


async def call_meant(
    services: "Services", source: str, external_id: str, *, at: int | None = None, offer_id: str | None = None
) -> CallLine:
    """Return the call that a report is about; `at` and `offer_id` tell one that had the name before.

    Raises:
        UnknownCall: nothing was posted under this name, or it ended long ago.
    """
    call_id = await services.named(source, external_id)
    line = None if call_id is None else services.board.call(call_id)
    if call_id is None or line is None:
        raise UnknownCall(f"source {source} has posted no call {external_id}", source=source)
    if call_id == call_name(services.settings.call_ids, source, external_id):
        return line  # the first of its name
    if offer_id is not None:
        of_offer = services.board.call(offer_id.rpartition("/o")[0].partition("/s")[0])
        return of_offer if of_offer is not None and of_offer.source == source else line
    begun = services.board.calls.get(call_id)
    if at is None or begun is None or at >= begun.queued_at:
        return line
    where = {"source": source, "external_call_id": external_id}
    for row in await services.live.find("call_details", where, order="-at", limit=10):
        before = services.board.call(str(row["call_id"]))
        if before is not None and before is not line and before.ended_at is not None and at <= before.ended_at:
            return before
    return line
