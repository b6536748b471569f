"""`callcenter serve`: the live service."""

from typing import Annotated

import typer

from callcenter.cli.options import note


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
    check: Annotated[bool, typer.Option("--check", help="Only say whether settings and centre are good.")] = False,
) -> int:
    """Run the live service. With nothing given: one queue, the four tiers, a SQLite file in this folder.

    Settings come from these options, else from CALLCENTER_* in the environment, else from callcenter.toml.
    """
    from api.serve import centre_of, run
    from api.settings import settings_of

    given = {"centre": centre, "database": database, "host": host, "port": port, "standby": standby or None}
    given = {name: value for name, value in given.items() if value is not None}
    settings = settings_of(given)
    found = centre_of(settings)
    if check:
        note(
            f"callcenter serve: good: centre {found.name!r}, {len(found.queues)} queue(s), "
            f"database {settings.database}, http://{settings.host}:{settings.port}"
        )
        return 0
    run(settings, lambda: settings_of(given))
    return 0
