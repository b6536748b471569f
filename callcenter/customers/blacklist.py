"""The blacklist, governed: an entry's life as a table, and who may be put there, by whom, for how long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.errors import IllegalMove, Refusal
from callcenter.language.said import said
from callcenter.state_words import in_words
from callcenter.units import DAY, Millis


class BadEntry(Refusal):
    """An entry needs a reason, an author and dates that make sense."""

    code = "bad_blacklist_entry"


class CustomerProtected(Refusal):
    """A protected customer (elderly, disabled) is never put in the last band."""

    code = "customer_protected"


class NotVerified(Refusal):
    """A bare number is shared, spoofed and recycled: it stands for nobody unless the entry says so."""

    code = "customer_not_verified"


class FourEyes(Refusal):
    """The entry is another person's to approve or to prolong."""

    code = "four_eyes"


class EntryState(StrEnum):
    """Where a blacklist entry stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    """Time ended it: it expired, or nobody decided on the proposal."""
    LIFTED = "lifted"
    """A person lifted it, or nobody reviewed it in time."""
    REJECTED = "rejected"


class EntryStep(StrEnum):
    """What can happen to an entry."""

    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    APPEAL = "appeal"
    REVIEW = "review"
    LIFT = "lift"
    PROTECT = "protect"
    """The customer was found to be protected."""
    EXPIRE = "expire"
    OVERDUE = "overdue"
    """The review date passed and nobody had reviewed."""


S, E = EntryState, EntryStep

ENTRY_MOVES: Final[Mapping[EntryStep, Mapping[EntryState | None, EntryState]]] = MappingProxyType(
    {
        E.PROPOSE: {None: S.PROPOSED},
        E.APPROVE: {S.PROPOSED: S.IN_FORCE},
        E.REJECT: {S.PROPOSED: S.REJECTED},
        E.APPEAL: {S.PROPOSED: S.PROPOSED, S.IN_FORCE: S.IN_FORCE},
        E.REVIEW: {S.IN_FORCE: S.IN_FORCE},
        E.LIFT: {S.IN_FORCE: S.LIFTED},
        E.PROTECT: {S.PROPOSED: S.REJECTED, S.IN_FORCE: S.LIFTED},
        E.EXPIRE: {S.PROPOSED: S.LAPSED, S.IN_FORCE: S.LAPSED},
        # Never silently permanent: no review, no entry.
        E.OVERDUE: {S.PROPOSED: S.LAPSED, S.IN_FORCE: S.LIFTED},
    }
)
"""step → state before → state after; `None` is an entry that does not exist yet."""

ENTRY_OPEN: Final = (S.PROPOSED, S.IN_FORCE)


@dataclass(frozen=True, slots=True)
class BlacklistRules:
    """How strictly the list is kept."""

    four_eyes: bool = False
    """A second person approves, and prolongs."""
    longest_review: Millis = Millis(92 * DAY)
    """Reviews are no further apart: each quarter at least."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer's entry. `ended_by` is a person, or `time`."""

    id: str
    customer: str
    """The customer's key."""
    reason: str
    author: str
    state: EntryState
    proposed_at: Millis
    review_at: Millis
    expires_at: Millis | None = None
    number_only: bool = False
    """Of a bare number, knowingly: whoever rings from it is meant."""
    approved_by: str | None = None
    in_force_at: Millis | None = None
    reviewed_by: str | None = None
    appeal: str | None = None
    ended_at: Millis | None = None
    ended_by: str | None = None
    ended_why: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the entry is proposed or in force."""
        return self.state in ENTRY_OPEN

    @property
    def due_at(self) -> Millis | None:
        """When time ends it unless a person does something: its expiry or its review, whichever is first."""
        if not self.is_open:
            return None
        return self.review_at if self.expires_at is None else min(self.review_at, self.expires_at)

    def holds(self, now: Millis) -> bool:
        """Tell whether the customer is on the list at `now`: exactly, however late anybody wakes."""
        return self.state is S.IN_FORCE and self.due_at is not None and now < self.due_at


def propose(entry: Entry, rules: BlacklistRules, now: Millis, *, verified: bool, protected: bool) -> Entry:
    """Return the proposed entry, or refuse.

    Raises:
        CustomerProtected: elderly, disabled.
        NotVerified: nobody knows who rings from this number, and the entry is not marked `number_only`.
        BadEntry: no reason, no author, or dates that make no sense.
    """
    if protected:
        raise CustomerProtected("a protected customer cannot be put on the blacklist", customer=entry.customer)
    if not verified and not entry.number_only:
        raise NotVerified(
            "only a number is known, and numbers are shared, spoofed and recycled: give the customer's id, "
            "or say number_only",
            customer=entry.customer,
        )
    if not entry.reason.strip():
        raise BadEntry("an entry needs a reason")
    if not entry.author.strip():
        raise BadEntry("an entry needs an author")
    _check_review(entry.review_at, rules, now)
    if entry.expires_at is not None and entry.expires_at <= now:
        raise BadEntry("an entry expires after it begins")
    return replace(entry, state=_after(entry, E.PROPOSE, None))


def approve(entry: Entry, by: str, rules: BlacklistRules, now: Millis) -> Entry:
    """Put a proposed entry in force."""
    state = _after(entry, E.APPROVE, entry.state)
    if rules.four_eyes and by == entry.author:
        raise FourEyes("four eyes: another person than the author approves", entry=entry.id)
    return replace(entry, state=state, approved_by=by, in_force_at=now)


def review(entry: Entry, by: str, next_review: Millis, rules: BlacklistRules, now: Millis) -> Entry:
    """Keep an entry in force until another review."""
    state = _after(entry, E.REVIEW, entry.state)
    if rules.four_eyes and by == entry.author:
        raise FourEyes("four eyes: another person than the author prolongs", entry=entry.id)
    _check_review(next_review, rules, now)
    return replace(entry, state=state, review_at=next_review, reviewed_by=by)


def appealed(entry: Entry, note: str) -> Entry:
    """Add what the customer has to say; it changes nothing but what a reviewer reads."""
    state = _after(entry, E.APPEAL, entry.state)
    if not note.strip():
        raise BadEntry("an appeal says something")
    return replace(entry, state=state, appeal=note if entry.appeal is None else f"{entry.appeal}\n{note}")


def ended(entry: Entry, step: EntryStep, by: str, why: str, now: Millis) -> Entry:
    """End an entry by a person's step: reject, lift, protect."""
    state = _after(entry, step, entry.state)
    return replace(entry, state=state, ended_at=now, ended_by=by, ended_why=why)


def passed(entry: Entry, now: Millis) -> Entry:
    """Return the entry after what time has brought by `now`, each at its own instant."""
    due = entry.due_at
    if due is None or now < due:
        return entry
    expired = entry.expires_at is not None and due == entry.expires_at
    why = "expired" if expired else "nobody reviewed it in time"
    if entry.state is S.PROPOSED:
        why = "nobody decided in time"
    return ended(entry, E.EXPIRE if expired else E.OVERDUE, "time", why, due)


def _check_review(review_at: Millis, rules: BlacklistRules, now: Millis) -> None:
    if review_at <= now:
        raise BadEntry("the review lies ahead: until then the entry is in force")
    if review_at - now > rules.longest_review:
        raise BadEntry(said("the next review is {days} days away at most", days=rules.longest_review // DAY))


def _after(entry: Entry, step: EntryStep, state: EntryState | None) -> EntryState:
    after = ENTRY_MOVES[step].get(state)
    if after is None:
        raise IllegalMove(
            said(
                "blacklist entry {entry} is {state}: cannot {step}",
                entry=entry.id,
                state=in_words(str(state)),
                step=in_words(step),
            ),
            entry=entry.id,
            state=state,
        )
    return after
