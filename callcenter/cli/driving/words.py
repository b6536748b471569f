"""Commands of simulated people as requests to a service, and its events back under the people's names and time."""

from collections.abc import Callable, Container
from dataclasses import fields, replace
from typing import Any, Final

from api.state.call_ids import call_name
from callcenter import commands as cmd
from callcenter.cli.driving.service import JSON
from callcenter.commands import Command
from callcenter.errors import BadInput
from callcenter.events import CentreAdopted, Event, ServiceResumed
from callcenter.units import Millis

SOURCE: Final = "drive"
"""The telephony system that all driven calls come from."""
STATES: Final[dict[type, str]] = {
    cmd.LogIn: "available", cmd.SetAvailable: "available", cmd.LogOut: "logged_out", cmd.SetNotReady: "not_ready",
    cmd.RequestBreak: "break", cmd.EndWrapUp: "wrapup_done",
}  # fmt: skip
REPORTS: Final[dict[type, str]] = {
    cmd.AbandonCall: "abandoned", cmd.EndCall: "completed", cmd.FailCall: "failed",
    cmd.ConvertCall: "callback_requested", cmd.HoldCall: "held", cmd.ResumeCall: "resumed",
}  # fmt: skip
ATTEMPTS: Final[dict[type, str]] = {
    cmd.ReportReached: "reached", cmd.ReportNotReached: "no_answer", cmd.EndTask: "completed",
}  # fmt: skip
NAMES: Final = ("call_id", "contact_id", "task_id", "offer_id", "subject", "from_call", "by_call")
INSTANTS: Final = frozenset({"at", "queued_at", "offered_at", "connected_at", "expires_at", "ends_at", "started_at",
                             "since", "held_at", "attempted_at", "reached_at", "happened_at", "due_at", "promise",
                             "virtual_start", "next_due"})  # fmt: skip


class Words:
    """Both names of every call, and what is said with them."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._ours: dict[str, str] = {}
        """The service's name of a call → its number here."""
        self._theirs: dict[str, str] = {}
        """The other way round."""

    def learn(self, ours: str, theirs: str) -> None:
        """Remember what the service calls a call of ours."""
        theirs = theirs.partition("/")[0]
        self._ours[theirs] = ours
        self._theirs[ours] = theirs

    def there(self, name: str) -> str:
        """Return the service's name of a call, segment, task or offer."""
        root, slash, rest = name.partition("/")
        return f"{self._theirs.get(root, root)}{slash}{rest}"

    def here(self, name: str) -> str | None:
        """Return our name of it; None: it is none of ours."""
        root, slash, rest = name.partition("/")
        ours = self._ours.get(root)
        return None if ours is None else f"{ours}{slash}{rest}"

    # --- to the service

    def request(self, command: Command, tokens: dict[str, str]) -> tuple[str, JSON] | None:
        """Return address and body of what somebody does; None: there is nothing to say any more."""
        if isinstance(command, cmd.AdmitCall):
            return "/v1/calls", self._call(command)
        kind = type(command)
        if isinstance(command, cmd.AcceptOffer):
            offer_id = self.there(command.offer_id)
            token = tokens.get(offer_id)
            return None if token is None else (f"/v1/offers/{offer_id}:accept", {"token": token})
        if kind in STATES:
            body: JSON = {"state": STATES[kind]}
            if isinstance(command, cmd.LogIn) and command.group is not None:
                body["group"] = command.group
            if isinstance(command, cmd.SetNotReady | cmd.RequestBreak):
                body["reason"] = command.reason
            return f"/v1/agents/{getattr(command, 'agent_id')}/state", body  # noqa: B009
        if kind in ATTEMPTS:
            task_id = self.there(str(getattr(command, "task_id")))  # noqa: B009
            return f"/v1/callbacks/{task_id}/attempts", {"outcome": ATTEMPTS[kind]}
        if kind in REPORTS:
            call_id = self.there(str(getattr(command, "call_id")))  # noqa: B009
            return f"/v1/calls/{call_id}/events", {"type": REPORTS[kind]}
        raise BadInput("{name__} is not something that people do", name__=kind.__name__)

    def _call(self, command: cmd.AdmitCall) -> JSON:
        external = f"{self.run}-{command.call_id}"
        self.learn(str(command.call_id), call_name("hashed", SOURCE, external))  # events may be sooner than the answer
        wish: JSON = {
            "source": SOURCE, "external_call_id": external, "queue": command.queue, "tier": command.tier,
            "channel": command.channel, "skills": dict(command.skills), "intent": command.intent,
            "customer_id": None if command.customer is None else f"{self.run}-{command.customer}",
        }  # fmt: skip
        return {key: value for key, value in wish.items() if value is not None}

    # --- from the service

    def heard(self, event: Event, agents: Container[str], in_their_time: Callable[[int], Millis]) -> Event | None:
        """Return an event by our names and in the people's time; None: it is not about us."""
        if isinstance(event, CentreAdopted | ServiceResumed):
            return None
        changed: dict[str, Any] = {}
        for field in fields(event):
            value = getattr(event, field.name)
            if value is None:
                continue
            if field.name in NAMES:
                ours = self.here(str(value))
                if ours is not None:
                    changed[field.name] = ours
                elif field.name != "contact_id":  # a contact may be of an earlier call
                    return None
            elif field.name == "agent_id" and value not in agents:
                return None
            elif field.name in INSTANTS:
                changed[field.name] = in_their_time(value)
        return replace(event, **changed)
