"""Rules of installed packages in other processes: the child that makes snapshots, and `callcenter replay`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.live.clock import HandClock
from api.recovery.snapshotter import snapshot_beside
from api.store.errors import StoreFailed
from callcenter import rule_names
from callcenter.centre import Centre, Group, Policy, Queue, Selection
from callcenter.config.plugin_rules import load_rules
from tests.live.conftest import BEGIN, running

pytestmark = [pytest.mark.anyio, pytest.mark.ci]
RULES = """def last_in(item, now):
    return (-item.turn, 0)

def by_name(agent, item, now, seed):
    return agent.id
"""
POINTS = """[callcenter.policies]
youngest_first = outside_rules:last_in
[callcenter.selections]
alphabetical = outside_rules:by_name
"""


@contextmanager
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a package with two rules be installed, for this process and those that it starts."""
    (folder / "outside_rules.py").write_text(RULES, encoding="utf-8")
    about = folder / "outside_rules-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside_rules\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    known = dict(rule_names._MEMBERS), dict(rule_names._RULES)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{Path(__file__).parents[2]}")
        load_rules()
        yield
    for now, before in zip((rule_names._MEMBERS, rule_names._RULES), known, strict=True):
        now.clear()
        now.update(before)
    sys.modules.pop("outside_rules", None)


async def lived(path: Path) -> None:
    """Live a little with both rules: Ana takes the call, though Ben has been idle for longer."""
    queue = Queue("hotline", policy=Policy("youngest_first"), selection=Selection("alphabetical"))
    centre = Centre("outside", (queue,), (Group("desk"),))
    async with running(path, centre, clock=HandClock(BEGIN)) as service:
        for agent in ("ben", "ana"):
            await service.agent(agent)
            await service.passes(1)
        await service.call("x1", queue="hotline")
        offered = (await service.get("/events?types=CallOffered"))["events"]
        assert [event["agent_id"] for event in offered] == ["ana"]


def replayed(path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "callcenter", "replay", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


async def test_snapshot_and_replay_in_a_process_of_their_own_know_the_rules_of_a_package(tmp_path: Path, monkeypatch):
    """Found by asking: the child knew none of them, so that no snapshot was ever made; nor did `replay`."""
    with installed(tmp_path, monkeypatch):
        await lived(tmp_path / "x.sqlite3")
        row, _ = await snapshot_beside(str(tmp_path / "x.sqlite3"))
        proof = replayed(tmp_path / "x.sqlite3")

    assert (row.n, row.centre_n) == (4, 1)
    assert (proof.returncode, proof.stdout.partition(":")[0]) == (0, "identical"), proof.stderr


async def test_where_the_package_is_gone_one_line_says_which_rule_is_missing(tmp_path: Path, monkeypatch):
    with installed(tmp_path, monkeypatch):
        await lived(tmp_path / "x.sqlite3")
    (tmp_path / "outside_rules.py").unlink()
    proof = replayed(tmp_path / "x.sqlite3")

    assert proof.returncode == 2
    assert "youngest_first" in proof.stderr
    assert len(proof.stderr.strip().splitlines()) == 1, proof.stderr
    with pytest.raises(StoreFailed, match="youngest_first"):
        await snapshot_beside(str(tmp_path / "x.sqlite3"))
