"""The service dies, the proxy dies: no caller hangs in the air, no report is lost."""

import pytest

from tests.telephony.network import Network, until

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
