"""SIGHUP: settings and centre are read again, checked first, and put in force without a pause."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from api.settings import Settings
from api.telemetry import logs
from callcenter.centre import Centre, with_zones
from callcenter.commands import AdoptCentre
from callcenter.errors import CallCenterError

if TYPE_CHECKING:
    from api.services import Services

RELOADABLE: Final = frozenset(
    {
        "centre", "always_open", "default_queue", "answer_s", "body_limit", "heartbeat_timeout_s",
        "heartbeat_logout_s", "reconcile_gap_s", "call_guard_s", "poll_ms", "keep_calls_days", "keep_strangers_days",
        "keep_treatment_days", "keep_audit_days", "import_limit", "public_url", "log_level", "log_format",
        "contact_plans", "contact_plan_queue", "contact_plan_weekdays",
    }
)  # fmt: skip
"""Settings that are looked at each time; the others hold until the service is started again."""


class Reloading:
    """Reads again what was read at the start; what is wrong changes nothing."""

    def __init__(
        self,
        services: "Services",
        read: Callable[[], Settings],
        centre_of: Callable[[Settings], Centre],
        say: Callable[[str], None],
    ) -> None:
        self._services = services
        self._read = read
        self._centre_of = centre_of
        self._say = say
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Read again, unless that is being done."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self.reload())

    async def reload(self) -> None:
        """Read, check, and put in force what can be; say what was done, or why nothing was."""
        services = self._services
        try:
            fresh = self._read()
            centre = self._centre_of(fresh)
            known = with_zones(centre, services.live.engine.centre.zones)
            told = await services.tell(AdoptCentre(known))
            if told.refusal is not None:
                raise told.refusal
            await services.centres.note()
        except CallCenterError as fault:
            self._say(f"callcenter: nothing is changed: {fault}")
            return
        before = services.settings
        changed = {n for n in Settings.model_fields if getattr(fresh, n) != getattr(before, n)}
        taken = {name: getattr(fresh, name) for name in sorted(changed & RELOADABLE)}
        services.settings = before.model_copy(update=taken)
        services.live.wish(centre)
        logs.set_up(fresh.log_level, fresh.log_format)
        later = ", ".join(sorted(changed - RELOADABLE))
        more = f"; from the next start on: {later}" if later else ""
        self._say(f"callcenter: reloaded: centre {centre.name!r}{more}")
