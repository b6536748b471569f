"""Codes in words: every state that the pages show has its own, by what it is a state of."""

from datetime import UTC
from types import SimpleNamespace
from typing import Any

from api.pages import what_if
from api.pages.i18n import PAGES
from api.pages.wording import CALLBACK_KINDS, CALLBACK_STATES, CURVES, ENGINES, GRADES, POLICIES, called, curve
from api.pages.words import reason, word
from api.settings import Settings
from callcenter.callbacks import TaskKind, TaskState
from callcenter.calls import CallState
from callcenter.centre import Policy
from callcenter.language.catalogues import translations
from callcenter.language.writer import Writer
from sim.experiment.engines import Engine

VIEW = SimpleNamespace(gettext=str)


def view(language: str) -> Any:
    found = translations(PAGES, language)
    return SimpleNamespace(
        gettext=found.gettext, ngettext=found.ngettext, _=lambda text, **values: found.gettext(text) % values,
        writer=Writer(language, UTC),
    )  # fmt: skip


def test_every_state_and_kind_of_a_callback_has_words():
    assert set(CALLBACK_STATES) == {*TaskState}
    assert set(CALLBACK_KINDS) == {*TaskKind}


def test_every_state_of_a_call_has_words():
    assert [state for state in CallState if word(VIEW, state) == str(state).replace("_", " ") and "_" in state] == []


def test_what_a_planner_chooses_from_has_words():
    assert set(POLICIES) == {*Policy} == set(what_if.POLICIES)
    assert set(CURVES) == set(what_if.CURVES)
    assert {Engine.COMPILED, Engine.SIMPY} == set(ENGINES)
    assert set(GRADES) == set(Settings.model_fields["complaint_grades"].default)
    assert curve(view("zh_CN"), "extra.desk") == "desk 人数"


def test_a_callback_that_is_done_is_not_called_answered():
    assert (word(VIEW, "completed"), called(VIEW, CALLBACK_STATES, "completed")) == ("answered", "done")


def test_why_a_call_waits_fits_one_agent_as_many_and_none():
    told = {"code": "presence", "text": "as the engine says it"}

    assert reason(view("en"), told | {"count": 1}) == "1 agent: not available (break, not responding)"
    assert reason(view("en"), told | {"count": 300}) == "300 agents: not available (break, not responding)"
    assert reason(view("zh_CN"), told | {"count": 300}) == "300 名坐席：不可用（休息或无响应）"
    assert reason(view("en"), {"code": "suspended", "text": "", "count": 0}).startswith("nobody is rung for it before")
