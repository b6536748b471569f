"""The newest committed events, as those who read the stream find them."""

from api.live.subscribers import Listeners
from callcenter.events import AgentLoggedIn
from callcenter.units import Millis


def logged_in(seq: int) -> AgentLoggedIn:
    return AgentLoggedIn(Millis(seq), seq, "ana", "desk")


def test_after_a_restart_events_go_on_after_the_last_that_is_stored():
    listeners = Listeners()
    listeners.start(7)

    assert listeners.last == 7
    assert listeners.recent(7, 10) == []
    assert listeners.recent(5, 10) is None, "what came before is in the store"


def test_a_rebuild_to_the_same_event_keeps_what_is_remembered_and_another_forgets_it():
    listeners = Listeners()
    listeners.publish([logged_in(1), logged_in(2)])
    listeners.start(2)
    kept = listeners.recent(0, 10)
    listeners.start(1)

    assert kept == [logged_in(1), logged_in(2)]
    assert (listeners.last, listeners.recent(0, 10)) == (1, None)


def test_memory_holds_so_many_events_and_hands_out_no_more_than_asked_for():
    listeners = Listeners(2)
    listeners.publish([logged_in(seq) for seq in (1, 2, 3)])

    assert listeners.recent(0, 10) is None
    assert listeners.recent(1, 1) == [logged_in(2)]
    assert listeners.recent(1, 10) == [logged_in(2), logged_in(3)]
