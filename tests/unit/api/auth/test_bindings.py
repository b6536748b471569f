"""Whose calls a key may touch, and for which agents it may speak: also of those who are not there."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.auth.bindings import check_reach, without_others_tokens
from api.auth.keys import Key
from api.errors import Forbidden
from api.state.board import Board
from callcenter import events as ev
from callcenter.centre import Agent, Centre, Group, Queue
from callcenter.ids import AgentId, CallId, ContactId
from callcenter.units import Millis

TWO = Centre("two", (Queue("q"),), (Group("desk"), Group("back")), agents=(Agent(AgentId("ana"), "desk"),))
ONE = Centre("one", (Queue("q"),), (Group("desk"),))


def ask(query: str | None = None, body: dict[str, object] | None = None, **path: str) -> Any:
    named = SimpleNamespace(path_params=path, query_params={} if query is None else {"source": query})
    return SimpleNamespace(request=named, body=None if body is None else SimpleNamespace(**body))


def reaches(key: Key, asked: Any, board: Board, centre: Centre = TWO) -> bool:
    try:
        check_reach(key, asked, board, centre)
    except Forbidden:
        return False
    return True


def of_groups(*groups: str) -> Key:
    return Key("k", "", frozenset({"agent"}), groups=frozenset(groups))


def of_sources(*sources: str) -> Key:
    return Key("k", "", frozenset({"telephony"}), sources=frozenset(sources))


def board_with(source: str | None) -> Board:
    board = Board()
    board.fold([ev.CallQueued(Millis(1), 1, CallId("c1"), ContactId("c1"), "q", "standard", 0, 0, None)])
    board.fold([ev.AgentLoggedIn(Millis(2), 2, AgentId("ben"), "back")])
    line = board.call("c1")
    assert line is not None
    line.source = source
    return board


@pytest.mark.parametrize(
    ("agent", "wished", "group"),
    [
        ("ben", None, "back"),  # is there
        ("ana", None, "desk"),  # the centre names her
        ("cem", "back", "back"),  # signs in
        ("cem", None, None),  # nobody knows
    ],
)
def test_a_key_of_a_group_speaks_for_who_is_of_it_there_or_not(agent: str, wished: str | None, group: str | None):
    asked = ask(agent_id=agent, body={"group": wished})

    for mine in ("desk", "back"):
        assert reaches(of_groups(mine), asked, board_with("pbx")) is (group in (mine, None))
    assert reaches(of_groups("desk", "back"), asked, board_with("pbx"))


def test_where_there_is_one_group_who_is_not_named_is_of_it():
    assert reaches(of_groups("desk"), ask(agent_id="cem"), Board(), ONE)
    assert not reaches(of_groups("back"), ask(agent_id="cem"), Board(), ONE)


@pytest.mark.parametrize(
    "asked",
    [
        ask(call_id="c1"), ask(offer_id="c1/o1"), ask(callback_id="c1/cb"), ask(query="pbx"),
        ask(body={"source": "pbx"}), ask(body={"call_id": "c1"}), ask(body={"events": [{"call_id": "c1"}]}),
        ask(body={"events": [{"source": "pbx"}]}),
    ],
)  # fmt: skip
def test_a_call_is_reached_by_keys_of_its_source_wherever_it_is_named(asked: Any):
    assert reaches(of_sources("pbx"), asked, board_with("pbx"))
    assert not reaches(of_sources("trunk"), asked, board_with("pbx"))


def test_of_a_call_whose_source_nobody_knows_the_route_itself_tells():
    assert reaches(of_sources("pbx"), ask(call_id="c1"), board_with(None))
    assert reaches(of_sources("pbx"), ask(call_id="c9"), board_with(None))


def test_a_refusal_names_five_of_the_keys_groups_and_that_there_are_more():
    for count, said in ((5, "a or b or c or d or e,"), (6, "a or b or c or d or e …,")):
        with pytest.raises(Forbidden, match=said):
            check_reach(of_groups(*"abcdef"[:count]), ask(agent_id="ben"), board_with("pbx"), TWO)


def test_the_token_of_an_offer_is_for_its_agent_for_those_who_carry_it_out_and_for_no_other_agent():
    def token(**more: Any) -> object:
        asks = Key("k", "", **({"scopes": frozenset({"agent"})} | more))
        return without_others_tokens(asks, {"offer": {"agent_id": "ana", "token": "t"}})["offer"]["token"]

    carry_out = (frozenset({scope}) for scope in ("telephony", "supervisor", "admin"))
    assert (token(agent_id="ana"), token(agent_id="ben")) == ("t", None)
    assert [token(agent_id="ben", scopes=scopes) for scopes in carry_out] == ["t", "t", "t"]
    assert without_others_tokens(Key("k", "", frozenset({"agent"}), agent_id="ben"), {"offer": None}) == {"offer": None}
