"""Every refusal, with its stable code: for logs, metric labels and API bodies; codes are never renamed.

Three faults, three treatments: the caller asked for what cannot be (`Refusal`, a 4xx), the driver broke a
promise (`ClockWentBack`, a 500), we are wrong (`assert`, a crash we want to see).
"""

from typing import Any, ClassVar

from callcenter.language.said import Said


class CallCenterError(Exception):
    """Anything this product says no to."""

    code: ClassVar[str] = "error"


class Misstated(CallCenterError, ValueError):
    """What somebody wrote is wrong; they are told in their language, where it is shown (`spoken.told`).

    >>> raise BadInput("{path}: is empty: write {what}", path="day.yaml", what="a line")
    Traceback (most recent call last):
    callcenter.errors.BadInput: day.yaml: is empty: write a line
    """

    def __init__(self, text: str = "", /, **places: Any) -> None:
        """Say `text`; where there are places, each `{place}` in it stands for what is given."""
        super().__init__(Said(text, places) if places else text)


class BadCentre(Misstated):
    """The parts of a centre do not fit."""

    code = "bad_centre"


class BadInput(Misstated):
    """A file or an argument is wrong: where, what, and how to fix it, in one line."""

    code = "bad_input"


class ClockWentBack(CallCenterError):
    """The driver told an instant before the one it told last."""

    code = "clock_went_back"

    def __init__(self, last: int, now: int) -> None:
        super().__init__(f"the clock went back from {last} to {now}")


class Refusal(CallCenterError):
    """The caller asked for what cannot be; nothing changed. `truth` is how things stand."""

    code = "refused"

    def __init__(self, message: str, **truth: str | int | None) -> None:
        super().__init__(message)
        self.truth = truth


class UnknownQueue(Refusal):
    """No such queue in the centre in force."""

    code = "unknown_queue"


class UnknownTier(Refusal):
    """No such tier in the centre in force."""

    code = "unknown_tier"


class UnknownIntent(Refusal):
    """No such intent in the centre in force."""

    code = "unknown_intent"


class UnknownChannel(Refusal):
    """No such channel in the centre in force."""

    code = "unknown_channel"


class UnknownGroup(Refusal):
    """No such group of agents in the centre in force."""

    code = "unknown_group"


class UnknownAgent(Refusal):
    """No such agent is logged in."""

    code = "unknown_agent"


class UnknownCall(Refusal):
    """No such call was ever admitted, or it ended more than a day ago."""

    code = "unknown_call"


class UnknownTask(Refusal):
    """No such outbound task is open."""

    code = "unknown_task"


class DuplicateCall(Refusal):
    """A call of this id is known already."""

    code = "duplicate_call"


class DuplicateTask(Refusal):
    """A task of this id exists, or the customer has an open one in this queue."""

    code = "duplicate_task"


class CallHasEnded(Refusal):
    """Terminal states absorb: the call is over."""

    code = "call_has_ended"


class IllegalMove(Refusal):
    """The command is known, but not allowed in this state."""

    code = "illegal_move"


class UnknownResult(Refusal):
    """The queue has no result code of this name."""

    code = "unknown_result"


class WrapUpAtCap(Refusal):
    """After-call work lasts as long as the queue allows already; `ends_at` says until when."""

    code = "wrap_up_at_cap"


class OfferNotPending(Refusal):
    """The offer was accepted, expired or withdrawn before."""

    code = "offer_not_pending"


class AgentAlreadyLoggedIn(Refusal):
    """The agent has a seat already."""

    code = "agent_already_logged_in"


class CannotServe(Refusal):
    """No group of the centre could ever serve a call with these needs."""

    code = "cannot_serve"
