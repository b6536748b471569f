"""Campaign and care calls of a simulated day: the list of each day, and how the customers on it answer and talk."""

from itertools import pairwise
from typing import TYPE_CHECKING

from callcenter import commands as cmd
from callcenter.ids import TaskId
from callcenter.scenario import Outreach
from callcenter.tiers import Finish
from callcenter.units import Millis
from sim.model import streams as draw
from sim.model.people import one_ms
from sim.model.streams import Chance, number_of

if TYPE_CHECKING:
    from sim.run.driver import Day
    from sim.run.moments import Moment


class Lists:
    """Whom the centre calls of its own accord; `TASK` ids are `list/day/place`."""

    def __init__(self, day: "Day", chance: Chance) -> None:
        self._day = day
        self._chance = chance
        self._lists = day.scenario.outreach

    def come(self, midnights: list[Millis], first_day: int) -> None:
        """Let each day's list be handed in when it may be called from."""
        for n, entry in enumerate(self._lists):
            for d, (midnight, after) in enumerate(pairwise(midnights)):
                due = entry.due_on(first_day + d)
                if due:
                    who = f"{n}/{d}/{midnight}/{due}"
                    self._day.loop.at(Millis(min(midnight + entry.begin, after)), self._hand_in, who)

    def _hand_in(self, moment: "Moment") -> None:
        n, d, midnight, due = map(int, moment.who.split("/"))
        entry = self._lists[n]
        promise = Millis(midnight + entry.end)
        loop = self._day.loop
        for place in range(due):
            task_id = TaskId(f"o{n}/{d}/{place}")
            loop.tell(cmd.ScheduleTask(task_id, entry.queue, entry.kind, entry.tier, None, loop.now, promise))

    def of(self, task_id: str) -> Outreach | None:
        """Return the list that a task is on; None: it is on none."""
        head, slash, _ = task_id.partition("/")
        return self._lists[int(head[1:])] if slash and head[0] == "o" else None

    def dial(self, entry: Outreach, task_id: str, attempt: int) -> tuple[int, bool]:
        """Return how long an attempt rings, ms, and whether the customer answers."""
        key = number_of(task_id)
        rings = one_ms(entry.dial, self._chance.one(draw.DIAL, key, attempt), 1)
        return rings, self._chance.one(draw.ANSWER, key, attempt) < entry.answered

    def talk_ms(self, entry: Outreach, task_id: str) -> int:
        """Return how long the customer talks."""
        return one_ms(entry.talk, self._chance.one(draw.HANDLING, number_of(task_id)), 1)

    def wrap_up_ms(self, entry: Outreach, task_id: str) -> int:
        """Return how long the agent's after-call work takes."""
        return one_ms(entry.wrap_up, self._chance.one(draw.WRAP_UP, number_of(task_id)), 0)

    def finish(self, entry: Outreach, task_id: str) -> Finish | None:
        """Return what came of a conversation; None: agents give no result."""
        if entry.solved is None:
            return None
        solved = self._chance.one(draw.RESULT, number_of(task_id)) < entry.solved
        return Finish.SOLVED if solved else Finish.UNSOLVED
