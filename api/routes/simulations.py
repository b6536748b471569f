"""Simulations over HTTP: a scenario, variants beside it, one figure at several values; checked, tried, exported."""

import asyncio
import base64
import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from api.errors import Conflict, Invalid, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Listed, NotBool, wants_flat
from api.ids import new_id
from api.jobs.day_scenario import day_text
from api.jobs.jobs import MOST_KEPT, Failed, Job, Jobs
from api.jobs.trials import Trials
from api.routes.intervals import instant_asked, told
from api.services import Ask
from api.state.views import instant
from api.store.store import Store
from callcenter.config.centre_tree import centre_tree
from callcenter.config.shipped import shipped, shipped_text
from callcenter.config.words import date_text, day_number
from callcenter.errors import BadInput
from callcenter.language.said import text_of, unpacked
from callcenter.language.spoken import in_language
from callcenter.lifecycle.cells import HALF_HOUR
from callcenter.scenario import WIDEST_PRECISION
from callcenter.state_words import in_words
from callcenter.units import DAY, MINUTE

routes = router("simulations")
SCOPES: Final = ("supervisor",)
MOST_VARIANTS: Final = 4
MOST_VALUES: Final = 20
FORMATS: Final = ("csv", "png", "pdf", "yaml")
SetText = Annotated[str, Field(min_length=1, max_length=20_000)]
VariantName = Annotated[str, Field(min_length=1, max_length=100)]


class BaseIn(In):
    """What is changed: a shipped scenario by name, or the text of one. A centre that it names is a shipped one."""

    scenario: str | None = Field(None, max_length=100, description="The name of a shipped scenario.")
    yaml: str | None = Field(None, max_length=200_000, description="The text of a scenario file.")
    sets: Annotated[list[SetText], Listed] = Field([], max_length=50, description="As for --set: volume*=1.15")


class VariantIn(In):
    """A variant: what is set on top of the base's."""

    name: VariantName
    sets: Annotated[list[SetText], Listed] = Field([], max_length=50)


class VaryIn(In):
    """One figure at several values; its path may end in an operator: `volume*`, `extra.desk`."""

    path: str = Field(min_length=1, max_length=200)
    values: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=2, max_length=MOST_VALUES)


class SimulationIn(BaseIn):
    """What to simulate; with `variants` it is a comparison on common random numbers, with `vary` a curve."""

    variants: list[VariantIn] = Field([], max_length=MOST_VARIANTS)
    vary: VaryIn | None = None
    book: Annotated[list[Literal["queue", "tier", "group"]], Listed] | None = Field(
        None, max_length=3, description="Answer as `callcenter book --scenario` does: half hours, along these."
    )
    replications: Annotated[int, Field(ge=1, le=1_000), NotBool] | None = None
    precision: Annotated[float, Field(gt=0, le=WIDEST_PRECISION), NotBool] | None = Field(
        None, description="As --precision: goes on until promised service levels are known to ± this share (0.005)."
    )
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), NotBool] | None = None


class TryIn(BaseIn):
    """A change to be tried beside the base, while somebody watches."""

    name: VariantName = "try"
    change: Annotated[list[SetText], Listed] = Field([], max_length=50, description="What is set on top of the base's.")
    replications: Annotated[int, Field(ge=1, le=200), NotBool] = 3
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), NotBool] | None = None


for _model in (BaseIn, VariantIn, SimulationIn, TryIn):
    _model.model_config["str_max_length"] = 200_000
    _model.model_rebuild(force=True)


class SimulationOut(BaseModel):
    """A job; `result` is what `callcenter simulate`, `compare`, `sweep` or `book --json` prints, by its kind."""

    id: str
    kind: Literal["simulation", "comparison", "sweep", "roster", "book"]
    state: str
    created_at: str
    done: int
    wanted: int
    error: str | None
    result: dict[str, Any] | None


class SimulationsOut(BaseModel):
    """The jobs of this process."""

    simulations: list[SimulationOut]


class CheckOut(BaseModel):
    """Whether a scenario can be simulated: the command line's line where it cannot, what it holds where it can."""

    ok: bool
    error: str | None
    found: dict[str, Any] | None


class TriedOut(BaseModel):
    """What `callcenter compare --json` prints, of few replications."""

    result: dict[str, Any]


class ScenariosOut(BaseModel):
    """Names of shipped scenarios."""

    scenarios: list[str]


class FileOut(BaseModel):
    """A file."""


FILES: Final = ("text/csv", "image/png", "application/pdf", "application/yaml")
"""What a simulation is exported as."""


EXAMPLE: Plain = {
    "id": "s81", "kind": "comparison", "state": "running", "created_at": "2026-03-02T09:00:00.000Z", "done": 12,
    "wanted": 50, "error": None, "result": None,
}  # fmt: skip
CHECKED: Plain = {
    "ok": False, "error": "--set tiers.vpi.target=90/20: centre.tiers has no 'vpi', did you mean centre.tiers.vip?",
    "found": None,
}  # fmt: skip
AS_QUERY: Final[Plain] = {
    "name": "as", "in": "query", "required": True, "schema": {"type": "string", "enum": list(FORMATS)},
    "description": "csv: every figure with its interval; png: the chart; pdf: to print; yaml: the scenario.",
}  # fmt: skip


def shown(job: Job, language: str) -> Plain:
    """Return how far a job is, without its result; why it failed in the language of who asks."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "created_at": instant(job.created_at),
        "done": job.done,
        "wanted": job.wanted,
        "error": None if job.error is None else in_language(language, job.error),
        "result": None,
    }


def jobs_of(ask: Ask) -> Jobs:
    """Return the jobs of this process."""
    jobs: Jobs = ask.request.app.state.jobs
    return jobs


def job_of(ask: Ask) -> Job:
    """Return the job that the address names."""
    job = jobs_of(ask).jobs.get(ask.path("simulation_id"))
    if job is None:
        raise NotFound("there is no such simulation (they do not outlive a restart)")
    return job


def base_of(wish: BaseIn) -> Plain:
    """Return what a job is told of its base."""
    if (wish.scenario is None) == (wish.yaml is None):
        raise Invalid("/scenario: give the name of a shipped scenario, or yaml, not both")
    if wish.scenario is not None and wish.scenario not in shipped():
        raise Invalid(
            "/scenario: there is no shipped scenario of this name (there is: {known})", known=", ".join(shipped())
        )
    text = wish.yaml if wish.scenario is None else shipped_text(wish.scenario)
    name = "scenario.yaml" if wish.scenario is None else f"{wish.scenario}.yaml"
    return {"text": text, "name": name, "sets": wish.sets}


@operation(routes, "GET", "/scenarios", scopes=SCOPES, answer=ScenariosOut, says={"scenarios": ["telecom-hotline"]})
async def list_scenarios(ask: Ask) -> Reply:
    """List the scenarios that come with the product, by name."""
    return Reply({"scenarios": shipped()})


@operation(
    routes, "POST", "/simulations", scopes=SCOPES, body=SimulationIn, answer=SimulationOut, created=True, fails=(409,),
    asks={"scenario": "first-steps", "replications": 50,
          "variants": [{"name": "two more at ten", "sets": ["extra.desk={10:00-11:00: 2}"]}]},
    says=EXAMPLE,
)  # fmt: skip
async def create_simulation(ask: Ask) -> Reply:
    """Simulate in the background, in a process of its own, never in the live engine's loop.

    Variants meet the same customers as the base; `differences` have 95 % intervals over replications.
    """
    wish: SimulationIn = ask.body
    asked = base_of(wish) | {"replications": wish.replications, "seed": wish.seed, "precision": wish.precision}
    if wish.variants and wish.vary is not None:
        raise Invalid("/vary: give variants or vary, not both")
    if wish.precision is not None and (wish.variants or wish.vary is not None or wish.book is not None):
        raise Invalid("/precision: is of one scenario: leave out variants, vary and book")
    names = [variant.name for variant in wish.variants]
    if len(set(names)) < len(names):
        raise Invalid("/variants: two have the same name")
    kind = "comparison" if wish.variants else "simulation" if wish.vary is None else "sweep"
    if wish.book is not None:
        if kind != "simulation":
            raise Invalid("/book: is of one scenario: leave out variants and vary")
        kind, asked["by"] = "book", [name for name in ("queue", "tier", "group") if name in wish.book]
    if wish.vary is not None:
        asked |= {"path": wish.vary.path, "values": wish.vary.values}
    asked |= {"kind": kind, "variants": [{"name": v.name, "sets": v.sets} for v in wish.variants]}
    jobs = jobs_of(ask)
    if sum(not job.is_over for job in jobs.jobs.values()) >= MOST_KEPT:
        raise Conflict("too many simulations wait: cancel some")
    count = 1 + len(wish.variants) if wish.vary is None else len(wish.vary.values)
    job = Job(new_id("s"), kind, asked, ask.now, ask.key, wanted=(wish.replications or 0) * count)
    jobs.start(job)
    return Reply(shown(job, ask.language), 201)


@operation(routes, "GET", "/simulations", scopes=SCOPES, answer=SimulationsOut, says={"simulations": [EXAMPLE]})
async def list_simulations(ask: Ask) -> Reply:
    """List the simulations of this process, without their results."""
    return Reply({"simulations": [shown(job, ask.language) for job in jobs_of(ask).jobs.values()]})


@operation(
    routes, "GET", "/simulations/{simulation_id}", scopes=SCOPES, answer=SimulationOut, fails=(404,), says=EXAMPLE
)
async def get_simulation(ask: Ask) -> Reply | Response:
    """Tell how far a simulation is, with its result when it is done."""
    job = job_of(ask)
    if job.result is None or wants_flat(ask.request):
        return Reply(shown(job, ask.language))
    return with_result(shown(job, ask.language), job.result)


def with_result(plain: Plain, result: str) -> Response:
    """Return an answer whose `result`, its last field, is JSON already: reading it would hold up the loop."""
    told = to_json(plain).removesuffix(b"null}") + result.encode() + b"}"
    return Response(told, media_type="application/json")


@operation(
    routes, "POST", "/simulations/{simulation_id}:cancel", scopes=SCOPES, answer=SimulationOut, fails=(404,),
    says=EXAMPLE | {"state": "cancelled"},
)  # fmt: skip
async def cancel_simulation(ask: Ask) -> Reply:
    """End a simulation."""
    job = job_of(ask)
    if job.task is not None and not job.task.done():
        job.task.cancel()
        await asyncio.wait([job.task], timeout=5)
    return Reply(shown(job, ask.language))


# --- at once


@operation(
    routes, "POST", "/simulations:check", scopes=SCOPES, body=BaseIn, answer=CheckOut,
    asks={"scenario": "first-steps", "sets": ["tiers.vpi.target=90/20"]}, says=CHECKED,
)  # fmt: skip
async def check_simulation(ask: Ask) -> Reply | Response:
    """Check a scenario as it is typed, in the command line's words; `found` is what a planner changes of it."""
    try:
        found = await jobs_of(ask).quick(base_of(ask.body) | {"kind": "check"})
    except (BadInput, Failed) as wrong:
        return Reply({"ok": False, "error": in_language(ask.language, text_of(wrong)), "found": None})
    held = json.loads(found)
    if held["why"] is not None:
        held["why"] = in_language(ask.language, unpacked(held["why"]))
    return Reply({"ok": True, "error": None, "found": held})


@operation(
    routes, "POST", "/simulations:try", scopes=SCOPES, body=TryIn, answer=TriedOut, fails=(409,),
    asks={"scenario": "telecom-hotline", "change": ["extra.desk={10:00-11:00: 2}"]}, says={"result": {}},
)  # fmt: skip
async def try_simulation(ask: Ask) -> Response:
    """Try a change beside the base, while somebody watches: few replications, the base is lived once.

    The same change again with more replications lives only those that are missing.
    """
    wish: TryIn = ask.body
    trials: Trials = ask.request.app.state.trials
    base = base_of(wish) | {"replications": None, "seed": wish.seed}
    change = {"name": wish.name, "sets": wish.change, "replications": wish.replications}
    try:
        return with_result({"result": None}, await trials.tried(ask.key, base, change))
    except BadInput as wrong:
        raise Invalid(text_of(wrong)) from None
    except Failed as wrong:
        raise Conflict(text_of(wrong)) from None


# --- to take along


@operation(
    routes, "GET", "/simulations/{simulation_id}/export", scopes=SCOPES, answer=FileOut, fails=(404, 409),
    query=(AS_QUERY,), files=FILES,
)  # fmt: skip
async def export_simulation(ask: Ask) -> Response:
    """Give a simulation as a file: csv, png, pdf, or the scenario itself as yaml."""
    job = job_of(ask)
    if job.result is None:
        raise Conflict("the simulation is {state}: it has no result", state=in_words(job.state))
    return await exported(ask, job.id, job.asked, job.result)


async def exported(ask: Ask, name: str, asked: Plain, result: str) -> Response:
    """Return what came of a job as the file that is asked for."""
    kind = ask.asked("as")
    if asked["kind"] == "roster":
        raise Conflict("a roster is not exported so: keep it, and take its calendar or its page")
    if kind not in FORMATS:
        raise Invalid("as: is one of {known}", known=", ".join(FORMATS))
    variants = asked.get("variants", [])
    more = variants[0]["sets"] if len(variants) == 1 else []
    settings = [*asked["sets"], *(f"{v['name']}: {one}" for v in variants for one in v["sets"])]
    wish = asked | {"kind": "export", "format": kind, "more": more, "title": _title(asked), "settings": settings}
    if kind != "yaml":
        wish |= {"result": json.loads(result)}
    try:
        found = json.loads(await jobs_of(ask).quick(wish))
    except (BadInput, Failed) as wrong:
        raise Conflict(text_of(wrong)) from None
    named = {"Content-Disposition": f'attachment; filename="what-if-{name}.{kind}"'}
    return Response(base64.b64decode(found["base64"]), media_type=found["type"], headers=named)


def _title(asked: Plain) -> str:
    names = " / ".join(variant["name"] for variant in asked.get("variants", []))
    title = str(asked["name"]).removesuffix(".yaml")
    return f"{title}: {names}" if names else title


# --- a day of this service


class DayOut(BaseModel):
    """A day of this service as the text of a scenario."""

    date: str
    yaml: str


@operation(
    routes, "GET", "/simulations:day", scopes=SCOPES, answer=DayOut, fails=(409,),
    query=({"name": "date", "in": "query", "required": False, "schema": {"type": "string", "format": "date"},
            "description": "In the centre's zone; today where left out."},),
    says={"date": "2026-03-02", "yaml": "version: 1\n"},
)  # fmt: skip
async def day_as_scenario(ask: Ask) -> Reply:
    """Give today, or another day, as a scenario: this centre, the day's calls and people by half hour. An estimate."""
    services = ask.services
    zone = services.live.engine.centre.zone
    today = zone.local(ask.now) // DAY
    wished = ask.asked("date")
    try:
        day = today if wished is None else day_number(wished)
    except ValueError as error:
        raise Invalid("date: {error}", error=error) from None
    if day > today:
        raise Invalid("date: is still to come")
    await services.history.flush()
    later = (zone.local(ask.now) - day * DAY) // HALF_HOUR if day == today else 2 * 24

    def rows(store: Store, by: tuple[str, ...], of: int, slots: range) -> list[Plain]:
        span = zone.instant(of * DAY), zone.instant((of + 1) * DAY)
        found = []
        for row in told(services, store, span, by, "half_hour", ask.now):
            slot = (zone.local(instant_asked(row["start"], "start")) - of * DAY) // HALF_HOUR
            if slot in slots:
                found.append(row | {"slot": slot})
        return found

    def read(store: Store) -> tuple[list[Plain], list[Plain], bool]:
        to_come = range(later, 48)
        before = rows(store, ("queue", "tier"), day - 7, to_come)
        # Where a week before had no calls, those of the half hour that runs are all there is of it and of what follows.
        alone = day == today and not any(row["offered"] for row in before)
        known = range(later + alone)
        calls, people = rows(store, ("queue", "tier"), day, known), rows(store, ("group",), day, known)
        return calls + before, people + rows(store, ("group",), day - 7, to_come), alone

    calls, people, alone = await services.live.read(read, apart=True)
    begun = zone.local(ask.now) % HALF_HOUR // MINUTE if alone else None
    try:
        text = day_text(centre_tree(services.live.engine.centre), date_text(day), calls, people, later, begun)
    except BadInput as wrong:
        raise Conflict(text_of(wrong)) from None
    return Reply({"date": date_text(day), "yaml": text})
