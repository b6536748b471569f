"""Replications: what comes out depends on the seed and the number alone, not on who worked where."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.scenario import Busyness, Retrial, Rule, Scenario
from sim.experiment import workers
from sim.experiment.engines import Engine
from sim.experiment.replicate import one, run
from sim.results import controlled
from sim.results.call_table import cells
from sim.results.estimates import MIN_REPLICATIONS, ratio
from sim.results.figures import TASK_COUNTS, Figures
from sim.results.replication_figures import ReplicationFigures
from sim.results.result import as_json, judged, result, shares_of
from tests.unit.sim.scenes import busy, exponential, lived


def plain(found: Figures) -> bytes:
    """Return everything in some figures, as bytes."""
    return pickle.dumps(
        [found.counts.tolist(), found.queue_counts.tolist(), found.sums.tolist(), found.interval_sums.tolist()]
        + [w.tolist() for w in found.waits]
        + [found.tasks.tolist(), found.spans, found.repeats.tolist(), found.refused]
    )


@pytest.mark.parametrize("processes", [2, 3])
def test_the_result_is_the_same_for_any_number_of_processes(processes: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "WORTH_FORKING_S", 0.0)
    monkeypatch.setattr(workers, "WORTH_WORKERS_S", 0.0)
    scenario = busy(replications=7, retrials=(("abandoned", Retrial(0.5, exponential(300))),))
    alone, together = run(scenario, processes=1), run(scenario, processes=processes)

    assert [plain(f) for f in alone.figures] == [plain(f) for f in together.figures]
    assert as_json(result(alone.scenario, alone.figures, alone.starts)) == as_json(
        result(together.scenario, together.figures, together.starts)
    )


def test_a_replication_does_not_depend_on_the_others():
    scenario = busy(replications=4)

    assert plain(run(scenario, processes=1).figures[3]) == plain(one(scenario, 3))
    assert plain(one(scenario, 3)) == plain(one(replace(scenario, replications=99), 3))


def test_replications_and_seeds_differ():
    scenario = busy()
    found = {plain(one(replace(scenario, seed=seed), n)) for seed in (1, 2) for n in range(3)}

    assert len(found) == 6


def test_replications_are_independent():
    """Calls of neighbours do not vary together (600 pairs: |correlation| < 4 standard errors)."""
    calls = np.array([len(lived(busy(20, hours=1), r).ledger.calls) for r in range(300)], float)

    assert abs(np.corrcoef(calls[:-1], calls[1:])[0, 1]) < 4 / 300**0.5


def test_precision_stops_when_the_interval_of_every_promise_is_narrow_enough():
    """Judged are the tiers with a target; the blacklisted, who have none, must not drive the number of days."""
    scenario = busy(40, agents=4, replications=10)
    found = run(scenario, processes=1, precision=0.05)
    days = ReplicationFigures(found.figures)
    halves = [controlled.ratio(*shares_of(days, tier), days.controls).half_width for tier in range(3)]
    sooner = [ratio(*shares_of(found.figures[:10], tier)).half_width for tier in range(3)]

    assert len(found.figures) == found.scenario.replications > 10
    assert max(halves) <= 0.05 < max(sooner)


def test_precision_that_is_met_already_asks_for_no_more_than_the_fewest():
    found = run(busy(40, agents=40, replications=2), processes=1, precision=0.2)

    assert len(found.figures) == MIN_REPLICATIONS


def test_a_precision_is_reached_sooner_where_days_differ_in_busyness_and_the_note_says_by_how_much():
    scenario = replace(busy(40, agents=4, replications=60), busyness=Busyness(0.3))
    found = run(scenario, processes=1, precision=0.02)
    told = as_json(result(found.scenario, found.figures, found.starts))
    (note,) = (note for note in told["notes"] if note["cause"] == "control_variates")
    level = told["tiers"]["standard"]["service_level"]["sl_net"]

    assert level["ci_high"] - level["ci_low"] <= 0.04
    assert note["controls"] == ["calls", "work", "calls_squared"]
    assert note["replications_without"] > 1.5 * len(found.figures)
    assert f"about {note['replications_without']:,} would have been needed" in note["says"]
    days = ReplicationFigures(found.figures)
    plain = [ratio(*shares_of(days, tier)).half_width for tier in judged(scenario)]
    assert max(plain) > 0.02


def test_without_a_precision_figures_are_the_plain_ones():
    lived = run(busy(replications=45), processes=1)
    told = result(lived.scenario, lived.figures, lived.starts)

    assert ReplicationFigures(lived.figures).controls.shape == (45, 0)
    assert "control_variates" not in [note["cause"] for note in told["notes"]]
    assert told["overall"]["service_level"]["sl_net"] == ratio(*shares_of(lived.figures, None))


def test_both_engines_stop_at_the_same_replication_with_the_same_figures():
    pytest.importorskip("llvmlite")
    scenario = load_scenario("first-steps", ["replications=45"])

    def told(engine):
        found = run(scenario, processes=1, precision=0.02, engine=engine)
        return as_json(result(found.scenario, found.figures, found.starts))

    assert told(Engine.SIMPY) == told(Engine.COMPILED) == told(Engine.BOTH)


def test_progress_is_told_after_each_replication():
    told: list[tuple[int, int]] = []
    run(busy(replications=4), processes=1, progress=lambda done, wanted: told.append((done, wanted)))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_records_are_kept_of_the_first_replication_where_asked_for():
    kept = run(busy(replications=2), processes=1, keep_records=True).figures

    assert kept[0].calls is not None
    assert len(kept[0].calls) == kept[0].tally().offered
    assert kept[1].calls is kept[1].task_records is None
    assert run(busy(replications=1), processes=1).figures[0].calls is None


@pytest.mark.parametrize("wanted", [Engine.COMPILED, Engine.BOTH])
def test_either_engine_keeps_the_same_records(wanted):
    pytest.importorskip("llvmlite")
    scenario = load_scenario("telecom-hotline", ["replications=1"])
    by_simpy, other = (one_of(scenario, engine) for engine in (Engine.SIMPY, wanted))

    assert by_simpy.calls is not None
    assert other.calls is not None
    assert cells(other.calls) == cells(by_simpy.calls)
    assert other.task_records is not None
    assert len(other.task_records) == other.tasks[:, TASK_COUNTS.index("scheduled")].sum() > 0


def one_of(scenario: Scenario, engine: Engine) -> Figures:
    return run(scenario, processes=1, keep_records=True, engine=engine).figures[0]


def test_calls_that_no_law_fits_are_refused_before_anything_runs():
    with pytest.raises(BadInput, match="no handling time fits tier"):
        run(busy(handling=(Rule(exponential(60), tiers=("vip",)),)), processes=1)


def test_a_worker_that_stops_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "WORTH_FORKING_S", 0.0)
    monkeypatch.setattr(workers, "WORTH_WORKERS_S", 0.0)

    def stop(done: int, wanted: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(busy(replications=6), processes=2, progress=stop)


def test_a_day_that_the_compiled_engine_cannot_tell_is_not_called_compiled(monkeypatch):
    pytest.importorskip("llvmlite")
    from sim.compiled import day as compiled

    scenario = load_scenario("first-steps", ["replications=3"])
    walk = compiled.CompiledDay.run

    def second_cannot(self):
        if self.replication == 1:
            raise compiled.CannotTell
        return walk(self)

    monkeypatch.setattr(compiled.CompiledDay, "run", second_cannot)
    mixed = run(scenario, processes=1, engine=Engine.COMPILED)

    assert (mixed.engine, mixed.fell_back) == ("compiled and simpy", 1)
    assert [found.tally() for found in mixed.figures] == [
        found.tally() for found in run(scenario, processes=1, engine=Engine.SIMPY).figures
    ]
