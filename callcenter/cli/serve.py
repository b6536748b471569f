"""`callcenter serve`: the live service."""

import gc
from collections.abc import Mapping
from typing import Annotated

import typer

from callcenter.cli.options import note
from callcenter.errors import BadInput
from callcenter.language.spoken import _


def serve(
    centre: Annotated[
        str | None, typer.Option(metavar="FILE", help="A centre or scenario file, or a shipped centre's name.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="A file (callcenter.sqlite3) or postgresql://…")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="The port (8080; 0: any free one).")] = None,
    standby: Annotated[
        bool, typer.Option("--standby", help="Where another service has the database, wait for its end and take over.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play the flagship's day, in a folder that goes away: look at the pages.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say whether settings and centre are good.")] = False,
) -> int:
    """Run the live service. With nothing given: one queue, the four tiers, a SQLite file in this folder.

    Settings come from these options, else from CALLCENTER_* in the environment, else from callcenter.toml.
    """
    gc.disable()  # a thousand modules, and nothing of them is garbage: a tenth of the time until it is ready
    try:
        from api.serve import centre_of, run
        from api.settings_given import settings_of
    finally:
        gc.enable()

    given = {"centre": centre, "database": database, "host": host, "port": port, "standby": standby or None}
    given = {name: value for name, value in given.items() if value is not None}
    if demo:
        return _demo(given)
    settings = settings_of(given)
    found = centre_of(settings)
    if check:
        note(
            _(
                "callcenter serve: good: centre {found!r}, {n} queue(s), database {database}, http://{host}:{port}",
                found=found.name,
                n=len(found.queues),
                database=settings.database,
                host=settings.host,
                port=settings.port,
            )
        )
        return 0
    run(settings, lambda: settings_of(given))
    return 0


def _demo(given: Mapping[str, object]) -> int:
    """Serve the demonstration; only where it listens can be chosen."""
    from api.serve import run
    from api.settings_given import settings_of
    from callcenter.cli.demo import demo

    chosen = [name for name in given if name not in ("host", "port")]
    if chosen:
        raise BadInput("--{chosen}: the demonstration has its own: leave out --demo, or --{chosen}", chosen=chosen[0])
    with demo() as (own, players):
        run(settings_of({**own, **given}), when_ready=players.play)
    return 0
