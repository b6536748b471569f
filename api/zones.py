"""Customers' time zones: the centre need not list them, the engine learns each with its first customer."""

from contextlib import suppress

from api.desk import Desk
from api.refusals import Invalid
from callcenter import commands as cmd
from callcenter.centre import with_zones
from callcenter.files.zones import zone


async def learn_zone(desk: Desk, name: str) -> None:
    """Let the engine know a zone: calling windows are kept in it, also after a restart.

    Raises:
        Invalid: there is no zone of this name.
    """
    centre = desk.live.engine.centre
    if name == centre.zone.name or any(known.name == name for known in centre.zones):
        return
    try:
        found = zone(name)
    except ValueError as fault:
        raise Invalid(f"/zone: {fault}") from None
    told = await desk.tell(cmd.AdoptCentre(with_zones(centre, (found,))))
    if told.refusal is not None:
        raise told.refusal


async def zone_of(desk: Desk, said: str | None, known: str | None) -> str | None:
    """Return the zone a customer is called in: what the client said, else what the directory knows, if that is one."""
    if said is None and known is not None:
        with suppress(Invalid):
            await learn_zone(desk, known)
    return said or known
