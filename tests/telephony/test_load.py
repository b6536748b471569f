"""Many calls at once through a real proxy: every caller is answered, every report arrives."""

import pytest

from api.state.call_ids import call_name
from tests.telephony.network import CENTRE, until

pytestmark = pytest.mark.ci
AGENTS, CALLS, RATE, TALK_MS = 16, 400, 20, 800


def test_twenty_calls_a_second_are_all_answered_and_all_accounted_for(build):
    with build(centre=CENTRE.replace("offer_timeout: 3s", "offer_timeout: 20s")) as net:
        phone = net.phone("desk")  # one program answers for all of them
        for n in range(AGENTS):
            net.agent(f"a{n}", phone)
        said = net.call(calls=CALLS, rate=RATE, talk_ms=TALK_MS, patience_s=120).done(120)
        net.wait_for("CallCompleted", CALLS)
        events = net.events()
        answered = {line.partition(" ")[0] for line in said if "answered" in line}
        connected = [e for e in events if e["is"] == "CallConnected"]

        assert len(answered) == len(connected) == CALLS
        assert {call_name("hashed", "kam", sip_id) for sip_id in answered} == {e["call_id"] for e in connected}
        assert [e for e in events if e["is"] in ("OfferEnded", "CallAbandoned", "CallFailed", "CallRejected")] == []
        assert len({e["agent_id"] for e in connected}) == AGENTS
        for agent in {e["agent_id"] for e in connected}:
            turns = [e["is"] for e in events if e.get("agent_id") == agent and "call_id" in e]
            assert turns == ["CallOffered", "CallConnected", "CallCompleted"] * (len(turns) // 3), "one call at a time"
        assert net.ask("/calls")["calls"] == []
        until(lambda: all(a["state"] == "available" for a in net.ask("/agents")["agents"]), "everyone is free")
