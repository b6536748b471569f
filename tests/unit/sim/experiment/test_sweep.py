"""A sweep: every cell is what a simulation of its own gives, wherever the work was done."""

import json
import os
import signal
import socket
from dataclasses import replace
from itertools import product

import pytest

from callcenter.cli import main
from callcenter.cli.sweep import read_axis
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from sim.experiment.replicate import run, starts_of
from sim.experiment.sweep import Cell, Sweep, rows, sweep
from sim.results.result import as_json, result

AXES = [("volume*", ("0.6", "1")), ("handling*", ("1", "1.3"))]
SWEPT = ("sweep", "first-steps", "--vary", "volume*=1,2", "--scheduler")


def cells(replications: int = 2):
    found = []
    for values in product(*(values for _, values in AXES)):
        settings = tuple(zip((path for path, _ in AXES), values, strict=True))
        scenario = load_scenario("first-steps", [f"{path}={value}" for path, value in settings])
        found.append((settings, replace(scenario, replications=replications)))
    return found


@pytest.fixture(scope="module")
def grid() -> Sweep:
    return sweep("first-steps", AXES, cells())


def test_each_cell_is_the_simulation_of_its_own_scenario(grid: Sweep):
    settings, scenario = cells()[3]
    alone = run(scenario, processes=1)

    assert grid.cells[3].settings == settings == (("volume*", "1"), ("handling*", "1.3"))
    assert grid.cells[3].result == as_json(result(scenario, alone.figures, starts_of(scenario), alone.choice.engine))


def test_the_rows_are_the_cells_with_their_intervals(grid: Sweep):
    table = rows(grid)

    assert len(table) == 4 * (len(grid.cells[0].result["tiers"]) + 1)
    for row in table:
        if row["sl_net_low"] is not None:
            assert row["sl_net_low"] <= row["sl_net"] <= row["sl_net_high"]
    assert table[-1]["offered"] == pytest.approx(grid.cells[-1].result["overall"]["offered"]["mean"])


def curve(*levels: float) -> Sweep:
    def told(level: float) -> dict:
        return {"overall": {"service_level": {"sl_net": {"mean": level, "ci_low": None, "ci_high": None}}}}

    values = tuple(str(n) for n in range(5, 5 + len(levels)))
    done = tuple(Cell((("agents", v),), told(level)) for v, level in zip(values, levels, strict=True))
    return Sweep("s", 1, 1, (("agents", values),), done)


def test_the_elbow_is_where_the_curve_bends_and_a_line_or_a_fall_has_none():
    assert curve(0.2, 0.6, 0.9, 0.92, 0.94).elbow()["value"] == "7"
    assert curve(0.2, 0.4, 0.6).elbow() is None or curve(0.25, 0.5, 0.75).elbow() is None
    assert curve(0.9, 0.8, 0.7).elbow() is None


def test_a_list_a_range_and_lists_of_lists_can_be_varied():
    assert read_axis("a.b=1,2") == ("a.b", ["1", "2"])
    assert read_axis("a.b=1..3") == ("a.b", ["1", "2", "3"])
    for wrong in ("a.b", "a.b=1,,2", "a.b=3..1", "a.b=1,1"):
        with pytest.raises(BadInput, match="--vary"):
            read_axis(wrong)


def test_the_command_writes_a_picture_a_table_and_the_result(tmp_path, capsys):
    out = tmp_path / "grid"
    arguments = ["sweep", "first-steps", "--vary", "volume*=0.6,1", "--replications", "2", "--processes", "1"]

    assert main([*arguments, "--out", str(out), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [cell["set"] for cell in told["cells"]] == [{"volume*": "0.6"}, {"volume*": "1"}]
    assert json.loads((out / "result.json").read_text()) == told
    assert (out / "grid.csv").read_text().startswith("volume*,tier,sl_net,sl_net_low,sl_net_high,offered,")
    assert "data:image/svg+xml" in (out / "report.html").read_text()
    assert main(arguments) == 0
    assert "Service level" in capsys.readouterr().out


@pytest.mark.ci
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_bytes_and_goes_on_when_a_worker_is_killed(grid: Sweep):
    distributed = pytest.importorskip("distributed")
    here = sweep("first-steps", AXES, cells(12)).as_json()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        victims = [worker.process.pid for worker in cluster.workers.values()]
        killed = []

        def kill_one(done: int, wanted: int) -> None:
            if done == 3 and not killed:
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])

        there = sweep("first-steps", AXES, cells(12), scheduler=cluster.scheduler_address, progress=kill_one)

    assert killed
    assert json.dumps(there.as_json()) == json.dumps(here)


def test_what_is_no_address_is_refused_at_once(capsys):
    assert main([*SWEPT, "nope"]) == 2
    assert "--scheduler nope: is no address: write tcp://host:8786" in capsys.readouterr().err


def test_a_refused_connection_is_one_line_at_once(capsys, monkeypatch):
    monkeypatch.setattr("distributed.Client", None)  # which would go on trying for 20 s

    assert main([*SWEPT, "tcp://127.0.0.1:9"]) == 2
    assert "tcp://127.0.0.1:9: nobody answers (Connection refused)" in capsys.readouterr().err


def test_what_listens_and_says_nothing_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sim.experiment.sweep.PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert main([*SWEPT, f"tcp://127.0.0.1:{silent.getsockname()[1]}"]) == 2

    assert "nobody answers (timed out)" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["tcp://nowhere.invalid:8786", "tcp://127.0.0.1:99999", "tcp://[::1]:9"])
def test_an_address_that_cannot_be_reached_is_one_line(address, capsys):
    assert main([*SWEPT, address]) == 2

    said = capsys.readouterr().err.strip()
    assert f"{address}: nobody answers (" in said
    assert "\n" not in said
