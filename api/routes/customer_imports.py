"""Customer files over HTTP: posted as they are, checked, imported."""

import asyncio
import shutil
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from api.customers.imports.background import Import, Imports, new_folder
from api.customers.tiers.regrading import GradeStep
from api.errors import Conflict, Invalid, NotFound, TooLarge
from api.http.endpoint import Plain, Reply, operation, router
from api.services import Ask
from callcenter.config.directory_columns import read_directory_columns

routes = router("customers")
CHUNK: Final = 1 << 20
MOST_TOLD: Final = 1_000


class ImportOut(BaseModel):
    """An import; `rejects` are rows that cannot be taken, `doubts` rows whose number other customers have too.

    `tiers_by`: where tiers come from, `file` or the figure whose ladder they follow; `promoted` and `demoted` count
    customers who were known before.
    """

    id: str
    file: str
    state: str
    dry_run: bool
    rows: int
    accepted: int
    rejected: int
    imported: int
    tiers_by: str
    promoted: int
    demoted: int
    error: str | None
    rejects: list[dict[str, Any]]
    shared_numbers: int
    suspended_calls: list[dict[str, Any]]
    not_read: list[str]
    encoding: str
    encoding_confidence: float
    not_utf8_lines: int


IMPORT: Plain = {
    "id": "i41", "file": "crm.csv", "state": "refused", "dry_run": False, "rows": 120000, "accepted": 119999,
    "rejected": 1, "imported": 0, "tiers_by": "revenue_12m", "promoted": 0, "demoted": 0, "error": None,
    "shared_numbers": 0, "doubts": [], "not_read": ["Salutation"], "encoding": "utf-8", "encoding_confidence": 1.0,
    "not_utf8_lines": 0,
    "rejects": [{"line": 17, "column": "Mobile", "value": "12", "why": "is no telephone number: write it with +"}],
}  # fmt: skip


def _told(one: Import, rung: GradeStep | None) -> Plain:
    found = one.found
    return {
        "id": one.id, "file": one.file, "state": one.state, "dry_run": one.dry_run, "rows": one.rows,
        "accepted": found.get("accepted", 0), "rejected": found.get("rejected", 0), "imported": one.imported,
        "tiers_by": "file" if rung is None else rung.figure, "promoted": one.promoted, "demoted": one.demoted,
        "error": one.error, "rejects": found.get("rejects", [])[:MOST_TOLD],
        "shared_numbers": found.get("shared_numbers", 0), "doubts": found.get("doubts", [])[:MOST_TOLD],
        "not_read": found.get("not_read", []), "encoding": found.get("encoding", "utf-8"),
        "encoding_confidence": found.get("encoding_confidence", 1.0), "not_utf8_lines": found.get("not_utf8_lines", 0),
    }  # fmt: skip


def _imports(ask: Ask) -> Imports:
    found: Imports = ask.request.app.state.imports
    return found


QUERY: Final[tuple[Plain, ...]] = (
    {"name": "dry_run", "in": "query", "required": False, "schema": {"enum": ["true", "false"]}},
    {"name": "skip_rejected", "in": "query", "required": False, "schema": {"enum": ["true", "false"]},
     "description": "Import the other rows; otherwise one bad row stops it all."},
    {"name": "columns", "in": "query", "required": False, "schema": {"type": "string"},
     "description": "A column map, as YAML or JSON."},
    {"name": "file", "in": "query", "required": False, "schema": {"type": "string"},
     "description": "The file's name; .parquet means Parquet."},
    {"name": "region", "in": "query", "required": False, "schema": {"type": "string"}},
)  # fmt: skip


@operation(
    routes, "POST", "/customers:import", scopes=("admin",), answer=ImportOut, created=True, secret=True, fails=(409,),
    query=QUERY, says=IMPORT | {"state": "reading", "rows": 0, "accepted": 0, "rejected": 0, "rejects": []},
)  # fmt: skip
async def import_customers(ask: Ask) -> Reply:
    """Import the CSV (or Parquet) file that is the body: all rows or none. Ask at /v1/imports/{id} how far it is."""
    imports = _imports(ask)
    name = (ask.asked("file") or "customers.csv").rpartition("/")[2][:100]
    columns = ask.asked("columns") or ""
    if columns:
        read_directory_columns(columns, "columns")
    region = ask.asked("region") or ask.services.region
    if region is not None and not (len(region) == 2 and region.isascii() and region.isupper()):
        raise Invalid("region: is no country code such as GB")
    if imports.running is not None:
        raise Conflict("import {id} is on its way: wait until it is done", id=imports.running.id)
    folder = new_folder()
    try:
        stored = "file.parquet" if name.lower().endswith(".parquet") else "file.csv"
        await _receive(ask, folder / stored)
        if imports.running is not None:
            raise Conflict("import {id} is on its way: wait until it is done", id=imports.running.id)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    tiers = ask.services.standings.tiers
    options = {
        "name": stored, "source": name, "columns": columns or "{}", "region": region,
        "tiers": [tiers.order, tiers.default, tiers.last],
    }  # fmt: skip
    audit = [ask.services.audited(ask.key, "customer.import", None, name)]
    dry_run, skip = ask.asked("dry_run") == "true", ask.asked("skip_rejected") == "true"
    begun = imports.begin(folder, options, dry_run=dry_run, skip=skip, audit=audit)
    return Reply(_told(begun, ask.services.grade_step), 201)


async def _receive(ask: Ask, path: Path) -> None:
    """Write the body to a file, piece by piece."""
    limit, size = ask.services.settings.import_limit, 0
    with path.open("xb") as out:
        pieces: list[bytes] = []
        gathered = 0
        async for piece in ask.request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(limit)
            pieces.append(piece)
            gathered += len(piece)
            if gathered >= CHUNK:
                await asyncio.to_thread(out.write, b"".join(pieces))
                pieces, gathered = [], 0
        await asyncio.to_thread(out.write, b"".join(pieces))
    if not size:
        raise Invalid("the body is empty: post the file as it is, such as curl --data-binary @crm.csv")


@operation(routes, "GET", "/imports/{import_id}", scopes=("admin",), answer=ImportOut, fails=(404,), says=IMPORT)
async def get_import(ask: Ask) -> Reply:
    """Tell how far an import is, and which rows it rejects."""
    one = _imports(ask).imports.get(ask.path("import_id"))
    if one is None:
        raise NotFound("there is no such import (they do not outlive a restart)")
    return Reply(_told(one, ask.services.grade_step))
