"""A simulated day's book is the simulator's own figures, half hour by half hour, in the columns of a live one."""

import json
from collections import Counter
from dataclasses import replace

import httpx2
import pytest

from callcenter.cli import main
from callcenter.config import load_scenario
from callcenter.lifecycle.cells import rolled
from callcenter.lifecycle.measures import occupied_ms
from sim.experiment.book import BookedDay, simulated_rows
from sim.results.figures import figures
from sim.run.columns import COLUMN

SCENARIO = replace(load_scenario("first-steps"), replications=1)


def test_each_tiers_half_hours_add_up_to_its_figures():
    day = BookedDay(SCENARIO)
    day.run()
    found = figures(day)
    rows = [row for _, row in simulated_rows(SCENARIO, ("tier",))]
    for n, tier in enumerate(SCENARIO.centre.tiers):
        mine = [row for row in rows if row["tier"] == tier.name]
        for name in ("offered", "answered", "abandoned", "short_abandoned"):
            assert sum(row[name] for row in mine) == found.counts[n, :, COLUMN[name]].sum(), (tier.name, name)


def test_people_are_there_as_rostered():
    rows = [row for _, row in simulated_rows(SCENARIO, ())]
    day = BookedDay(SCENARIO)
    day.run()
    logged_in = sum(spans["logged_in"] for spans in figures(day).spans.values())

    assert sum(row["agents_present"] for row in rows) * 1_800_000 == pytest.approx(logged_in, rel=1e-9)


def test_the_mean_of_a_count_over_several_days_is_its_sum_divided_once():
    several = replace(SCENARIO, replications=3)
    rows = [row for _, row in simulated_rows(several, ("tier",))]
    whole = ("offered", "answered", "abandoned", "open")

    assert any(row["offered"] % 1 for row in rows), "means are no whole numbers"
    assert all(row[name] == round(row[name] * 3) / 3 >= 0 for row in rows for name in whole)
    assert max(row["wait_max_s"] or 0 for row in rows) < 3_600


def test_the_longest_wait_is_a_mean_of_the_days_on_which_somebody_waited():
    several = replace(SCENARIO, replications=4)
    longest: dict[tuple[int, str], list[int]] = {}
    for n in range(4):
        day = BookedDay(several, n)
        day.run()
        day.book.cut(day.now)
        cells, *_ = day.book.take()
        for (at, _, tier, _), cell in rolled(cells.items(), ("tier",)):
            if cell["answered"] + cell["abandoned"]:
                longest.setdefault((at, tier), []).append(cell["wait_max_ms"])
    told = {(at, row["tier"]): row["wait_max_s"] for at, row in simulated_rows(several, ("tier",))}

    assert any(len(waits) < 4 for waits in longest.values()), "there are days without a call"
    assert {key: wait for key, wait in told.items() if wait is not None} == {
        key: pytest.approx(sum(waits) / 1000 / len(waits)) for key, waits in longest.items()
    }


def test_any_number_of_processes_gives_the_same_rows(monkeypatch):
    monkeypatch.setattr("sim.experiment.workers.WORTH_FORKING_S", 0.0)
    monkeypatch.setattr("sim.experiment.workers.WORTH_WORKERS_S", 0.0)
    several = replace(SCENARIO, replications=5)
    told: list[tuple[int, int]] = []
    by = ("queue", "tier", "group")

    alone = simulated_rows(several, by, processes=1)
    assert simulated_rows(several, by, processes=3, progress=lambda *done: told.append(done)) == alone
    assert told == [(n, 5) for n in range(1, 6)]


def test_whoever_has_several_chats_at_once_is_occupied_by_the_share_that_they_take():
    (stream,) = SCENARIO.streams
    chats = replace(
        SCENARIO,
        centre=replace(SCENARIO.centre, channels=(("voice", 100), ("chat", 33))),
        streams=(replace(stream, channel="chat"),),
    )
    day = BookedDay(chats)
    day.run()
    ((_, spans),) = figures(day).spans.items()
    day.book.cut(day.now)
    cells, *_ = day.book.take()
    booked = Counter()
    for (_, queue, _, _), cell in cells.items():
        if not queue:
            booked.update(cell)

    occupied = sum(spans[what] for what in ("ring", "talk", "wrap_up", "dial"))
    assert occupied_ms(booked) == pytest.approx(occupied, rel=1e-3)
    assert occupied < 0.4 * booked["talk_ms"]


def test_the_command_writes_the_same_rows_in_every_format(tmp_path, capsys):
    asked = ["book", "--scenario", "first-steps", "--replications", "1", "--by", "tier"]
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["intervals"]
    for suffix in (".csv", ".xlsx"):
        assert main([*asked, "--out", str(tmp_path / f"book{suffix}")]) == 0
        assert f"{len(rows)} rows" in capsys.readouterr().err
    lines = (tmp_path / "book.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(rows) + 1
    assert main([*asked, "--out", str(tmp_path / "book.doc")]) == 2
    assert main(["book"]) == 2


def test_the_command_asks_a_service_for_the_day_that_is_named(monkeypatch, capsys):
    asked: list[dict[str, str]] = []

    def get(url, *, params, headers, timeout):
        asked.append(params)
        return httpx2.Response(200, json={"intervals": []})

    monkeypatch.setattr(httpx2, "get", get)
    monkeypatch.setenv("CALLCENTER_KEY", "cc_x")
    assert main(["book", "--url", "http://127.0.0.1:1", "--day", "yesterday", "--by", "tier", "--json"]) == 0
    assert asked == [{"day": "yesterday", "by": "tier"}]
