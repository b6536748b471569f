"""A telephone loses power in a call: it says nothing any more, and nobody is held by it for hours."""

import pytest

from tests.telephony.network import until

STILL_THERE = "#!define OUTAGE_S 120\n#!define REMIND_S 60\n#!define STILL_THERE_S 30\n"
"""Kamailio asks no oftener than every 30 s."""


@pytest.mark.ci
def test_whoever_vanishes_without_a_word_ends_the_talk_for_the_other_side_and_for_the_service(build):
    """A caller and an agent vanish at once, and a third talk goes on."""
    with build(extra=STILL_THERE) as net:
        callers = []
        for n, name in enumerate(("ana", "bob", "cat")):
            net.agent(name, net.phone(name))
            callers.append(net.call(f"+1555010{n}", talk_ms=600_000, patience_s=600))
            net.wait_for("CallConnected", n + 1)
        ana, bob, cat = net.phones[::2]
        talks = {event["agent_id"]: event["call_id"] for event in net.events("CallConnected")}
        callers[0].vanish()
        bob.vanish()
        ended = net.wait_for("CallCompleted", 2, patience_s=180)
        until(lambda: ana.asked("BYE") and callers[1].asked("BYE"), "those who were left hear of it")

        assert {event["call_id"] for event in ended} == {talks["ana"], talks["bob"]}
        assert net.state("ana") == "available"
        assert cat.asked("OPTIONS"), "who is there was asked"
        assert not cat.asked("BYE"), "who answers talks on"


@pytest.mark.slow
def test_a_caller_who_vanished_while_waiting_costs_an_agent_minutes_not_hours(build):
    """Nobody can ask a telephone that waits whether it is there: that shows when an agent answers, and no ACK comes."""
    with build(extra=STILL_THERE) as net:
        caller = net.call()
        until(lambda: caller.log, "the caller waits")
        caller.vanish()
        net.agent("ana", net.phone("ana"))
        net.wait_for("CallConnected")
        net.wait_for("CallCompleted", patience_s=300)

        assert net.state("ana") == "available"
