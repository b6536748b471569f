"""Keys, shares and tokens."""

import pytest

from api.auth.keys import Access, Key, Tokens, check_agent, check_scope
from api.errors import Forbidden, RateLimited, Unauthorized
from callcenter.units import Millis


def _made(**more):
    access = Access(rate_per_s=1, burst=2)
    key, text = access.make(["telephony"], Millis(0), **more)
    access.add(key)
    return access, key, text


def test_a_key_is_stored_without_its_secret_and_read_back():
    _, key, text = _made(name="pbx", agent_id="ana", expires_at=9)

    assert text.split("_", 2)[2] not in str(key.row())
    assert Key.of_row(key.row()).row() == key.row()


def test_a_key_may_come_in_either_header():
    access, key, text = _made()

    assert access.admit(None, text, Millis(0)) is key
    assert access.admit(f"bearer {text}", None, Millis(0)) is key


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "x", lambda t: "cx" + t[2:], lambda t: t.upper()])
def test_a_key_that_is_nearly_right_is_none(change):
    access, _, text = _made()

    with pytest.raises(Unauthorized):
        access.admit(None, change(text), Millis(0))


def test_a_share_fills_again_with_time():
    access, _, text = _made()
    for _ in range(2):
        access.admit(None, text, Millis(0))
    with pytest.raises(RateLimited):
        access.admit(None, text, Millis(999))
    access.admit(None, text, Millis(1_999))


def test_admin_is_every_scope_and_an_agents_key_is_theirs_alone():
    check_scope(Key("1", "", frozenset({"admin"})), ("metrics",))
    check_agent(Key("1", "", frozenset(), agent_id="ana"), "ana")
    with pytest.raises(Forbidden):
        check_scope(Key("1", "", frozenset({"agent"})), ("telephony", "supervisor"))
    with pytest.raises(Forbidden):
        check_agent(Key("1", "", frozenset(), agent_id="ana"), "ben")


def test_a_token_is_its_offers_own():
    tokens = Tokens()

    assert tokens.fits("c1/o1", tokens.of("c1/o1"))
    assert not tokens.fits("c1/o2", tokens.of("c1/o1"))
    assert not tokens.fits("c1/o1", "ünfit")
    assert Tokens().of("c1/o1") != tokens.of("c1/o1")
