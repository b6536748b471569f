"""Which call a telephony system's name means: names come again, on some systems within the hour.

A name (source, external id) is one call's while that lives and for a guard time after its end. After that, or from
another caller, it is a new call's; what is said of the old one still reaches the old one.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from sys import intern
from typing import Final

from api.memory import give_back
from api.settings import Settings
from api.state.call_ids import call_name
from api.state.numbers import normalised
from api.state.ports import Commands, Live
from api.state.records import CallLine
from api.state.regions import region_in_force
from api.store.store import Store
from callcenter import commands as cmd
from callcenter.compact_memory import BloomFilter, checksum
from callcenter.errors import CallCenterError, UnknownCall
from callcenter.ids import CallId
from callcenter.language.said import said
from callcenter.units import HOUR, SECOND

LOG: Final = logging.getLogger("callcenter")
REUSED: Final = "id_reused"
"""The cause by which a call fails whose name another caller comes with: nobody has told us of its end."""
NOBODY: Final = 0
"""Stands for a caller who is not known."""
CLOCKS_AGREE_MS: Final = 2 * SECOND
"""Clocks that are kept by the network differ by less."""
LATEST_POST_MS: Final = HOUR
"""A call is posted no later than so long after it was received: whoever could not sooner has lost the caller."""
MOST_NAMES: Final = 400_000
PAGE_SIZE: Final = 2_000


def print_of(caller: str | None, region: str | None) -> int:
    """Return what a caller is compared by; it says nothing of the number, and is good in this process only."""
    number = normalised(caller, region)
    return NOBODY if number is None else hash(number) or 1


class CallNames:
    """The names that calls have now, those they had, and which names were never posted."""

    def __init__(self, live: Live, commands: Commands, settings: Callable[[], Settings]) -> None:
        self._live = live
        self._commands = commands
        self._settings = settings
        self._names: dict[tuple[str, str], str] = {}
        """(source, external id) → call, where its id does not follow from this: aliases, and names that came again."""
        self._posted = BloomFilter(MOST_NAMES)
        """Checksums of names."""
        self._all_posted = False
        """They are those of every name there is: what is not among them was never posted."""
        self._learning: asyncio.Task[None] | None = None
        """Reads the names that were posted before this service began."""

    def start(self) -> None:
        """Begin to read which names were posted before: who posts another one need not be looked up."""
        self._learning = asyncio.create_task(self._learn())

    async def stop(self) -> None:
        """Read no more."""
        if self._learning is not None:
            self._learning.cancel()
            with suppress(asyncio.CancelledError):
                await self._learning

    async def _learn(self) -> None:
        last, known = (0, "", ""), 0
        try:
            while True:
                names = await self._live.read(partial(_names_after, last))
                known += len(names)
                if known > MOST_NAMES // 2:
                    return
                for _, source, external_id in names:
                    self._posted.add(_sum_of((source, external_id)))
                if len(names) < PAGE_SIZE:
                    break
                last = names[-1]
        except CallCenterError as fault:
            LOG.warning("the names that were posted before are looked up one by one: %s", fault)
            return
        self._all_posted = True
        give_back()

    def put(self, source: str, external_id: str, call_id: str, caller: int | None = None) -> None:
        """Remember what a telephony system calls a call, when it is durable; its newest name is shown.

        `caller`: what the caller is compared by (`print_of`), where this is how the call came.
        """
        self._commands.when_durable(partial(self._put, source, external_id, call_id, caller))

    def _put(self, source: str, external_id: str, call_id: str, caller: int | None = None) -> None:
        name = (source, external_id)
        self._posted.add(_sum_of(name))
        if self._posted.marked > MOST_NAMES:
            self._all_posted = False
            self._posted = BloomFilter(MOST_NAMES)
        line = self._commands.board.call(call_id)
        if line is not None:
            if line.external_id not in (None, external_id):  # its old name does not lead to it any more
                self._remember((line.source or source, line.external_id or ""), call_id)
            line.source = intern(source)  # there are few, and each post brings its own text
            line.external_id = line.id if external_id == line.id else external_id
            if caller is not None:
                line.caller = caller
        if call_id != call_name(self._settings().call_ids, source, external_id):
            self._remember(name, call_id)

    def _remember(self, name: tuple[str, str], call_id: str) -> None:
        self._names[name] = call_id
        if len(self._names) > MOST_NAMES:
            for old in list(self._names)[: MOST_NAMES // 2]:
                del self._names[old]

    async def find(self, source: str, external_id: str, *, look: bool = False) -> str | None:
        """Return the call of this name, an alias included; `look`: into the store in any case."""
        name = (source, external_id)
        call_id = self._names.get(name)
        if call_id is not None:
            return call_id
        call_id = call_name(self._settings().call_ids, source, external_id)
        line = self._commands.board.call(call_id)
        # A call that lives has its name to itself.
        if line is not None and not line.ended and (line.source, line.external_id) == name:
            return call_id
        if look or not self._all_posted or _sum_of(name) in self._posted:
            rows = await self._live.find("natural_keys", {"source": source, "external_call_id": external_id}, limit=1)
            if rows:
                call_id = str(rows[0]["call_id"])
                self._put(source, external_id, call_id)
                return call_id
        return None

    async def is_another(self, line: CallLine, external_id: str, caller: str | None, received_at: int | None) -> bool:
        """Tell whether a post under the name of the call `line` is of another call.

        Args:
            line: The newest segment of the call that has the name.
            external_id: The name it comes under.
            caller: Who rings, as posted; None: it does not say, which is how things are asked about.
            received_at: When the telephony system got the call, if it says so.
        """
        lives = self._commands.board.lives(line.id)
        other = False
        if caller is not None:
            region = region_in_force(self._live, self._settings())
            was, is_now = await self._print_of_line(line), print_of(caller, region)
            # Of one who lives it takes two numbers: a number may come to be known, or be withheld, on the way.
            other = was != is_now and (not lives or NOBODY not in (was, is_now))
        if lives or other:
            return other
        assert line.ended_at is not None
        now = self._live.now()
        begun = next((segment.queued_at for segment in self._commands.board.segments(line.id)), line.queued_at)
        # What cannot be (seconds for milliseconds, a time without its zone) would make every new caller an old one.
        if received_at is not None and begun - LATEST_POST_MS <= received_at <= now + CLOCKS_AGREE_MS:
            return received_at > line.ended_at
        return now - line.ended_at >= self._settings().call_guard_s * SECOND

    async def _print_of_line(self, line: CallLine) -> int:
        if line.caller is None:  # posted before a restart
            where = {"call_id": line.id.partition("/s")[0], "source": line.source}
            rows = await self._live.find("call_details", where, limit=1)
            line.caller = print_of(str(rows[0]["caller"]), None) if rows and rows[0]["caller"] else NOBODY
        return line.caller

    async def give_up(self, line: CallLine, external_id: str) -> None:
        """See to a call whose name is another's from now on: one that lives, and has no newer name, must have ended."""
        if line.external_id != external_id:
            return
        for segment in self._commands.board.segments(line.id):
            if not segment.ended:
                await self._commands.tell(cmd.FailCall(CallId(segment.id), REUSED))

    async def meant(
        self, source: str, external_id: str, *, at: int | None = None, offer_id: str | None = None
    ) -> CallLine:
        """Return the call that a report is about; `at` and `offer_id` tell one that had the name before.

        Raises:
            UnknownCall: nothing was posted under this name, or it ended long ago.
        """
        call_id = await self.find(source, external_id)
        board = self._commands.board
        line = None if call_id is None else board.call(call_id)
        if call_id is None or line is None:
            raise UnknownCall(
                said("source {source} has posted no call {external_id}", source=source, external_id=external_id),
                source=source,
            )
        if call_id == call_name(self._settings().call_ids, source, external_id):
            return line  # the first of its name
        if offer_id is not None:
            of_offer = board.call(offer_id.rpartition("/o")[0].partition("/s")[0])
            return of_offer if of_offer is not None and of_offer.source == source else line
        begun = board.calls.get(call_id)
        if at is None or begun is None or at >= begun.queued_at:
            return line
        where = {"source": source, "external_call_id": external_id}
        for row in await self._live.find("call_details", where, order="-at", limit=10):
            before = self._commands.board.call(str(row["call_id"]))
            if before is not None and before is not line and before.ended_at is not None and at <= before.ended_at:
                return before
        return line


def _names_after(last: tuple[int, str, str], store: Store) -> list[tuple[int, str, str]]:
    return store.names_after(last, PAGE_SIZE)


def _sum_of(name: tuple[str, str]) -> int:
    return checksum("\0".join(name))
