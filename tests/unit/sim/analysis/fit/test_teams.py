"""Teams: agents who never take a queue's calls are told from those who had no chance to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_log
from sim.analysis.fit.staffing import whole_agents
from sim.analysis.fit.teams import teams

MAP = """
version: 1
date: day
arrival: {column: at, as: seconds_after_midnight}
wait: wait
service: talk
outcome: {column: end, answered: [yes], abandoned: [no]}
queue: {column: about, values: {a: alpha, b: beta, c: gamma}, default: alpha}
agent: {column: agent}
"""
QUEUES = "abc"


def log_of(takes: list[str], calls: int, seed: int = 1) -> CallLog:
    """Return a day's log of agents who each take the calls of their queues only, by chance."""
    rng = np.random.default_rng(seed)
    rows = ["day,at,wait,talk,end,about,agent"]
    for n in range(calls):
        about = QUEUES[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
        able = [i for i, queues in enumerate(takes) if about in queues]
        if able:
            rows.append(f"2026-03-02,{32_400 + n},0,60,yes,{about},agent{int(rng.choice(able))}")
    return read_log("\n".join(rows).encode(), read_columns(MAP, "map.yaml"), "made.csv")


def found_in(log: CallLog) -> dict[str, set[str]]:
    """Return the queues that each team takes."""
    known = teams(log)
    return {
        name: {queue for queue, able in zip(log.queues, row, strict=True) if able}
        for name, row in zip(known.names, known.takes, strict=True)
    }


def test_who_takes_everything_is_one_team():
    assert found_in(log_of(["abc"] * 5, 600)) == {"agents": {"alpha", "beta", "gamma"}}


def test_teams_that_made_a_log_are_found_again():
    found = found_in(log_of(["abc", "abc", "ab", "ab", "ac", "c"], 3_000))

    assert found == {
        "agents": {"alpha", "beta", "gamma"},
        "not-gamma": {"alpha", "beta"},
        "not-beta": {"alpha", "gamma"},
        "only-gamma": {"gamma"},
    }


def test_an_agent_of_whom_little_is_known_may_take_everything():
    log = log_of(["ab", "abc", "abc"], 12)

    assert list(found_in(log)) == ["agents"]


@pytest.mark.parametrize("seed", range(5))
def test_chance_alone_makes_no_teams(seed: int):
    """Thirty agents and three queues: ninety chances to be wrong, each of less than one in a thousand."""
    assert len(found_in(log_of(["abc"] * 30, 3_000, seed))) == 1


def test_there_are_never_more_teams_than_a_planner_can_read(monkeypatch: pytest.MonkeyPatch):
    log = log_of(["a", "b", "c", "ab", "ac", "bc", "abc"] * 3, 6_000)

    assert len(teams(log).names) == 7
    monkeypatch.setattr("sim.analysis.fit.teams.MOST", 4)
    joined = teams(log)
    assert len(joined.names) == len(joined.takes) == 4
    assert set(joined.of_agent.tolist()) == {0, 1, 2, 3}


def test_a_team_that_is_away_has_nobody_though_the_one_that_is_there_has_had_more_than_its_own():
    by_team = np.array([[0.5, 0.5, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0]])

    assert whole_agents(by_team, np.ones(4)).tolist() == [[1, 1, 1, 1], [0, 0, 0, 0]]


@given(
    st.lists(st.lists(st.floats(0, 6), min_size=8, max_size=8), min_size=1, max_size=5),
)
def test_whole_agents_are_as_many_as_there_were_in_all_and_nearly_so_in_each_team(rows: list[list[float]]):
    by_team = np.array(rows)
    whole = whole_agents(by_team, np.zeros(8))

    assert (whole.sum(axis=0) == (by_team.sum(axis=0) + 0.5).astype(int)).all()
    assert (whole[by_team == 0] == 0).all()
    present = (by_team > 0).all(axis=1)
    if present.all():
        # What was rounded off is never more than a little, however long the day.
        assert (np.abs(whole.sum(axis=1) - by_team.sum(axis=1)) < len(rows) + 4).all()
