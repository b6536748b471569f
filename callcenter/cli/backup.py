"""`callcenter backup` and `callcenter restore`: a copy of the database while the service runs, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcenter.cli.options import note
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from api.store.open import Database

DATABASE = typer.Option(metavar="ADDRESS", help="The database (default: CALLCENTER_DATABASE, callcenter.toml).")
KEYS = typer.Option("--keys", metavar="FILE", help="The persons' keys (default: callcenter.keys beside the copy).")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    database: Annotated[str | None, DATABASE] = None,
    keys: Annotated[Path | None, KEYS] = None,
) -> int:
    """Copy the database as it is at one instant, while the service goes on; the copy is checked.

    What it says of persons is encrypted, by keys that go into one file beside all copies: keep that file elsewhere too,
    its newest version only. Whoever is erased is then gone from earlier copies as well.
    """
    from api.store.backup import copy

    head = copy(_database(database), file, keys)
    note(
        _(
            "callcenter backup: {file}: {last_n:,} commands, {last_seq:,} events, whole",
            file=file,
            last_n=head.last_n,
            last_seq=head.last_seq,
        )
    )
    return 0


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `callcenter backup` made.")],
    database: Annotated[str | None, DATABASE] = None,
    keys: Annotated[Path | None, KEYS] = None,
    over: Annotated[bool, typer.Option("--over", help="Put it over a database that is there.")] = False,
) -> int:
    """Put a copy in the place of the database; the service must not run. Who was erased since stays erased."""
    from api.store.backup import put_back

    place = _database(database)
    back = put_back(file, place, keys, over=over)
    name = place.address.rsplit("@", 1)[-1]
    note(
        _(
            "callcenter restore: {name}: {last_n:,} commands, {last_seq:,} events; start the service",
            name=name,
            last_n=back.head.last_n,
            last_seq=back.head.last_seq,
        )
    )
    if back.erased:
        note(
            _(
                "callcenter restore: {erased:,} people erased or forgotten since the copy did not come back",
                erased=back.erased,
            )
        )
    if not back.apart:
        note(_("callcenter restore: the copy is of an older version: erase again who was erased since it was made"))
    return 0


def _database(given: str | None) -> "Database":
    from api.settings_given import settings_of
    from api.store.open import Database

    settings = settings_of({} if given is None else {"database": given})
    return Database(settings.database, vault=settings.vault())
