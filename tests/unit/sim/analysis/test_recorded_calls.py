"""A recorded day replayed: the same calls reach the desk, and a bad log is refused in one line."""

from dataclasses import replace

import pytest

from callcenter.config import load_scenario
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from callcenter.scenario import RecordedCall, Retrial
from callcenter.units import DAY, HOUR
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_log
from sim.analysis.recorded_calls import iso, replay_ours
from sim.analysis.recorded_calls import replay as replay_log
from sim.experiment.replicate import run
from sim.report.calls import call_csv
from sim.results.call_table import NOTHING

FIRST = load_scenario("first-steps")
NOON = """arrived,queue,tier,customer,talk_s
2026-03-03T12:00:00,hotline,vip,c7,60
2026-03-02T12:00:00.250+00:00,,,,
"""
MAP = """
version: 1
arrival: {column: came, as: iso}
wait: {column: waited}
service: {column: talked}
outcome: {column: end, answered: [A], abandoned: [B]}
tier: {column: class, values: {V: vip}, default: standard}
"""


def replay(scenario, data: bytes, source: str, columns: str | None = None, columns_source: str = ""):
    """Replay a file in memory."""
    if columns is None:
        return replay_ours(scenario, [Source.of(data, source)])
    log = read_log(data, read_columns(columns, columns_source), source)
    return replay_log(scenario, log, source, columns_source)


def test_calls_come_when_and_as_the_log_says():
    found = replay(FIRST, NOON.encode(), "log.csv")

    assert found.recorded == (
        RecordedCall(12 * HOUR + 250, "hotline", "standard"),
        RecordedCall(DAY + 12 * HOUR, "hotline", "vip", "c7", 60.0),
    )
    assert (found.horizon.first_day, found.horizon.days) == (20514, 2)
    assert found.streams == ()


def test_what_out_writes_can_be_replayed_call_for_call():
    lived = run(replace(FIRST, replications=1), keep_records=True)
    calls = lived.figures[0].calls
    assert calls is not None
    again = replay(FIRST, "".join(call_csv(calls)).encode(), "calls.csv")
    copy = run(replace(again, replications=1), keep_records=True).figures[0].calls

    assert copy is not None
    for column in ("queued", "queue", "tier"):
        assert getattr(copy, column).tolist() == getattr(calls, column).tolist()
    both = (calls.talk != NOTHING) & (copy.talk != NOTHING)
    assert both.sum() > 100
    assert (calls.talk[both] == copy.talk[both]).all()


def test_nobody_of_a_log_rings_again():
    eager = replace(FIRST, retrials=(("abandoned", Retrial(1.0, FIRST.handling[0].law)),))

    assert replay(eager, NOON.encode(), "log.csv").retrials == ()


def test_any_log_can_be_read_through_a_column_map():
    log = "came,waited,talked,end,class\n2026-03-02 10:00:00,3,40,A,V\n2026-03-02 10:01:00,9,,B,\n"
    found = replay(FIRST, log.encode(), "pbx.csv", MAP, "map.yaml")

    assert [(c.at, c.tier, c.handling_s) for c in found.recorded] == [
        (10 * HOUR, "vip", 40.0),
        (10 * HOUR + 60_000, "standard", None),
    ]


@pytest.mark.parametrize(
    "log, says",
    [
        ("", "is empty"),
        ("arrived\n", "holds no call"),
        ("when,tier\n1,vip\n", "has no column 'arrived'"),
        ("arrived,tier\n2026-03-02T09:00:00,vpi\n", r"log\.csv:2: there is no tier 'vpi', did you mean vip\?"),
        ("arrived,queue\n2026-03-02T09:00:00,desk\n", r"log\.csv:2: there is no queue 'desk'"),
        ("arrived\nyesterday\n", r"log\.csv:2: arrived is no time"),
        ("arrived,talk_s\n2026-03-02T09:00:00,-1\n", r"log\.csv:2: talk_s is no number"),
        ("arrived,talk_s\n2026-03-02T09:00:00,nan\n", r"log\.csv:2: talk_s is no number"),
        ("arrived\n2026-03-02\n2062-03-02\n", "is a date mistyped"),
    ],
)
def test_a_bad_log_is_refused_with_its_line(log: str, says: str):
    with pytest.raises(BadInput, match=says):
        replay(FIRST, log.encode(), "log.csv")


def test_a_queue_of_the_map_that_the_centre_lacks_is_refused():
    two = load_scenario("bank-abc-dedicated")
    log = "came,waited,talked,end,class\n2026-03-02 10:00:00,3,40,A,V\n"

    with pytest.raises(BadInput, match=r"there is no (queue|tier) .*map its values in map\.yaml"):
        replay(two, log.encode(), "pbx.csv", MAP, "map.yaml")


def test_calls_without_talk_time_need_a_law():
    mute = replace(FIRST, handling=())

    with pytest.raises(BadInput, match="no handling time"):
        replay(mute, NOON.encode(), "log.csv")


def test_local_times_carry_their_offset():
    zone = load_scenario("telecom-hotline").centre.zone

    assert iso(zone, 1_772_409_600_001) == "2026-03-02T08:00:00.001+08:00"
