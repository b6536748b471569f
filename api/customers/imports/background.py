"""A customer file into the directory of a running service, so that no posted call waits for a million rows.

It is checked in a child process, waits in the database until all of it is there, and is taken in little by little.
Each customer changes whole. A service that is killed in between goes on where it was at its next start: what is whole
is finished, what is not is forgotten. Nothing stays half imported.
"""

import asyncio
import json
import logging
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from api.customers.directory.directory import Customers
from api.customers.imports.entries import BROKEN, STAGING, WHOLE, Fields, put_staged, stage
from api.customers.imports.spool import Spool
from api.customers.tiers.regrading import GradeStep
from api.customers.tiers.standings import Standings
from api.errors import Unavailable
from api.ids import new_id
from api.state.ports import Live
from api.store.changes import Change, Row, Update

LOG: Final = logging.getLogger("callcenter.customers")
STAGED_BATCH_SIZE: Final = 500
TAKEN_BATCH_SIZE: Final = 200
"""Customers in one transaction: some milliseconds, in which no call becomes durable."""
AGAIN_S: Final = 1.0
MOST_KEPT: Final = 20
BY: Final = "import"
"""Who changed a tier."""


@dataclass(slots=True)
class Import:
    """One file on its way; `state`: reading, checked, refused, staging, taking, done, failed, cancelled."""

    id: str
    file: str
    dry_run: bool
    skip_rejected: bool
    state: str = "reading"
    rows: int = 0
    imported: int = 0
    promoted: int = 0
    demoted: int = 0
    error: str | None = None
    found: dict[str, Any] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.task is None or self.task.done()


class Imports:
    """The imports of this process, one at a time."""

    def __init__(self, live: Live, standings: Standings, customers: Customers, grade_step: GradeStep | None) -> None:
        self._live = live
        self._standings = standings
        self._customers = customers
        self._grade_step = grade_step
        self._resuming: asyncio.Task[None] | None = None
        self.imports: dict[str, Import] = {}

    def start(self) -> None:
        """Finish what a service that ended in the middle of it left behind."""
        self._resuming = asyncio.create_task(self._resume())

    async def stop(self) -> None:
        """Stop; the next start goes on."""
        tasks = [one.task for one in self.imports.values() if one.task is not None]
        tasks += [] if self._resuming is None else [self._resuming]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def running(self) -> Import | None:
        """The import that is on its way."""
        return next((one for one in self.imports.values() if not one.over), None)

    def begin(self, folder: Path, options: dict[str, Any], *, dry_run: bool, skip: bool, audit: list[Change]) -> Import:
        """Import the file `FILE` in `folder`, which is removed afterwards."""
        for old in list(self.imports)[: -MOST_KEPT or None]:
            del self.imports[old]
        made = Import(new_id("i"), options["source"], dry_run, skip)
        self.imports[made.id] = made
        made.task = asyncio.create_task(self._run(made, folder, options, audit))
        return made

    async def _run(self, one: Import, folder: Path, options: dict[str, Any], audit: list[Change]) -> None:
        try:
            if not await self._read(one, folder, options):
                return
            if one.dry_run or (one.found["rejected"] and not one.skip_rejected):
                one.state = "checked" if one.dry_run else "refused"
                return
            spool = Spool(folder / "spool")
            try:
                await self._stage(one, spool, audit)
            finally:
                spool.close()
            one.state = "taking"
            await self._take(one.id, one)
            one.state = "done"
        except asyncio.CancelledError:
            one.state = "cancelled"
            raise
        except Unavailable as fault:
            one.state, one.error = "failed", str(fault)
        except Exception:
            LOG.exception("an import failed")
            one.state, one.error = "failed", "this is our fault, not yours; the operator finds it in the log"
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _read(self, one: Import, folder: Path, options: dict[str, Any]) -> bool:
        """Check the file in a child process; tell whether it is a customer file at all."""
        child = await asyncio.create_subprocess_exec(
            # Nothing of ours in reach of a file that somebody made: no environment, no folder of ours, no open file.
            sys.executable, "-I", "-B", "-m", "api.customers.imports",
            str(folder / options["name"]), str(folder / "spool"), json.dumps(options),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env={"OPENBLAS_NUM_THREADS": "1"}, cwd=folder,
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            said, out = await asyncio.gather(self._listen(one, child.stderr), child.stdout.read())
            status = await child.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
            raise
        if status:
            one.state = "refused" if status == 2 else "failed"
            one.error = said if status == 2 else "the file could not be read; the operator finds it in the log"
            if status != 2:
                LOG.error("reading a customer file failed: %s", said.partition(":")[0])  # no cell of it in a log
            return False
        one.found = json.loads(out)
        one.rows = one.found["rows"]
        return True

    async def _listen(self, one: Import, stream: asyncio.StreamReader) -> str:
        said = ""
        while line := await stream.readline():
            said = line.decode(errors="replace").strip()[:500]
            count = said.removesuffix(" rows")
            if count.isdigit():
                one.rows = int(count)
        return said

    async def _stage(self, one: Import, spool: Spool, audit: list[Change]) -> None:
        one.state = "staging"
        fields = Fields(tuple(one.found["fields"]), one.found["has_numbers"])
        values = {
            "id": one.id, "file": one.file[:200], "fields": fields.written(), "state": STAGING,
            "rows": one.found["accepted"], "done": 0, "principal": "", "at": self._live.now(),
        }  # fmt: skip
        await self._live.keep(Row("imports", values), *audit)
        after = 0
        while rows := await asyncio.to_thread(spool.bodies, after, STAGED_BATCH_SIZE):
            after = rows[-1][0]
            await self._live.change(stage(one.id, rows))
        await self._live.keep(Update("imports", {"state": WHOLE}, {"id": one.id}))

    async def _take(self, import_id: str, one: Import | None = None) -> None:
        """Take in what waits, piece by piece: calls know each piece at once, and who rises does so."""
        while True:
            async with self._standings.lock:  # nobody lists or promotes a customer of this piece meanwhile
                work = put_staged(import_id, TAKEN_BATCH_SIZE, self._live.now(), self._standings, self._grade_step, BY)
                told, verdict = await self._live.change(work)
                for person in told:
                    self._customers.put(person.key, person.customer_id, person.profile, person.numbers)
                rose, fell = await self._standings.act(verdict)
            if not told:
                return
            if one is not None:
                one.imported, one.promoted, one.demoted = (
                    one.imported + len(told),
                    one.promoted + rose,
                    one.demoted + fell,
                )
            await asyncio.sleep(0)

    async def _resume(self) -> None:
        while True:
            try:
                for row in await self._live.find("imports", {"state": STAGING}):
                    import_id = str(row["id"])
                    LOG.warning("import %s was cut short before all of it was there: nothing of it is kept", import_id)
                    while await self._live.change(_forgotten(import_id)):
                        await asyncio.sleep(0)
                for row in await self._live.find("imports", {"state": WHOLE}):
                    LOG.warning("import %s goes on where it was", row["id"])
                    await self._take(str(row["id"]))
            except Unavailable:
                await asyncio.sleep(AGAIN_S)
            else:
                return


def _forgotten(import_id: str) -> Any:
    """Return what forgets some rows of an import that never became whole, and says whether there may be more."""

    def work(store: Any) -> bool:
        rows = store.connection.execute("SELECT n FROM import_rows WHERE import_id = ? LIMIT 2000", (import_id,))
        store.connection.execute(
            "DELETE FROM import_rows WHERE import_id = ? AND n IN "
            "(SELECT n FROM import_rows WHERE import_id = ? LIMIT 2000)",
            (import_id, import_id),
        )
        if not rows:
            store.connection.execute("UPDATE imports SET state = ? WHERE id = ?", (BROKEN, import_id))
        return bool(rows)

    return work


def new_folder() -> Path:
    """Return a private folder for a file that comes in."""
    return Path(mkdtemp(prefix="callcenter-import-"))
