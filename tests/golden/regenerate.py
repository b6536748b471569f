"""The golden files: what shipped scenarios come to under their own seed, figure by figure.

    python tests/golden/regenerate.py [NAME …]

writes scenarios/NAME.expected.json anew, to be read as a diff before it is committed: a change there is a change of
what a supervisor sees. Only a change that is meant to alter results may alter them.

Figures have ten significant digits: the last bits of a sum depend on how a processor adds.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from callcenter.config import load_scenario
from sim.experiment.replicate import run
from sim.results.result import as_json, result

NAMES = ("bank-abc", "multi-skill", "telecom-hotline")
REPLICATIONS = 2
DIGITS = 10
SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def path(name: str) -> Path:
    """Return where the golden file of a scenario is."""
    return SCENARIOS / f"{name}.expected.json"


def made(name: str) -> dict[str, Any]:
    """Return what a scenario comes to, in one process."""
    lived = run(replace(load_scenario(name), replications=REPLICATIONS), processes=1)
    found: dict[str, Any] = _rounded(as_json(result(lived.scenario, lived.figures, lived.starts)))
    return found


def _rounded(thing: Any) -> Any:
    if isinstance(thing, float):
        return float(f"{thing:.{DIGITS}g}")
    if isinstance(thing, dict):
        return {key: _rounded(value) for key, value in thing.items()}
    return [_rounded(part) for part in thing] if isinstance(thing, list) else thing


def text(found: dict[str, Any]) -> str:
    """Return a result as JSON with a line for each tier, queue and half hour, so that a diff tells where."""
    lines = []
    for key, value in found.items():
        if key in {"tiers", "queues"}:
            inner = ",\n".join(f"  {json.dumps(name)}: {_flat(part)}" for name, part in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        elif key == "intervals":
            lines.append(f"{json.dumps(key)}: [\n" + ",\n".join(f"  {_flat(part)}" for part in value) + "\n]")
        else:
            lines.append(f"{json.dumps(key)}: {_flat(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _flat(thing: Any) -> str:
    return json.dumps(thing, allow_nan=False, separators=(",", ":"))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or NAMES:
        path(wanted).write_text(text(made(wanted)), encoding="utf-8")
        print(f"written: {path(wanted)} ({path(wanted).stat().st_size:,} bytes)")
