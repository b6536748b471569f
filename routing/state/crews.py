"""Who is there: crews of agents alike in group and skills, and who of them is free, longest idle first."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from callcenter.centre import Group, Reserve
from callcenter.skills import Levels, covers

if TYPE_CHECKING:
    from routing.state.line import Lane
    from routing.state.records import AgentState

Pool = OrderedDict["AgentState", None]


class GroupState:
    """A group with its reserves and the number of its idle agents."""

    __slots__ = ("config", "idle", "name", "on_break", "reserves", "wants_break")

    def __init__(self, config: Group, reserves: tuple[Reserve, ...]) -> None:
        self.config = config
        self.name = config.name
        self.reserves = reserves
        self.idle = 0
        """Agents free of any contact and ready for an offer."""
        self.on_break = 0
        """Agents on a break that was asked for."""
        self.wants_break: OrderedDict[str, str] = OrderedDict()
        """Agents waiting for a break, in order of asking, with their reason."""


class Crew:
    """Agents with the same group and skills: whoever may take a call of a lane, all of the crew may."""

    __slots__ = ("breadth", "group", "lanes", "logged_in", "pools", "serial", "serves", "skills", "working")

    def __init__(self, serial: int, group: GroupState, skills: Levels, serves: tuple[str, ...]) -> None:
        self.serial = serial
        self.group = group
        self.skills = skills
        self.serves = serves
        """The queues whose calls the crew can ever take."""
        self.breadth = len(serves)
        """In how many queues the crew can serve; the narrowest is asked first, generalists are kept free."""
        self.pools: dict[int, Pool] = {0: OrderedDict()}
        """Share in use (percent) → who is free for an offer, longest idle first."""
        self.lanes: list[Lane] = []
        """What they can take, by rank (band; then promises that are due, the last band, calls nobody waits for)."""
        self.logged_in = 0
        self.working = 0
        """Logged in and available or with a contact: those who keep a queue moving."""

    def can_take(self, lane: "Lane") -> bool:
        """Tell whether skills and group fit; reserves and exclusions are looked at when it matters."""
        if lane.group is not None:
            if self.group.name == lane.group:
                return True
            if not lane.lives:  # deferred: the back office alone, until the promise is near
                return False
        return covers(self.skills, lane.needs)
