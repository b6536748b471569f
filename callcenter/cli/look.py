"""`callcenter look`: what a log seems to be, a map as a proposal to correct, and what is odd about its calls."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls, sources_of
from callcenter.cli.options import AsJson, json_text, note
from callcenter.config import render
from callcenter.errors import BadInput

if TYPE_CHECKING:
    from sim.analysis.fit.look import Look

WIDTH: Final = 50


def look(
    logs: Logs,
    columns: ColumnMap = None,
    format_name: FormatName = None,
    zone: ZoneName = None,
    out: Annotated[
        Path | None, typer.Option(metavar="MAP.yaml", help="Write the proposed map to this file, to be corrected.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a log's columns, guess its layout, propose a map, count its calls and name what is odd."""
    from sim.analysis.fit import look as looking

    seen = looking.look(sources_of(logs)[0])
    name = format_name or (seen.format_name if columns is None else None)
    told: dict[str, Any] | None = None
    if name is not None or columns is not None:
        told = looking.picture(read_calls(logs, columns, name, zone, say=False))
    if out is not None:
        _write(out, seen)
    if as_json:
        print(json_text(_plain(seen, told)))
        return
    print("\n".join(_columns(seen)))
    print("\n".join(_counts(told) if told is not None else _proposal(seen)))


def _plain(seen: "Look", told: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "rows_looked_at": seen.rows,
        "format": seen.format_name,
        "columns": [
            {"name": c.name, "holds": c.holds, "empty": c.empty, "different": c.different, "cells": dict(c.cells)}
            for c in seen.columns
        ],
        "proposal": seen.proposal or None,
        "questions": seen.questions,
        "calls": told,
    }


def _columns(seen: "Look") -> list[str]:
    wide = max(len(c.name) for c in seen.columns)
    lines = [f"columns (from {seen.rows:,} rows):"]
    for c in seen.columns:
        cells = ": " + ", ".join(f"{cell} {n:,}" for cell, n in c.cells) if c.cells else ""
        empty = f", {c.empty:,} empty" if c.empty else ""
        lines.append(f"  {c.name:{wide}}  {c.holds}, {c.different:,} different{empty}{cells}"[:160])
    guess = f"--format {seen.format_name}" if seen.format_name else "no known layout"
    return [*lines, "", f"seems to be: {guess}"]


def _proposal(seen: "Look") -> list[str]:
    return [
        "", "a map, as far as the names of its columns hint at one (--out MAP.yaml writes it):", "",
        render(seen.proposal).rstrip(), "", "to be told:", *(f"  {line}" for line in seen.questions),
    ]  # fmt: skip


def _counts(told: dict[str, Any]) -> list[str]:
    lines = ["", "calls: " + ", ".join(f"{n:,} {what}" for what, n in told["outcomes"].items() if n)]
    for what in ("queues", "weekdays"):
        lines.append(f"{what}: " + ", ".join(f"{name} {n:,}" for name, n in told[what].items()))
    most = max(told["hours"]) or 1
    lines += ["", "by hour of the day:"]
    lines += [f"  {hour:02d}:00 {'█' * round(WIDTH * n / most)} {n:,}" for hour, n in enumerate(told["hours"]) if n]
    lines += ["", "odd:", *(f"  {line}" for line in told["odd"] or ["nothing that can be seen from here"])]
    return lines


def _write(out: Path, seen: "Look") -> None:
    from sim.analysis.fit.look import format_map

    tree = seen.proposal or format_map(str(seen.format_name))
    about = "Proposed by `callcenter look`: correct it."
    text = render(tree, {"": "\n".join([about, *seen.questions])})
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"--out {out}: cannot be written ({error.strerror}): name another file") from None
    note(f"written: {out}")
