"""Codes of the service in words, and what happened in sentences; both in the language of who looks on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.pages.wording import WHY_NOT
from callcenter.language.said import N_

if TYPE_CHECKING:
    from api.pages.page import View

WORDS: Final[Mapping[str, str]] = {
    # how a call stands or ended
    "queued": N_("waiting"), "offered": N_("ringing"), "connected": N_("talking"), "completed": N_("answered"),
    "answered": N_("answered"), "abandoned": N_("hung up before an answer"), "overflowed": N_("sent elsewhere"),
    "rejected": N_("turned away"), "converted_to_callback": N_("keeps its place, is called back"),
    "converted": N_("keeps its place, is called back"), "failed": N_("lost"), "cut_off": N_("cut off"),
    "reached": N_("reached"), "call_again": N_("to be called again"),
    # why it left
    "full": N_("the queue is full"), "max_wait": N_("waited as long as one may"), "closed": N_("closed"),
    "no_agents": N_("nobody is logged in"), "withdrawn": N_("withdrawn"), "blacklisted": N_("is on the blacklist"),
    # how an offer ended
    "no_answer": N_("no answer"), "busy": N_("busy"), "unreachable": N_("unreachable"),
    "caller_gone": N_("the caller had gone"), "agent_gone": N_("the agent had gone"), "system": N_("by the service"),
    # outbound tasks
    "deferred": N_("after a lost call"), "virtual_hold": N_("keeps its place"), "complaint": N_("complaint"),
    "satisfaction": N_("satisfaction"), "campaign": N_("campaign"), "care": N_("care"),
    "out_of_time": N_("out of time"), "lost call": N_("a lost call"), "promised": N_("promised"),
    "kept place": N_("kept place"), "care call": N_("care call"), "solved": N_("solved"), "unsolved": N_("unsolved"),
    "wrong_person": N_("wrong person"), "refused": N_("refused"), "voice": N_("telephone"),
    # blacklist and complaints
    "proposed": N_("proposed"), "in_force": N_("in force"), "lapsed": N_("lapsed"), "lifted": N_("lifted"),
    "open": N_("open"), "responded": N_("answered, not resolved"), "resolved": N_("resolved"),
    # what a tier rests on
    "override": N_("a person's word"), "blacklist": N_("the blacklist"), "grade": N_("the grade"),
    "default": N_("nothing known"),
    # what people did
    "call.reprioritize": N_("moved it"), "call.withdraw": N_("withdrew it"), "call.failed": N_("reported it lost"),
    "callback.cancel": N_("called the callback off"), "callback.reschedule": N_("moved the callback"),
    "complaint.open": N_("marked it as a complaint"),
}  # fmt: skip
"""Stable code → in words."""

SENTENCES: Final[Mapping[str, str]] = {
    "CallQueued": N_("Came to the queue %(queue)s, tier %(tier)s."),
    "CallOffered": N_("Rings at %(agent_id)s (%(group)s)."),
    "OfferEnded": N_("The ringing at %(agent_id)s ended: %(end)s."),
    "CallConnected": N_("%(agent_id)s answered after a wait of %(wait)s."),
    "CallHeld": N_("%(agent_id)s put the customer on hold."),
    "CallResumed": N_("%(agent_id)s talks again."),
    "CallCompleted": N_("The conversation with %(agent_id)s ended after %(talk)s."),
    "CallAbandoned": N_("The caller hung up after %(wait)s."),
    "CallOverflowed": N_("Went to %(target)s by rule: %(reason)s."),
    "CallRejected": N_("Was turned away: %(reason)s."),
    "CallConverted": N_("The caller asked to be called back and keeps the place in line."),
    "CallFailed": N_("Was lost: %(cause)s."),
    "CallRelaxed": N_("It waited long enough to need less skill: step %(step)s."),
    "CallReleased": N_("The customer's own agents had their time: anybody may take it."),
    "CallReprioritised": N_("Moved from %(tier_before)s to %(tier)s."),
    "CallSuspended": N_("Held back, for it is in doubt whether the caller is there: %(cause)s."),
    "CallConfirmed": N_("Its source says that the caller is there."),
    "WrapUpStarted": N_("%(agent_id)s began after-call work."),
    "WrapUpExtended": N_("%(agent_id)s asked for more time, until %(ends_at)s."),
    "WrapUpEnded": N_("%(agent_id)s finished after-call work after %(wrap_up)s."),
    "ResultNoted": N_("%(agent_id)s said what came of it: %(result)s."),
    "TaskScheduled": N_("A call to the customer was promised by %(promise)s: %(kind)s."),
    "TaskDue": N_("The callback is due and stands in line."),
    "TaskRose": N_("The promise is near: the callback stands among the waiting calls."),
    "TaskPutOff": N_("The callback was put off until %(due_at)s."),
    "TaskOffered": N_("%(agent_id)s is asked to call."),
    "TaskAttempted": N_("%(agent_id)s calls, attempt %(attempt)s."),
    "TaskReached": N_("The customer answered %(agent_id)s."),
    "TaskNotReached": N_("The customer was not reached: %(cause)s."),
    "TaskCompleted": N_("The callback by %(agent_id)s is done."),
    "TaskCallAgain": N_("To be called once more at %(next_due)s: %(result)s."),
    "TaskLate": N_("The promise has passed."),
    "TaskExpired": N_("The callback was given up: %(cause)s."),
    "TaskCancelled": N_("The callback was called off."),
    "TaskSuperseded": N_("The customer rang again: that call takes the callback's place."),
}
"""Kind of event that can be part of a contact → what is said of it."""
IN_WORDS: Final = ("end", "reason", "cause", "kind", "result")
INSTANTS: Final = ("promise", "due_at", "ends_at", "next_due")
SINCE: Final = {"wait": "queued_at", "talk": "connected_at", "wrap_up": "started_at"}
"""Span that a sentence tells → since when."""


def word(view: "View", code: str | None) -> str:
    """Return a code in words; one that nobody has written words for as it is.

    >>> from types import SimpleNamespace
    >>> word(SimpleNamespace(gettext=str), "no_answer"), word(SimpleNamespace(gettext=str), "sip_503")
    ('no answer', 'sip 503')
    """
    if code is None:
        return "–"
    known = WORDS.get(code)
    return code.replace("_", " ") if known is None else view.gettext(known)


def sentence(view: "View", event: Mapping[str, Any]) -> str:
    """Return what happened, in a sentence."""
    known = SENTENCES.get(str(event["is"]))
    if known is None:
        return word(view, str(event["is"]))
    at = event.get("happened_at") or event["at"]
    told = dict(event)
    told |= {name: word(view, event[name]) for name in IN_WORDS if isinstance(event.get(name), str)}
    told |= {name: view.writer.moment(event[name]) for name in INSTANTS if name in event}
    told |= {
        name: view.writer.duration(None if event[since] is None else max(0, at - event[since]) / 1000)
        for name, since in SINCE.items()
        if since in event
    }
    return view.gettext(known) % told


def reason(view: "View", told: Mapping[str, Any]) -> str:
    """Return one reason why a call waits: how many agents, and what keeps them from it."""
    known = WHY_NOT.get(str(told["code"]))
    text = str(told["text"]) if known is None else view.gettext(known)
    n = told["count"]
    if not n:
        return text
    agents = view.ngettext("%(num)s agent", "%(num)s agents", n) % {"num": view.writer.number(n)}
    return view._("%(agents)s: %(why)s", agents=agents, why=text)
