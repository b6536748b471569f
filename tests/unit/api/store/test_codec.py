"""Commands and events as lines: the quick way writes what the journal's own format is."""

import json

import pytest

from api.store.codec import read_command, read_event, write_line
from callcenter.commands import AdmitCall, AdoptCentre, EndCall
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.ids import AgentId, CallId
from routing.journal import to_plain
from sim.run.driver import Day


@pytest.fixture(scope="module")
def day() -> Day:
    return Day(load_scenario("flash-callback", ["horizon.days=1"]), 0, keep_journal=True).run()


def test_every_event_of_a_day_is_written_as_the_journal_has_it_and_read_back(day: Day):
    some = {type(event): event for event in day.history}
    assert len(some) > 8
    for event in some.values():
        assert json.loads(write_line(event)) == to_plain(event)
        assert read_event(write_line(event)) == event


def test_every_command_of_a_day_is_read_back(day: Day):
    assert day.journal is not None
    some = {type(command): command for _, command in day.journal}
    for command in (*some.values(), AdoptCentre(day.scenario.centre)):
        assert json.loads(write_line(command)) == to_plain(command)
        assert read_command(write_line(command)) == command


def test_levels_and_tuples_come_back_as_they_went():
    call = AdmitCall(CallId("größe 🙂\x00"), "sales", skills=(("english", 2),), preferred=(AgentId("ana"),))

    assert read_command(write_line(call)) == call


@pytest.mark.parametrize("line", ["", "{", "[]", '"EndCall"', '{"is":"Nothing"}', '{"is":"EndCall","x":1}'])
def test_what_is_no_command_is_refused(line: str):
    with pytest.raises(BadInput):
        read_command(line)


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(BadInput, match="EndCall"):
        write_line(EndCall(CallId("\ud800")))
