"""Asterisk's queue_log: who was there is what its events say, breaks apart; calls that move on are calls there too."""

import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.presence import presence
from sim.analysis.fit.reading import read_logs

NINE = 1_772_438_400  # 2026-03-02 09:00 in Berlin


def read(*events: str) -> CallLog:
    columns = format_columns("asterisk-queue-log", zone="Europe/Berlin")
    text = "\n".join(events)
    return read_logs([Source.of(text.encode(), "queue_log")], columns, format_name="asterisk-queue-log")


def call(at: int, uid: str, agent: str = "PJSIP/ana") -> list[str]:
    return [
        f"{at}|{uid}|sales|NONE|ENTERQUEUE||+4930|1",
        f"{at + 5}|{uid}|sales|{agent}|CONNECT|5|x|2",
        f"{at + 65}|{uid}|sales|{agent}|COMPLETEAGENT|5|60|1",
    ]


def test_presence_is_what_members_and_pauses_say():
    log = read(
        f"{NINE}|NONE|sales|PJSIP/ana|ADDMEMBER|",
        *call(NINE + 600, "1"),
        f"{NINE + 3600}|NONE|sales|PJSIP/ana|PAUSE|lunch",
        f"{NINE + 5400}|NONE|sales|PJSIP/ana|UNPAUSE|",
        *call(NINE + 6000, "2"),
        f"{NINE + 9000}|NONE|sales|PJSIP/ana|REMOVEMEMBER|",
    )
    there = presence(log)

    assert there.present[0, 18:24].tolist() == [1, 1, 0, 1, 1, 0]


def test_events_of_some_agents_only_are_no_presence():
    log = read(
        f"{NINE}|NONE|sales|PJSIP/ben|ADDMEMBER|",
        *call(NINE + 600, "1"),
        f"{NINE + 9000}|NONE|sales|PJSIP/ben|REMOVEMEMBER|",
    )

    assert presence(log).present.sum() < 1


def test_a_call_that_times_out_into_another_queue_is_a_call_in_both():
    log = read(
        f"{NINE}|1|sales|NONE|ENTERQUEUE||+4930|1",
        f"{NINE + 60}|1|sales|NONE|EXITWITHTIMEOUT|1|1|60",
        f"{NINE + 61}|1|help|NONE|ENTERQUEUE||+4930|1",
        f"{NINE + 70}|1|help|PJSIP/ana|RINGNOANSWER|15000",
        f"{NINE + 91}|1|help|PJSIP/ben|CONNECT|30|x|2",
        f"{NINE + 151}|1|help|PJSIP/ben|BLINDTRANSFER|200|in|30|60|1",
    )

    assert log.queues == ("help", "sales")
    assert log.wait.tolist() == [60, 30]
    assert (log.overflowed.tolist(), log.answered.tolist()) == ([True, False], [False, True])
    assert log.service[1] == 60
    assert int(log.abandoned.sum()) == 0


def test_events_of_one_second_in_any_order_are_one_call():
    enter, connect, over = call(NINE, "1")
    at_once = [line.replace(str(NINE + 5), str(NINE)) for line in (connect, enter, over)]

    assert read(*at_once).wait.tolist() == [0]


def test_what_is_no_queue_log_is_refused():
    with pytest.raises(BadInput, match="holds no ENTERQUEUE"):
        read(f"{NINE}|NONE|NONE|NONE|QUEUESTART|")
    with pytest.raises(BadInput, match="its first column is no time"):
        read("yesterday|1|sales|NONE|ENTERQUEUE||+4930|1")
