"""States and steps as refusals name them: by their code in English, by a word in other languages."""

from typing import Final

from callcenter.language.said import N_, said

IN_WORDS: Final = frozenset(
    {
        # a call's and a task's
        N_("queued"), N_("connected"), N_("completed"), N_("abandoned"), N_("overflowed"), N_("rejected"),
        N_("converted_to_callback"), N_("failed"), N_("scheduled"), N_("due"), N_("attempting"), N_("retry"),
        N_("expired"), N_("cancelled"), N_("superseded"),
        # a blacklist entry's, and what is done with it
        N_("proposed"), N_("in_force"), N_("lapsed"), N_("lifted"), N_("propose"), N_("approve"), N_("reject"),
        N_("appeal"), N_("review"), N_("lift"), N_("protect"), N_("expire"), N_("overdue"),
        # a complaint's, and what is done with it
        N_("open"), N_("responded"), N_("resolved"), N_("closed"), N_("withdrawn"), N_("respond"), N_("escalate"),
        N_("resolve"), N_("reopen"), N_("close"), N_("withdraw"),
        # a simulation's
        N_("waiting"), N_("running"), N_("done"),
    }
)  # fmt: skip
"""`offered` is not among them: calls offered are another thing, and reports have the word."""


def in_words(code: str) -> str:
    """Return a state's or a step's code as a text that is told in the reader's language.

    >>> from callcenter.language.spoken import in_language
    >>> in_words("abandoned"), in_language("zh_CN", in_words("abandoned")), in_words("offered")
    ('abandoned', '已放弃', 'offered')
    """
    return said(str(code)) if code in IN_WORDS else str(code)
