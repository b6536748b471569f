"""How pages name codes of the interface: states, outcomes, alerts, reasons; an unknown code is shown as it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from callcenter.language.said import N_

if TYPE_CHECKING:
    from api.pages.page import View

AGENT_STATES: Final[Mapping[str, str]] = {
    "available": N_("free"),
    "offered": N_("ringing"),
    "busy": N_("talking"),
    "wrap_up": N_("wrap-up"),
    "not_ready": N_("not ready"),
    "not_responding": N_("not responding"),
    "busy_elsewhere": N_("phone busy"),
    "unreachable": N_("phone unreachable"),
    "logged_out": N_("signed out"),
}
"""In the order in which a wall shows them."""
CALLBACK_STATES: Final[Mapping[str, str]] = {
    "scheduled": N_("planned"),
    "due": N_("due"),
    "offered": N_("ringing"),
    "attempting": N_("being called"),
    "retry": N_("tried, again later"),
    "completed": N_("done"),
    "expired": N_("expired"),
    "cancelled": N_("called off"),
    "superseded": N_("settled by another call"),
}
CALLBACK_KINDS: Final[Mapping[str, str]] = {
    "deferred": N_("callback"),
    "virtual_hold": N_("callback in turn"),
    "complaint": N_("complaint"),
    "satisfaction": N_("satisfaction"),
    "care": N_("care"),
    "campaign": N_("campaign"),
}
WHY_NOT: Final[Mapping[str, str]] = {
    "skills": N_("without a skill or level that the call needs now"),
    "presence": N_("not available (break, not responding)"),
    "ringing": N_("rung for another call"),
    "busy": N_("talking to another customer"),
    "wrap_up": N_("in after-call work"),
    "leaving": N_("no more calls before a break or the end of the shift"),
    "phone": N_("phone busy elsewhere or unreachable"),
    "excluded": N_("missed this call a moment ago"),
    "held": N_("left to the preferred agent for now"),
    "reserve": N_("kept free for better tiers"),
    "order": N_("live calls first"),
    "none": N_("could take it"),
    "nobody_logged_in": N_("no agent is logged in"),
    "suspended": N_("nobody is rung for it before its source says that the caller is still there"),
}
"""Why no agent has a call yet, as it stands behind '3 agents:' and behind '1 agent:'."""
BREAK_REASONS: Final[Mapping[str, str]] = {
    "break": N_("break"),
    "lunch": N_("lunch"),
    "coffee": N_("coffee"),
    "training": N_("training"),
    "coaching": N_("coaching"),
    "meeting": N_("meeting"),
    "administration": N_("administration"),
    "back_office": N_("back office"),
    "callback": N_("callback"),
    "email": N_("e-mail"),
    "personal": N_("personal"),
    "technical": N_("technical"),
    "restroom": N_("restroom"),
    "end_of_shift": N_("end of shift"),
    "not_ready": N_("not ready"),
    "no_heartbeat": N_("desktop is silent"),
    "other": N_("other"),
}

OUTCOMES: Final[Mapping[str, str]] = {
    "answered": N_("answered"),
    "abandoned": N_("gave up"),
    "overflowed": N_("sent elsewhere"),
    "rejected": N_("turned away"),
    "converted": N_("became a callback"),
    "failed": N_("failed"),
    "cut_off": N_("cut off"),
    "reached": N_("reached"),
    "call_again": N_("to be called again"),
}
CALL_REASONS: Final[Mapping[str, str]] = {
    "promised": N_("promised"),
    "lost call": N_("a call of theirs was lost"),
    "kept place": N_("they kept their place"),
    "campaign": N_("campaign"),
    "care call": N_("care"),
    "complaint": N_("complaint"),
    "satisfaction": N_("satisfaction"),
}
RESULTS: Final[Mapping[str, str]] = {
    "solved": N_("solved"),
    "unsolved": N_("not solved"),
    "call_again": N_("call again"),
    "wrong_person": N_("wrong person"),
    "wrong_number": N_("wrong number"),
    "refused": N_("refused"),
}

POLICIES: Final[Mapping[str, str]] = {
    "fifo": N_("the longest wait first"),
    "weighted": N_("by wait × weight of the tier"),
    "objective": N_("by wait ÷ promise of the tier"),
    "slack": N_("the least time left to the promise first"),
}
"""How a queue orders the calls of one band."""
CURVES: Final[Mapping[str, str]] = {
    "volume*": N_("Volume"), "handling*": N_("Handling time"), "patience*": N_("Patience"),
    "shrinkage": N_("Shrinkage"),
}  # fmt: skip
"""What a curve is drawn along, by the path that is set."""
ENGINES: Final[Mapping[str, str]] = {"compiled": N_("compiled"), "simpy": N_("SimPy")}
GRADES: Final[Mapping[str, str]] = {"serious": N_("serious"), "ordinary": N_("ordinary"), "small": N_("small")}
"""Grades of complaints, as a service has them where nobody has set others."""


def called(view: "View", words: Mapping[str, str], code: str) -> str:
    """Return what a code is called, or the code."""
    return view.gettext(words[code]) if code in words else code


def curve(view: "View", path: str) -> str:
    """Return what a curve is drawn along: a figure, or the heads of a group."""
    if path.startswith("extra."):
        return view._("heads of %(group)s", group=path.removeprefix("extra."))
    return called(view, CURVES, path)


def agent_state(view: "View", agent: Mapping[str, Any]) -> str:
    """Return an agent's state, with the reason where there is one."""
    state = called(view, AGENT_STATES, agent["state"])
    if agent["state"] == "not_ready" and agent["reason"] not in ("", "not_ready"):
        return f"{state}: {called(view, BREAK_REASONS, agent['reason'])}"
    return state
