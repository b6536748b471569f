"""`callcenter erlang b|c|a`: the formulas for one case, or for a CSV table in a pipe."""

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from callcenter.erlang import erlang_a, erlang_b, erlang_c, offered_erl
from callcenter.erlang.errors import BadFigure
from callcenter.errors import BadInput
from callcenter.files.words import duration_s

Answer = dict[str, float | bool | None]
"""One case; None where a figure is infinite or undefined."""
Values = list[float]

COLUMNS: Final = ("calls", "interval", "aht", "agents", "within", "patience")
"""What a case is made of, as options and as columns."""
_ARGUMENT: Final = {"interval_s": "interval", "aht_s": "aht", "within_s": "within", "patience_s": "patience"}
"""Names of the formulas' arguments → names of the options."""
KEYS: Final = {
    "b": ("blocking_probability", "occupancy"),
    "c": ("p_wait", "service_level", "asa_s", "mean_queue", "occupancy"),
    "a": (
        "p_wait", "service_level", "asa_s", "mean_queue", "occupancy", "p_abandon", "p_served_within_t",
        "p_wait_le_t_given_served", "sl_excl_abandoned_within_t", "p_virtual_wait_le_t", "mean_wait_all",
        "mean_wait_served",
    ),
}  # fmt: skip
"""The figures of each formula, named as in the reference data."""
_TOLD: Final = {
    "blocking_probability": ("turned away", "share"),
    "p_wait": ("calls that wait", "share"),
    "service_level": ("answered within the limit", "share"),
    "asa_s": ("mean wait of the answered", "s"),
    "mean_queue": ("calls waiting, on average", ""),
    "occupancy": ("agents' time on calls", "share"),
    "p_abandon": ("hang up", "share"),
    "p_wait_le_t_given_served": ("within the limit, of the answered", "share"),
    "sl_excl_abandoned_within_t": ("the same, without short abandons", "share"),
    "p_virtual_wait_le_t": ("within the limit, if nobody hung up", "share"),
    "mean_wait_all": ("mean wait of all", "s"),
}

erlang = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Calls = Annotated[float | None, typer.Option(help="Calls offered in the interval (decimals are welcome).")]
Interval = Annotated[str, typer.Option(metavar="DURATION", help="Length of the interval.")]
Aht = Annotated[str | None, typer.Option(metavar="DURATION", help="Mean handling time, after-call work included.")]
Agents = Annotated[float | None, typer.Option(help="Agents on duty, a whole number.")]
Within = Annotated[str, typer.Option(metavar="DURATION", help="Limit of the service level.")]
Patience = Annotated[str | None, typer.Option(metavar="DURATION", help="Mean patience, or never.")]
Table = Annotated[
    str | None,
    typer.Option("--csv", metavar="FILE", help="Cases by row; - is standard input. Bare times are seconds."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@erlang.command()
def b(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "0s",
    table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang B: who finds every line busy is turned away."""
    given = {"calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within}
    _run("b", given, table, as_json)


@erlang.command()
def c(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang C: everybody waits as long as it takes."""
    given = {"calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within}
    _run("c", given, table, as_json)


@erlang.command()
def a(
    calls: Calls = None, interval: Interval = "30m", aht: Aht = None, agents: Agents = None, within: Within = "20s",
    patience: Patience = None, table: Table = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erlang A: callers hang up when their patience ends."""
    given = {
        "calls": calls, "interval": interval, "aht": aht, "agents": agents, "within": within, "patience": patience,
    }  # fmt: skip
    _run("a", given, table, as_json)


def _run(formula: str, given: Mapping[str, float | str | None], table: str | None, as_json: bool) -> None:
    if table is not None:
        _run_table(formula, given, _read(table), as_json)
        return
    case = {}
    for name in _wanted(formula):
        value = given[name]
        if value is None:
            raise BadInput(f"--{name} is missing: write callcenter erlang {formula} {_example(formula)}")
        try:
            case[name] = [_number(name, value, bare=False)]
        except ValueError as error:
            raise BadInput(f"--{name} {error}") from None
    try:
        answer = answers(formula, case)[0]
    except BadFigure as error:
        raise BadInput(f"--{_option(error)} {error.value}: {error.rule}") from None
    print(json.dumps(answer) if as_json else "\n".join(told(formula, answer)))


def answers(formula: str, cases: Mapping[str, Values]) -> list[Answer]:
    """Return the figures of every case.

    Args:
        formula: b, c or a.
        cases: Calls, interval, aht, agents, within and (a) patience; seconds, one value per case.

    Raises:
        BadFigure: A figure no formula can start from.

    >>> case = {"calls": [100.0], "interval": [1800.0], "aht": [180.0], "agents": [10.0], "within": [20.0]}
    >>> answers("c", case)[0]["asa_s"] is None, answers("c", case)[0]["stable"]
    (True, False)
    """
    load = offered_erl(cases["calls"], interval_s=cases["interval"], aht_s=cases["aht"])
    agents, aht = cases["agents"], cases["aht"]
    if formula == "b":
        blocked = erlang_b(load_erl=load, servers=agents)
        busy = [0.0 if n == 0 else float(a * (1 - p)) / n for a, p, n in zip(load, blocked, agents, strict=True)]
        rows = zip(blocked.tolist(), busy, strict=True)
        return [{"blocking_probability": p, "occupancy": min(o, 1.0), "stable": True} for p, o in rows]
    if formula == "c":
        found = erlang_c(load_erl=load, agents=agents, aht_s=aht, within_s=cases["within"]).plain()
    else:
        patience = cases["patience"]
        found = erlang_a(load_erl=load, agents=agents, aht_s=aht, within_s=cases["within"], patience_s=patience).plain()
    columns = {key: cast("list[float | bool | None]", found[key]) for key in (*KEYS[formula], "stable")}
    return [{key: values[n] for key, values in columns.items()} for n in range(len(agents))]


def told(formula: str, answer: Answer) -> list[str]:
    """Return one case as lines for people."""
    lines = []
    for key in KEYS[formula]:
        if key in _TOLD:
            name, unit = _TOLD[key]
            lines.append(f"{name:34} {_figure(answer[key], unit):>10}")
    if answer["stable"] is False:
        lines.append("saturated: as many calls as the agents can handle, or more; the queue grows without end")
    return lines


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value * 100:.2f} %" if unit == "share" else f"{value:,.2f}{f' {unit}' if unit else ''}"


def _wanted(formula: str) -> tuple[str, ...]:
    return {"b": COLUMNS[:4], "c": COLUMNS[:5], "a": COLUMNS}[formula]


def _example(formula: str) -> str:
    tail = {"b": "", "c": " --within 20s", "a": " --within 20s --patience 5m"}[formula]
    return f"--calls 100 --interval 30m --aht 180s --agents 14{tail}"


def _number(name: str, value: float | str, *, bare: bool) -> float:
    """Return a count, or a time in seconds; `bare` times are seconds."""
    if isinstance(value, float | int):
        return float(value)
    text = value.strip()
    if name == "patience" and text in {"never", "inf"}:
        return inf
    if name in {"calls", "agents"} or (bare and text[-1:].isdigit()):
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"is not a number ({text or 'empty'})") from None
    return duration_s(int(text) if text.isdigit() else text)


def _option(error: BadFigure) -> str:
    return _ARGUMENT.get(error.name, {"load_erl": "calls", "servers": "agents"}.get(error.name, error.name))


# --- tables


@dataclass(frozen=True, slots=True)
class _Rows:
    """A CSV table: where it came from, its header, its rows with their line numbers."""

    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    delimiter: str


def _read(table: str) -> _Rows:
    name = "standard input" if table == "-" else table
    try:
        raw = sys.stdin.buffer.read() if table == "-" else Path(table).read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{name}: is not UTF-8 text: save it as CSV UTF-8") from None
    except OSError as error:
        raise BadInput(f"{name}: cannot be read ({error.strerror}): check the path") from None
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise BadInput(f"{name}:{reader.line_num}: is not CSV: {error}") from None
    if not rows:
        raise BadInput(f"{name}:1: is empty: the first line names the columns: {', '.join(COLUMNS)}")
    header = [cell.strip() for cell in rows[0][1]]
    return _Rows(name, header, rows[1:], delimiter)


def _run_table(formula: str, given: Mapping[str, float | str | None], table: _Rows, as_json: bool) -> None:
    cases, lines = _cases(formula, given, table)
    try:
        found = answers(formula, cases) if lines else []
    except BadFigure:
        found = _one_by_one(formula, cases, lines, table.name)
    if as_json:
        print(json.dumps({"rows": found}))
        return
    writer = csv.writer(sys.stdout, delimiter=table.delimiter, lineterminator="\n")
    keys = (*KEYS[formula], "stable")
    writer.writerow([*table.header, *keys])
    for (_, row), answer in zip(table.rows, found, strict=True):
        writer.writerow([*row, *(_cell(answer[key]) for key in keys)])


def _cases(formula: str, given: Mapping[str, float | str | None], table: _Rows) -> tuple[dict[str, Values], list[int]]:
    """Return the cases by column, an option standing in for a column that is not there."""
    cases: dict[str, Values] = {}
    for name in _wanted(formula):
        at = next((i for i, column in enumerate(table.header) if column in {name, f"{name}_s"}), None)
        option = given[name]
        if at is None and option is None:
            raise BadInput(f"{table.name}:1: has no column {name!r}: add it, or give --{name} for all rows")
        values = []
        for line, row in table.rows:
            if len(row) != len(table.header):
                raise BadInput(f"{table.name}:{line}: has {len(row)} cells, the header {len(table.header)}: mend it")
            value = row[at] if at is not None else option
            try:
                values.append(_number(name, value if value is not None else "", bare=at is not None))
            except ValueError as error:
                raise BadInput(f"{table.name}:{line}: {name} {error}") from None
        cases[name] = values
    return cases, [line for line, _ in table.rows]


def _one_by_one(formula: str, cases: Mapping[str, Values], lines: Sequence[int], name: str) -> list[Answer]:
    """Return the answers row by row: finds the line that the formula refuses."""
    found = []
    for n, line in enumerate(lines):
        try:
            found += answers(formula, {key: [values[n]] for key, values in cases.items()})
        except BadFigure as error:
            raise BadInput(f"{name}:{line}: {_option(error)} is {error.value}: {error.rule}") from None
    return found


def _cell(value: float | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else repr(value)
