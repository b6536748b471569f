"""The service dies, the proxy dies: no caller hangs in the air, no report is lost."""

import pytest

from tests.telephony.door import door
from tests.telephony.network import CENTRE, Network, until

pytestmark = pytest.mark.ci


def test_while_the_service_is_away_new_callers_get_503_at_once_and_reports_arrive_after_it_is_back(net: Network):
    net.agent("ana", net.phone("ana"))
    talking = net.call(talk_ms=4_000)
    net.wait_for("CallConnected")
    net.kill_service()
    refused = net.call(patience_s=5).done(5)
    talking.done()
    net.start_service()
    (ended,) = net.wait_for("CallCompleted")
    (connected,) = net.events("CallConnected")

    assert refused[-1].endswith("refused")
    assert ended["call_id"] == connected["call_id"]
    until(lambda: net.state("ana") == "available", "ana is free")
    assert net.call().done()[-1].endswith("answered sip:ana")


def test_a_call_that_the_service_does_not_take_is_told_why_in_the_proxys_log(build):
    with build(centre=CENTRE.replace("hotline:", "other:")) as net:
        said = net.call().done()
        log = net.proxy_log()

    assert said[-1].endswith("refused")
    assert "422 there is no queue 'hotline'" in log


def test_while_the_service_is_away_callers_can_go_elsewhere(build):
    with build() as net:
        net.kill_proxy()
        elsewhere = net.phone("reception")
        net.extra = (
            f'#!define FALLBACK_URI "sip:reception@127.0.0.1:{elsewhere}"\n'
            "#!define OUTAGE_S 1\n#!define REMIND_S 60\n"
        )  # fmt: skip
        net.start_proxy()
        waiting = net.call()
        net.wait_for("CallQueued")
        until(lambda: waiting.log, "the caller waits")
        net.kill_service()

        assert net.call().done()[-1].endswith("answered sip:reception")
        assert waiting.done()[-1].endswith("answered sip:reception"), "nobody waits for a program"
        net.start_service()
        net.wait_for("CallFailed")
        assert net.events("CallConnected") == []
        assert net.ask("/calls")["calls"] == []


def test_callers_go_on_waiting_over_a_short_restart_of_the_service(net: Network):
    caller = net.call()
    net.wait_for("CallQueued")
    until(lambda: caller.log, "the caller waits")
    net.kill_service()
    net.start_service()
    net.agent("ana", net.phone("ana"))

    assert caller.done()[-1].endswith("answered sip:ana")
    net.wait_for("CallCompleted")
    assert len(net.events("CallQueued")) == 1


def test_a_caller_is_asked_for_again_at_once_when_the_question_failed_that_the_bell_had_caused(build):
    """The bell rings once: whoever then finds the service busy must not wait for the next look, a minute away."""
    with build(centre=CENTRE.replace("3s", "60s")) as net, door(net.http_port) as (between, address):
        net.kill_proxy()
        net.through = address
        net.start_proxy()
        caller = net.call()
        until(lambda: caller.heard(182) >= 2, "the proxy has looked once more; the next look is a minute away")
        between.refuses["/v1/calls"] = 2
        net.agent("ana", net.phone("ana"))

        assert caller.done()[-1].endswith("answered sip:ana")
        assert between.refused["/v1/calls"] == 2
        assert [(e["agent_id"], e["end"]) for e in net.events("OfferEnded")] == []


def test_a_silent_service_is_asked_by_one_for_all_and_about_every_caller_when_it_is_back(build):
    with build(centre=CENTRE.replace("3s", "60s")) as net, door(net.http_port) as (between, address):
        net.kill_proxy()
        net.through = address
        net.start_proxy()
        callers = [net.call(f"+1555010{n}") for n in range(5)]
        until(lambda: all(one.heard(182) >= 2 for one in callers), "all wait, and were looked at once more")
        between.refuses |= dict.fromkeys(("/v1/events", "/v1/calls"), 1_000_000)
        silent_since = between.asked["/v1/events"]
        until(lambda: between.asked["/v1/events"] >= silent_since + 40, "it is silent a while")
        asked = between.asked["/v1/calls"]
        for name in ("ana", "bob", "cat", "dan", "eve"):
            net.agent(name, net.phone(name))
        net.wait_for("CallOffered", 5)
        assert between.asked["/v1/calls"] == asked, "nobody asks once for each caller"
        between.refuses.clear()

        assert all("answered sip:" in one.done()[-1] for one in callers)
        assert net.events("OfferEnded") == []


def test_after_a_restart_of_the_proxy_waiting_calls_are_closed_and_conversations_taken_over(net: Network):
    net.agent("ana", net.phone("ana"))
    talking = net.call(talk_ms=6_000)
    net.wait_for("CallConnected")
    net.call()
    net.wait_for("CallQueued", 2)
    net.kill_proxy()
    net.start_proxy()
    (closed,) = net.wait_for("CallFailed")
    (live,) = net.ask("/calls")["calls"]
    talking.done()
    (ended,) = net.wait_for("CallCompleted")

    assert closed["cause"] == "proxy_restarted"
    assert live["state"] == "connected"
    assert ended["call_id"] == live["call_id"]


def test_a_caller_whose_agent_fails_while_the_service_restarts_waits_for_it_like_the_others(net: Network):
    """One report that nobody takes is no reason to send a caller away whom the service will know again."""
    net.agent("ana", net.phone("ana", "nobody_answers"))
    caller = net.call()
    net.wait_for("CallOffered")
    until(lambda: caller.heard(180), "the phone rings")
    net.kill_service()
    until(lambda: caller.heard(182), "the phone has rung out, and the caller waits")
    net.start_service()
    (missed,) = net.wait_for("OfferEnded")
    net.agent("bob", net.phone("bob"))

    assert missed["end"] in ("system", "no_answer")
    assert caller.done()[-1].endswith("answered sip:bob")
    assert net.events("CallFailed") == []
