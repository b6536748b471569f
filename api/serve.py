"""The running service: settings → dispatcher, keys, application, one uvicorn worker; a graceful end."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from errno import EADDRINUSE
from types import FrameType
from typing import Any, Final

from api.app import create_app
from api.auth.audit import audit_row
from api.auth.keys import Access, Key
from api.customers.care_calls import check_plans
from api.customers.complaints.open_cases import grades_of
from api.customers.tiers.regrading import GradeStep
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits, LiveEngine
from api.live.pruning import check_archive
from api.memory import give_back, keep_no_large_pieces
from api.recovery.restore import Recovered, restore
from api.reloading import Reloading
from api.settings import Settings
from api.state.regions import check_region, warn_of_region
from api.store.changes import Row
from api.store.errors import BadJournal, Owned, StoreFailed
from api.store.open import reading
from api.telemetry import logs
from api.telemetry.own_clock import OwnClock
from api.telemetry.supervisor import Supervisor
from api.telemetry.traces import check_endpoint
from callcenter.centre import Centre, Group, Queue
from callcenter.config.refusals import unknown
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.units import SECOND, Millis

LOG: Final = logging.getLogger("callcenter")
GRACE_S: Final = 10
"""How long requests that run may take to end."""
SWITCH_S: Final = 0.001
"""So long the journal's thread waits for the interpreter while the event loop is busy, dozens of times in a commit."""
STANDBY_S: Final = 0.5
"""So long after it was refused a service on standby tries again."""
LINE_KEPT_S: Final = 75
"""A connection without requests stays open so long: longer than the pools of telephony systems and proxies keep theirs,
or one of them would write into a line that is just being closed."""
ACCEPTED: Final = 16
"""Connections taken in one turn of the event loop: it takes one of each listening descriptor, and under load its turns
are long. What is not taken waits where nobody sees it."""
WhenReady = Callable[[str, str], None]
DEFAULT_CENTRE: Final = Centre(
    "default", (Queue("hotline", wrap_up=Millis(10 * SECOND)),), (Group("desk"),)
)  # the documents' four tiers come with it


def centre_of(settings: Settings) -> Centre:
    """Return the centre that the settings name; all else that they say is good, and fits it.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    from callcenter.config import load_centre, load_scenario, shipped  # loaded when they are needed

    if settings.centre is None:
        found = DEFAULT_CENTRE
    elif settings.centre in shipped():
        found = load_scenario(settings.centre).centre
    else:
        found = load_centre(settings.centre)
    queues = [queue.name for queue in found.queues]
    if settings.default_queue is not None and settings.default_queue not in queues:
        raise BadInput("CALLCENTER_DEFAULT_QUEUE: {unknown}", unknown=unknown("queue", settings.default_queue, queues))
    check_region(found.region, settings.region)
    GradeStep.of(settings, Tiers.of(found))
    grades_of(settings)
    check_plans(settings, found)
    check_archive(settings.journal_archive)
    check_endpoint(settings.traces)
    settings.vault()
    if settings.always_open:
        return replace(found, queues=tuple(replace(queue, hours=None) for queue in found.queues))
    return found


async def open_access(live: LiveEngine, settings: Settings) -> tuple[Access, str | None]:
    """Return the keys in force, and the first administrator's key if it had to be made."""
    rows = await live.find("api_keys", limit=100_000)
    access = Access(map(Key.of_row, rows), rate_per_s=settings.rate_per_s, burst=settings.burst)
    now = live.now()
    unbound = [key.id for key in access.keys.values() if not key.why_not(now) and key.reaches_all_calls]
    if unbound:
        LOG.warning("telephony keys that are bound to no source touch everybody's calls: %s", ", ".join(unbound[:20]))
    if any(key.may("admin") and not key.why_not(now) for key in access.keys.values()):
        return access, None
    key, text = access.make(("admin",), now, name="first")
    await live.keep(Row("api_keys", key.row()), audit_row(now, "start", "key.create", key.id, "admin"))
    access.add(key)
    return access, text


async def serve(
    settings: Settings, read_again: Callable[[], Settings] | None = None, when_ready: WhenReady | None = None
) -> None:
    """Serve until asked to end.

    Args:
        settings: In force.
        read_again: Reads them anew, when asked to (SIGHUP).
        when_ready: Told the address and the first administrator's key, if that was made just now.
    """
    import uvicorn

    from api.http.draining import DrainingServer
    from api.http.timeouts import Patient, let_files_be_open

    logs.set_up(settings.log_level, settings.log_format)
    keep_no_large_pieces()
    gc.disable()  # what a start loads stays: `_spare_what_is_there`
    supervisor = Supervisor()
    centre = centre_of(settings)
    place = listening_place(settings.host, settings.port)  # before anything is written: the port may be taken
    let_files_be_open()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(supervisor)
        live = await _opened(stack, centre, settings, supervisor)
        access, first = await open_access(live, settings)
        if first is not None:
            _say(f"callcenter: admin key, shown this once: {first}")
        await warn_of_region(live, settings.region)
        app = create_app(live, access, settings)
        sessions = app.state.services.sessions
        invitation = None if first is None else sessions.invite(access.keys[first.split("_")[1]])
        Patient.turns.admission.journal_s = lambda: live.waits_s
        Patient.turns.on_refused = app.state.services.metrics.refused
        config = uvicorn.Config(
            app, host=settings.host, port=settings.port, loop="none", http=Patient, workers=1, access_log=False,
            log_config=None, server_header=False, lifespan="on", timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=LINE_KEPT_S, ws="none",
        )  # fmt: skip

        class Server(DrainingServer):
            """Says where it listens."""

            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                _spare_what_is_there()
                _SERVED.append(True)
                if self.started and self.servers:
                    host, port = self.servers[0].sockets[0].getsockname()[:2]
                    if invitation is not None:
                        _say(
                            f"callcenter: sign in, once and within the hour: http://{host}:{port}/sign-in/once/{invitation}"
                        )
                    if when_ready is not None:
                        when_ready(f"http://{host}:{port}", first or "")
                    _say(f"callcenter: ready on http://{host}:{port} (documentation: /docs)")
                    supervisor.tell(f"READY=1\nSTATUS=ready on http://{host}:{port}")

        def drains(how: str) -> None:
            _say(f"callcenter: {how}")
            supervisor.tell(f"STATUS={how}")

        server = Server(config, app.state.services, settings.drain_s, drains)
        live.on_end.append(server.end)
        live.on_tick.append(OwnClock(live.clock.ahead_ms).tick)
        if read_again is not None:
            reloading = Reloading(app.state.services, read_again, centre_of, _say)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloading.begin)
        await server.serve([place, *(place.dup() for _ in range(1, ACCEPTED))])
        if live.ownership.replaced:
            raise BadJournal(str(live.trouble))
        if not server.started:
            raise OSError(None, "the service did not start: the lines above say why", "callcenter serve")


async def _opened(stack: AsyncExitStack, centre: Centre, settings: Settings, supervisor: Supervisor) -> Dispatcher:
    """Open the database for the length of `stack`; on standby, as soon as the service that has it has ended."""
    said = False
    warm: Recovered | None = None
    limits = Limits(answer_ms=round(settings.answer_s * SECOND))
    while True:
        try:
            return await stack.enter_async_context(
                Dispatcher.open(centre, settings.database, limits=limits, vault=settings.vault(), warm=warm)
            )
        except (Owned, StoreFailed) as fault:
            if not settings.standby or not (said or isinstance(fault, Owned)):
                raise
            if isinstance(fault, Owned) and not said:
                _say(f"callcenter: on standby until the service ends that has the database ({fault.holder})")
                supervisor.tell("READY=1\nSTATUS=on standby")  # it does its work: to wait
                said = True
            before, warm = warm, await asyncio.to_thread(_followed, settings, warm)
            if before is None and warm is not None:
                gc.freeze()
                gc.enable()  # a standby may wait for months
                _say(f"callcenter: follows the journal, command {warm.n:,}")
            await asyncio.sleep(STANDBY_S)


def _followed(settings: Settings, warm: Recovered | None) -> Recovered | None:
    """Return an engine that has followed the journal up to now; None: it cannot be read, and a start reads it all."""
    try:
        with reading(settings.database, settings.vault()) as store:
            head = store.head()
            return restore(store, head, warm=warm) if head.last_n else None
    except (BadJournal, StoreFailed):
        return None


def listening_place(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; whoever connects is refused until the service is ready.

    Raises:
        BadInput: the address is taken, or none of this machine's.
    """
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        place = socket.socket(family, kind, protocol)
    except OSError as fault:
        raise BadInput(
            "--host {host}: is no address of this machine ({strerror})", host=host, strerror=fault.strerror
        ) from None
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(address)
    except OSError as fault:
        place.close()
        advice = (
            said("stop what listens there, or use another --port")
            if fault.errno == EADDRINUSE
            else said("use another --host")
        )
        raise BadInput(
            "{where}: cannot be listened on ({strerror}): {advice}", where=where, strerror=fault.strerror, advice=advice
        ) from None
    return place


def _spare_what_is_there() -> None:
    """Have circles of garbage looked for less often, and not among what was loaded: calls leave none behind.

    A call makes a few dozen objects that live as long as it waits; by the usual thresholds the collector would walk
    through them for a fifth of the time that a posted call costs.
    """
    sys.setswitchinterval(SWITCH_S)
    give_back()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 10)


def run(
    settings: Settings, read_again: Callable[[], Settings] | None = None, when_ready: WhenReady | None = None
) -> None:
    """Serve, on uvloop; `read_again` and `when_ready` as for `serve`."""
    import uvloop

    before = [(sig, signal.signal(sig, _end)) for sig in (signal.SIGTERM, signal.SIGINT)]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    try:
        uvloop.run(serve(settings, read_again, when_ready))
    except KeyboardInterrupt:
        return
    finally:
        for sig, handler in before:
            signal.signal(sig, handler)


def _end(sig: int, frame: FrameType | None) -> None:
    """Take the signal that uvicorn raises again when it has ended: what comes after it still has to be closed."""
    if not _SERVED:
        raise KeyboardInterrupt


_SERVED: Final[list[bool]] = []
"""Not empty once uvicorn has begun to serve."""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
