"""What a key may access: the sources whose calls it may touch, and the groups whose agents.

A telephony system's key is bound to its sources, so that a mistaken or stolen one cannot hang up another's calls; it
may be bound to groups of agents too. The endpoint asks here for every operation, by what the address and the body name.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from starlette.requests import Request

from api.auth.keys import Key
from api.errors import Forbidden
from api.state.board import Board
from callcenter.centre import Centre
from callcenter.language.said import said


class Asked(Protocol):
    """What a request names."""

    @property
    def request(self) -> Request:
        """Its address and query string."""
        ...

    @property
    def body(self) -> Any:
        """The checked model, or None."""
        ...


def check_reach(key: Key, ask: Asked, board: Board, centre: Centre) -> None:
    """Refuse what names a call of another source, or an agent of another group.

    Raises:
        Forbidden: the key is bound to others.
    """
    if key.waits_for_source:
        source = getattr(ask.body, "source", None)
        if isinstance(source, str):
            bind(key, source)
    if not key.reaches_all_sources:
        for source in _sources(ask, board):
            check_source(key, source)
    if key.groups:
        agent_id = ask.request.path_params.get("agent_id")
        if agent_id is not None:
            _check_group(key, board, centre, str(agent_id), getattr(ask.body, "group", None))


def check_source(key: Key, source: str) -> None:
    """Refuse a source that the key is not bound to.

    Raises:
        Forbidden: it is bound to others, or to none yet.
    """
    if key.reaches_all_sources or source in key.sources:
        return
    whose = _listed(key.sources) if key.sources else said("no source yet (the first call it posts binds it)")
    raise Forbidden("this key is for calls of {whose}, and this one is of {source}", whose=whose, source=source)


def bind(key: Key, source: str) -> None:
    """Bind a key that waits for it to its first source; the store hears of it with the key's last use."""
    key.sources, key.waits_for_source = frozenset((source,)), False


def _sources(ask: Asked, board: Board) -> Iterator[str]:
    """Yield the sources of all that a request names; of what nobody knows any more the route itself tells."""
    named, body = ask.request.path_params, ask.body
    if body is not None:
        yield from _said(getattr(body, "source", None))
        for one in getattr(body, "events", None) or ():
            yield from _said(one.get("source"))
            yield from _of_call(board, one.get("call_id"))
        yield from _of_call(board, getattr(body, "call_id", None))
    yield from _of_call(board, named.get("call_id"))
    for name in ("offer_id", "callback_id"):
        yield from _of_call(board, _call_of(named.get(name)))
    if "source" in ask.request.query_params:
        yield ask.request.query_params["source"]


def _said(source: object) -> Iterator[str]:
    if isinstance(source, str):
        yield source


def _of_call(board: Board, call_id: object) -> Iterator[str]:
    line = board.call(call_id) if isinstance(call_id, str) else None
    if line is not None and line.source is not None:
        yield line.source


def _call_of(name: object) -> str | None:
    """Return the call that an offer or a callback is of: CALL/o3, CALL/cb, CALL/cb/o1."""
    return name.partition("/")[0] if isinstance(name, str) else None


def _check_group(key: Key, board: Board, centre: Centre, agent_id: str, wished: str | None) -> None:
    line = board.agents.get(agent_id)
    group = line.group if line is not None else wished or _named_group(centre, agent_id)
    for one in (group, wished):
        if one is not None and one not in key.groups:
            raise Forbidden(
                "this key is for agents of {groups}, and {agent_id} is of {other}",
                groups=_listed(key.groups),
                agent_id=agent_id,
                other=one,
            )


def _named_group(centre: Centre, agent_id: str) -> str | None:
    named = next((agent.group for agent in centre.agents if agent.id == agent_id), None)
    return named if named is not None or len(centre.groups) > 1 else centre.groups[0].name


def _listed(names: frozenset[str]) -> str:
    return " or ".join(sorted(names)[:5]) + (" …" if len(names) > 5 else "")


def without_others_tokens(key: Key, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer about a call without the token of an offer that another agent has.

    Telephony systems see those of their own sources' calls, supervisors all: they carry offers out.
    """
    offer = answer.get("offer")
    if not offer or key.agent_id in (None, offer["agent_id"]) or key.may("telephony") or key.may("supervisor"):
        return answer
    return answer | {"offer": offer | {"token": None}}
