"""Days gone by, told by their events in a child process, so that a week of calls never shares the live engine's loop.

`python -m api.jobs.past_days` reads what is asked from standard input (an address has a password: not for `ps`), and
writes the figures of `api.state.tier_shares` to standard output. It never writes to the database.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any, Final

from api.errors import Unavailable
from api.state.board import Board
from api.state.records import TaskLine
from api.state.tier_shares import Seen
from api.store.open import reading
from api.store.store import Store
from callcenter.errors import BadInput
from callcenter.language.said import packed, said, text_of, unpacked
from callcenter.units import DAY

PAGE_SIZE: Final = 5_000
MOST_EVENTS: Final = 3_000_000
"""More is a matter of minutes: whoever asks is told to ask for less."""
PATIENCE_S: Final = 120.0
WRONG_INPUT: Final = 2


class _Leaving(dict[str, TaskLine]):
    """Tasks that are told of when they are forgotten: a board remembers a day."""

    def __init__(self, leave: Callable[[TaskLine], None]) -> None:
        super().__init__()
        self._leave: Callable[[TaskLine], None] = leave

    def pop(self, key: str, default: Any = None) -> Any:
        """Take `key` out, and tell of it."""
        if key in self:
            self._leave(self[key])
        return super().pop(key, default)


def seen(store: Store, limits: dict[str, int], begin: int, until: int, now: int) -> dict[str, Any]:
    """Return the figures of calls queued and tasks made from `begin` to before `until`, by the events that are kept.

    Raises:
        BadInput: there are too many events.
    """
    found: Any = store.connection.execute("SELECT min(seq) FROM events WHERE at >= ?", (begin,))
    first = found[0][0]
    # What became of a call may be told hours later; of a day later nothing is to be expected.
    found = store.connection.execute("SELECT max(seq) FROM events WHERE at < ?", (until + DAY,))
    last = found[0][0]
    adding = Seen(limits, begin, until, now)
    if first is None or last is None:
        return adding.told()
    if last - first > MOST_EVENTS:
        raise BadInput(
            "from: there are {last:,} events since then, {most_events:,} at most: ask for less",
            last=last - first,
            most_events=MOST_EVENTS,
        )
    board = Board(forget=adding.call)
    board.tasks = _Leaving(adding.task)
    board.seq = after = first - 1
    while after < last and (events := store.events_after(after, min(PAGE_SIZE, last - after))):
        after = events[-1].seq
        board.fold(events)
    for line in board.calls.values():
        adding.call(line)
    for task in board.tasks.values():
        adding.task(task)
    return adding.told()


async def seen_beside(address: str, limits: dict[str, int], begin: int, until: int, now: int) -> dict[str, Any]:
    """Let a child process read the events, and return the figures.

    Raises:
        BadInput: there are too many events.
        Unavailable: the child did not succeed in time.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.jobs.past_days", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    asked = json.dumps({"address": address, "limits": limits, "begin": begin, "until": until, "now": now})
    try:
        async with asyncio.timeout(PATIENCE_S):
            answered, complained = await child.communicate(asked.encode())
    except TimeoutError:
        raise Unavailable(
            said("the events were not read in {seconds:.0f} s: ask for a shorter time", seconds=PATIENCE_S)
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        if child.returncode == WRONG_INPUT:
            raise BadInput(unpacked(json.loads(answered)))
        last = complained.decode(errors="replace").strip()[-300:]
        raise Unavailable(said("the events could not be read: {why}", why=last))
    figures: dict[str, Any] = json.loads(answered)
    return figures


def main() -> int:
    """Read what is asked, and write the figures."""
    os.nice(5)  # calls come first
    asked = json.loads(sys.stdin.read())
    address = asked.pop("address")
    try:
        with reading(address) as store:
            found = seen(store, **asked)
    except BadInput as bad:
        sys.stdout.write(json.dumps(packed(text_of(bad))))
        return WRONG_INPUT
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
