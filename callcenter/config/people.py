"""A file of people: YAML with rules and wishes, or a table (CSV, XLSX) with a line for each."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from callcenter.centre import Centre
from callcenter.config import words
from callcenter.config.fields import Clock, Count, Day, Duration, Name, Part, Share, Skills, Weekdays, written
from callcenter.config.header_rows import is_total
from callcenter.config.nothing import NO_FIGURE
from callcenter.config.refusals import Path, Places, Wrong, unknown, wrong_of
from callcenter.config.tables import Layout, read_table
from callcenter.config.tree import read_tree
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from callcenter.language.said import said, text_of
from callcenter.people import People, PeopleRules, Person, Wish
from callcenter.skills import covers, levels
from callcenter.units import DAY

COLUMNS: Final = (
    "name", "groups", "skills", "hours", "overtime", "earliest", "latest", "days_off", "absent", "rest",
    "days_in_a_row", "wishes",
)  # fmt: skip
ALSO: Final = {
    "name": ("agent", "person", "employee"),
    "groups": ("group", "team", "teams"),
    "hours": ("hours per week", "hours_per_week", "contract hours", "weekly hours"),
    "days_off": ("off", "days off"),
    "absent": ("absences", "holiday", "holidays", "leave"),
}
LONGEST_ABSENCE: Final = 366


def dates(value: object) -> tuple[int, ...]:
    """Return local day numbers of dates and stretches of dates, a list or with commas.

    >>> dates("1970-01-02, 1970-01-05..1970-01-07")
    (1, 4, 5, 6)
    """
    parts = value if isinstance(value, list) else str(value).split(",")
    found: set[int] = set()
    for part in parts:
        first, dots, last = str(part).partition("..")
        begin = words.day_number(first.strip())
        end = words.day_number(last.strip()) if dots else begin
        if not 0 <= end - begin < LONGEST_ABSENCE:
            raise ValueError(
                said("is no stretch of dates ({shown}): write 2026-03-09..2026-03-13", shown=words.shown(part))
            )
        found |= set(range(begin, end + 1))
    return tuple(sorted(found))


def _names(value: Any) -> Any:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _wish(value: Any) -> Any:
    """Read `fri off`, `2026-03-05 off` and `wed early` into a mapping."""
    if not isinstance(value, str):
        return value
    when, _, what = value.strip().partition(" ")
    key = "date" if when[:1].isdigit() else "weekday"
    return {key: when, **({} if what.strip() in {"", "off"} else {"shift": what.strip()})}


def _wishes(value: Any) -> Any:
    return [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value


class WishForm(Part):
    """What somebody would like: `fri off`, `2026-03-05 off`, `wed early`, or with keys."""

    date: Day | None = None
    """On this date."""
    weekday: str | None = None
    """On this day of every week."""
    shift: Name | None = None
    """A shift type; none: the day off."""


Dates = Annotated[tuple[int, ...], BeforeValidator(dates)]


class PersonForm(Part):
    """Somebody who can be rostered."""

    name: Name
    """Each its own."""
    groups: Annotated[list[Name], BeforeValidator(_names)] = Field(default_factory=list)
    """Groups they work in (default: every group whose skills they have)."""
    skills: Skills = Field(default_factory=dict)
    """What they can do, with levels."""
    hours: float = Field(default=40.0, ge=0, le=168)
    """Contract hours a week, breaks included."""
    overtime: float = Field(default=0.0, ge=0, le=100)
    """Hours a week at most beyond the contract."""
    earliest: Clock = written("00:00")
    """No shift begins before this."""
    latest: Clock | None = None
    """No shift ends after this; before `earliest`: of the next day."""
    days_off: Weekdays | None = None
    """Days of the week that are never worked."""
    absent: Dates = written([])
    """Dates: [2026-03-04, 2026-03-09..2026-03-13]."""
    rest: Duration = written("11h")
    """At least, between two shifts."""
    days_in_a_row: int = Field(default=6, ge=1, le=31)
    """Most days worked one after another."""
    wishes: Annotated[list[Annotated[WishForm, BeforeValidator(_wish)]], BeforeValidator(_wishes)] = Field(
        default_factory=list
    )
    """What they would like."""


class RulesForm(Part):
    """What the roster as a whole keeps to."""

    most_people: Count | None = None
    """No more than so many different people."""
    part_timers: Share | None = None
    """At most this share of a day's shifts for part-timers."""
    part_time_below: float = Field(default=30.0, ge=0, le=168)
    """Contract hours below which somebody is a part-timer."""
    minimum: dict[Name, Count] = Field(default_factory=dict)
    """Group: heads that are there at least whenever the group is needed at all."""


class PeopleForm(Part):
    """A file of people."""

    version: Literal[1] = 1
    """Of this format: 1."""
    rules: RulesForm = Field(default_factory=RulesForm)
    """What the roster as a whole keeps to."""
    people: list[PersonForm] = Field(min_length=1)
    """Everybody."""


def read_people(data: bytes, source: str, centre: Centre, shift_types: tuple[str, ...]) -> People:
    """Return the people in a file.

    Args:
        data: The file; YAML where its name says so, else a table.
        source: Its name, for refusals.
        centre: Whose groups they work in.
        shift_types: Which may be wished for.

    Raises:
        BadInput: one line that says where, what, and how to fix it.
    """
    if source.endswith((".yaml", ".yml")):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadInput("{source}: is not UTF-8 text", source=source) from None
        return _of_yaml(text, source, centre, shift_types)
    return _of_table(data, source, centre, shift_types)


def _of_yaml(text: str, source: str, centre: Centre, shift_types: tuple[str, ...]) -> People:
    tree, places = read_tree(text, source)
    try:
        form = PeopleForm.model_validate(tree)
        return _built(form, centre, shift_types)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(wrong.path, wrong.what)


def _of_table(data: bytes, source: str, centre: Centre, shift_types: tuple[str, ...]) -> People:
    fix = f": the columns are {', '.join(COLUMNS)}; all but name may be left out"
    table = read_table(Source.of(data, source), Layout(needed=("name",), also=ALSO, fix=fix, one_sheet=True))
    strange = [name for name in table.header if name and name not in COLUMNS]
    if strange:
        raise BadInput("{source}:1: {unknown}", source=source, unknown=unknown("column", strange[0], list(COLUMNS)))
    forms, lines = [], []
    for batch in table.batches:
        for line, row in zip(batch.lines, batch.rows, strict=True):
            if any(cell.strip() for cell in row[len(table.header) :]):
                raise BadInput(
                    "{source}:{line}: has more cells than there are columns: put a cell that holds the separator in "
                    "quotes",
                    source=source,
                    line=line,
                )
            given = [cell.strip() for cell in row]
            if given == table.written:  # the names of the columns again, of lists that were joined
                continue
            cells = {name: cell for name, cell in zip(table.header, given, strict=False) if cell not in NO_FIGURE}
            if not cells:
                continue
            if is_total(cells.get("name", "")):
                raise BadInput(
                    "{source}:{line}: {name!r} seems to be a line of totals, and nobody: take it out",
                    source=source,
                    line=line,
                    name=cells["name"],
                )
            try:
                forms.append(PersonForm.model_validate({name: _cell(name, cell) for name, cell in cells.items()}))
            except ValidationError as error:
                wrong = wrong_of(error, Places(source))
                raise BadInput(
                    "{source}:{line}: {loc}: {what}", source=source, line=line, loc=wrong.path[0], what=wrong.what
                ) from None
            lines.append(line)
    if not forms:
        raise BadInput(
            "{source}: holds nobody: write a line for each person under the line of column names", source=source
        )
    try:
        return _built(PeopleForm.model_construct(people=forms, rules=RulesForm()), centre, shift_types)
    except Wrong as error:
        at = error.path[1] if len(error.path) > 1 and isinstance(error.path[1], int) else 0
        part = f"{error.path[2]}: " if len(error.path) > 2 else ""
        raise BadInput(
            "{source}:{lines}: {part}{what}", source=source, lines=lines[at], part=part, what=error.what
        ) from None


def _cell(name: str, cell: str) -> Any:
    """Return a cell as YAML would have it: `billing 2, es 1` are skills with levels, 38,5 is a number."""
    if name == "skills" and any(part.strip()[-1:].isdigit() and " " in part.strip() for part in cell.split(",")):
        pairs = [part.strip().rpartition(" ") for part in cell.split(",") if part.strip()]
        return {skill or level: int(level) if skill and level.isdigit() else 1 for skill, _, level in pairs}
    if name in {"hours", "overtime", "days_in_a_row"}:
        number = cell.replace(",", ".")
        try:
            return int(number) if name == "days_in_a_row" else float(number)
        except ValueError:
            return cell  # refused by the form, in its words
    if name in {"earliest", "latest"}:
        return cell[:5] if len(cell) == 8 else cell  # a spreadsheet writes 08:00:00
    return cell


def _built(form: PeopleForm, centre: Centre, shift_types: tuple[str, ...]) -> People:
    groups = [group.name for group in centre.groups]
    for name in form.rules.minimum:
        if name not in groups:
            raise Wrong(("rules", "minimum", name), unknown("group", name, groups))
    persons = list[Person]()
    for n, one in enumerate(form.people):
        path: Path = ("people", n)
        if any(one.name == other.name for other in persons):
            raise Wrong(
                (*path, "name"), said("is the name of two people ({one}): add an initial or a number", one=one.name)
            )
        persons.append(_person(one, centre, shift_types, path))
    rules = form.rules
    return People(
        tuple(persons),
        PeopleRules(rules.most_people, rules.part_timers, rules.part_time_below, tuple(rules.minimum.items())),
    )


def _person(one: PersonForm, centre: Centre, shift_types: tuple[str, ...], path: Path) -> Person:
    groups = [group.name for group in centre.groups]
    for name in one.groups:
        if name not in groups:
            raise Wrong((*path, "groups"), unknown("group", name, groups))
    skills = levels(one.skills)
    if not one.groups and not any(covers(skills, group.skills) for group in centre.groups):
        raise Wrong(path, said("has neither groups nor the skills of any: write groups: [{groups}]", groups=groups[0]))
    latest = 2 * DAY if one.latest is None else one.latest if one.latest > one.earliest else one.latest + DAY
    wishes = []
    for i, wish in enumerate(one.wishes):
        here: Path = (*path, "wishes", i)
        if (wish.date is None) == (wish.weekday is None):
            raise Wrong(here, said("needs a date or a day of the week: write fri off, or 2026-03-05 early"))
        if wish.shift is not None and wish.shift not in shift_types:
            raise Wrong(here, unknown("shift type", wish.shift, list(shift_types)))
        try:
            days = [None] if wish.weekday is None else list(words.weekdays(wish.weekday))
        except ValueError as error:
            raise Wrong(here, text_of(error)) from None
        wishes += [Wish(wish.date, day, wish.shift) for day in days]
    return Person(
        one.name, tuple(one.groups), skills, one.hours, one.overtime, one.earliest, latest, one.days_off or (),
        one.absent, one.rest, one.days_in_a_row, tuple(wishes),
    )  # fmt: skip
