"""The fewest agents for all tiers together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, staff_erlang_a, staff_erlang_c, staff_tiers, tier_losses, tier_waits

tiers = st.lists(st.tuples(st.floats(0.05, 20), st.floats(0.0, 0.99), st.floats(0, 120)), min_size=1, max_size=4)


@settings(max_examples=50)
@given(rows=tiers)
def test_every_tier_meets_its_target_and_with_one_agent_fewer_some_does_not(rows):
    loads, goals, limits = (list(x) for x in zip(*rows, strict=True))
    case = {"load_erl": loads, "within_s": limits, "aht_s": 180}
    n = int(staff_tiers(**case, service_level=goals))

    assert np.all(tier_waits(**case, agents=n).service_level >= goals)
    fewer = tier_waits(**case, agents=n - 1)
    assert n - 1 <= sum(loads) or not np.all(fewer.service_level >= goals)


@settings(max_examples=25)
@given(rows=tiers, patience=st.floats(20, 1_000), lost=st.floats(0.01, 1))
def test_the_same_with_patience_and_a_cap_on_abandonment(rows, patience, lost):
    loads, goals, limits = (list(x) for x in zip(*rows, strict=True))
    case = {"load_erl": loads, "within_s": limits, "aht_s": 180, "patience_s": patience}
    n = int(staff_tiers(**case, service_level=goals, max_p_abandon=lost))

    found = tier_losses(**case, agents=n)
    assert np.all(found.p_served_within_t >= goals)
    assert np.all(found.p_abandon <= lost)
    if n > 1:
        fewer = tier_losses(**case, agents=n - 1)
        assert not (np.all(fewer.p_served_within_t >= goals) and np.all(fewer.p_abandon <= lost))


def test_one_tier_is_the_plain_answer():
    loads = np.array([0.3, 4.0, 40.0, 400.0])
    goal = {"service_level": 0.85, "within_s": 20, "aht_s": 180}

    plain = staff_erlang_c(load_erl=loads, **goal)
    assert staff_tiers(load_erl=loads[:, None], **goal).tolist() == plain.tolist()
    impatient = staff_erlang_a(load_erl=loads, patience_s=100, **goal)
    assert staff_tiers(load_erl=loads[:, None], patience_s=100, **goal).tolist() == impatient.tolist()


def test_the_vip_and_the_others_of_the_source_documents():
    """VIP 90/20, everyone else 85/20; the blacklisted tier has no target."""
    n = staff_tiers(
        load_erl=[[1, 4, 5, 0.2], [0, 4, 5, 0.2], [0, 0, 0, 0]],
        service_level=[0.9, 0.85, 0.85, 0],
        within_s=20,
        aht_s=180,
    )

    assert n.tolist()[2] == 0
    assert n[0] >= n[1] > 9


def test_an_abandonment_target_needs_patience():
    with pytest.raises(BadFigure, match="patience_s is None"):
        staff_tiers(load_erl=[1, 2], service_level=0.8, within_s=20, max_p_abandon=0.05)
