"""A complaint's life: graded, with limits for the first word and for the end of it, escalated when it passes them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.errors import IllegalMove, Refusal
from callcenter.language.said import said
from callcenter.state_words import in_words
from callcenter.units import Millis


class BadComplaint(Refusal):
    """A complaint has a grade that the service knows, and says what is wrong."""

    code = "bad_complaint"


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    OPEN = "open"
    RESPONDED = "responded"
    RESOLVED = "resolved"
    """The customer is asked, in a call of its own, whether they are satisfied."""
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ComplaintStep(StrEnum):
    """What can happen to a complaint."""

    OPEN = "open"
    RESPOND = "respond"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    """The satisfaction call was made, or could not be."""
    WITHDRAW = "withdraw"


S, C = ComplaintState, ComplaintStep

COMPLAINT_MOVES: Final[Mapping[ComplaintStep, Mapping[ComplaintState | None, ComplaintState]]] = MappingProxyType(
    {
        C.OPEN: {None: S.OPEN},
        C.RESPOND: {S.OPEN: S.RESPONDED},
        C.ESCALATE: {S.OPEN: S.OPEN, S.RESPONDED: S.RESPONDED},
        C.RESOLVE: {S.OPEN: S.RESOLVED, S.RESPONDED: S.RESOLVED},
        # The customer says that it is not so: the limits run anew.
        C.REOPEN: {S.RESOLVED: S.OPEN, S.CLOSED: S.OPEN},
        C.CLOSE: {S.RESOLVED: S.CLOSED},
        C.WITHDRAW: {S.OPEN: S.WITHDRAWN, S.RESPONDED: S.WITHDRAWN},
    }
)
"""step → state before → state after; `None` is a complaint that does not exist yet."""

UNRESOLVED: Final = (S.OPEN, S.RESPONDED)
TOP_LEVEL: Final = 3
"""0: whoever has it; 1: past the response limit; 2: past the resolution limit; 3: past it once more."""


@dataclass(frozen=True, slots=True)
class ComplaintGrade:
    """How grave a complaint is: how soon somebody says something, and how soon it is resolved."""

    name: str
    respond_within: Millis
    resolve_within: Millis

    def __post_init__(self) -> None:
        if not 0 < self.respond_within <= self.resolve_within:
            raise BadComplaint(
                said("grade {grade}: a response comes before the resolution, both take some time", grade=self.name)
            )


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. The limits are instants: changing a grade's limits later changes no promise made."""

    id: str
    grade: str
    about: str
    state: ComplaintState
    opened_at: Millis
    """… or opened again."""
    respond_by: Millis
    resolve_by: Millis
    level: int = 0
    reopened: int = 0
    responded_at: Millis | None = None
    resolved_at: Millis | None = None
    closed_at: Millis | None = None

    @property
    def unresolved(self) -> bool:
        """Tell whether somebody still has to do something about it."""
        return self.state in UNRESOLVED

    def overdue(self, now: Millis) -> bool:
        """Tell whether it is unresolved and past a limit."""
        return self.unresolved and (now >= self.resolve_by or (self.responded_at is None and now >= self.respond_by))

    @property
    def responded_in_time(self) -> bool | None:
        """Whether the first word came in time; None: there was none, and none that was owed when it was resolved."""
        if self.responded_at is None:
            return False if self.resolved_at is not None and self.resolved_at > self.respond_by else None
        return self.responded_at <= self.respond_by

    @property
    def resolved_in_time(self) -> bool | None:
        """Whether it was resolved in time; None: it is not resolved."""
        return None if self.resolved_at is None else self.resolved_at <= self.resolve_by


def opened(complaint_id: str, grade: ComplaintGrade, about: str, now: Millis) -> Complaint:
    """Return a new complaint."""
    if not about.strip():
        raise BadComplaint("say what the complaint is about")
    state = COMPLAINT_MOVES[C.OPEN][None]
    return Complaint(
        complaint_id, grade.name, about, state, now, Millis(now + grade.respond_within),
        Millis(now + grade.resolve_within),
    )  # fmt: skip


def responded(complaint: Complaint, now: Millis) -> Complaint:
    """Somebody has told the customer that it is being seen to, and by whom."""
    return replace(complaint, state=_after(complaint, C.RESPOND), responded_at=now)


def resolved(complaint: Complaint, now: Millis) -> Complaint:
    """It is mended, or explained; a first word that never came does not come with it."""
    return replace(complaint, state=_after(complaint, C.RESOLVE), resolved_at=now)


def reopened(complaint: Complaint, now: Millis) -> Complaint:
    """It is not resolved after all: as much time again as there was, and one level up at once."""
    respond, resolve = complaint.respond_by - complaint.opened_at, complaint.resolve_by - complaint.opened_at
    return replace(
        complaint, state=_after(complaint, C.REOPEN), opened_at=now, respond_by=Millis(now + respond),
        resolve_by=Millis(now + resolve), level=max(1, complaint.level), reopened=complaint.reopened + 1,
        responded_at=None, resolved_at=None, closed_at=None,
    )  # fmt: skip


def closed(complaint: Complaint, now: Millis) -> Complaint:
    """The customer was asked, or could not be."""
    return replace(complaint, state=_after(complaint, C.CLOSE), closed_at=now)


def withdrawn(complaint: Complaint, now: Millis) -> Complaint:
    """The customer takes it back, or it was none."""
    return replace(complaint, state=_after(complaint, C.WITHDRAW), closed_at=now)


def escalated(complaint: Complaint, now: Millis) -> Complaint:
    """Return the complaint at the level it has by `now`; the same one where nothing has passed."""
    level = level_at(complaint, now)
    if level <= complaint.level:
        return complaint
    return replace(complaint, state=_after(complaint, C.ESCALATE), level=level)


def level_at(complaint: Complaint, now: Millis) -> int:
    """Return the level that the limits passed by `now` stand for; a limit is passed at its instant."""
    return max([complaint.level, *(level for level, due in _limits(complaint) if now >= due)])


def escalates_at(complaint: Complaint) -> Millis | None:
    """Return when it goes up a level if nobody does anything."""
    return min((due for level, due in _limits(complaint) if level > complaint.level), default=None)


def _limits(complaint: Complaint) -> list[tuple[int, Millis]]:
    """Return the levels and the instants at which it reaches them; none once it is resolved."""
    if not complaint.unresolved:
        return []
    again = Millis(complaint.resolve_by + (complaint.resolve_by - complaint.opened_at))
    later = [(2, complaint.resolve_by), (TOP_LEVEL, again)]
    return later if complaint.state is S.RESPONDED else [(1, complaint.respond_by), *later]


def _after(complaint: Complaint, step: ComplaintStep) -> ComplaintState:
    after = COMPLAINT_MOVES[step].get(complaint.state)
    if after is None:
        raise IllegalMove(
            said(
                "complaint {complaint} is {state}: cannot {step}",
                complaint=complaint.id, state=in_words(complaint.state), step=in_words(step),
            ),
            complaint=complaint.id, state=complaint.state,
        )  # fmt: skip
    return after
