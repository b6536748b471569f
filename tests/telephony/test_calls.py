"""Calls through a real proxy: connected, waiting, missed, abandoned, in the order the engine says."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.telephony.network import Network, until

pytestmark = pytest.mark.ci


def test_a_call_is_connected_to_the_agent_whom_the_engine_chose_and_completed(net: Network):
    net.agent("ana", net.phone("ana"))
    said = net.call(talk_ms=1_200).done()
    (offered,), (ended,) = net.wait_for("CallOffered"), net.wait_for("CallCompleted")
    (connected,) = net.events("CallConnected")

    assert [line.partition(" ")[2] for line in said] == ["answered sip:ana"]
    assert offered["agent_id"] == ended["agent_id"] == "ana"
    assert ended["connected_at"] == connected["at"]
    assert 1_000 <= ended["at"] - ended["connected_at"] < 10_000
    until(lambda: net.state("ana") == "available", "ana is free again")
    assert net.ask("/calls")["calls"] == []


def test_a_caller_waits_on_182_and_is_connected_when_an_agent_becomes_free(net: Network):
    phone = net.phone("ana")
    caller = net.call(talk_ms=300)
    net.wait_for("CallQueued")
    until(lambda: caller.heard(182) >= 2, "the proxy has looked once more; the next look is a minute away")
    begun = len(net.events())
    net.agent("ana", phone)
    said = caller.done()
    net.wait_for("CallCompleted")

    assert said[-1].endswith("answered sip:ana")
    assert [e["is"] for e in net.events()[begun:]] == ["AgentLoggedIn", "CallOffered", "CallConnected", "CallCompleted"]


def test_a_call_id_that_is_longer_than_a_name_may_be_is_routed_like_any_other(net: Network):
    long = f"%u-%p-{'x' * 300}@%s"
    net.call(scenario="gives_up", call_id=long).done()
    net.wait_for("CallAbandoned")
    waiting = net.call(call_id=long, talk_ms=300)
    net.wait_for("CallQueued", 2)
    net.agent("ana", net.phone("ana"))
    said = waiting.done()
    net.wait_for("CallCompleted")

    assert said[-1].endswith("answered sip:ana")
    assert net.ask("/calls")["calls"] == []


def test_a_caller_who_waits_long_hears_182_again_and_again(build):
    with build(extra="#!define OUTAGE_S 10\n#!define REMIND_S 1\n") as net:
        caller = net.call()
        until(lambda: caller.heard(182) >= 5, "182 is said five times")
        net.agent("ana", net.phone("ana"))

        assert caller.done()[-1].endswith("answered sip:ana")
        net.wait_for("CallCompleted")


def test_an_offer_that_nobody_answers_goes_to_the_next_agent_and_the_caller_stays(net: Network):
    net.agent("ana", net.phone("ana", "nobody_answers"))
    until(lambda: net.state("ana") == "available", "ana is first")
    net.agent("bob", net.phone("bob"))
    said = net.call().done()
    net.wait_for("CallCompleted")

    assert [line.partition(" ")[2] for line in said] == ["answered sip:bob"]
    assert [(e["agent_id"], e["end"]) for e in net.events("OfferEnded")] == [("ana", "no_answer")]
    assert [e["agent_id"] for e in net.events("CallOffered")] == ["ana", "bob"]
    assert net.state("ana") == "not_responding"


def test_a_busy_phone_and_one_that_is_not_there_are_passed_over(net: Network):
    net.agent("ana", net.phone("ana", "busy"))
    net.agent("eva", 9)
    net.agent("bob", net.phone("bob"))
    said = net.call().done()
    net.wait_for("CallCompleted")

    assert said[-1].endswith("answered sip:bob")
    assert [(e["agent_id"], e["end"]) for e in net.events("OfferEnded")] == [("ana", "busy"), ("eva", "unreachable")]


def test_a_caller_whom_every_agent_missed_waits_for_one_who_comes(net: Network):
    net.agent("ana", net.phone("ana", "busy"))
    caller = net.call()
    net.wait_for("OfferEnded")
    until(lambda: any(line.endswith("waits") for line in caller.log), "the caller is told to wait")
    net.agent("bob", net.phone("bob"))

    assert caller.done()[-1].endswith("answered sip:bob")
    net.wait_for("CallCompleted")


@pytest.mark.parametrize("rings", [True, False], ids=["while it rings", "while waiting"])
def test_a_caller_who_hangs_up_is_abandoned_and_the_agent_is_free(net: Network, rings: bool):
    if rings:
        net.agent("ana", net.phone("ana", "nobody_answers"))
    net.call(scenario="gives_up").done()
    net.wait_for("CallAbandoned")
    until(lambda: net.ask("/calls")["calls"] == [], "no call is left")

    assert [e["end"] for e in net.events("OfferEnded")] == (["caller_gone"] if rings else [])
    if rings:
        assert net.state("ana") == "available"
    assert net.events("CallFailed") == net.events("CallConnected") == []


def test_vip_overtakes_and_a_blacklisted_caller_waits_behind_everyone(net: Network):
    net.ask("/customers", {"number": "+442079460001", "tier": "vip"})
    net.ask("/customers", {"customer_id": "C-9", "number": "+442079460009"})
    review = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    net.ask("/blacklist", {"customer_id": "C-9", "reason": "threatened two agents", "review_at": review})
    callers = []
    for n, number in enumerate(["+442079460009", "+442079460005", "+442079460001"], start=1):
        callers.append(net.call(number))
        net.wait_for("CallQueued", n)
    net.agent("ana", net.phone("ana"))
    for caller in callers:
        assert caller.done()[-1].endswith("answered sip:ana")
    net.wait_for("CallCompleted", 3)

    assert [e["tier"] for e in net.events("CallConnected")] == ["vip", "standard", "blacklisted"]


def test_an_offer_that_the_service_takes_back_stops_ringing(net: Network):
    net.agent("ana", net.phone("ana", "nobody_answers"))
    caller = net.call()
    net.wait_for("CallOffered")
    net.ask("/agents/ana/state", {"state": "logged_out"})
    until(lambda: any(line.endswith("waits") for line in caller.log), "the caller waits again")
    net.agent("bob", net.phone("bob"))

    assert caller.done()[-1].endswith("answered sip:bob")
    assert [e["end"] for e in net.events("OfferEnded")] == ["agent_gone"]


def test_a_caller_whom_the_service_withdraws_is_refused(net: Network):
    caller = net.call()
    call_id = net.wait_for("CallQueued")[0]["call_id"]
    until(lambda: any(line.endswith("waits") for line in caller.log), "the caller waits")
    net.ask(f"/calls/{call_id}:withdraw", {"reason": "prank"})

    assert caller.done()[-1].endswith("refused")
    assert net.events("CallFailed") == []


def test_a_stranger_is_not_let_in(net: Network):
    net.kill_proxy()
    net.trusted = "^192\\.0\\.2\\."
    net.start_proxy(says=b"SIP/2.0 403")

    assert net.call().done()[-1].endswith("refused")
    assert net.events("CallQueued") == []


def test_a_caller_who_waits_is_told_how_many_are_before_them(net: Network):
    first = net.call()
    until(lambda: first.heard(182), "one waits")
    second = net.call("+15550101")
    until(lambda: second.heard(182), "and another")

    assert "182 Queued, 0 before you" in first.messages
    assert "182 Queued, 1 before you" in second.messages
