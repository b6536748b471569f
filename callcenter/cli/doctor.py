"""`callcenter doctor`: checks what the service needs, one line for each check."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.cli import ANSWER_IS_NO
from callcenter.errors import BadInput, CallCenterError
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from api.settings import Settings

KEY: Final = "CALLCENTER_KEY"
LEAST_FREE: Final = 1024**3
"""Bytes on the disk of the database, at least."""
AHEAD_S: Final = 2.0
"""The journal may be so far ahead of the clock: it never goes back, so the service would run ahead of the day."""
WAIT_S: Final = 3.0
IN_DATABASE: Final = ("tables", "clock")
"""What is read from the database: where it cannot be reached that is said once."""


def doctor(
    database: Annotated[str | None, typer.Option(metavar="URL", help="As for `callcenter serve`.")] = None,
    centre: Annotated[str | None, typer.Option(metavar="FILE", help="As for `callcenter serve`.")] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help=f"A running service: a call is posted and withdrawn ({KEY}).")
    ] = None,
) -> int:
    """Look at settings, centre, database, tables, lock, clock and disk, and at a running service; exit 1: one is bad.

    With --url a call is posted and withdrawn at once; the key, of scope telephony, is read from CALLCENTER_KEY.
    """
    from api.settings_given import settings_of

    given = {name: value for name, value in {"database": database, "centre": centre}.items() if value is not None}
    settings = settings_of(given)  # one line and exit 2 if they are wrong
    from api.store.errors import StoreFailed

    print(_("good  settings: can be read"))
    good = reached = True
    for name, look in _looks(settings, url):
        if name in IN_DATABASE and not reached:
            continue
        try:
            found = look()
        except CallCenterError as fault:
            good = False
            reached = reached and not isinstance(fault, StoreFailed)
            print(_("BAD   {name}: {fault}", name=name, fault=fault))
        else:
            print(_("good  {name}: {found}", name=name, found=found))
    return 0 if good else ANSWER_IS_NO


def _looks(settings: "Settings", url: str | None) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "centre", lambda: _centre(settings)
    yield "database", lambda: _database(settings)
    yield "tables", lambda: _tables(settings)
    yield "clock", lambda: _clock(settings)
    if not settings.database.startswith(("postgresql://", "postgres://")):
        path = Path(settings.database.removeprefix("sqlite:///")).absolute()
        yield "lock", lambda: _lock(path)
        yield "disk", lambda: _disk(path)
    if url is not None:
        yield "service", lambda: _ready(url)
        yield "call", lambda: _call(url)


def _centre(settings: "Settings") -> str:
    from api.serve import centre_of

    found = centre_of(settings)
    return _("{found!r}, {n} queue(s), {n_2} group(s)", found=found.name, n=len(found.queues), n_2=len(found.groups))


def _new(settings: "Settings") -> bool:
    from api.store.open import Database

    database = Database(settings.database)
    return not database.is_postgres and not database.path.exists()


def _database(settings: "Settings") -> str:
    from api.store.open import reading

    if _new(settings):
        path = Path(settings.database.removeprefix("sqlite:///")).absolute()
        return _("{path} is not there yet: the first start makes it", path=path)
    with reading(settings.database, settings.vault()) as store:
        if not store.connection.has_table("shard"):
            return _("can be reached, and is empty: the first start makes the tables")
        head = store.head()
    return _("{last_n:,} commands, {last_seq:,} events", last_n=head.last_n, last_seq=head.last_seq)


def _tables(settings: "Settings") -> str:
    from api.store.open import reading
    from api.store.schema import MIGRATIONS, schema_version

    if _new(settings):
        return _("none yet")
    with reading(settings.database) as store:
        version = schema_version(store.connection)
    if version > len(MIGRATIONS):
        raise BadInput(
            "are of version {version}, this program knows {n}: use a newer callcenter",
            version=version,
            n=len(MIGRATIONS),
        )
    behind = len(MIGRATIONS) - version
    return _("version {version}", version=version) + (
        _(": the next start brings {behind} migration(s)", behind=behind) if behind else ""
    )


def _clock(settings: "Settings") -> str:
    from api.live.clock import LiveClock
    from api.store.open import reading

    if _new(settings):
        return _("nothing is journaled yet")
    with reading(settings.database) as store:
        reached = store.head().reached if store.connection.has_table("shard") else None
    ahead_s = 0.0 if reached is None else (reached - LiveClock().now()) / 1000
    if ahead_s > AHEAD_S:
        raise BadInput(
            "the journal is {ahead_s:,.0f} s ahead of this machine's clock: set the clock right", ahead_s=ahead_s
        )
    return _("the journal is not ahead of it")


def _lock(path: Path) -> str:
    from api.store.errors import Owned
    from api.store.sqlite import FileLock

    if not path.exists():
        return _("nobody has the database")
    try:
        FileLock(path, "callcenter doctor").release()
    except Owned as fault:
        return _("held by {holder}", holder=fault.holder)
    return _("nobody has the database: no service runs")


def _disk(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        raise BadInput("{folder}: there is no such folder", folder=folder)
    if not os.access(folder, os.W_OK):
        raise BadInput("{folder}: cannot be written to by this user", folder=folder)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise BadInput(
            "{free:.1f} GB are free, {least_free:.1f} GB at least are wanted: make room",
            free=free / 1000000000.0,
            least_free=LEAST_FREE / 1000000000.0,
        )
    return _("{free:,.0f} GB are free", free=free / 1000000000.0)


def _ready(url: str) -> str:
    answer = _asked("GET", url, "/readyz", None)
    return str(answer["status"])


def _call(url: str) -> str:
    key = os.environ.get(KEY)
    if not key:
        raise BadInput("{key} is not set: export a key of scope telephony", key=KEY)
    from api.ids import new_id
    from api.live.clock import LiveClock

    name = new_id("doctor-", LiveClock().now())
    source = _source(_asked("GET", url, "/v1/me", key)["sources"])
    posted = _asked("POST", url, "/v1/calls", key, {"source": source, "external_call_id": name})
    _asked("POST", url, f"/v1/calls/{posted['call_id']}:withdraw", key, {"reason": "callcenter doctor"})
    return _("posted ({decision}) and withdrawn", decision=posted["decision"])


def _source(of_key: list[str] | None) -> str:
    """Return under which name of a telephony system a key may post; ours would bind one that is of none yet to us.

    Raises:
        BadInput: the key waits for its first call.
    """
    if of_key is None or "*" in of_key:
        return "doctor"
    if not of_key:
        raise BadInput(
            "{key} is of no source yet, and a call posted here would bind it: let the telephony system post one first",
            key=KEY,
        )
    return of_key[0]


def _asked(method: str, url: str, path: str, key: str | None, body: dict[str, str] | None = None) -> dict[str, Any]:
    import httpx2

    headers = {} if key is None else {"X-API-Key": key}
    try:
        answer = httpx2.request(method, url.rstrip("/") + path, json=body, headers=headers, timeout=WAIT_S)
        found: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
        raise BadInput("{url}: does not answer ({name__}): check --url", url=url, name__=type(fault).__name__) from None
    if answer.status_code >= 400:
        why = found.get("detail") or "; ".join(found.get("problems", []))
        raise BadInput(
            "{method} {path} is answered {status_code}: {why}",
            method=method,
            path=path,
            status_code=answer.status_code,
            why=why,
        )
    return found
