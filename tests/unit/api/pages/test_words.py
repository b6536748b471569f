"""Codes in words: every state that the pages show has its own, by what it is a state of."""

from types import SimpleNamespace

from api.pages.wording import CALLBACK_KINDS, CALLBACK_STATES, called
from api.pages.words import word
from callcenter.callbacks import TaskKind, TaskState
from callcenter.calls import CallState

VIEW = SimpleNamespace(gettext=str)


def test_every_state_and_kind_of_a_callback_has_words():
    assert set(CALLBACK_STATES) == {*TaskState}
    assert set(CALLBACK_KINDS) == {*TaskKind}


def test_every_state_of_a_call_has_words():
    assert [state for state in CallState if word(VIEW, state) == str(state).replace("_", " ") and "_" in state] == []


def test_a_callback_that_is_done_is_not_called_answered():
    assert (word(VIEW, "completed"), called(VIEW, CALLBACK_STATES, "completed")) == ("answered", "done")
