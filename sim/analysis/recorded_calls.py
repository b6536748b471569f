"""Recorded arrivals: a call log in place of a scenario's streams (`simulate --calls LOG.csv`).

Without a column map the log is a `calls.csv` as `--out` writes it: `arrived` (ISO 8601; local to the centre where it
has no offset) is needed, `queue`, `tier`, `customer` and `talk_s` are used where they are there, other columns are
not read. With a column map any log will do (`sim.analysis.fit`).

A log holds what reached the queue, those who rang again included: so there is no voice menu before it, nobody rings
again, and days are as busy as the log says. Patience, and whatever the log does not tell, is drawn as the scenario
says.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from callcenter.centre import Centre
from callcenter.config.formula_cells import as_given
from callcenter.config.refusals import unknown
from callcenter.config.tables import Layout, read_table
from callcenter.config.unpacking import Source
from callcenter.config.words import offset_text, shown
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.scenario import RecordedCall, Scenario
from callcenter.units import DAY, Millis, millis
from sim.analysis.fit.calllog import CallLog
from sim.model.laws import law_for

FARTHEST_DAYS: Final = 400
"""Days a log may span: more comes from a date that is mistyped."""
LONGEST_TALK_S: Final = 86_400.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replay:
    """The calls of a log, in order, and the local days from its first to its last."""

    calls: tuple[RecordedCall, ...]
    first_day: int
    days: int


def replay(scenario: Scenario, log: CallLog, source: str, columns_source: str = "the column map") -> Scenario:
    """Return the scenario with the calls of a log instead of its streams.

    Args:
        scenario: What the calls come to.
        log: Its days, queues and tiers are those of the scenario's centre.
        source: What to call it in a refusal.
        columns_source: What to call the map it was read by.

    Raises:
        BadInput: one line that says where, what, and how to fix it.
    """
    return _replayed(scenario, _of_log(scenario.centre, log, source, columns_source), source)


def replay_ours(scenario: Scenario, sources: Sequence[Source]) -> Scenario:
    """Return the scenario with the calls of `calls.csv` files of ours, of which only `arrived` has to be there."""
    called = sources[0].name if len(sources) == 1 else "the logs"
    return _replayed(scenario, _ours(scenario.centre, sources, called), called)


def _replayed(scenario: Scenario, found: Replay, source: str) -> Scenario:
    _check_handling(scenario, found, source)
    horizon = replace(
        scenario.horizon, first_day=found.first_day, days=found.days, discard=0, warm_up=Millis(0), length=Millis(DAY)
    )
    return replace(scenario, horizon=horizon, recorded=found.calls, streams=(), menu=None, retrials=(), busyness=None)


def _gathered(calls: list[tuple[int, str, str, str | None, float | None]], source: str) -> Replay:
    """Return calls given by their local reading (ms since a local 1970-01-01) as a replay."""
    if not calls:
        raise BadInput("{source}: holds no call: a log has a line of column names and one line a call", source=source)
    calls.sort(key=lambda call: call[0])
    first, last = calls[0][0] // DAY, calls[-1][0] // DAY
    if last - first >= FARTHEST_DAYS:
        raise BadInput(
            "{source}: spans {last:,} days, {farthest_days} at most: is a date mistyped?",
            source=source,
            last=last - first + 1,
            farthest_days=FARTHEST_DAYS,
        )
    recorded = tuple(
        RecordedCall(Millis(local - first * DAY), queue, tier, customer, handling)
        for local, queue, tier, customer, handling in calls
    )
    return Replay(recorded, first, last - first + 1)


def _check_handling(scenario: Scenario, found: Replay, source: str) -> None:
    """Refuse calls whose handling time neither the log nor the scenario tells."""
    missing = dict.fromkeys((call.queue, call.tier) for call in found.calls if call.handling_s is None)
    for queue, tier in missing:
        needs = tuple(skill for q in scenario.centre.queues if q.name == queue for skill, _ in q.needs)
        timed = any(rule.between is not None for rule in scenario.handling)
        if not timed and law_for(scenario.handling, tier=tier, queue=queue, skills=needs) is None:
            raise BadInput(
                "{source}: has calls of tier {tier!r} without a talk time, and the scenario has no "
                "handling time for them: add a rule to 'handling'",
                source=source,
                tier=tier,
            )


# --- our own calls.csv


def _ours(centre: Centre, sources: Sequence[Source], called: str) -> Replay:
    fix = said("; it is no calls.csv of ours? Say which column holds what, --columns MAP.yaml, or --format NAME")
    calls: list[tuple[int, str, str, str | None, float | None]] = []
    named: dict[str, int] = {}
    for source in sources:
        table = read_table(source, Layout(needed=("arrived",), fix=fix))
        reader = _OurRows(centre, table.header, source.name)
        with closing(table):
            for line, row in table.rows():
                call = reader.call(row, line) if any(row) else None
                if call is None:
                    continue
                name = reader.name(row)
                if name and name in named:  # a call that comes twice counts once, the last one
                    calls[named[name]] = call
                    continue
                named.setdefault(name, len(calls))
                calls.append(call)
    return _gathered(calls, called)


class _OurRows:
    """Reads the rows of a `calls.csv`."""

    def __init__(self, centre: Centre, header: list[str], source: str) -> None:
        self._centre = centre
        self._source = source
        self._place = {name: n for n, name in reversed(list(enumerate(header)))}
        self._queues = [queue.name for queue in centre.queues]
        self._tiers = [tier.name for tier in centre.tiers]

    def call(self, row: list[str], line: int) -> tuple[int, str, str, str | None, float | None] | None:
        """Return a row's call, or None where the row is a later segment of a call."""
        if "/s" in self._cell(row, "call_id"):
            return None
        return (
            self._arrived(row, line),
            self._queue(row, line),
            self._tier(row, line),
            self._cell(row, "customer") or None,
            self._talk(row, line),
        )

    def name(self, row: list[str]) -> str:
        """Return what tells the call from others."""
        return self._cell(row, "call_id")

    def _cell(self, row: list[str], name: str) -> str:
        place = self._place.get(name)
        return "" if place is None or place >= len(row) else as_given(row[place].strip())

    def _arrived(self, row: list[str], line: int) -> int:
        cell = self._cell(row, "arrived")
        try:
            found = datetime.fromisoformat(cell)
        except ValueError:
            raise BadInput(
                "{source}:{line}: arrived is no time ({cell}): write 2026-03-02T09:00:00",
                source=self._source,
                line=line,
                cell=shown(cell),
            ) from None
        if found.tzinfo is None:
            return (found.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
        return self._centre.zone.local((found - _EPOCH) // timedelta(milliseconds=1))

    def _queue(self, row: list[str], line: int) -> str:
        cell = self._cell(row, "queue")
        if not cell and len(self._queues) == 1:
            return self._queues[0]
        if cell not in self._queues:
            raise BadInput(
                "{source}:{line}: {unknown}",
                source=self._source,
                line=line,
                unknown=unknown("queue", cell, self._queues),
            )
        return cell

    def _tier(self, row: list[str], line: int) -> str:
        cell = self._cell(row, "tier") or self._centre.default_tier
        if cell not in self._tiers:
            raise BadInput(
                "{source}:{line}: {unknown}", source=self._source, line=line, unknown=unknown("tier", cell, self._tiers)
            )
        return cell

    def _talk(self, row: list[str], line: int) -> float | None:
        cell = self._cell(row, "talk_s")
        if not cell:
            return None
        try:
            talk = float(cell.replace(",", "."))  # ours, as a country writes it (--csv-locale)
        except ValueError:
            talk = -1.0
        if not 0 <= talk <= LONGEST_TALK_S:
            raise BadInput(
                "{source}:{line}: talk_s is no number of seconds in a day ({cell})",
                source=self._source,
                line=line,
                cell=shown(cell),
            )
        return talk


def iso(zone: Zone, instant: int) -> str:
    """Return an instant as local time with its offset, to the millisecond: what `arrived` holds.

    >>> from callcenter.hours import UTC as utc_zone
    >>> iso(utc_zone, 1_772_409_600_250)
    '2026-03-02T00:00:00.250+00:00'
    """
    local = zone.local(instant)
    wall = (_EPOCH + timedelta(milliseconds=local)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{wall}.{local % 1000:03d}{offset_text(local - instant)}"


# --- any log, through a column map


def _of_log(centre: Centre, log: CallLog, source: str, columns_source: str) -> Replay:
    form = log.columns
    queues, tiers = [queue.name for queue in centre.queues], [tier.name for tier in centre.tiers]
    one_queue = form.queue.column is None and len(queues) == 1
    one_tier = form.tier.column is None and form.tier.default not in tiers
    for what, names, used, known, free in (
        ("queue", log.queues, log.queue, queues, one_queue),
        ("tier", log.tiers, log.tier, tiers, one_tier),
    ):
        for number, name in enumerate(names):
            if name not in known and not free and bool((used == number).any()):
                raise BadInput(
                    "{source}: {unknown}: map its values in {columns_source}",
                    source=source,
                    unknown=unknown(what, name, known),
                    columns_source=columns_source,
                )
    calls: list[tuple[int, str, str, str | None, float | None]] = []
    for day, clock, queue, tier, customer, service in zip(
        log.day.tolist(), log.clock.tolist(), log.queue.tolist(), log.tier.tolist(), log.customer.tolist(),
        log.service.tolist(), strict=True,
    ):  # fmt: skip
        calls.append(
            (
                day * DAY + millis(clock),
                queues[0] if one_queue else log.queues[queue],
                log.tiers[tier] if tier >= 0 and not one_tier else centre.default_tier,
                str(customer) if customer >= 0 else None,
                service if service == service else None,  # noqa: PLR0124 - nan: not told
            )
        )
    return _gathered(calls, source)
