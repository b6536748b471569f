"""Simulations as jobs: child processes, so that a what-if never shares the live engine's loop."""

import asyncio
import json
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from api.access import new_id
from api.door import Ask, Plain, Reply, operation, router
from api.formats import In, Listed, NoTruth
from api.refusals import Conflict, Invalid, NotFound
from api.truth import instant
from callcenter.files.load import shipped

routes = router("simulations")
SCOPES = ("supervisor",)
MOST_KEPT: Final = 100
MOST_OUTPUT: Final = 20_000_000
_PROGRESS: Final = re.compile(rb"(\d+) of (\d+)")


@dataclass(slots=True)
class Job:
    """One simulation."""

    id: str
    words: list[str]
    text: str | None
    created_at: int
    state: str = "waiting"
    done: int = 0
    wanted: int = 0
    error: str | None = None
    result: dict[str, Any] | None = None
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)


class Jobs:
    """The simulations of this process; they do not outlive it."""

    def __init__(self, at_once: int, seconds: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self.jobs: dict[str, Job] = {}

    def start(self, job: Job) -> None:
        """Let a job run when there is a place."""
        for old in [j.id for j in self.jobs.values() if j.task is not None and j.task.done()][: -MOST_KEPT or None]:
            del self.jobs[old]
        self.jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))

    async def stop(self) -> None:
        """End every child."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job) -> None:
        try:
            async with self._places, asyncio.timeout(self._seconds):
                job.state = "running"
                with TemporaryDirectory(prefix="callcenter-") as folder:
                    await self._child(job, folder)
        except asyncio.CancelledError:
            job.state = "cancelled"
        except TimeoutError:
            job.state, job.error = "failed", f"took longer than {self._seconds} s"
        except OSError as fault:
            job.state, job.error = "failed", f"the child process could not be started: {fault.strerror}"

    async def _child(self, job: Job, folder: str) -> None:
        words = list(job.words)
        if job.text is not None:
            path = Path(folder) / "scenario.yaml"
            path.write_text(job.text, encoding="utf-8")
            words[0] = str(path)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "callcenter", "simulate", *words, "--json",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        said: list[str] = []
        try:
            out, _ = await asyncio.gather(child.stdout.read(MOST_OUTPUT), self._listen(job, child.stderr, said))
            status = await child.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
            raise
        if status == 0:
            job.result, job.state = json.loads(out), "done"
        else:
            job.state = "failed"
            job.error = (said[-1] if said else f"status {status}").replace(folder + "/", "")

    async def _listen(self, job: Job, stream: asyncio.StreamReader, said: list[str]) -> None:
        while line := await stream.readline():
            found = _PROGRESS.search(line)
            if found:
                job.done, job.wanted = int(found[1]), int(found[2])
            else:
                said[:] = [*said[-20:], line.decode(errors="replace").strip()[:500]]


class SimulationIn(In):
    """A shipped scenario by name, or the text of one."""

    scenario: str | None = Field(None, max_length=100, description="The name of a shipped scenario.")
    yaml: str | None = Field(None, max_length=200_000, description="The text of a scenario file.")
    sets: Annotated[list[str], Listed] = Field([], max_length=50, description="As for --set: tiers.vip.target=95/20")
    replications: Annotated[int, Field(ge=1, le=1_000), NoTruth] | None = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), NoTruth] | None = None


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


def shown(job: Job, *, whole: bool = True) -> Plain:
    """Return how far a job is."""
    return {
        "id": job.id,
        "state": job.state,
        "created_at": instant(job.created_at),
        "done": job.done,
        "wanted": job.wanted,
        "error": job.error,
        "result": job.result if whole else None,
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
    if any(part.startswith("centre=") or "\x00" in part for part in wish.sets):
        raise Invalid("/sets: another centre goes into yaml")
    jobs = _jobs(ask)
    if sum(job.state in ("waiting", "running") for job in jobs.jobs.values()) >= MOST_KEPT:
        raise Conflict("too many simulations wait: cancel some")
    words = [wish.scenario or "scenario.yaml"]
    words += [part for one in wish.sets for part in ("--set", one)]
    if wish.replications is not None:
        words += ["--replications", str(wish.replications)]
    if wish.seed is not None:
        words += ["--seed", str(wish.seed)]
    job = Job(new_id("s"), words, wish.yaml, ask.now, wanted=wish.replications or 0)
    jobs.start(job)
    return Reply(shown(job), 201)


@operation(routes, "GET", "/simulations", scopes=SCOPES, answer=SimulationsOut, says={"simulations": [EXAMPLE]})
async def list_simulations(ask: Ask) -> Reply:
    """List the simulations of this process, without their results."""
    return Reply({"simulations": [shown(job, whole=False) for job in _jobs(ask).jobs.values()]})


@operation(
    routes, "GET", "/simulations/{simulation_id}", scopes=SCOPES, answer=SimulationOut, fails=(404,), says=EXAMPLE
)
async def get_simulation(ask: Ask) -> Reply:
    """Tell how far a simulation is, with its result when it is done."""
    return Reply(shown(_job(ask)))


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
