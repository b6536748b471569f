"""What a planner has easily overlooked about a scenario: part of every result, said beside its figures.

Each note has a `cause` for programs, a sentence for people (`says`), and the figures that the sentence is made of.
"""

from typing import Any, Final

from callcenter.config.words import date_text
from callcenter.language.said import said
from callcenter.scenario import Scenario
from callcenter.units import HOUR, MINUTE, SECOND
from sim.model.unserved import shut_out, unserved

JSON = dict[str, Any]
SOME: Final = 4
"""Groups named one by one in a sentence."""


def notes(scenario: Scenario) -> list[JSON]:
    """Return every note: `forced_wrap_up`, `nobody_on_duty` and `closed` (one a queue).

    Calls are those expected on all measured days.
    """
    return [*_forced_wrap_up(scenario), *calls_in_vain(scenario)]


def calls_in_vain(scenario: Scenario) -> list[JSON]:
    """Return a note for each queue with calls that come while nobody can take them, or while it is closed."""
    found: list[JSON] = []
    for gap in unserved(scenario):
        day, clock = gap.first
        date, time = date_text(day), f"{clock // HOUR:02}:{clock % HOUR // MINUTE:02}"
        who = ", ".join([*gap.groups[:SOME], *(["…"] if len(gap.groups) > SOME else [])])
        text = said(
            "queue {queue}: {calls} of its calls come while nobody who could take them is on duty ({who}), the "
            "first on {date} at {time}",
            queue=gap.queue,
            calls=counted(gap.calls),
            who=who or said("no group has the skills"),
            date=date,
            time=time,
        )
        found.append({"cause": "nobody_on_duty", "says": text, "queue": gap.queue, "calls": gap.calls})
        found[-1] |= {"groups": list(gap.groups), "first": f"{date}T{time}"}
    for queue, closed, every in shut_out(scenario):
        text = said(
            "queue {queue}: {closed} of its {calls} calls come while it is closed: see its hours, and when its "
            "calls come",
            queue=queue,
            closed=counted(closed),
            calls=counted(every),
        )
        found.append({"cause": "closed", "says": text, "queue": queue, "calls": closed, "of": every})
    return found


def _forced_wrap_up(scenario: Scenario) -> list[JSON]:
    """Return what holds because the scenario says nothing of it: after-call work by the queues' own rule."""
    forced = {queue.name: queue.wrap_up / SECOND for queue in scenario.centre.queues if queue.wrap_up}
    if not forced or scenario.wrap_up:
        return []
    text = said(
        "after-call work is what the queues force: {queues} (wrap_up in the scenario replaces it; 0s is none)",
        queues=", ".join(f"{queue} {seconds:g} s" for queue, seconds in forced.items()),
    )
    return [{"cause": "forced_wrap_up", "says": text, "wrap_up_s": forced}]


def counted(calls: float) -> str:
    """Return a number of calls as sentences and tables have it: with a decimal where it is small."""
    return f"{calls:.1f}" if 0 < calls < 10 and calls != int(calls) else f"{calls:,.0f}"
