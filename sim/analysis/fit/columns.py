"""The column map: which column of a call log holds what, so that any log is read without code."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from callcenter.config.encodings import known_encoding
from callcenter.config.fields import Count, Duration, Name, Part, Promise, Seconds, written
from callcenter.config.refusals import Places, Wrong, near, wrong_of
from callcenter.config.tables import Layout
from callcenter.config.tree import read_tree
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.language.said import said, text_of

Unit = Literal["seconds", "ms", "minutes", "clock", "m.ss", "hhmmss", "days", "words"]
"""`clock` is H:MM:SS or MM:SS; `m.ss` writes 3 min 36 s as 3.36, `hhmmss` as 336 or 000336; `days` is a spreadsheet's
part of a day; `words` names its units: 1h 02m 05s."""
Instant = Literal["iso", "epoch_s", "epoch_ms", "iso_or_epoch", "spreadsheet", "seconds_after_midnight", "clock"]
"""`iso_or_epoch` takes digits for an epoch, in seconds, ms, µs or ns by their number; `spreadsheet` counts days from
1899-12-30. The last two need a date column."""
ALL: Final = "all"
"""`values: all`: each cell is a name, taken as it is."""


def _texts(value: Any) -> Any:
    """Cells are text: 0 in the map means the cell "0"."""
    if isinstance(value, list):
        return [str(part) if isinstance(part, int | float) and not isinstance(part, bool) else part for part in value]
    if isinstance(value, dict):
        return {str(key): part for key, part in value.items()}
    return value


def _one_or_many(value: Any) -> Any:
    return _texts(value if isinstance(value, list) else [value])


Texts = Annotated[list[str], BeforeValidator(_one_or_many)]
TextNames = Annotated[dict[str, Name], BeforeValidator(_texts)]
Names = Annotated[list[Name], BeforeValidator(lambda value: value if isinstance(value, list) else [value])]


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


class DateForm(Part):
    """The day of a call."""

    column: Name
    """Its column."""
    format: str = "%Y-%m-%d"
    """As Python's strptime writes it: %d/%m/%y."""


class ArrivalForm(Part):
    """When the call reached the queue (not the menu)."""

    column: Name
    """Its column."""
    kind: Instant | None = Field(default=None, alias="as")
    """How it is written: iso, epoch_s, epoch_ms, iso_or_epoch, spreadsheet, seconds_after_midnight or clock."""
    format: str | None = None
    """Or a pattern of Python's strptime: "%d/%m/%Y %H:%M:%S"."""


class LengthForm(Part):
    """How long something took: one column, or the difference of two."""

    column: Name | None = None
    """A column that holds the length; an empty cell is not known, which is not 0."""
    plus: Names = Field(default_factory=list)
    """Columns of the same unit that are added to it where they hold something: ringing, hold."""
    unit: Unit = "seconds"
    """How the length is written."""
    start: Name | None = Field(default=None, alias="from")
    """Or the column of its begin..."""
    ends: Names = Field(default_factory=list, alias="to")
    """...and of its end, written as the arrival is; of several columns the first that is not empty (nor 0, where it is
    an epoch): [answer, end]."""


class OutcomeForm(Part):
    """What became of the call."""

    column: Name
    """Its column."""
    answered: Texts = Field(default_factory=list)
    """Cells that mean an agent answered."""
    abandoned: Texts = Field(default_factory=list)
    """Cells that mean the caller hung up while waiting."""
    overflowed: Texts = Field(default_factory=list)
    """Cells that mean the call left the queue by a rule, unanswered: to another queue, to a mailbox, after a time."""
    ignored: Texts = Field(default_factory=list)
    """Cells of rows that are no calls."""
    otherwise: Literal["refuse", "answered", "abandoned", "overflowed", "ignored"] = "refuse"
    """What any other cell means."""


class NotOfferedForm(Part):
    """Rows that never asked for an agent."""

    abandoned_within: Seconds | None = None
    """Those who hung up after at most this wait (0s: they left inside the menu)."""
    empty: list[Name] = Field(default_factory=list)
    """Rows in which one of these columns is empty."""


class TierColumn(Part):
    """The customer class."""

    column: Name | None = None
    """Its column; none: everyone is of the default tier."""
    pattern: str | None = None
    """A regular expression whose first group is the part of the cell that counts."""
    values: TextNames | Literal["all"] = Field(default_factory=dict)
    """Cell: tier; or all: each cell is the name of a tier."""
    default: Name = "standard"
    """The tier of every other cell; without it such cells are refused."""
    known_when_waited: bool = False
    """The log tells the tier only of calls that waited: shares are estimated among those."""


class QueueColumn(Part):
    """The business line."""

    column: Name | None = None
    """Its column; none: all calls go to one queue."""
    pattern: str | None = None
    """A regular expression whose first group is the part of the cell that counts."""
    values: TextNames | Literal["all"] = Field(default_factory=dict)
    """Cell: queue; or all: each cell is the name of a queue."""
    default: Name = "calls"
    """The queue of every other cell; without it such cells are refused."""


class PersonColumn(Part):
    """A person, by any code."""

    column: Name
    """Its column."""
    pattern: str | None = None
    """A regular expression whose first group is the part of the cell that counts."""
    none: Texts = Field(default_factory=lambda: ["", "0"])
    """Cells that mean nobody, or not known."""


class CallForm(Part):
    """What names one call, so that a record that comes twice counts once."""

    column: Names
    """Its column, or several that name it together (a call that enters another queue is a call there: [call, queue]);
    rows in which the first is empty are calls of their own."""
    latest: Name | None = None
    """Of records of one call the one with the greatest cell here counts (a time or a number, all written alike); none:
    the last in the file."""


class TierRule(Part):
    """How the centre treats a tier: copied into the scenario."""

    band: int = Field(default=0, ge=0, le=1000)
    """Its precedence."""
    head_start: Duration = written("0s")
    """Ordered as if it had come this much earlier."""
    target: Promise = None
    """Its promise."""


class ColumnForm(Part):
    """A column map as it is written."""

    version: Literal[1]
    """Of this format: 1."""
    name: Name = "log"
    """Of the centre whose log this is."""
    source: str = ""
    """Where the log comes from."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Between cells; write "\\t" for a tab; none: whichever of , ; tab | the first line has."""
    encoding: str | None = None
    """Of the text; none: UTF-8, or what can be told without doubt."""
    decimal: Literal[".", ","] = "."
    """Between whole number and fraction."""
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    """Between thousands."""
    header: list[Name] = Field(default_factory=list)
    """The names of the columns, where the file has no line of them."""
    skip: Annotated[int, Field(ge=0, le=1_000)] = 0
    """Lines above the header."""
    where: dict[Name, Texts] = Field(default_factory=dict)
    """Column: cells; only rows with one of these cells count."""
    optional: list[Name] = Field(default_factory=list)
    """Columns that may be missing: then what they tell is not known."""
    also: dict[Name, Names] = Field(default_factory=dict)
    """Column: other names that files give it; the first that is there counts."""
    call: Annotated[CallForm | None, BeforeValidator(_column)] = None
    """What names one call: without it, records that come twice are counted twice."""
    zone: Name = "UTC"
    """Where the centre is: an IANA time zone."""
    date: Annotated[DateForm | None, BeforeValidator(_column)] = None
    """The day, where the arrival does not tell it."""
    arrival: Annotated[ArrivalForm, BeforeValidator(_column)]
    """When the call reached the queue."""
    wait: Annotated[LengthForm, BeforeValidator(_column)]
    """From the arrival to the answer or the hang-up."""
    service: Annotated[LengthForm | None, BeforeValidator(_column)] = None
    """Talk and hold time."""
    wrap_up: Annotated[LengthForm | None, BeforeValidator(_column)] = None
    """After-call work."""
    outcome: OutcomeForm
    """What became of the call."""
    not_offered: NotOfferedForm = Field(default_factory=NotOfferedForm)
    """Rows that do not count."""
    tier: Annotated[TierColumn, BeforeValidator(_column)] = Field(default_factory=TierColumn)
    """The customer class."""
    queue: Annotated[QueueColumn, BeforeValidator(_column)] = Field(default_factory=QueueColumn)
    """The business line."""
    agent: Annotated[PersonColumn | None, BeforeValidator(_column)] = None
    """Who served."""
    customer: Annotated[PersonColumn | None, BeforeValidator(_column)] = None
    """Who called."""
    tiers: dict[Name, TierRule] = Field(default_factory=dict)
    """Bands, head starts and promises of the tiers."""
    interval: Duration = written("30m")
    """Length of the intervals of the fitted profile."""
    longest_service: Seconds = written("1h")
    """Longer services are mistakes of the log: left out of the handling law."""
    short_service: Seconds = written("10s")
    """Services shorter than this may be a kind of their own (agents who hang up): looked at apart."""
    fewest_calls: Count = 1
    """Days with fewer offered calls are left out."""


Columns = ColumnForm
"""A column map that has been read."""


def read_columns(text: str, source: str, base: dict[str, Any] | None = None) -> Columns:
    """Return the column map in `text`.

    Args:
        text: YAML.
        source: What to call it in a refusal, usually the path.
        base: The map of a known format: `text` says only what is to be otherwise.

    Raises:
        BadInput: one line that says where, what, and how to fix it.
    """
    tree: Any
    tree, places = read_tree(text, source) if text or base is None else ({"version": 1}, Places(source))
    if not isinstance(tree, dict):
        raise BadInput(
            "{source}:1: is no column map: write 'version: 1', 'arrival: COLUMN', 'wait: COLUMN', …", source=source
        )
    if tree.get("delimiter") in {"\\t", "tab"}:
        tree["delimiter"] = "\t"
    try:
        found = ColumnForm.model_validate({**(base or {}), **tree})
        _check(found)
    except ValidationError as error:
        wrong = wrong_of(error, places)
        raise places.refuse(wrong.path, wrong.what) from None
    except Wrong as wrong:
        raise places.refuse(wrong.path, wrong.what) from None
    return found


def _check(form: ColumnForm) -> None:
    try:
        zone(form.zone)
    except ValueError as error:
        raise Wrong(("zone",), text_of(error)) from None
    if form.encoding is not None and not known_encoding(form.encoding):
        raise Wrong(
            ("encoding",),
            said("is not known ({encoding}): write utf-8, cp1252, gb18030, latin-1", encoding=form.encoding),
        )
    if form.thousands is not None and form.thousands == form.decimal:
        raise Wrong(
            ("thousands",),
            said("is the decimal mark too ({decimal}): write decimal: ',' or another mark", decimal=form.decimal),
        )
    if form.arrival.kind is None and form.arrival.format is None:
        how = "write as: iso, epoch_s, epoch_ms, spreadsheet, seconds_after_midnight or clock, or a format"
        raise Wrong(("arrival",), said("does not say how the time is written: {how}", how=how))
    for part_name, pattern in (("arrival", form.arrival.format), ("date", form.date.format if form.date else None)):
        if pattern is not None and "%" not in pattern:
            raise Wrong(
                (part_name, "format"),
                said('is no pattern ({pattern}): write such as "%d/%m/%Y %H:%M:%S"', pattern=pattern),
            )
        if pattern is not None and "%p" in pattern and "%I" not in pattern:
            raise Wrong(
                (part_name, "format"),
                said("has %p, which counts with a clock of twelve hours only: write %I in place of %H"),
            )
    if form.arrival.kind in {"seconds_after_midnight", "clock"} and form.date is None:
        raise Wrong(
            ("arrival",), said("is a time of day ({kind}): say where the day is, date: COLUMN", kind=form.arrival.kind)
        )
    for name, length in (("wait", form.wait), ("service", form.service), ("wrap_up", form.wrap_up)):
        if length is not None and (length.column is None) == (length.start is None or not length.ends):
            raise Wrong((name,), said("is one column, or {{from: COLUMN, to: COLUMN}}: write one of the two"))
        if length is not None and length.plus and length.column is None:
            raise Wrong((name, "plus"), said("adds to a column, not to a difference of two: write column: COLUMN"))
    for part_name in ("queue", "tier", "agent", "customer"):
        part = getattr(form, part_name)
        if part is not None and part.pattern is not None:
            _check_pattern(part.pattern, (part_name, "pattern"))
    _check_outcomes(form.outcome)
    for tier in form.tiers:
        if form.tier.values != ALL and tier not in tier_names(form):
            raise Wrong(
                ("tiers", tier),
                said("is not among the tiers of the log (there is: {form})", form=", ".join(tier_names(form))),
            )
    named = {*form.header, *form.optional, *(name for name, others in form.also.items() if {*others} & {*form.header})}
    lost = [name for name in needed(form) if form.header and name not in named]
    if lost:
        raise Wrong(
            ("header",),
            said("has no column {lost!r}{hint}: name it there", lost=lost[0], hint=near(lost[0], form.header)),
        )


def _check_pattern(pattern: str, path: tuple[str, ...]) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise Wrong(path, said("is no regular expression ({error}): write such as '^([^,]+)'", error=error)) from None
    if groups != 1:
        raise Wrong(
            path,
            said(
                "has {groups} groups in brackets: write one around the part that counts, such as '^([^,]+)'",
                groups=groups,
            ),
        )


def _check_outcomes(form: OutcomeForm) -> None:
    kinds = ("answered", "abandoned", "overflowed", "ignored")
    seen: dict[str, str] = {}
    for kind in kinds:
        for cell in getattr(form, kind):
            if seen.setdefault(cell, kind) != kind:
                raise Wrong(
                    ("outcome", seen[cell]),
                    said("names {cell!r}, which has another meaning below: keep one", cell=cell),
                )
    for kind in ("answered", "abandoned"):
        if not getattr(form, kind) and form.otherwise != kind:
            raise Wrong(("outcome", kind), said("is missing: name its cells, or write otherwise: {kind}", kind=kind))


def tier_names(columns: Columns) -> list[str]:
    """Return the tiers a log can have, in order: those with rules first, as written there."""
    if columns.tier.values == ALL:
        return list(columns.tiers)
    can_be = [*columns.tier.values.values(), *_default(columns.tier)]
    return list(dict.fromkeys([*(name for name in columns.tiers if name in can_be), *can_be]))


def queue_names(columns: Columns) -> list[str]:
    """Return the queues a log can have, in order; where each cell is a name they are known only once it is read."""
    if columns.queue.values == ALL:
        return []
    return list(dict.fromkeys([*columns.queue.values.values(), *_default(columns.queue)]))


def _default(form: TierColumn | QueueColumn) -> list[str]:
    """Return the name of every other cell, where there is such a thing."""
    return [form.default] if form.column is None or "default" in form.model_fields_set else []


def zone_of(columns: Columns) -> Zone:
    """Return the time zone of the centre."""
    return zone(columns.zone)


def needed(columns: Columns) -> list[str]:
    """Return the columns the map names, each once, in the order of the map."""
    lengths = [form for form in (columns.wait, columns.service, columns.wrap_up) if form is not None]
    found = [
        columns.date.column if columns.date else None,
        columns.arrival.column,
        *(name for length in lengths for name in (length.column, *length.plus, length.start, *length.ends)),
        columns.outcome.column,
        *columns.not_offered.empty,
        *columns.where,
        columns.tier.column,
        columns.queue.column,
        columns.agent.column if columns.agent else None,
        columns.customer.column if columns.customer else None,
        *((*columns.call.column, columns.call.latest) if columns.call else ()),
    ]
    return list(dict.fromkeys(name for name in found if name is not None))


def named_cells(columns: Columns) -> frozenset[str]:
    """Return the cells to which the map gives a meaning: NULL is nothing, unless the map says what it is."""
    outcome = columns.outcome
    lists = [outcome.answered, outcome.abandoned, outcome.overflowed, outcome.ignored, *columns.where.values()]
    lists += [person.none for person in (columns.agent, columns.customer) if person is not None]
    lists += [list(form.values) for form in (columns.queue, columns.tier) if form.values != ALL]
    return frozenset(cell for cells in lists for cell in cells)


def layout_of(columns: Columns) -> Layout:
    """Return how the cells of the log's files stand."""
    return Layout(
        delimiter=columns.delimiter,
        encoding=columns.encoding,
        header=tuple(columns.header),
        skip=columns.skip,
        needed=tuple(name for name in needed(columns) if name not in columns.optional),
        also={name: tuple(others) for name, others in columns.also.items()},
    )
