"""Every state that a refusal can name has a word in other languages, but the one whose word is another's."""

from callcenter.callbacks import TaskState
from callcenter.calls import CallState
from callcenter.customers.blacklist import ENTRY_MOVES, EntryState
from callcenter.customers.complaints import COMPLAINT_MOVES, ComplaintState
from callcenter.language.spoken import in_language
from callcenter.state_words import IN_WORDS, in_words


def test_every_state_and_step_has_a_word():
    codes = {*CallState, *TaskState, *EntryState, *ENTRY_MOVES, *ComplaintState, *COMPLAINT_MOVES}

    assert {str(code) for code in codes} - IN_WORDS == {"offered"}


def test_a_code_is_as_it_is_in_english_and_a_word_in_chinese():
    assert (in_words(CallState.ABANDONED), in_words("sip_503")) == ("abandoned", "sip_503")
    assert in_language("zh_CN", in_words(CallState.ABANDONED)) == "已放弃"
