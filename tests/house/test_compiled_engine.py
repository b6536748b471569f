"""The engine that `make fast-wheel` compiles decides what the engine as Python runs it decides, byte for byte."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hatch_build import compiled

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LIVED = """
import hashlib, json, sys
from callcenter.config.load import load_scenario
from routing import engine
from routing.replay import replay
from sim.run import arriving, customers, loop, moments, rows, staff
from sim.run.driver import Day

told = {"compiled": [not m.__file__.endswith(".py") for m in (engine, arriving, customers, loop, moments, rows, staff)]}
for name, sets in json.loads(sys.argv[1]).items():
    day = Day(load_scenario(name, sets), 0, keep_journal=True).run()
    state = day.engine.snapshot()
    again, events = replay(day.engine.centre, day.journal, until=day.engine.now)
    assert events == day.history
    assert again.snapshot() == state
    assert engine.RoutingEngine.restore(day.engine.centre, json.loads(json.dumps(state))).snapshot() == state
    text = "\\n".join(map(repr, day.history)) + json.dumps(state) + repr(day.journal)
    told[name] = [len(day.history), hashlib.sha256(text.encode()).hexdigest()]
print(json.dumps(told))
"""


DAYS = {
    "telecom-hotline": ["horizon.days=1"],
    "flash-callback": ["horizon.days=1"],
    "multi-skill": [],
    "campaign-in-the-lulls": ["horizon.days=1"],
    "outage-surge": [],
}
"""Between them: tiers, skills, reserves, every kind of callback, transfers, patience, breaks."""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_compiled_days_are_the_same_to_the_last_byte(tmp_path: Path):
    for package in ("callcenter", "routing", "sim", "scenarios"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for extension in compiled(tmp_path):
        shutil.copy(extension, tmp_path / extension.relative_to(tmp_path / "built"))

    plain, fast = _lived(ROOT), _lived(tmp_path)

    assert (plain.pop("compiled"), fast.pop("compiled")) == ([False] * 7, [True] * 7)
    assert plain == fast


def _lived(where: Path) -> dict[str, object]:
    command = [sys.executable, "-c", LIVED, json.dumps(DAYS)]
    env = os.environ | {"PYTHONPATH": str(where)}
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told
