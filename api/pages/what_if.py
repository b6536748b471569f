"""What if: a scenario changed by hand, tried while one watches, run for good, kept, compared, taken along."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from api.errors import Invalid
from api.pages import jobs
from api.pages.api_client import Refused
from api.pages.cautions import cautions
from api.pages.lines import half_hours, lines_of
from api.pages.page import View, action, page
from callcenter.language.said import N_

Plain = dict[str, Any]
SCOPES: Final = ("supervisor",)
POLICIES: Final = ("fifo", "weighted", "objective", "slack")
TODAY: Final = "today"
"""In place of a scenario's name: this centre, with the calls and people of today."""
QUICK: Final = 3
"""Replications of an answer that one waits for while dragging."""
THOROUGH: Final = 20
LIVELY: Final = 5_000
"""Expected calls up to which SimPy answers while one watches; the compiled engine always does."""
CURVES: Final[Mapping[str, tuple[str, ...]]] = {
    "volume*": tuple(f"{n / 100:g}" for n in range(80, 130, 5)),
    "handling*": tuple(f"{n / 100:g}" for n in range(80, 130, 5)),
    "patience*": ("0.25", "0.5", "0.75", "0.9", "1", "1.25", "1.5", "2", "3", "4"),
    "shrinkage": tuple(f"{n}%" for n in range(0, 30, 3)),
}
"""What one slider may move, and ten values of it."""
ELBOW: Final = tuple(str(n) for n in range(-5, 6))
FIGURES: Final = (
    ("sl_net", N_("Service level"), "share"), ("abandonment", N_("Abandoned"), "share"),
    ("asa_s", N_("Mean wait"), "seconds"), ("wait_p95_s", N_("P95 wait"), "seconds"),
)  # fmt: skip
MONEY: Final = (
    ("wages", N_("Wages")), ("lost_calls", N_("Lost calls")), ("cost", N_("Cost")),
    ("revenue_at_risk", N_("Revenue at risk")),
)  # fmt: skip


@page("/what-if", N_("What if"), scopes=SCOPES, place=40)
async def what_if(view: View) -> Response:
    """Show the choice of a scenario, and what is kept; the editor of the chosen one loads by itself."""
    names = (await view.get("/v1/scenarios"))["scenarios"]
    chosen = view.asked("scenario")
    kept = (await view.get("/v1/kept-simulations"))["kept"]
    chosen = chosen if chosen in (TODAY, *names) else None
    return view.show("what_if.html", names=names, chosen=chosen, kept=kept, job=view.asked("job"))


@page("/what-if/editor", scopes=SCOPES)
async def editor(view: View) -> Response:
    """Show what can be changed of a scenario."""
    name = view.asked("scenario") or ""
    text = (await view.get("/v1/simulations:day"))["yaml"] if name == TODAY else ""
    said = await view.post("/v1/simulations:check", {"yaml": text} if text else {"scenario": name})
    if not said["ok"]:
        raise Invalid(said["error"])
    found = said["found"]
    lively = found["engine"] == "compiled" or found["calls"] <= LIVELY
    return view.show(
        "what_if_editor.html", name=name, text=text, found=found, was=json.dumps(was_of(found)), slots=slots_of(found),
        lively=lively, policies=POLICIES, curves=CURVES, job=await jobs.begun_here(view),
    )  # fmt: skip


def slots_of(found: Plain) -> range:
    """Return the half hours of the day in which anybody is rostered, and one before and after."""
    busy = [n for n in range(48) if any(group["heads"][n] for group in found["groups"])]
    return range(max(0, busy[0] - 1), min(48, busy[-1] + 2)) if busy else range(48)


def clock_of(slot: int) -> str:
    """Return when a half hour begins.

    >>> clock_of(21), clock_of(48)
    ('10:30', '24:00')
    """
    return f"{slot // 2:02}:{slot % 2 * 30:02}"


def was_of(found: Plain) -> Plain:
    """Return what a form's fields are while nothing is changed."""
    return {
        **{f"policy:{queue['name']}": queue["policy"] for queue in found["queues"]},
        **{f"share:{tier['name']}": _plain_share(tier["share"]) for tier in found["tiers"]},
        **{f"within:{tier['name']}": _number(tier["within_s"]) for tier in found["tiers"]},
        **{f"callback:{tier['name']}": "yes" if tier["callback"] else "" for tier in found["tiers"]},
        **{f"heads:{g['name']}:{n}": _number(heads) for g in found["groups"] for n, heads in enumerate(g["heads"])},
    }


def _plain_share(share: float | None) -> str:
    return "" if share is None else _number(round(share * 100, 6))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def sets_of(fields: Mapping[str, str]) -> list[str]:
    """Return the assignments of the command line that a form comes to.

    Raises:
        Invalid: a number that is none.
    """
    was: Plain = json.loads(fields.get("was") or "{}")
    found = []
    for word in ("volume", "handling", "patience"):
        per_cent = _whole(fields, word, 100)
        if per_cent != 100:
            found.append(f"{word}*={per_cent / 100:g}")
    for name, text in fields.items():
        kind, _, of = name.partition(":")
        if kind == "policy" and text != was.get(name):
            found.append(f"queues.{of}.policy={text}")
        elif kind == "callback" and text != was.get(name):
            found.append(f"tiers.{of}.callback={'true' if text else 'false'}")
        elif kind == "share" and (text, fields.get(f"within:{of}")) != (was.get(name), was.get(f"within:{of}")):
            within = fields.get(f"within:{of}", "").strip()
            found.append(f"tiers.{of}.target={text.strip()}/{within}" if text.strip() else f"tiers.{of}.target=null")
        elif kind == "absent" and _whole(fields, name, 0):
            found.append(f"absent.{of}={_whole(fields, name, 0)}")
    found += _extra(fields, was)
    found += [line.strip() for line in fields.get("more", "").splitlines() if line.strip()]
    return found


def _extra(fields: Mapping[str, str], was: Mapping[str, str]) -> list[str]:
    """Return the heads more or fewer of each group, by runs of half hours with the same difference."""
    groups: dict[str, dict[int, int]] = {}
    for name in fields:
        if name.startswith("heads:"):
            group, _, slot = name.removeprefix("heads:").rpartition(":")
            more = round(_real(fields, name) - float(was.get(name) or 0))
            if more:
                groups.setdefault(group, {})[int(slot)] = more
    return [f"extra.{group}={{{', '.join(_spans(wanted))}}}" for group, wanted in groups.items()]


def _spans(wanted: Mapping[int, int]) -> Iterator[str]:
    """Yield runs of half hours with the same heads more, as a scenario has them.

    >>> list(_spans({20: 2, 21: 2, 22: 1}))
    ['10:00-11:00: 2', '11:00-11:30: 1']
    """
    begin: int | None = None
    for slot in sorted(wanted):
        begin = slot if begin is None else begin
        if wanted.get(slot + 1) != wanted[slot]:
            yield f"{clock_of(begin)}-{clock_of(slot + 1)}: {wanted[slot]}"
            begin = None


def _whole(fields: Mapping[str, str], name: str, otherwise: int) -> int:
    return round(_real(fields, name)) if fields.get(name, "").strip() else otherwise


def _real(fields: Mapping[str, str], name: str) -> float:
    try:
        return float(fields[name] or 0)
    except ValueError:
        raise Invalid("{name}: {text!r} is no number", name=name, text=fields[name][:20]) from None


@action("/what-if/try", scopes=SCOPES)
async def try_it(view: View) -> Response:
    """Show what a change gives, by few replications; wrong ones with the command line's line."""
    thorough = view.field("thorough") == "yes"
    try:
        sets = sets_of(view.fields)
        wish = _chosen(view) | {"name": view._("Changed"), "change": sets}
        said = await view.post("/v1/simulations:try", wish | {"replications": THOROUGH if thorough else QUICK})
    except (Refused, Invalid) as wrong:
        return view.show("what_if_wrong.html", wrong=view.why(wrong))
    return _result(view, said["result"], sets, more=not thorough)


def _result(
    view: View, result: Plain, sets: Sequence[str], *, job: Plain | None = None, kept: Plain | None = None,
    more: bool = False,
) -> Response:  # fmt: skip
    return view.show("what_if_result.html", **given(view, result, sets), job=job, kept=kept, more=more)


def given(view: View, result: Plain, sets: Sequence[str]) -> Plain:
    """Return what the template of a result is given."""
    if "cells" in result:
        told = cautions(view, [(", ".join(cell["set"].values()), cell["result"]) for cell in result["cells"]])
        return {"curve": lines_of(result), "result": result, "sets": sets, "cautions": told}
    base = result.get("base", result)
    variants = result.get("variants", [])
    tiers = [name for name, block in base["tiers"].items() if block["offered"] and block["offered"]["mean"]]
    return {
        "curve": None, "result": result, "base": base, "variants": variants, "sets": sets, "figures": FIGURES,
        "tiers": [*tiers, "overall"], "charts": [half_hours(base, variants, tier) for tier in (*tiers, "overall")],
        "money": MONEY,
        "alike": not any(one.get("notes") for one in variants),
        "cautions": cautions(view, [(view._("Base"), base), *map(_with_notes, variants)]),
    }  # fmt: skip


def _with_notes(variant: Plain) -> tuple[str, Plain]:
    """Return a variant's name and result; what is not as in the base is noted in it first."""
    result = variant["result"]
    return variant["name"], {**result, "notes": [*variant.get("notes", ()), *result.get("notes", ())]}


# --- jobs


def _base(view: View) -> Plain:
    return _chosen(view) | {"replications": _whole(view.fields, "replications", THOROUGH)}


def _chosen(view: View) -> Plain:
    """Return the base: a shipped scenario, or the text of a day as it was when the editor was opened."""
    text = view.field("yaml")
    return {"yaml": text} if text else {"scenario": view.field("scenario")}


@action("/what-if/run", scopes=SCOPES)
async def run(view: View) -> Response:
    """Run the change beside its base, for good."""
    try:
        sets = sets_of(view.fields)
        name = view.field("name") or view._("Changed")
        job = await view.post("/v1/simulations", _base(view) | {"variants": [{"name": name, "sets": sets}]})
    except (Refused, Invalid) as wrong:
        return view.show("what_if_wrong.html", wrong=view.why(wrong))
    return view.show("what_if_job.html", job=job)


@action("/what-if/curve", scopes=SCOPES)
async def curve(view: View) -> Response:
    """Run one figure at several values, with the change as it is."""
    path = view.field("path")
    values = ELBOW if path.startswith("extra.") else CURVES.get(path, ())
    try:
        sets = [one for one in sets_of(view.fields) if not one.startswith((path.rstrip("*"), f"{path}="))]
        wish = _base(view) | {"sets": sets, "vary": {"path": path, "values": list(values)}}
        job = await view.post("/v1/simulations", wish)
    except (Refused, Invalid) as wrong:
        return view.show("what_if_wrong.html", wrong=view.why(wrong))
    return view.show("what_if_job.html", job=job)


@page("/what-if/job/{simulation_id}", scopes=SCOPES)
async def job_so_far(view: View) -> Response:
    """Show how far a job is, or what came of it."""
    job = await jobs.so_far(view)
    if job["state"] == "done":
        return _result(view, job["result"], [], job=job)
    return view.show("what_if_job.html", job=job)


@action("/what-if/job/{simulation_id}/cancel", scopes=SCOPES)
async def cancel(view: View) -> Response:
    """End a job."""
    return view.show("what_if_job.html", job=await jobs.cancelled(view))


# --- kept


@action("/what-if/job/{simulation_id}/keep", scopes=SCOPES)
async def keep(view: View) -> Response:
    """Keep a job's result by a name, and lead to its page: the link that is shared."""
    return view.go(f"/what-if/kept/{await jobs.kept(view)}")


@page("/what-if/kept/{kept_id}", scopes=SCOPES)
async def kept_one(view: View) -> Response:
    """Show what was kept."""
    kept = await view.get(f"/v1/kept-simulations/{view.request.path_params['kept_id']}")
    sets = [*kept["asked"]["sets"], *(one for v in kept["asked"].get("variants", []) for one in v["sets"])]
    return view.show("what_if_kept.html", **given(view, kept["result"], sets), kept=kept, job=None, more=False)


@action("/what-if/kept/{kept_id}/rename", scopes=SCOPES)
async def rename(view: View) -> Response:
    """Give it another name."""
    kept_id = view.request.path_params["kept_id"]
    await view.post(f"/v1/kept-simulations/{kept_id}:rename", {"name": view.field("name")})
    return view.go(f"/what-if/kept/{kept_id}")


@action("/what-if/kept/{kept_id}/forget", scopes=SCOPES)
async def forget(view: View) -> Response:
    """Remove it."""
    await view.post(f"/v1/kept-simulations/{view.request.path_params['kept_id']}:forget")
    return view.go("/what-if")


@action("/what-if/compare", scopes=SCOPES)
async def compare(view: View) -> Response:
    """Run up to four that are kept beside their base, under the same chance."""
    chosen = [name.removeprefix("kept:") for name in view.fields if name.startswith("kept:")]
    kept = [await view.get(f"/v1/kept-simulations/{one}") for one in chosen[:5]]
    bases = sorted({one["base"] for one in kept})
    if not 1 <= len(kept) <= 4 or len(bases) != 1:
        return view.show("what_if_wrong.html", wrong=view._("Choose one to four of the same scenario."))
    variants: dict[str, list[str]] = {}
    for one in kept:
        for variant in one["asked"].get("variants", []):
            variants[one["name"]] = [*one["asked"]["sets"], *variant["sets"]]
    if not variants:
        return view.show("what_if_wrong.html", wrong=view._("Choose one to four of the same scenario."))
    wish = {"scenario": bases[0], "replications": THOROUGH}
    try:
        job = await view.post(
            "/v1/simulations", wish | {"variants": [{"name": name, "sets": sets} for name, sets in variants.items()]}
        )
    except Refused as wrong:
        return view.show("what_if_wrong.html", wrong=view.why(wrong))
    return view.show("what_if_job.html", job=job)
