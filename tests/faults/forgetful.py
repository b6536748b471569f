"""`callcenter serve` whose day of memory is ten seconds: what it forgets after a day is forgotten while we look on.

Run as `python forgetful.py serve …`. Only how long and how much is remembered is changed, never how it is forgotten.
"""

import sys

import api.customers.directory.word_index
import api.live.unique_keys
import api.state.call_names
import api.state.ended_calls
import api.state.event_stream
import api.store.sqlite
import routing.state.floor
from api.live.subscribers import Listeners
from callcenter.cli import main
from callcenter.customers.satisfaction import Contacts
from callcenter.units import SECOND

DAY_MS = 10 * SECOND
EVENTS = 500


def forget_soon() -> None:
    """Change what this process remembers; not at import, for whoever imports it must forget nothing."""
    routing.state.floor.REMEMBERED_MS = api.state.ended_calls.KEPT_MS = DAY_MS  # type: ignore[misc,assignment]
    Contacts.__init__.__defaults__ = (DAY_MS, DAY_MS)
    api.state.ended_calls.AS_LINES = EVENTS // 4  # type: ignore[misc]
    api.state.call_names.MOST_NAMES = api.state.event_stream.KEPT = EVENTS  # type: ignore[misc]
    api.live.unique_keys.REMEMBERED = api.customers.directory.word_index.FRESH = EVENTS // 4  # type: ignore[misc]
    Listeners.__init__.__defaults__ = (EVENTS,)
    api.store.sqlite.CACHE_KB = 1_024  # type: ignore[misc]


if __name__ == "__main__":
    forget_soon()
    sys.exit(main(sys.argv[1:]))
