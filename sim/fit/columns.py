"""The column map: which column of a call log holds what, so that any log is read without code."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from callcenter.errors import BadInput
from callcenter.files import words
from callcenter.files.fields import Count, Duration, Name, Part, Promise, Seconds, written
from callcenter.files.refusals import Wrong, near, wrong_of
from callcenter.files.tree import read_tree
from callcenter.files.zones import zone
from callcenter.hours import Zone

Unit = Literal["seconds", "ms", "minutes", "clock"]
"""`clock` is H:MM:SS or MM:SS."""
Instant = Literal["iso", "epoch_s", "epoch_ms", "seconds_after_midnight", "clock"]
"""The last two need a date column."""


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


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


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
    """How it is written: iso, epoch_s, epoch_ms, seconds_after_midnight or clock."""
    format: str | None = None
    """Or a pattern of Python's strptime: "%d/%m/%Y %H:%M:%S"."""


class LengthForm(Part):
    """How long something took: one column, or the difference of two."""

    column: Name | None = None
    """A column that holds the length."""
    unit: Unit = "seconds"
    """How the length is written."""
    start: Name | None = Field(default=None, alias="from")
    """Or the column of its begin..."""
    end: Name | None = Field(default=None, alias="to")
    """...and of its end, both written as the arrival is."""


class OutcomeForm(Part):
    """What became of the call."""

    column: Name
    """Its column."""
    answered: Texts
    """Cells that mean an agent answered."""
    abandoned: Texts
    """Cells that mean the caller hung up while waiting."""
    ignored: Texts = Field(default_factory=list)
    """Cells of rows that are no calls."""
    otherwise: Literal["refuse", "answered", "abandoned", "ignored"] = "refuse"
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
    values: TextNames = Field(default_factory=dict)
    """Cell: tier."""
    default: Name = "standard"
    """The tier of every other cell."""
    known_when_waited: bool = False
    """The log tells the tier only of calls that waited: shares are estimated among those."""


class QueueColumn(Part):
    """The business line."""

    column: Name | None = None
    """Its column; none: all calls go to one queue."""
    values: TextNames = Field(default_factory=dict)
    """Cell: queue."""
    default: Name = "calls"
    """The queue of every other cell."""


class PersonColumn(Part):
    """A person, by any code."""

    column: Name
    """Its column."""
    none: Texts = Field(default_factory=lambda: ["", "0"])
    """Cells that mean nobody, or not known."""


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
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Between cells; write "\\t" for a tab."""
    encoding: str = "utf-8"
    """Of the text."""
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

TAB: Final = "\t"


def read_columns(text: str, source: str) -> Columns:
    """Return the column map in `text`.

    Args:
        text: YAML.
        source: What to call it in a refusal, usually the path.

    Raises:
        BadInput: one line that says where, what, and how to mend it.
    """
    tree, places = read_tree(text, source)
    if not isinstance(tree, dict):
        raise BadInput(f"{source}:1: is no column map: write 'version: 1', 'arrival: COLUMN', 'wait: COLUMN', …")
    if tree.get("delimiter") in {"\\t", "tab"}:
        tree["delimiter"] = TAB
    try:
        found = ColumnForm.model_validate(tree)
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
        raise Wrong(("zone",), str(error)) from None
    try:
        "".encode(form.encoding)
    except LookupError:
        raise Wrong(("encoding",), f"is not known ({form.encoding}): write utf-8, latin-1, cp1252") from None
    if form.arrival.kind is None and form.arrival.format is None:
        how = "write as: iso, epoch_s, epoch_ms, seconds_after_midnight or clock, or a format"
        raise Wrong(("arrival",), f"does not say how the time is written: {how}")
    if form.arrival.kind in {"seconds_after_midnight", "clock"} and form.date is None:
        raise Wrong(("arrival",), f"is a time of day ({form.arrival.kind}): say where the day is, date: COLUMN")
    for name, length in (("wait", form.wait), ("service", form.service)):
        if length is not None and (length.column is None) == (length.start is None or length.end is None):
            raise Wrong((name,), "is one column, or {from: COLUMN, to: COLUMN}: write one of the two")
    both = [cell for cell in form.outcome.answered if cell in form.outcome.abandoned + form.outcome.ignored]
    if both:
        raise Wrong(("outcome", "answered"), f"names {both[0]!r}, which has another meaning below: keep one")
    for tier in form.tiers:
        if tier not in tier_names(form):
            raise Wrong(
                ("tiers", tier),
                f"is not among the tiers of the log (there is: {', '.join(tier_names(form))})",
            )


def tier_names(columns: Columns) -> list[str]:
    """Return the tiers a log can have, in order: those with rules first, as written there."""
    named = [*columns.tiers, *columns.tier.values.values(), columns.tier.default]
    return list(dict.fromkeys(name for name in named if name in {*columns.tier.values.values(), columns.tier.default}))


def queue_names(columns: Columns) -> list[str]:
    """Return the queues a log can have, in order."""
    return list(dict.fromkeys([*columns.queue.values.values(), columns.queue.default]))


def zone_of(columns: Columns) -> Zone:
    """Return the time zone of the centre."""
    return zone(columns.zone)


def needed(columns: Columns) -> list[str]:
    """Return the columns the map names, each once, in the order of the map."""
    lengths = [columns.wait, *([columns.service] if columns.service else [])]
    found = [
        columns.date.column if columns.date else None,
        columns.arrival.column,
        *(name for length in lengths for name in (length.column, length.start, length.end)),
        columns.outcome.column,
        *columns.not_offered.empty,
        columns.tier.column,
        columns.queue.column,
        columns.agent.column if columns.agent else None,
        columns.customer.column if columns.customer else None,
    ]
    return list(dict.fromkeys(name for name in found if name is not None))


def missing_column(name: str, header: list[str], source: str) -> BadInput:
    """Return the refusal of a log that lacks a column."""
    there = ", ".join(words.shown(cell) for cell in header[:20])
    return BadInput(f"{source}:1: has no column {name!r}{near(name, header)} (there is: {there})")
