"""Which function of the engine, or of SimPy's path, each compiled function mirrors: told by its docstring's `names`.

`mirrors.json` keeps what both looked like when they were last compared. A test fails when one has changed since:
look at the other, then write the file anew with `python -m sim.compiled.mirrors`.
"""

import ast
import hashlib
import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from pathlib import Path
from typing import Any, Final

import sim.compiled

KEPT: Final = Path(__file__).with_name("mirrors.json")
_NAMED: Final = re.compile(r"`([A-Za-z_]+(?:\.[A-Za-z_]+)+)`")
HOMES: Final = {
    "after_contact": "routing.decide.after_contact",
    "entering": "routing.decide.entering",
    "matching": "routing.decide.matching",
    "on_agent": "routing.decide.on_agent",
    "on_call": "routing.decide.on_call",
    "on_deadline": "routing.decide.on_deadline",
    "on_task": "routing.decide.on_task",
    "promises": "routing.decide.promises",
    "policies": "routing.policies",
    "facts": "routing.facts",
    "ahead": "routing.state.ahead",
    "ewt": "routing.state.expected_wait",
    "Pulse": "routing.state.expected_wait.Pulse",
    "Floor": "routing.state.floor.Floor",
    "floor": "routing.state.floor",
    "Lane": "routing.state.line.Lane",
    "Crew": "routing.state.crews.Crew",
    "Deadlines": "routing.state.deadlines.Deadlines",
    "RoutingEngine": "routing.engine.RoutingEngine",
    "SimulatedTime": "sim.run.moments.SimulatedTime",
    "Arriving": "sim.run.arriving.Arriving",
    "Day": "sim.run.driver.Day",
    "Loop": "sim.run.loop.Loop",
    "Customers": "sim.run.customers.Customers",
    "Staff": "sim.run.staff.Staff",
    "Callers": "sim.model.people.Callers",
    "laws": "sim.model.laws",
    "people": "sim.model.people",
    "streams": "sim.model.streams",
    "CallRows": "sim.run.rows.CallRows",
    "Ledger": "callcenter.lifecycle.ledger.Ledger",
    "OpeningHours": "callcenter.hours.OpeningHours",
    "hours": "callcenter.hours",
    "Zone": "callcenter.hours.Zone",
    "skills": "callcenter.skills",
}
"""The first word of a name → where that is."""


def functions() -> dict[str, Any]:
    """Return every compiled function by its name, in order."""
    found = {}
    for module in pkgutil.iter_modules(sim.compiled.__path__, "sim.compiled."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(thing) and hasattr(thing, "compiled") and thing.__module__ == module.name:
                found[f"{module.name}.{name}"] = thing
    return found


def mirrored_by(function: Any) -> list[str]:
    """Return the full names of what a compiled function says that it mirrors."""
    names = _NAMED.findall(inspect.getdoc(function) or "")
    heads = [(name, name.partition(".")) for name in names]
    return [f"{HOMES[head]}.{rest}" for _, (head, _, rest) in heads if head in HOMES]


def resolve(name: str) -> Any:
    """Return what a full name stands for.

    Raises:
        LookupError: there is no such thing any more.
    """
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n]))
        except ImportError:
            continue
        for part in parts[n:]:
            if not hasattr(found, part):
                break
            found = getattr(found, part)
        else:
            return found
    raise LookupError(name)


def looks(function: Any) -> str:
    """Return a short hash of what a function does: its code without comments, docstring and layout."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:12]


def now() -> dict[str, dict[str, Any]]:
    """Return what every pair looks like: compiled function → its own hash, and those of what it mirrors."""
    return {
        name: {"looks": looks(function), "mirrors": {other: looks(resolve(other)) for other in mirrored_by(function)}}
        for name, function in functions().items()
    }


def main() -> None:
    """Keep what every pair looks like."""
    KEPT.write_text(json.dumps(now(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
