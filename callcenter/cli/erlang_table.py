"""Erlang formulas for a table of cases: a CSV file or a pipe in, the same rows with their figures out."""

import csv
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.cli.erlang_cases import COLUMN_OF, Answer, Case, answered, read_case
from callcenter.config.any_table import comma_csv
from callcenter.config.formula_cells import as_given, harmless_text
from callcenter.config.unpacking import MARKS
from callcenter.erlang.errors import BadFigure, SearchEnded
from callcenter.erlang.models import GOALS, MODELS
from callcenter.errors import BadInput

THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
"""1.200 between semicolons, where decimal marks are commas: twelve hundred, as a rule."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """A CSV table: where it came from, its header, its rows with their line numbers."""

    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    delimiter: str


def run_table(
    name: str,
    given: Mapping[str, str | None],
    goals: Mapping[str, str],
    shrinkage: str | None,
    table: str,
    as_json: bool,
) -> None:
    """Answer every row of a table; an option stands in for a column that is not there."""
    rows = _read(table)
    cases = _cases(name, given, goals, shrinkage, rows)
    found = _answers(name, cases, rows)
    if as_json:
        print(json.dumps({"rows": found}))
        return
    writer = csv.writer(sys.stdout, delimiter=rows.delimiter, lineterminator="\n")
    keys = ["offered_load_erlangs", *MODELS[name].keys]
    if cases and cases[0].asked:
        keys = ["agents", *(["rostered"] if shrinkage is not None else []), *keys]
    writer.writerow([*map(harmless_text, rows.header), *keys])
    for (_, row), answer in zip(rows.rows, found, strict=True):
        writer.writerow([*map(harmless_text, row), *(_cell(answer[key]) for key in keys)])


def _read(table: str) -> _Rows:
    name = "standard input" if table == "-" else table
    try:
        raw = sys.stdin.buffer.read() if table == "-" else Path(table).read_bytes()
        sheet = any(raw.startswith(mark) for mark in MARKS)
        text = comma_csv(raw, name) if sheet else raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("{name}: is not UTF-8 text: save it as CSV UTF-8", name=name) from None
    except OSError as error:
        raise BadInput(
            "{name}: cannot be read ({strerror}): check the path", name=name, strerror=error.strerror
        ) from None
    first = text.partition("\n")[0]
    delimiter = "," if "," in first else ";" if ";" in first else "\t" if "\t" in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, [as_given(cell) for cell in row]))
    except csv.Error as error:
        raise BadInput(
            "{name}:{line_num}: is not CSV: {error}", name=name, line_num=reader.line_num, error=error
        ) from None
    if not rows:
        raise BadInput(
            "{name}:1: is empty: the first line names the columns: calls, interval, aht, agents, within", name=name
        )
    header = [cell.strip() for cell in rows[0][1]]
    return _Rows(name, header, rows[1:], delimiter)


def _cases(
    name: str, given: Mapping[str, str | None], goals: Mapping[str, str], shrinkage: str | None, table: _Rows
) -> list[Case]:
    """Return the rows as cases; a goal is an option or a column, and where there is one no agents are."""
    model = MODELS[name]

    def place(column: str) -> int | None:
        return next((i for i, title in enumerate(table.header) if title.lower() in {column, f"{column}_s"}), None)

    asks = bool(goals) or (
        given["agents"] is None and place("agents") is None and any(place(goal) is not None for goal in GOALS)
    )
    wanted = [c for c in model.columns if not (c == "agents" and asks)]
    for column in wanted:
        if place(column) is None and given.get(column) is None and column not in model.defaults:
            raise BadInput(
                "{table}:1: has no column {column!r}: add it, or give --{column} for all rows",
                table=table.name,
                column=column,
            )
    if asks and place("agents") is not None:
        raise BadInput(
            "{table}:1: has a column 'agents': either say how many there are, or ask --target 80%", table=table.name
        )
    found = []
    decimal = str.maketrans({",": "."}) if table.delimiter != "," and not model.by_tier else {}
    for line, row in table.rows:
        if len(row) != len(table.header):
            raise BadInput(
                "{table}:{line}: has {n} cells, the header {n_2}: fix it",
                table=table.name,
                line=line,
                n=len(row),
                n_2=len(table.header),
            )

        def cell(column: str, option: str | None, row: list[str] = row, line: int = line) -> str | None:
            at = place(column)
            if at is not None and table.delimiter == ";" and THOUSANDS.fullmatch(row[at].strip()):
                raise BadInput(
                    "{table}:{line}: {column}: {cell} could be a fraction or thousands: write it without the point, or "
                    "with a comma",
                    table=table.name,
                    line=line,
                    column=column,
                    cell=row[at].strip(),
                )
            return option if at is None else row[at].translate(decimal)

        mine = {column: cell(column, given.get(column)) for column in wanted}
        ours = {goal: text for goal in GOALS if asks and (text := cell(goal, goals.get(goal))) is not None}
        try:
            found.append(read_case(name, mine, ours, shrinkage, bare=True))
        except BadInput as error:
            raise BadInput(
                "{table}:{line}: {error}", table=table.name, line=line, error=str(error).removeprefix("--")
            ) from None
    return found


def _answers(name: str, cases: Sequence[Case], table: _Rows) -> list[Answer]:
    """Return the answers: all rows at once, or row by row to find the line that the formula refuses."""
    alike = {tuple(len(v) for v in (*case.columns.values(), *case.goals.values())) for case in cases}
    if len(alike) == 1:
        try:
            return answered(name, cases)
        except (BadFigure, SearchEnded):
            pass
    found: list[Answer] = []
    for (line, _), case in zip(table.rows, cases, strict=True):
        try:
            found += answered(name, [case])
        except BadFigure as error:
            option = COLUMN_OF.get(error.name, error.name)
            raise BadInput(
                "{table}:{line}: {option} is {error}: {rule}",
                table=table.name,
                line=line,
                option=option,
                error=error.value,
                rule=error.rule,
            ) from None
        except SearchEnded as error:
            raise BadInput("{table}:{line}: {error}", table=table.name, line=line, error=error) from None
    return found


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_cell(part) or "-" for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else repr(value)
