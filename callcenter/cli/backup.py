"""`callcenter backup` and `callcenter restore`: a copy of the database while the service runs, and back."""

from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.options import note
from callcenter.errors import BadInput

DATABASE = typer.Option(metavar="FILE", help="The service's database (default: CALLCENTER_DATABASE, callcenter.toml).")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    database: Annotated[str | None, DATABASE] = None,
) -> int:
    """Copy the database as it is at one instant, while the service goes on; the copy is checked."""
    from api.store.backup import copy

    head = copy(_file(database, f"pg_dump --format=custom --file={file} DATABASE"), file)
    note(f"callcenter backup: {file}: {head.last_n:,} commands, {head.last_seq:,} events, whole")
    return 0


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `callcenter backup` made.")],
    database: Annotated[str | None, DATABASE] = None,
    over: Annotated[bool, typer.Option("--over", help="Put it over a database that is there.")] = False,
) -> int:
    """Put a copy in the place of the database; the service must not run."""
    from api.store.backup import put_back

    place = _file(database, f"pg_restore --clean --dbname=DATABASE {file}")
    head = put_back(file, place, over=over)
    note(f"callcenter restore: {place}: {head.last_n:,} commands, {head.last_seq:,} events; start the service")
    return 0


def _file(given: str | None, otherwise: str) -> Path:
    """Return the file of the database, or say what copies one that is none."""
    from api.settings import settings_of
    from api.store.open import Database

    settings = settings_of({} if given is None else {"database": given})
    database = Database(settings.database)
    if database.is_postgres:
        raise BadInput(f"--database: is PostgreSQL, whose own programs copy it: {otherwise}")
    return database.path
