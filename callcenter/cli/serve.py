"""`callcenter serve`: the live service."""

from typing import Annotated, Any

import typer

from callcenter.cli.options import note
from callcenter.errors import BadInput


def serve(
    centre: Annotated[
        str | None, typer.Option(metavar="FILE", help="A centre or scenario file, or a shipped centre's name.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="A file (callcenter.sqlite3) or postgresql://…")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="The port (8080; 0: any free one).")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether settings and centre are good.")] = False,
) -> int:
    """Run the live service. With nothing given: one queue, the four tiers, a SQLite file in this folder.

    Settings come from these options, else from CALLCENTER_* in the environment, else from callcenter.toml.
    """
    from pydantic import ValidationError

    from api.serve import centre_of, run
    from api.settings import Settings

    given: dict[str, Any] = {"centre": centre, "database": database, "host": host, "port": port}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        raise BadInput(f"CALLCENTER_{name.upper()} (or {name} in callcenter.toml): {first['msg']}") from None
    except ValueError as error:
        raise BadInput(f"callcenter.toml: {error}") from None
    found = centre_of(settings)
    if check:
        note(
            f"callcenter serve: good: centre {found.name!r}, {len(found.queues)} queue(s), "
            f"database {settings.database}, http://{settings.host}:{settings.port}"
        )
        return 0
    run(settings)
    return 0
