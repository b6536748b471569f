"""The fitted parts put together: the scenario of a usual week as plain values (the format of `callcenter.config`)."""

from callcenter.config.tree import Tree
from callcenter.config.words import date_text
from callcenter.units import SECOND
from sim.analysis.fit.call_streams import streams_of
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import Fitted, People
from sim.analysis.fit.law_rules import people_mapping
from sim.analysis.fit.presence import AWAY_S
from sim.analysis.fit.spelling import duration_text
from sim.analysis.fit.staffing import one_each, staffing_of
from sim.analysis.fit.teams import Teams


def mapping_of(fitted: Fitted) -> dict[str, Tree]:
    """Return the scenario of a usual week as plain values that `callcenter.config.parse_scenario` reads."""
    log = fitted.log
    streams = [stream for group in fitted.arrivals.classes for stream in streams_of(log, group)]
    staffing = [staff for group in fitted.arrivals.classes for staff in staffing_of(fitted, group)]
    found = frame(log, fitted.people)
    found["arrivals"] = list(streams)
    if fitted.arrivals.cv > 0:
        # One of many tiers moves with the others where the halves of a day do.
        found["busyness"] = {"cv": round(fitted.arrivals.cv, 4), "common": True}
    found.update(people_mapping(fitted.people))
    found["staffing"] = list(staffing) or list(one_each(fitted.people))
    if fitted.error is not None:
        found["model_error"] = {
            "weeks": fitted.error.weeks,
            "service_level": f"{100 * fitted.error.service_level:.2f}%",
            "abandonment": f"{100 * fitted.error.abandonment:.2f}%",
            "wait": duration_text(fitted.error.wait_s),
        }
    found["horizon"] = {"start": date_text(log.days()[0]), "days": 7}
    found["interval"] = duration_text(log.columns.interval / SECOND)
    found["replications"] = 20
    found["seed"] = 1
    return found


def frame(log: CallLog, people: People) -> dict[str, Tree]:
    """Return the head of a scenario: its name and its centre."""
    columns = log.columns
    days = log.days()
    tiers: dict[str, Tree] = {}
    for name in log.tiers:
        rule = columns.tiers.get(name)
        tier: dict[str, Tree] = {"band": rule.band if rule else 0}
        if rule is not None and rule.head_start:
            tier["head_start"] = duration_text(rule.head_start / SECOND)
        if rule is not None and rule.target is not None:
            tier["target"] = f"{100 * rule.target.share:g}/{rule.target.within / SECOND:g}"
        tiers[name] = tier
    queue: dict[str, Tree] = {"policy": "fifo"}
    if people.off_phone is not None:
        queue["wrap_up"] = duration_text(AWAY_S)
    centre: dict[str, Tree] = {
        "name": columns.name,
        "zone": columns.zone,
        "tiers": tiers,
        "default_tier": columns.tier.default,
        "queues": {name: {**queue, **_skills("needs", people, [name])} for name in log.queues},
        "groups": {
            name: {**_skills("skills", people, _taken(log, people.teams, i)), "auto_answer": True}
            for i, name in enumerate(people.teams.names)
        },
    }
    about = f"Fitted from {len(log):,} offered calls, {date_text(days[0])} to {date_text(days[-1])}."
    if columns.source:
        about += f" Source: {' '.join(columns.source.split())}."
    return {
        "version": 1,
        "name": columns.name,
        "title": f"{columns.name}: a usual week",
        "about": about,
        "centre": centre,
    }


def _skills(key: str, people: People, queues: list[str]) -> dict[str, Tree]:
    """Return what a queue needs, or a team can: a skill for each queue, unless everybody takes everything."""
    return {} if people.teams.one else {key: list(queues)}


def _taken(log: CallLog, parts: Teams, team: int) -> list[str]:
    return [queue for queue, able in zip(log.queues, parts.takes[team], strict=True) if able]
