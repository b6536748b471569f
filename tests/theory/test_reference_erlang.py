"""Every public reference case of the queueing formulas: 22 B, 23 C, 13 A, 32 staffing, 15 others.

The figures are published or recomputed at 50 digits; see ../shared/data/README.md. Cases that are integer
programmes are skipped by name: they check a solver, not a formula.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from callcenter import erlang as e
from tests.theory.reference import cases_of

COUNT = 105
INTEGER_PROGRAMMES = {
    "sh_pwf_min_resources": "a shift-cover integer programme",
    "sh_pwf_min_absdiff": "a shift-cover integer programme",
    "ms_pwf_cover": "a skill-cover integer programme (and, says its note, no staffing truth)",
}
Inputs = dict[str, Any]
Found = dict[str, Any]


def erlang_b(i: Inputs) -> Found:
    if "blocking_probability" in i:
        load = e.load_for_blocking(servers=i["servers"], blocking_share=i["blocking_probability"])
        return {"offered_load_erlangs": load}
    load = i["offered_load_erlangs"]
    if "servers" in i:
        return {"blocking_probability": e.erlang_b(load_erl=load, servers=i["servers"])}
    servers = e.servers_for_blocking(load_erl=load, max_blocking=i["max_blocking_probability"])
    blocked = e.erlang_b(load_erl=load, servers=servers)
    busy = load * (1 - blocked) / servers
    return {"min_servers": servers, "blocking_probability": blocked, "occupancy": busy}


def _load(i: Inputs) -> Any:
    if "offered_load_erlangs" in i:
        return i["offered_load_erlangs"]
    return e.offered_erl(i["calls_per_interval"], interval_s=i["interval_s"], aht_s=i["aht_s"])


def erlang_c(i: Inputs) -> Found:
    if "quantile" in i:
        wait = e.wait_percentile(i["quantile"], load_erl=_load(i), agents=i["agents"], aht_s=i["aht_s"])
        return {"wait_quantile_s": wait}
    if "arrival_rate_per_min" in i:
        load, aht = i["arrival_rate_per_min"] / i["service_rate_per_min"], 1 / i["service_rate_per_min"]
        found = e.erlang_c(load_erl=load, agents=i["agents"], aht_s=aht)
        return {"mean_queue": found.mean_queue, "mean_wait_min": found.asa_s}
    found = e.erlang_c(load_erl=_load(i), agents=i["agents"], aht_s=i["aht_s"], within_s=i.get("target_s", 0.0))
    more = {"mean_in_system": found.mean_queue + _load(i), "offered_load_erlangs": _load(i)}
    return found.plain() | more


def _finite(i: Inputs) -> Found:
    def within(t: float) -> e.FiniteQueue:
        return e.finite_queue(
            load_erl=i["arrival_rate_per_service"] * i["mean_service"],
            agents=i["agents"],
            waiting_places=i["queue_capacity"],
            aht_s=i["mean_service"],
            patience_s=i["mean_patience"],
            within_s=t,
        )

    found = within(0.1).plain()
    for t in (0.1, 0.2):
        found[f"p_wait_le_{t}_given_served"] = within(t).p_wait_le_t_given_served
        found[f"p_wait_le_{t}_given_abandoned"] = within(t).p_wait_le_t_given_abandoned
    return found


def erlang_a(i: Inputs) -> Found:
    if "queue_capacity" in i:
        return _finite(i)
    case = {
        "load_erl": i["arrival_rate_per_s"] * i["aht_s"],
        "agents": i["agents"],
        "aht_s": i["aht_s"],
        "patience_s": i["mean_patience_s"],
        "within_s": i["target_s"],
    }
    found = e.erlang_a(**case).plain()
    if "system_capacity" in i:  # the bounded form must agree: nobody gets near its bound
        bounded = e.finite_queue(**case, waiting_places=i["system_capacity"] - i["agents"]).plain()
        for name in ("p_abandon", "mean_wait_all", "mean_queue", "p_served_within_t", "mean_wait_abandoned"):
            assert bounded[name] == pytest.approx(found[name], rel=1e-11)
    return found | {"sl": found["p_served_within_t"]}


def _halfin_whitt(i: Inputs) -> Found:
    if "beta" in i:
        return {"p_wait": e.halfin_whitt_p_wait(i["beta"])}
    return {"beta": e.halfin_whitt_beta(i["p_wait"])}


def _staff_a(i: Inputs) -> Found:
    if "queue_capacity" in i:
        agents = e.staff_erlang_a(
            load_erl=i["arrival_rate_per_service"] * i["mean_service"],
            aht_s=i["mean_service"],
            patience_s=i["mean_patience"],
            service_level=i["min_p_wait_le_target_given_served"],
            within_s=i["target_wait"],
            level_of="p_wait_le_t_given_served",
            max_p_abandon=i["max_p_abandon"],
        )
        return {"min_agents": agents}
    case = {"load_erl": _load(i), "aht_s": i["aht_s"], "patience_s": i["mean_patience_s"]}
    case["within_s"] = i["target_s"]
    agents = e.staff_erlang_a(
        **case, service_level=i["target_served_within_t_over_offered"], max_p_abandon=i["max_p_abandon"]
    )
    return e.erlang_a(**case, agents=agents).plain() | {"min_agents": agents}


def _staff_c(i: Inputs) -> Found:
    targets = {
        "service_level": i.get("target_service_level"),
        "within_s": i.get("target_s"),
        "max_asa_s": i.get("max_asa_s"),
        "max_p_wait": i.get("max_p_wait"),
        "max_occupancy": i.get("max_occupancy"),
    }
    case = {"load_erl": _load(i), "aht_s": i.get("aht_s", 1.0)}
    agents = e.staff_erlang_c(**case, **targets)
    case["within_s"] = i.get("target_s", 0.0)
    found = e.erlang_c(**case, agents=agents).plain()
    found["min_agents"] = agents
    found["service_level_one_fewer"] = e.erlang_c(**case, agents=agents - 1).service_level
    if "max_p_wait" in i:
        found["square_root_rule"] = e.square_root_agents(load_erl=_load(i), max_p_wait=i["max_p_wait"])
    if "shrinkage" in i:
        found["agents_with_shrinkage"] = e.with_shrinkage(agents, i["shrinkage"])
    return found


def staffing(i: Inputs) -> Found:
    model = i.get("model")
    if model == "halfin_whitt":
        return _halfin_whitt(i)
    if model == "garnett_qed":
        return {"p_wait_limit": e.garnett_p_wait(i["beta"], 1 / i["theta_over_mu"])}
    if model == "erlang_a":
        return _staff_a(i)
    if model is None:
        return {"agents_with_shrinkage": e.with_shrinkage(i["min_agents"], i["shrinkage"])}
    return _staff_c(i)


def priority_mmc(i: Inputs) -> Found:
    aht = 1 / i["service_rate"]
    loads = [rate * aht for rate in i["arrival_rates"]]
    return e.tier_waits(load_erl=loads, agents=i["agents"], aht_s=aht, within_s=i.get("target", 0.0)).plain()


def priority_abandonment(i: Inputs) -> Found:
    loads = [rate * i["aht_s"] for rate in i["arrival_rates_per_s"]]
    return e.tier_losses(load_erl=loads, agents=i["agents"], aht_s=i["aht_s"], patience_s=i["mean_patience_s"]).plain()


def multi_skill(i: Inputs) -> Found:
    goal = {"aht_s": i["aht_s"], "service_level": i["target_service_level"], "within_s": i["target_s"]}
    alone = e.staff_erlang_c(load_erl=i["class_loads_erlangs"], **goal)
    pooled = e.staff_erlang_c(load_erl=sum(i["class_loads_erlangs"]), **goal)
    return {"pooled_agents": pooled, "siloed_agents": alone, "siloed_total": alone.sum()}


def retrial(i: Inputs) -> Found:
    load = i["arrival_rate"] / i["service_rate"]
    gap = i["service_rate"] / i["retrial_rate_per_orbiting_customer"]
    assert i["servers"] == 1
    return {"mean_orbit": e.retrial_single_agent(load_erl=load, redial_aht=gap), "p_busy": load}


def offered_load_time_varying(i: Inputs) -> Found:
    load = e.sinusoidal_load(
        i["times"], mean_rate=i["lb"], amplitude=i["amp"], frequency=i["freq"], aht=1 / i["service_rate"]
    )
    return {"offered_load": load}


MODELS: dict[str, Callable[[Inputs], Found]] = {
    f.__name__: f
    for f in (
        erlang_b,
        erlang_c,
        erlang_a,
        staffing,
        priority_mmc,
        priority_abandonment,
        multi_skill,
        retrial,
        offered_load_time_varying,
    )
}


CASES = cases_of(MODELS, INTEGER_PROGRAMMES)


@pytest.mark.parametrize("case", CASES)
def test_the_formula_gives_the_reference_figure(case: dict[str, Any]) -> None:
    found = MODELS[case["model"]](case["inputs"])
    for name, wanted in case["expected"].items():
        if wanted is None:
            assert found[name] is None, name
            continue
        tolerance = case["tolerance"].get(name) or case["tolerance"]["default"]
        got, want = np.ravel(found[name]), np.ravel(wanted)
        assert got.shape == want.shape
        for one, other in zip(got, want, strict=True):
            if other is not None:
                allowed = tolerance.get("abs", 0.0) + tolerance.get("rel", 0.0) * abs(other)
                assert abs(float(one) - other) <= allowed, (name, float(one), other)


@pytest.mark.parametrize("case", CASES)
def test_the_formula_gives_the_50_digit_figure(case: dict[str, Any]) -> None:
    """Published figures are rounded; where the file holds the value at 50 digits, we must have all of ours."""
    found = MODELS[case["model"]](case["inputs"])
    for name, digits in case.get("mpmath", {}).items():
        if name not in found:
            continue
        wanted = np.ravel(np.array(digits, dtype=np.float64))
        np.testing.assert_allclose(np.ravel(found[name]), wanted, rtol=2e-10, atol=1e-13, err_msg=name)


@pytest.mark.shared("data/reference_public.json")
def test_no_reference_case_was_left_out() -> None:
    assert len(CASES) == COUNT
