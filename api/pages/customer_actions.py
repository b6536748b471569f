"""Actions on customers from a page: a form for each that says what will happen, sent on to the /v1 interface.

With scripts the form opens as a dialog; without them it is a page. Either way the button on it is the confirmation, and
scope, audit and refusals are those of the interface.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from api.errors import Invalid, NotFound
from api.pages.api_client import Refused
from api.pages.page import View, action, own_address, page
from callcenter.language.said import N_

Plain = dict[str, Any]
SUPERVISOR: Final = ("supervisor",)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an act's form."""

    name: str
    label: str
    kind: str = "text"
    """text, area, date, time, tier, grade."""
    required: bool = True
    hint: str = ""
    ahead_days: int = 0
    """A date begins so many days from now."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done, and how the interface is asked for it."""

    title: str
    consequence: str
    """What will happen."""
    button: str
    fields: tuple[Field, ...]
    path: str
    """Below /v1; {subject} is what it is done to."""
    subject_as: str | None = None
    """Field of the body that names the subject, where the address does not."""
    scopes: tuple[str, ...] = SUPERVISOR
    danger: bool = False


REASON: Final = Field("reason", N_("Reason"), "area")
NOTE: Final = Field("note", N_("What was said or done"), "area")
ACTS: Final[Mapping[str, Act]] = {
    "override": Act(
        N_("Put in another tier for a while"),
        N_("The tier counts instead of the grade until the day that you choose. A better one acts at once, on a call "
           "that waits too; a lower one from the next contact. It is written to the audit trail under your name."),
        N_("Put in this tier"),
        (Field("tier", N_("Tier"), "tier"), REASON, Field("until", N_("Until the end of"), "date", ahead_days=30)),
        "/overrides", "customer_key",
    ),
    "withdraw-override": Act(
        N_("End the override"),
        N_("The grade counts again. A customer who falls by that does so from the next contact."),
        N_("End it now"), (REASON,), "/overrides/{subject}:withdraw", danger=True,
    ),
    "list": Act(
        N_("Propose for the blacklist"),
        N_("In force, every call of this customer takes the last place in its queue. With two pairs of eyes it waits "
           "for another person’s word. Unless it is reviewed by its date, it is lifted."),
        N_("Propose"),
        (REASON, Field("review_at", N_("Review by"), "date", ahead_days=30),
         Field("expires_at", N_("Ends in any case on"), "date", required=False)),
        "/blacklist", "customer_key", danger=True,
    ),
    "approve": Act(
        N_("Put the entry in force"),
        N_("From now on every call of this customer takes the last place in its queue."),
        N_("Put in force"), (), "/blacklist/{subject}:approve", danger=True,
    ),
    "reject": Act(
        N_("Turn the proposal down"), N_("The customer stays in the tier they are in."),
        N_("Turn down"), (REASON,), "/blacklist/{subject}:reject",
    ),
    "lift": Act(
        N_("Lift the entry"), N_("A call that waits takes the place of its grade at once."),
        N_("Lift"), (REASON,), "/blacklist/{subject}:lift",
    ),
    "review": Act(
        N_("Review the entry"), N_("You keep it: it stays in force until another review by this date."),
        N_("Keep it"),
        (Field("review_at", N_("Next review by"), "date", ahead_days=30),
         Field("note", N_("Note"), "area", required=False)),
        "/blacklist/{subject}:review",
    ),
    "appeal": Act(
        N_("Note an appeal"), N_("Whoever reviews the entry reads what the customer says against it."),
        N_("Note it"), (Field("note", N_("What the customer says"), "area"),), "/blacklist/{subject}:appeal",
        scopes=("supervisor", "agent"),
    ),
    "complain": Act(
        N_("Take down a complaint"), N_("Its grade sets by when it is answered and resolved."),
        N_("Take it down"),
        (Field("grade", N_("Grade"), "grade", required=False), Field("about", N_("What it is about"), "area")),
        "/complaints", "customer_key", scopes=("supervisor", "agent"),
    ),
    "respond": Act(
        N_("Answer the complaint"), N_("You have told the customer who sees to it, and until when."),
        N_("Answered"), (NOTE,), "/complaints/{subject}:respond", scopes=("supervisor", "agent"),
    ),
    "resolve": Act(
        N_("Resolve the complaint"),
        N_("It is mended or explained. The customer is called and asked whether they are satisfied, if they want."),
        N_("Resolved"), (NOTE,), "/complaints/{subject}:resolve", scopes=("supervisor", "agent"),
    ),
    "reopen": Act(
        N_("Open the complaint again"), N_("It is not resolved after all: its limits run anew, one level up."),
        N_("Open again"), (NOTE,), "/complaints/{subject}:reopen", scopes=("supervisor", "agent"),
    ),
    "withdraw-complaint": Act(
        N_("Take the complaint back"), N_("It was none; nobody has to answer it any more."),
        N_("Take back"), (NOTE,), "/complaints/{subject}:withdraw", danger=True,
    ),
    "move-callback": Act(
        N_("Move the callback"), N_("The customer is not called before this time. The promise stays what it was."),
        N_("Move it"), (Field("due_at", N_("Not before"), "time"),), "/callbacks/{subject}:reschedule",
        scopes=("supervisor", "telephony"),
    ),
    "cancel-callback": Act(
        N_("Call the callback off"), N_("Nobody will call this customer for it."),
        N_("Call it off"), (Field("reason", N_("Reason")),), "/callbacks/{subject}:cancel",
        scopes=("supervisor", "telephony"), danger=True,
    ),
}  # fmt: skip


def act_address(view: View, name: str, subject: str, back: str) -> str | None:
    """Return where an act's form is; None: who looks on may not do it."""
    if not view.may(*ACTS[name].scopes):
        return None
    return f"/acts/{name}/{quote(subject, safe='')}?next={quote(back)}"


def without_last(tiers: list[Plain]) -> list[Plain]:
    """Return the tiers without the blacklist's, which is alone in the last band and is promised nothing.

    >>> without_last([{"band": 0, "target": None}, {"band": 9, "target": None}])
    [{'band': 0, 'target': None}]
    """
    last = [tier for tier in tiers if tier["band"] == max(one["band"] for one in tiers)]
    return tiers[:-1] if len(tiers) > 1 and len(last) == 1 and last[0]["target"] is None else tiers


def _act(view: View) -> tuple[str, Act]:
    name = view.request.path_params["act"]
    if name not in ACTS:
        raise NotFound("there is nothing to do of that name")
    return name, ACTS[name]


@page("/acts/{act}/{subject:path}", scopes=("supervisor", "agent", "telephony"))
async def show_act(view: View) -> Response:
    """Ask for what an act needs, and say what it will do."""
    return await _form(view, own_address(view.asked("next")), {}, None)


@action("/acts/{act}/{subject:path}", scopes=("supervisor", "agent", "telephony"))
async def carry_out(view: View) -> Response:
    """Carry an act out, and go back to where it was asked for."""
    _, act = _act(view)
    back, subject = own_address(view.field("next")), view.request.path_params["subject"]
    given = {one.name: view.field(one.name) for one in act.fields}
    try:
        body = {name: value for name, value in _read(view, act, given).items() if value is not None}
        if act.subject_as is not None:
            body[act.subject_as] = subject
        await view.post("/v1" + act.path.format(subject=quote(subject)), body)
    except Refused as fault:
        if fault.status in (401, 403, 429, 503):
            raise
        return await _form(view, back, given, str(fault), fault.status)
    except Invalid as fault:
        return await _form(view, back, given, view.why(fault), 422)
    return view.go(back)


async def _form(view: View, back: str, given: Plain, wrong: str | None, status: int = 200) -> Response:
    name, act = _act(view)
    zone = view.writer.zone
    today = datetime.fromtimestamp(view.now / 1000, zone)
    values, options = {}, {}
    for one in act.fields:
        values[one.name] = given.get(one.name, "")
        if one.kind == "date" and not given and one.ahead_days:
            values[one.name] = (today.date() + timedelta(days=one.ahead_days)).isoformat()
        elif one.kind == "time" and not given:
            values[one.name] = (today + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        elif one.kind == "tier":
            options[one.name] = [tier["tier"] for tier in without_last((await view.get("/v1/tiers"))["tiers"])]
        elif one.kind == "grade":
            options[one.name] = (await view.get("/v1/complaints"))["grades"]
    return view.show(
        "components/act.html" if view.is_fragment else "act.html", status, act=act, values=values, options=options,
        back=back, wrong=wrong, address=f"/acts/{name}/{quote(view.request.path_params['subject'], safe='')}",
    )  # fmt: skip


def _read(view: View, act: Act, given: Mapping[str, str]) -> Plain:
    """Return what was written as the interface takes it: days and times in the centre's zone become instants."""
    read: dict[str, Callable[[str], object]] = {"date": partial(_end_of, view), "time": partial(_at, view)}
    found: Plain = {}
    for one in act.fields:
        text = given[one.name]
        if one.required and not text:
            raise Invalid(view._("%(field)s: say something here", field=view.gettext(one.label)))
        found[one.name] = read.get(one.kind, str)(text) if text else None
    return found


def _end_of(view: View, text: str) -> str:
    """Return the end of a day in the centre's zone."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid(view._("%(said)s is no date: write 2026-03-02", said=text[:20])) from None
    return datetime.combine(day, time(), view.writer.zone).isoformat()


def _at(view: View, text: str) -> str:
    """Return an instant that was written as local time in the centre's zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=view.writer.zone).isoformat()
    except ValueError:
        raise Invalid(view._("%(said)s is no time: write 2026-03-02T14:30", said=text[:20])) from None
