"""A fit is right when it finds again what made the log; and when the facts of a real log hold."""

import gzip
import heapq
import json
from pathlib import Path

import numpy as np
import pytest

from callcenter.cli.fit import fit as fit_command
from callcenter.config import load_scenario, parse_scenario, render
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.units import SECOND
from sim.analysis.fit.baseline import erlang_a_figures
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.fitted import fit_log
from sim.analysis.fit.outofsample import observe, split
from sim.analysis.fit.presence import presence
from sim.analysis.fit.reading import read_log
from sim.analysis.fit.scenario import mapping_of
from sim.model.demand import arrivals
from sim.model.laws import mean_s
from sim.model.streams import Chance

ROOT = Path(__file__).resolve().parents[2]
BANK = ROOT / "scenarios" / "columns" / "anonymous-bank.yaml"
DAYS, FIRST = 20, 20514  # 2026-03-02, a Monday
MAP = """
version: 1
date: day
arrival: {column: at, as: seconds_after_midnight}
wait: wait
service: talk
outcome: {column: end, answered: [yes], abandoned: [no]}
tier: {column: class, values: {v: vip}, default: rest}
agent: {column: agent}
"""


def made_log(rng: np.random.Generator, *, agents: int = 10, wrap_up_s: float = 25.0) -> str:
    """Live through some days of a plain queue (first come, first served) and write its log."""
    lines = ["day,at,wait,talk,end,class,agent"]
    for day in range(DAYS):
        busy = rng.gamma(100, 1 / 100)
        at = np.sort(rng.uniform(8 * 3600, 18 * 3600, rng.poisson(1_500 * busy)))
        free = [(8 * 3600 - 1.0, agent) for agent in range(agents)]
        heapq.heapify(free)
        for t in at:
            vip = rng.random() < 0.25
            patience, talk = rng.exponential(240), rng.lognormal(5.2 if vip else 4.8, 0.7)
            ready, agent = free[0]
            if max(t, ready) - t > patience:
                lines.append(f"{date_text(FIRST + day)},{t:.2f},{patience:.2f},,no,{'v' if vip else 'r'},")
                continue
            begin = max(t, ready)
            heapq.heapreplace(free, (begin + talk + rng.exponential(wrap_up_s), agent))
            lines.append(
                f"{date_text(FIRST + day)},{t:.2f},{begin - t:.2f},{talk:.2f},yes,{'v' if vip else 'r'},a{agent}"
            )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def made() -> CallLog:
    text = made_log(np.random.default_rng(20260302))
    return read_log(text.encode(), read_columns(MAP, "map.yaml"), "made.csv")


def test_what_made_the_log_is_found_again(made: CallLog):
    fitted = fit_log(made)
    people = fitted.people

    assert sum(c.total * len(c.days) for c in fitted.arrivals.classes) == pytest.approx(len(made))
    assert fitted.arrivals.cv == pytest.approx(0.1, abs=0.05)
    assert mean_s(people.handling.law("calls", "vip")) == pytest.approx(np.exp(5.2 + 0.245), rel=0.03)
    assert mean_s(people.handling.law("calls", "rest")) == pytest.approx(np.exp(4.8 + 0.245), rel=0.03)
    assert mean_s(people.patience.law("calls", "rest")) == pytest.approx(240, rel=0.1)
    assert people.mix[0, made.tiers.index("vip"), 20] == pytest.approx(0.25, abs=0.03)


def test_work_after_the_call_is_found_though_the_log_does_not_hold_it(made: CallLog):
    away = fit_log(made).people.off_phone

    # These agents neither hurry nor rest: the three are one law, and exponential, so that it does not age.
    for off in (away.busy, away.recall):
        assert off.mean_s == pytest.approx(25, rel=0.15)
        assert mean_s(off.law) == pytest.approx(25, rel=0.15)
    assert 25 * 0.7 < away.quiet.mean_s < 25 * 1.1  # told too short rather than too long


def test_presence_lies_between_its_bounds_and_near_the_truth(made: CallLog):
    there = presence(made)
    core = slice(18, 34)  # 09:00-17:00

    assert (there.busy <= there.present + 0.3).all()
    assert there.present[:, core].mean() == pytest.approx(10, rel=0.03)


def test_a_fitted_scenario_is_a_scenario_that_brings_the_same_calls(made: CallLog):
    scenario = parse_scenario(render(mapping_of(fit_log(made))), "made.yaml")
    found = [len(arrivals(scenario, Chance(1, r))) for r in range(20)]

    assert np.mean(found) / 7 == pytest.approx(len(made) / DAYS * np.mean(_open_days(scenario)), rel=0.08)


def _open_days(scenario) -> list[int]:
    """Tell for each weekday whether anybody calls on it."""
    return [int(any(day in stream.weekdays for stream in scenario.streams)) for day in range(7)]


def test_out_of_sample_days_get_their_own_calls_and_nothing_else_from_the_test(made: CallLog):
    dates = [date_text(day) for day in made.days()]
    check = split(made, dates[:10], dates[10:])

    assert [date for date, _ in check.days] == dates[10:]
    for (date, mapping), (same, seen) in zip(check.days, check.observed.by_date, strict=True):
        scenario = parse_scenario(render(mapping), date)
        assert date == same
        assert sum(sum(stream.calls) for stream in scenario.streams) == pytest.approx(seen["calls"], abs=0.1)
    with pytest.raises(BadInput, match="train date too"):
        split(made, dates[:10], dates[9:])
    with pytest.raises(BadInput, match="no calls on 2031-01-01"):
        split(made, dates[:10], ["2031-01-01"])


def test_the_formula_set_beside_foretells_a_plain_queue(made: CallLog):
    dates = [date_text(day) for day in made.days()]
    told, seen = erlang_a_figures(made, dates[:10], dates[10:]), observe(made.on(made.days()[10:])).overall

    assert set(told) == {"sl_all", "abandonment", "mean_wait_s", "no_wait"}
    assert told["sl_all"] == pytest.approx(seen["sl_all"], abs=0.1)
    assert told["abandonment"] == pytest.approx(seen["abandonment"], abs=0.03)
    assert (
        0.5 * seen["mean_wait_s"] < told["mean_wait_s"] < 2 * seen["mean_wait_s"]
    )  # half hours are not in equilibrium


@pytest.fixture(scope="module")
def february(shared) -> CallLog:
    data = shared("data/anonymous_bank_1999_02.csv.gz").read_bytes()
    return read_log(data, read_columns(BANK.read_text(encoding="utf-8"), BANK.name), "1999-02")


@pytest.fixture(scope="module")
def reference(shared):
    cases = json.loads(shared("data/reference_public.json").read_text(encoding="utf-8"))["cases"]
    return {case["id"]: case for case in cases if case["model"] == "real_data"}


def test_the_facts_of_the_banks_february_hold(february: CallLog, reference):
    expected = reference["rd_ab_1999_02_loader"]["expected"]
    tally = february.tally

    assert tally.rows == expected["rows"]
    assert tally.ignored == expected["phantom"]
    assert tally.not_offered == expected["vru_only_hangups"]
    assert len(february) == expected["offered"]
    assert int(february.answered.sum()) == expected["answered"]
    assert int((~february.answered).sum()) == expected["abandoned"]
    assert tally.dropped == {}


def test_the_service_levels_of_the_banks_february_hold(february: CallLog, reference):
    expected = reference["rd_ab_1999_02_sl"]["expected"]
    seen = observe(february).overall
    wait, answered = february.wait, february.answered
    early = ~answered & (wait <= 20)

    assert seen["sl_all"] == pytest.approx(expected["sl20_over_offered"], rel=1e-4)
    assert seen["abandonment"] == pytest.approx(expected["abandon_fraction"], rel=1e-4)
    assert seen["mean_wait_s"] == pytest.approx(expected["mean_wait_all_s"], rel=1e-4)
    assert seen["no_wait"] == pytest.approx(expected["fraction_no_wait"], rel=1e-4)
    assert wait[answered].mean() == pytest.approx(expected["asa_answered_s"], rel=1e-4)
    assert (wait[answered] <= 20).mean() == pytest.approx(expected["sl20_over_answered"], rel=1e-4)
    met = (answered & (wait <= 20)).sum() / (len(wait) - early.sum())
    assert met == pytest.approx(expected["sl20_excl_early_abandons"], rel=1e-4)


@pytest.mark.parametrize("month", ["01", "02"])
def test_the_bank_fits_well_in_both_months(shared, month: str):
    data = shared(f"data/anonymous_bank_1999_{month}.csv.gz").read_bytes()
    fitted = fit_log(read_log(data, read_columns(BANK.read_text(encoding="utf-8"), BANK.name), month))
    people = fitted.people

    assert people.handling.laws[None, None].distance < 0.03
    laws = people.patience.laws
    assert all(fit.family == "hazard" for fit in laws.values())
    # The kinds of nine tenths of those who hung up, and all calls together.
    assert all(laws[kind].distance < 0.06 for kind in sorted(laws, key=lambda kind: -laws[kind].ended)[:4])
    assert 0.01 < people.handling.laws[None, None].short < 0.08
    # Priority callers wait longer before they give up, and talk longer.
    assert mean_s(people.patience.law("banking", "priority")) > mean_s(people.patience.law("banking", "regular"))
    # Newcomers leave twice as fast as those who trade.
    assert mean_s(people.patience.law("newcomers", "regular")) < 0.7 * mean_s(people.patience.law("stock", "regular"))
    assert mean_s(people.handling.law("banking", "priority")) > mean_s(people.handling.law("banking", "regular"))


def test_the_command_writes_a_scenario_that_can_be_read(shared, tmp_path: Path, capsys):
    out = tmp_path / "bank.yaml"
    fit_command([shared("data/anonymous_bank_1999_02.csv.gz")], out, BANK, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    scenario = load_scenario(out)

    assert printed["offered"] == 31_094
    assert [tier.head_start for tier in scenario.centre.tiers] == [90 * SECOND, 0]
    assert {tier.band for tier in scenario.centre.tiers} == {0}
    assert scenario.centre.zone.name == "Asia/Jerusalem"
    assert scenario.retrials == ()


def test_the_command_refuses_an_empty_log(tmp_path: Path):
    log = tmp_path / "empty.csv.gz"
    log.write_bytes(gzip.compress(b""))
    with pytest.raises(BadInput, match="is empty"):
        fit_command([log], tmp_path / "out.yaml", BANK)
    with pytest.raises(BadInput, match="cannot be read"):
        fit_command([tmp_path / "none.csv"], tmp_path / "out.yaml", BANK)
