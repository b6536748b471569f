"""Browser sessions to the millisecond: when one is over, what is kept of it, and which of too many gives way."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from api.auth import sessions
from api.auth.keys import Access, Key
from api.auth.sessions import INVITED, Sessions, idle_and_longest
from api.errors import Unauthorized
from api.settings import Settings
from api.store.changes import Delete, Row, Update
from callcenter.errors import CallCenterError
from callcenter.units import Millis

IDLE, LONGEST = 1_000, 5_000


class Kept:
    """A live engine of which sessions need a clock and a store."""

    def __init__(self) -> None:
        self.at = Millis(0)
        self.rows: dict[object, dict[str, Any]] = {}
        self.hangs = False

    def now(self) -> Millis:
        return self.at

    async def keep(self, *changes: object) -> None:
        if self.hangs:
            raise CallCenterError("the store hangs")
        for change in changes:
            match change:
                case Row("sessions", row):
                    self.rows[row["id"]] = dict(row)
                case Delete("sessions", where):
                    del self.rows[where["id"]]
                case Update("sessions", new, where):
                    self.rows[where["id"]] |= new

    async def find(self, table: str, limit: int) -> Sequence[dict[str, Any]]:
        return [*self.rows.values()][:limit]


def made(*keys: Key) -> tuple[Kept, Sessions]:
    live = Kept()
    return live, Sessions(live, Access(keys), idle=IDLE, longest=LONGEST)  # type: ignore[arg-type]


def key(name: str = "k") -> Key:
    return Key(name, "", frozenset({"supervisor"}))


def signed_in(live: Kept, found: Sessions, cookie: str, at: int) -> bool:
    live.at = Millis(at)
    try:
        found.key_of(cookie, live.at)
    except Unauthorized:
        return False
    return True


def test_how_long_sessions_last_is_set_in_seconds():
    settings = Settings(session_idle_s=90, session_s=1_200)

    assert idle_and_longest(settings) == {"idle": 90_000, "longest": 1_200_000}


def test_a_session_lasts_until_nobody_has_used_it_for_so_long_and_no_longer_than_a_shift():
    live, found = made(key())
    idle = asyncio.run(found.begin(key(), "key"))
    assert signed_in(live, found, idle, IDLE)
    assert not signed_in(live, found, idle, 2 * IDLE + 1)

    begun = live.at
    busy = asyncio.run(found.begin(key(), "key"))
    assert all(signed_in(live, found, busy, begun + at) for at in range(IDLE, LONGEST + 1, IDLE))
    assert not signed_in(live, found, busy, begun + LONGEST + 1)


@pytest.mark.parametrize(("at", "good"), [(INVITED, True), (INVITED + 1, False)])
def test_a_link_signs_in_once_until_its_hour_is_over(at: int, good: bool):
    live, found = made()
    secret = found.invite(mine := key())
    live.at = Millis(at)

    if good:
        assert found.redeem(secret) is mine
    with pytest.raises(Unauthorized):
        found.redeem(secret)


def test_a_link_of_a_key_that_was_revoked_signs_nobody_in():
    _, found = made()
    gone = key()
    secret = found.invite(gone)
    gone.revoked_at = 0

    with pytest.raises(Unauthorized):
        found.redeem(secret)


def test_once_a_minute_uses_are_kept_and_what_is_over_is_cleared_away_and_nothing_else():
    live, found = made()
    used, idle, unused, revoked = (key(name) for name in ("used", "idle", "unused", "revoked"))

    async def run() -> None:
        for one in (used, idle, revoked):
            cookies[one.id] = await found.begin(one, "key")
        live.at = Millis(IDLE)
        cookies[unused.id] = await found.begin(unused, "key")
        found.key_of(cookies[used.id], live.at)
        found.key_of(cookies[revoked.id], live.at)
        revoked.revoked_at = IDLE
        live.at = Millis(IDLE + 1)
        await found.stop()

    cookies: dict[str, str] = {}
    asyncio.run(run())

    assert {row["key_id"]: row["seen_at"] for row in live.rows.values()} == {"used": IDLE, "unused": IDLE}
    assert {name: signed_in(live, found, cookie, IDLE + 1) for name, cookie in cookies.items()} == {
        "used": True, "idle": False, "unused": True, "revoked": False,
    }  # fmt: skip


def test_what_could_not_be_kept_is_kept_at_the_next_turn():
    live, found = made()
    cookie = asyncio.run(found.begin(key(), "key"))
    assert signed_in(live, found, cookie, 7)
    live.hangs = True
    asyncio.run(found.stop())
    live.hangs = False
    asyncio.run(found.stop())

    assert [row["seen_at"] for row in live.rows.values()] == [7]


def test_of_too_many_sessions_the_one_that_was_used_longest_ago_gives_way(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sessions, "MOST", 2)
    live, found = made()
    first = asyncio.run(found.begin(key("first"), "key"))
    live.at = Millis(1)
    second = asyncio.run(found.begin(key("second"), "key"))
    assert signed_in(live, found, first, 2)
    third = asyncio.run(found.begin(key("third"), "key"))

    assert [signed_in(live, found, cookie, 3) for cookie in (first, second, third)] == [True, False, True]
    assert {row["key_id"] for row in live.rows.values()} == {"first", "third"}


def test_after_a_restart_sessions_go_on_those_of_keys_that_are_gone_do_not():
    live, found = made()
    stays, goes = (asyncio.run(found.begin(key(name), "key")) for name in ("stays", "goes"))
    again = Sessions(live, Access([key("stays")]), idle=IDLE, longest=LONGEST)  # type: ignore[arg-type]
    asyncio.run(again.load())

    assert [signed_in(live, again, cookie, IDLE) for cookie in (stays, goes)] == [True, False]


def test_ending_all_sessions_of_a_key_leaves_those_of_others():
    live, found = made()
    mine, other = key("mine"), key("other")
    gone, also, stays = (asyncio.run(found.begin(one, "key")) for one in (mine, mine, other))
    asyncio.run(found.end_all(mine))

    assert [signed_in(live, found, cookie, 0) for cookie in (gone, also, stays)] == [False, False, True]
    assert [row["key_id"] for row in live.rows.values()] == ["other"]
