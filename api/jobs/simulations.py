"""Simulations as jobs: child processes, so that a what-if never shares the live engine's loop.

A child is told all of its work on standard input, and nothing of us: no path, no environment, no open file, an empty
folder to stand in. It limits itself (`callcenter.cli.job`), reads no file that a text names, and answers in one line.
"""

import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.auth.keys import Access, Key
from api.errors import Conflict, Invalid, NotFound, Unauthorized
from api.http.endpoint import Ask, Plain, Reply, operation, router, to_json
from api.http.formats import In, Listed, NotBool, wants_flat
from api.ids import new_id
from api.state.views import instant
from callcenter.config.shipped import shipped, shipped_text

routes = router("simulations")
SCOPES = ("supervisor",)
LOG: Final = logging.getLogger("callcenter.jobs")
MOST_KEPT: Final = 100
MOST_RESULTS: Final = 50_000_000
"""Characters of all results together; the oldest go first."""
MOST_OUTPUT: Final = 10_000_000
MOST_LINE: Final = 500
ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""All that a child finds there: threads of numpy's BLAS would take memory for nothing."""
OUR_FAULT: Final = "this is our fault, not yours; the operator finds it in the log"


@dataclass(slots=True)
class Job:
    """One simulation."""

    id: str
    asked: dict[str, Any]
    """text, name, sets, replications, seed: what the child is told."""
    created_at: int
    key: Key
    """Whose it is: it ends with the key."""
    state: str = "waiting"
    done: int = 0
    wanted: int = 0
    error: str | None = None
    result: str | None = None
    """As JSON."""
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)


class Jobs:
    """The simulations of this process; they do not outlive it."""

    def __init__(self, access: Access, at_once: int, seconds: int, memory: int) -> None:
        self._access = access
        self._places = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._memory = memory
        self.jobs: dict[str, Job] = {}

    def start(self, job: Job) -> None:
        """Let a job run when there is a place."""
        self.jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        job.task.add_done_callback(lambda _: self._forget())

    async def stop(self) -> None:
        """End every child."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self) -> None:
        """Drop the oldest of those that are over, beyond what is kept."""
        over = [job for job in self.jobs.values() if job.task is not None and job.task.done()]
        size = sum(len(job.result or "") for job in over)
        for n, job in enumerate(over[:-1]):
            if len(over) - n <= MOST_KEPT and size <= MOST_RESULTS:
                return
            size -= len(job.result or "")
            del self.jobs[job.id]

    async def _run(self, job: Job) -> None:
        try:
            with self._access.while_in_force(job.key):
                await self._in_place(job)
        except asyncio.CancelledError:
            job.state = "cancelled"
        except Unauthorized as ended:
            job.state, job.error = "cancelled", f"whoever asked for it may not any more: {ended}"
        except TimeoutError:
            job.state, job.error = "failed", f"took longer than {self._seconds} s"
        except OSError as fault:
            job.state, job.error = "failed", f"the child process could not be started: {fault.strerror}"
        except Exception:
            LOG.exception("simulation %s failed", job.id)
            job.state, job.error = "failed", OUR_FAULT

    async def _in_place(self, job: Job) -> None:
        async with self._places, asyncio.timeout(self._seconds):
            job.state = "running"
            with TemporaryDirectory(prefix="callcenter-") as folder:
                await self._child(job, folder)

    async def _child(self, job: Job, folder: str) -> None:
        child = await asyncio.create_subprocess_exec(
            # -I: neither its environment nor its folder says what is imported.
            sys.executable, "-I", "-B", "-m", "callcenter.cli.job", str(self._memory), str(self._seconds),
            cwd=folder, env=ENVIRONMENT, limit=MOST_OUTPUT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        said: list[str] = []
        try:
            with suppress(ConnectionError):  # it ended before it had read all: its status tells why
                child.stdin.write(json.dumps(job.asked).encode())
                await child.stdin.drain()
            child.stdin.close()
            out, _ = await asyncio.gather(_bounded(child.stdout), _listen(job, child.stderr, said))
            status = await child.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise
        if status == 0:
            # The child wrote {"result": …}: the text is kept, for reading it would hold up the loop.
            job.result, job.state = out.removeprefix('{"result": ').removesuffix("}"), "done"
            return
        job.state = "failed"
        if status == 2 and out:
            job.error = str(json.loads(out)["error"])[:MOST_LINE]
        elif status == -signal.SIGXCPU:
            job.error = f"took longer than {self._seconds} s of processor time"
        else:
            LOG.error("simulation %s ended with status %d: %s", job.id, status, " / ".join(said))
            job.error = OUR_FAULT


async def _bounded(stream: asyncio.StreamReader) -> str:
    """Return all that a child writes."""
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(65_536):
        size += len(part)
        if size > MOST_OUTPUT:
            raise ValueError(f"a child wrote more than {MOST_OUTPUT:,} bytes")
        parts.append(part)
    return b"".join(parts).decode()


async def _listen(job: Job, stream: asyncio.StreamReader, said: list[str]) -> None:
    """Take note of how far a child is; what else it says is for the log."""
    while line := await stream.readline():
        text = line.decode(errors="replace").strip()
        done, of, wanted = text.partition(" of ")
        if of and done.isdecimal() and wanted.isdecimal():
            job.done, job.wanted = int(done), int(wanted)
        else:
            said[:] = [*said[-20:], text[:MOST_LINE]]


class SimulationIn(In):
    """A shipped scenario by name, or the text of one. A centre that it names is a shipped one: no file is read."""

    scenario: str | None = Field(None, max_length=100, description="The name of a shipped scenario.")
    yaml: str | None = Field(None, max_length=200_000, description="The text of a scenario file.")
    sets: Annotated[list[str], Listed] = Field([], max_length=50, description="As for --set: tiers.vip.target=95/20")
    replications: Annotated[int, Field(ge=1, le=1_000), NotBool] | None = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), NotBool] | None = None


SimulationIn.model_config["str_max_length"] = 200_000
SimulationIn.model_rebuild(force=True)


class SimulationOut(BaseModel):
    """A simulation; `result` is what `callcenter simulate --json` prints."""

    id: str
    state: str
    created_at: str
    done: int
    wanted: int
    error: str | None
    result: dict[str, Any] | None


class SimulationsOut(BaseModel):
    """Simulations of this process."""

    simulations: list[SimulationOut]


EXAMPLE: Plain = {
    "id": "s81", "state": "running", "created_at": "2026-03-02T09:00:00.000Z", "done": 12, "wanted": 50, "error": None,
    "result": None,
}  # fmt: skip


def shown(job: Job) -> Plain:
    """Return how far a job is, without its result."""
    return {
        "id": job.id,
        "state": job.state,
        "created_at": instant(job.created_at),
        "done": job.done,
        "wanted": job.wanted,
        "error": job.error,
        "result": None,
    }


def _jobs(ask: Ask) -> Jobs:
    jobs: Jobs = ask.request.app.state.jobs
    return jobs


def _job(ask: Ask) -> Job:
    job = _jobs(ask).jobs.get(ask.path("simulation_id"))
    if job is None:
        raise NotFound("there is no such simulation (they do not outlive a restart)")
    return job


@operation(
    routes, "POST", "/simulations", scopes=SCOPES, body=SimulationIn, answer=SimulationOut, created=True, fails=(409,),
    asks={"scenario": "first-steps", "replications": 50, "sets": ["tiers.vip.target=95/20"]}, says=EXAMPLE,
)  # fmt: skip
async def create_simulation(ask: Ask) -> Reply:
    """Simulate in the background: a child process, never in the live engine's loop."""
    wish: SimulationIn = ask.body
    if (wish.scenario is None) == (wish.yaml is None):
        raise Invalid("/scenario: give the name of a shipped scenario, or yaml, not both")
    if wish.scenario is not None and wish.scenario not in shipped():
        raise Invalid(f"/scenario: there is no shipped scenario of this name (there is: {', '.join(shipped())})")
    jobs = _jobs(ask)
    if sum(job.state in ("waiting", "running") for job in jobs.jobs.values()) >= MOST_KEPT:
        raise Conflict("too many simulations wait: cancel some")
    asked = {
        "text": wish.yaml if wish.scenario is None else shipped_text(wish.scenario),
        "name": "scenario.yaml" if wish.scenario is None else f"{wish.scenario}.yaml",
        "sets": wish.sets,
        "replications": wish.replications,
        "seed": wish.seed,
    }
    job = Job(new_id("s"), asked, ask.now, ask.key, wanted=wish.replications or 0)
    jobs.start(job)
    return Reply(shown(job), 201)


@operation(routes, "GET", "/simulations", scopes=SCOPES, answer=SimulationsOut, says={"simulations": [EXAMPLE]})
async def list_simulations(ask: Ask) -> Reply:
    """List the simulations of this process, without their results."""
    return Reply({"simulations": [shown(job) for job in _jobs(ask).jobs.values()]})


@operation(
    routes, "GET", "/simulations/{simulation_id}", scopes=SCOPES, answer=SimulationOut, fails=(404,), says=EXAMPLE
)
async def get_simulation(ask: Ask) -> Reply | Response:
    """Tell how far a simulation is, with its result when it is done."""
    job = _job(ask)
    if job.result is None or wants_flat(ask.request):
        return Reply(shown(job))
    told = to_json(shown(job)).removesuffix(b',"result":null}') + b',"result":' + job.result.encode() + b"}"
    return Response(told, media_type="application/json")


@operation(
    routes, "POST", "/simulations/{simulation_id}:cancel", scopes=SCOPES, answer=SimulationOut, fails=(404,),
    says=EXAMPLE | {"state": "cancelled"},
)  # fmt: skip
async def cancel_simulation(ask: Ask) -> Reply:
    """End a simulation."""
    job = _job(ask)
    if job.task is not None and not job.task.done():
        job.task.cancel()
        await asyncio.wait([job.task], timeout=5)
    return Reply(shown(job))
