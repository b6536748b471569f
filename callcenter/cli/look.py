"""`callcenter look`: what a log seems to be, a map as a proposal to correct, and what is odd about its calls."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.cells import cell_len

from callcenter.cli.cells import left
from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls, sources_of
from callcenter.cli.options import AsJson, json_text, note, write_new
from callcenter.config import render
from callcenter.language.said import N_
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from sim.analysis.fit.look import Look

WIDTH: Final = 50
HOLDS: Final = (N_("times"), N_("epochs"), N_("numbers"), N_("clock"), N_("lengths"), N_("words"), N_("empty"))
WRITTEN: Final = "times written "


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
    from callcenter.config.unpacking import kept, members_of
    from sim.analysis.fit import look as looking

    first = kept(sources_of(logs)[0])
    if len(members := members_of(first)) > 1:
        note(_("{source}: columns are told of its first file, {name!r}", source=first.name, name=members[0]))
        first = replace(first, part=members[0])
    seen = looking.look(first)
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
    wide = max(cell_len(c.name) for c in seen.columns)
    lines = [_("columns (from {n:,} rows):", n=seen.rows)]
    for c in seen.columns:
        cells = ": " + ", ".join(f"{cell} {n:,}" for cell, n in c.cells) if c.cells else ""
        empty = _(", {n:,} empty", n=c.empty) if c.empty else ""
        holds = _("{kind}, {n:,} different", kind=_holds(c.holds), n=c.different)
        lines.append(f"  {left(c.name, wide)}  {holds}{empty}{cells}"[:160])
    guess = f"--format {seen.format_name}" if seen.format_name else _("no known layout")
    return [*lines, "", _("seems to be: {guess}", guess=guess)]


def _holds(what: str) -> str:
    """Return what a column holds, in words."""
    written = what.removeprefix(WRITTEN)
    return _("times written {form}", form=written) if written != what else _(what)


def _proposal(seen: "Look") -> list[str]:
    return [
        "", _("a map, as far as the names of its columns hint at one (--out MAP.yaml writes it):"), "",
        render(seen.proposal).rstrip(), "", _("to be told:"), *(f"  {_(line)}" for line in seen.questions),
    ]  # fmt: skip


def _counts(told: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{n:,} {_(what)}" for what, n in told["outcomes"].items() if n)
    lines = ["", _("{name}: {text}", name=_("calls"), text=counts)]
    queues = ", ".join(f"{name} {n:,}" for name, n in told["queues"].items())
    weekdays = ", ".join(f"{_(name)} {n:,}" for name, n in told["weekdays"].items())
    lines += [
        _("{name}: {text}", name=_("queues"), text=queues),
        _("{name}: {text}", name=_("weekdays"), text=weekdays),
    ]
    most = max(told["hours"]) or 1
    lines += ["", _("by hour of the day:")]
    lines += [f"  {hour:02d}:00 {'█' * round(WIDTH * n / most)} {n:,}" for hour, n in enumerate(told["hours"]) if n]
    odd = told["odd"] or [N_("nothing that can be seen from here")]
    lines += ["", _("odd:"), *(f"  {_(line)}" for line in odd)]
    return lines


def _write(out: Path, seen: "Look") -> None:
    from sim.analysis.fit.look import format_map

    tree = seen.proposal or format_map(str(seen.format_name))
    about = "Proposed by `callcenter look`: correct it."
    text = render(tree, {"": "\n".join([about, *seen.questions])})
    write_new("--out", out, text)
    note(_("written: {path}", path=out))
