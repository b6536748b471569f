"""Streams of calls from a scenario file: rates of many spellings become expected calls per interval."""

from callcenter.centre import Centre
from callcenter.config import words
from callcenter.config.laws import SLACK
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.scenario_form import StreamForm
from callcenter.language.said import said
from callcenter.scenario import Stream
from callcenter.skills import Levels, covers, levels
from callcenter.units import DAY, HOUR, MINUTE, Millis


def build_streams(forms: list[StreamForm], centre: Centre, interval: Millis, base: Path) -> tuple[Stream, ...]:
    """Return the streams of a scenario, each with a name of its own.

    Raises:
        Wrong: unknown names, shares that do not add up, intervals that leave the day.
    """
    streams = list[Stream]()
    for i, form in enumerate(forms):
        path: Path = (*base, i)
        queue = _queue(form, centre, path)
        calls, every = _calls(form, interval, path)
        channels = [name for name, _ in centre.channels]
        channel = form.channel or ("voice" if "voice" in channels else channels[0])
        if channel not in channels:
            raise Wrong((*path, "channel"), unknown("channel", channel, channels))
        stream = Stream(
            name=_own_name(form, queue, streams, path),
            queue=queue,
            calls=calls,
            begin=form.start,
            interval=every,
            tiers=_tiers(form, centre, path),
            intents=_intents(form, centre, path),
            skills=levels(form.skills),
            weekdays=form.weekdays,
            channel=channel,
            dates=form.dates,
            but=form.but,
        )
        _check_servable(stream, centre, path)
        streams.append(stream)
    return tuple(streams)


def _queue(form: StreamForm, centre: Centre, path: Path) -> str:
    queues = [queue.name for queue in centre.queues]
    if form.queue is None:
        if len(queues) > 1:
            raise Wrong(path, said("names no queue: add queue: with one of {queues}", queues=", ".join(queues)))
        return queues[0]
    if form.queue not in queues:
        raise Wrong((*path, "queue"), unknown("queue", form.queue, queues))
    return form.queue


def _own_name(form: StreamForm, queue: str, streams: list[Stream], path: Path) -> str:
    taken = [stream.name for stream in streams]
    if form.name is not None:
        if form.name in taken:
            raise Wrong((*path, "name"), said("is the name of two streams ({form}): give each its own", form=form.name))
        return form.name
    same = sum(1 for name in taken if name == queue or name.startswith(f"{queue} "))
    return f"{queue} {same + 1}" if same else queue


def _calls(form: StreamForm, interval: Millis, path: Path) -> tuple[tuple[float, ...], Millis]:
    given = [key for key in ("calls", "calls_per_hour", "calls_per_day") if getattr(form, key) is not None]
    if len(given) != 1:
        ways = (
            said("says how many calls in {n} ways ({given})", n=len(given), given=", ".join(given))
            if given
            else said("does not say how many calls")
        )
        raise Wrong(path, said("{ways}: write one of calls: [...], calls_per_hour: or calls_per_day:", ways=ways))
    every = form.every if form.every is not None else interval
    if not MINUTE <= every <= DAY:
        raise Wrong((*path, "every"), said("is not an interval of one minute to one day: write 30m"))
    if form.profile is not None and form.calls_per_day is None:
        raise Wrong(
            (*path, "profile"), said("spreads calls_per_day, which is not given: add it, or use calls: instead")
        )
    listed = form.calls if form.calls is not None else form.profile
    if listed is not None:
        if form.until is not None:
            raise Wrong(
                (*path, "until"), said("does not go with a list of intervals: the list's length says when it ends")
            )
        _within_day(form, len(listed), every, path)
    if form.calls is not None:
        return tuple(form.calls), every
    if form.profile is not None:
        total = sum(form.profile)
        if total <= 0:
            raise Wrong((*path, "profile"), said("adds up to 0: one weight at least is above 0"))
        assert form.calls_per_day is not None
        return tuple(form.calls_per_day * weight / total for weight in form.profile), every
    return _flat(form, every, path)


def _within_day(form: StreamForm, count: int, every: Millis, path: Path) -> None:
    if form.start + count * every > DAY:
        fits = (DAY - form.start) // every
        key = "calls" if form.calls is not None else "profile"
        much = said(
            "has {n} intervals of {every} min from {start}, past midnight: at most {most} fit",
            n=count, every=every // MINUTE, start=_clock(form.start), most=fits,
        )  # fmt: skip
        raise Wrong((*path, key), much)


def _flat(form: StreamForm, every: Millis, path: Path) -> tuple[tuple[float, ...], Millis]:
    until = DAY if form.until is None else form.until
    length = until - form.start
    if length <= 0:
        raise Wrong(
            (*path, "until"),
            said(
                "({clock}) is not after from ({clock_2}): over midnight, write two, until 24:00 and from 00:00",
                clock=_clock(until),
                clock_2=_clock(form.start),
            ),
        )
    whole = form.calls_per_day
    if whole is None:
        assert form.calls_per_hour is not None
        whole = form.calls_per_hour * length / HOUR
    if length % every:  # the rate is flat: one interval says the same
        return (whole,), Millis(length)
    count = length // every
    return (whole / count,) * count, every


def _clock(at: int) -> str:
    return f"{at // HOUR:02}:{at % HOUR // MINUTE:02}"


def _tiers(form: StreamForm, centre: Centre, path: Path) -> tuple[tuple[str, float], ...]:
    known = [tier.name for tier in centre.tiers]
    for name in form.tiers:
        if name not in known:
            raise Wrong((*path, "tiers", name), unknown("tier", name, known))
    if not form.tiers:
        return ((centre.default_tier, 1.0),)
    total = sum(form.tiers.values())
    if abs(total - 1) > SLACK:
        raise Wrong((*path, "tiers"), said("adds up to {total:.2%}: shares must add up to 100 %", total=total))
    return words.pairs(form.tiers)


def _intents(form: StreamForm, centre: Centre, path: Path) -> tuple[tuple[str, float], ...]:
    known = [intent.name for intent in centre.intents]
    for name in form.intents:
        if name not in known:
            raise Wrong((*path, "intents", name), unknown("intent", name, known))
    total = sum(form.intents.values())
    if total > 1 + SLACK:
        raise Wrong(
            (*path, "intents"),
            said("adds up to {total:.2%}: 100 % at most, the rest of the calls has no intent", total=total),
        )
    return tuple(form.intents.items())


def _check_servable(stream: Stream, centre: Centre, path: Path) -> None:
    """Refuse calls whose own skills and intents no group could ever serve."""
    queue = next(queue for queue in centre.queues if queue.name == stream.queue)
    softened = {skill: level for step in queue.relaxation for skill, level in step.needs}
    at_least = {skill: min(level, softened.get(skill, level)) for skill, level in queue.needs}
    wanted: list[tuple[Path, Levels]] = [((*path, "skills"), stream.skills)]
    intents = {intent.name: intent.skills for intent in centre.intents}
    wanted += [((*path, "intents", name), intents[name]) for name, _ in stream.intents]
    for where, extra in wanted:
        needs = levels({**at_least, **{skill: max(level, at_least.get(skill, 0)) for skill, level in extra}})
        if extra and not any(covers(group.skills, needs) for group in centre.groups):
            named = ", ".join(f"{skill} {level}" for skill, level in needs)
            raise Wrong(
                where,
                said("needs {named} together, which no group of agents has: add the skill to a group", named=named),
            )
