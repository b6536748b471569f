"""What the journal is told in words is bounded: codes, and names of the centre."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Invalid
from api.settings import Settings
from api.state.vocabulary import CAUSES, OTHER, Names, cause_of, reason_of
from callcenter.commands import AdmitCall, LogIn, ReprioritiseCall
from callcenter.errors import CannotServe, UnknownGroup, UnknownQueue, UnknownTier
from callcenter.ids import AgentId, CallId
from tests.live.conftest import CENTRE


@given(st.text(max_size=100))
def test_a_cause_is_one_of_few_words_whatever_is_written(text: str):
    code = cause_of(text)
    prefix, _, number = code.partition("_")
    assert code in CAUSES | {OTHER} or (prefix in ("sip", "q850") and number.isdigit() and len(number) <= 3)


@pytest.mark.parametrize(
    ("text", "code"), [("No Answer", "no_answer"), ("486", "sip_486"), ("SIP-503", "sip_503"), ("+442079460958", OTHER)]
)
def test_usual_words_keep_their_meaning(text: str, code: str):
    assert cause_of(text) == code


def test_a_reason_is_one_that_the_service_knows():
    known = Settings().break_reasons
    assert reason_of(None, "break", known) == "break"
    assert reason_of("lunch", "break", known) == "lunch"
    with pytest.raises(Invalid, match="did you mean lunch"):
        reason_of("lunhc", "break", known)


def test_names_that_the_centre_has_not_are_refused_before_the_engine_is_told():
    names = Names(CENTRE)
    spoken = {"spanish"}.__contains__
    names.check(AdmitCall(CallId("c"), "hotline", "vip", skills=(("spanish", 2),)), spoken)
    names.check(LogIn(AgentId("ana"), "desk"), spoken)
    for command, refusal in [
        (AdmitCall(CallId("c"), "Zebulon"), UnknownQueue),
        (ReprioritiseCall(CallId("c"), "Zebulon"), UnknownTier),
        (LogIn(AgentId("ana"), "Zebulon"), UnknownGroup),
        (AdmitCall(CallId("c"), "hotline", skills=(("Zebulon", 1),)), CannotServe),
    ]:
        with pytest.raises(refusal):
            names.check(command, spoken)
