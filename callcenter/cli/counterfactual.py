"""`callcenter replay --centre OTHER`: what the journal's days might have been with another centre, as an estimate."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from callcenter.centre import Centre
from callcenter.cli.cells import left, right
from callcenter.cli.options import json_text, note
from callcenter.cli.progress import Bar
from callcenter.config.load import load_centre
from callcenter.errors import BadInput
from callcenter.events import Event
from callcenter.language.said import N_
from callcenter.language.spoken import _, n_

if TYPE_CHECKING:
    from api.store.store import Store
    from sim.analysis.from_journal import Lived

REPLICATIONS: Final = 20
SEED: Final = 1
NOTE: Final = N_(
    "an estimate: the calls and talks of the journal, presence by quarter hours, patience from those who hung up "
    "(censored); recorded decisions are not replayed. 'control' is the journal's own centre, simulated the same way: "
    "where it differs from 'observed', so may the estimate"
)


def estimate(
    database: str,
    centre: Path,
    replications: int | None,
    seed: int | None,
    processes: int | None,
    *,
    as_json: bool,
) -> int:
    """Simulate the journal's days with another centre, and with its own beside it."""
    from api.store.open import reading
    from sim.analysis.from_journal import scenario_of

    other = load_centre(centre)
    with reading(database) as store:
        own, lived = lived_days(store)
    times, chance = replications or REPLICATIONS, SEED if seed is None else seed
    estimated = _simulated(scenario_of(lived, other, times, chance), processes, "estimating")
    control = _simulated(scenario_of(lived, replace(own, zone=other.zone), times, chance), processes, "control")
    found = {
        "database": database,
        "centre": other.name,
        "estimate": True,
        "note": NOTE,
        "days": lived.days,
        "calls": len(lived.calls),
        "observed": _observed(lived, own),
        "control": control,
        "estimated": estimated,
    }
    if as_json:
        print(json_text(found))
    else:
        _show(found)
        note(_("callcenter replay: {note}", note=_(NOTE)))
    return 0


def lived_days(store: "Store") -> "tuple[Centre, Lived]":
    """Return the centre in force at the journal's end, and what happened."""
    from api.recovery.verification import tell_again
    from sim.analysis.from_journal import live_through

    head = store.head()
    centre: Centre | None = None

    def events() -> Iterator[Event]:
        nonlocal centre
        for step in tell_again(store, head):
            centre = step.engine.centre
            yield from step.events

    told = list(events())
    if centre is None or head.reached is None:
        raise BadInput("{connection}: its journal is empty", connection=store.connection.name)
    return centre, live_through(told, centre, head.reached)


def _simulated(scenario: Any, processes: int | None, what: str) -> dict[str, Any]:
    from sim.experiment.replicate import run
    from sim.results.result import as_json, result

    with Bar(what, scenario.replications) as bar:
        lived = run(scenario, processes=processes, progress=bar)
    plain: dict[str, Any] = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    return plain


def _observed(lived: "Lived", centre: Centre) -> dict[str, Any]:
    from sim.analysis.from_journal import observed

    def block(name: str | None) -> dict[str, Any]:
        return observed(lived, centre.tiers, name)

    return {"tiers": {tier.name: block(tier.name) for tier in centre.tiers}, "overall": block(None)}


def _show(found: dict[str, Any]) -> None:
    """Print service levels and abandonment: as they were, as simulated, and as they might have been."""
    from sim.report.wording import tier_name

    calls = found["calls"]
    told = n_("{calls:,} calls on {n} day", "{calls:,} calls on {n} days", found["days"], calls=calls)
    print(f"{told}; sl_net / " + _("abandoned"))
    estimate = _("{name} (estimate)", name=found["centre"][:30])
    print(left(_("tier"), 16) + right(_("observed"), 18) + right(_("control (simulated)"), 34) + right(estimate, 44))
    blocks = {**found["observed"]["tiers"], "overall": found["observed"]["overall"]}
    for name, was in blocks.items():
        if not was["offered"]:
            continue
        cells = [f"{_share(was['sl_net'])} / {_share(was['abandonment'])}"]
        for which in ("control", "estimated"):
            block = found[which]["overall"] if name == "overall" else found[which]["tiers"].get(name)
            cells.append("-" if block is None else _cell(block))
        print(left(tier_name(name), 16) + right(cells[0], 18) + right(cells[1], 34) + right(cells[2], 44))


def _cell(block: dict[str, Any]) -> str:
    level = block["service_level"]["sl_net"]
    gone = block["abandonment"]
    between = ""
    if level is not None and level["ci_low"] is not None:
        between = f" [{level['ci_low']:.1%}, {level['ci_high']:.1%}]"
    return f"{_share(level and level['mean'])}{between} / {_share(gone and gone['mean'])}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
