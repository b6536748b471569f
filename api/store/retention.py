"""How long the journal's parts are kept: commands behind all snapshots, snapshots, events, idempotency keys.

All but `pruned` and `prunable` change rows in the caller's transaction.
"""

from typing import Any, Final

from api.store.connection import Connection
from api.store.rows import CommandRow
from callcenter.units import DAY, Millis

EVENTS_KEPT: Final = 7 * DAY
KEYS_KEPT: Final = 2 * DAY
SNAPSHOTS_KEPT: Final = 3
NEWEST: Final = f"(SELECT n FROM (SELECT n FROM snapshots ORDER BY n DESC LIMIT {SNAPSHOTS_KEPT}) AS newest)"


def pruned(connection: Connection) -> int:
    """Return up to which command the journal is gone; 0: it is whole."""
    rows: Any = connection.execute("SELECT pruned FROM shard WHERE id = 1")
    return int(rows[0][0] or 0)


def prunable(connection: Connection, before: int, limit: int) -> list[CommandRow]:
    """Return the oldest commands of before an instant and behind the oldest kept snapshot, unless it is alone.

    Those that adopted the centres of kept snapshots stay.
    """
    kept: Any = connection.execute("SELECT count(*), min(n) FROM snapshots")
    count, oldest = kept[0]
    if count < 2:
        return []
    rows: Any = connection.execute(
        "SELECT n, at, body, refused, seq, sum FROM commands WHERE n > ? AND n < ? AND at < ? "
        "AND n NOT IN (SELECT centre_n FROM snapshots) ORDER BY n LIMIT ?",
        (pruned(connection), oldest, before, limit),
    )
    return [CommandRow(*values) for values in rows]


def prune(connection: Connection, last: int) -> None:
    """Let commands up to `last` go; the chain of sums goes on from the last one's."""
    connection.execute(
        "UPDATE shard SET pruned = ?, pruned_sum = (SELECT sum FROM commands WHERE n = ?) WHERE id = 1",
        (last, last),
    )
    connection.execute(
        "DELETE FROM commands WHERE n <= ? AND n < (SELECT min(n) FROM snapshots) "
        "AND n NOT IN (SELECT centre_n FROM snapshots)",
        (last,),
    )


def thin_snapshots(connection: Connection, before: int) -> None:
    """Let go of snapshots of before an instant; the newest stay in any case."""
    connection.execute(f"DELETE FROM snapshots WHERE at < ? AND n NOT IN {NEWEST}", (before,))


def forget_events(connection: Connection, now: int, limit: int) -> bool:
    """Let the oldest events go that have had their time; tell whether there were any.

    Each time all of `limit` events, or none: there may be more.
    """
    rows: Any = connection.execute("SELECT seq, at FROM events ORDER BY seq LIMIT ?", (limit,))
    if len(rows) < limit or rows[-1][1] >= now - EVENTS_KEPT:
        return False
    connection.execute("DELETE FROM events WHERE seq <= ?", (rows[-1][0],))
    return True


def let_old_snapshots_go(connection: Connection, newest: int, at: Millis) -> None:
    """Let go of what is too old to be asked for, now that there is a snapshot of command `newest`."""
    # The first of each day stays: `thin_snapshots` lets it go.
    connection.execute(
        f"DELETE FROM snapshots WHERE n NOT IN {NEWEST} "
        f"AND n NOT IN (SELECT n FROM (SELECT min(n) AS n FROM snapshots GROUP BY at / {DAY}) AS firsts)"
    )
    connection.execute(f"DELETE FROM snapshot_projections WHERE n = ? OR n NOT IN {NEWEST}", (newest,))
    connection.execute("DELETE FROM idempotency_keys WHERE at < ?", (at - KEYS_KEPT,))
    connection.execute(
        "DELETE FROM events WHERE seq <= (SELECT max(seq) FROM "
        "(SELECT seq, at FROM events ORDER BY seq LIMIT 20000) AS oldest WHERE at < ?)",
        (at - EVENTS_KEPT,),
    )
