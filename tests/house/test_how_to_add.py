"""The pages on how to add something are followed: what they tell the reader to write is written, and works."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import callcenter as cc
from callcenter import events as ev
from callcenter import rule_names
from callcenter.cli import main
from callcenter.config.plugin_rules import load_rules
from callcenter.metrics.counting import Counting
from callcenter.metrics.text import scrape
from callcenter.units import Millis
from sim.compiled.coverage import refusal

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package, as its folder: what is in it can be imported, and its entry points are found."""
    known = dict(rule_names._MEMBERS), dict(rule_names._RULES)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for now, before in zip((rule_names._MEMBERS, rule_names._RULES), known, strict=True):
        now.clear()
        now.update(before)
    for name in ("shortest", "rested"):
        sys.modules.pop(name, None)


def follow(page: str, module: str, package: Path) -> None:
    """Write the page's module and its registration into the package."""
    text = (PAGES / page).read_text(encoding="utf-8")
    (package / f"{module}.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], encoding="utf-8")
    group, line = re.findall(r'```toml\n\[project.entry-points."(.*?)"\]\n(.*?)\n```', text, re.DOTALL)[0]
    folder = package / f"{module}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(f"[{group}]\n{line.replace(chr(34), '')}\n", encoding="utf-8")


def test_a_policy_is_added_by_its_page_and_compared_with_a_shipped_one(package: Path, capsys):
    follow("add-a-policy.md", "shortest", package)
    load_rules()
    wish = "shortest: queues.*.policy=shortest_first"

    assert main(["compare", "first-steps", wish, "--replications", "2", "--processes", "1"]) == 0
    out, said = capsys.readouterr()
    assert "shortest" in out
    assert said.count("callcenter compare: the compiled engine does not know the rule shortest_first: SimPy does") == 1
    assert main(["sweep", "first-steps", "--vary", "queues.*.policy=shortest_first,fifo", "--replications", "1"]) == 0
    assert "callcenter sweep: the compiled engine does not know" in capsys.readouterr().err
    assert refusal(cc.load("first-steps", "queues.*.policy=shortest_first").scenario) == "the rule shortest_first"


def test_an_agent_rule_is_added_by_its_page_and_lives_a_day(package: Path):
    follow("add-an-agent-rule.md", "rested", package)
    load_rules()
    found = cc.simulate(cc.load("first-steps", "queues.*.selection=most_rested"), replications=1, processes=1)

    assert found.data["replications"] == 1


def test_a_rule_of_a_notebook_is_an_argument(package: Path):
    study = cc.load("first-steps", "queues.*.policy=last_in", policies={"last_in": lambda item, now: (-item.turn, 0)})

    assert study.scenario.centre.queues[0].policy == "last_in"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)


def test_a_metric_is_added_by_its_page_and_scraped():
    written: dict[str, Any] = {}
    exec(blocks("add-a-metric.md", "python")[0], written)
    part = written["HoldCounts"]()
    counting = Counting(cc.load("first-steps").scenario.centre)
    for kind, fold in part.folds.items():
        counting.folds[kind] = (*counting.folds.get(kind, ()), fold)
    counting.fold(
        [
            ev.CallQueued(Millis(0), 1, "c1", "c1", "hotline", "vip", 0, Millis(0), None),
            ev.CallHeld(Millis(9), 2, *(["c1"] + [None] * (len(fields(ev.CallHeld)) - 3))),
        ]
    )

    assert 'callcenter_calls_held_total{queue="hotline"} 1' in scrape(part.counters())


def test_a_log_format_is_added_by_its_page_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (log,) = blocks("add-a-log-format.md", "csv")
    (text,) = blocks("add-a-log-format.md", "yaml")
    (tmp_path / "log.csv").write_text(log, encoding="utf-8")
    (tmp_path / "my-switch.yaml").write_text(text, encoding="utf-8")

    words = ["fit", str(tmp_path / "log.csv"), "--columns", str(tmp_path / "my-switch.yaml"),
             "--out", str(tmp_path / "mine.yaml")]  # fmt: skip

    assert main(words) == 2, "of three calls nothing can be told"
    assert "of 2 calls only" in capsys.readouterr().err
    header, *rows = log.splitlines()
    days = [re.sub(r"^\d\d(.*),(\d)$", rf"{day:02}\1,{day}-\2", row) for day in range(2, 7) for row in rows]
    (tmp_path / "log.csv").write_text("\n".join([header, *days, ""]), encoding="utf-8")
    assert main(words) == 0
    assert "sales" in (tmp_path / "mine.yaml").read_text(encoding="utf-8")
