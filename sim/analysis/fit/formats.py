"""Layouts of known systems by name: a map for each, so that a log of theirs is read by one command."""

from dataclasses import dataclass
from typing import Final

from callcenter.config.refusals import near
from callcenter.config.tables import Layout, Table, read_table
from callcenter.config.tree import read_tree
from callcenter.config.unpacking import Progress, Source
from callcenter.errors import BadInput
from scenarios import columns_text
from sim.analysis.fit.columns import Columns, layout_of, read_columns
from sim.analysis.fit.queuelog import EVENTS, Presence, calls_of

CALLS: Final = "one row a call"
JOINED: Final = "events, joined to calls"
INTERVALS: Final = "one row an interval and queue"


@dataclass(frozen=True, slots=True)
class Format:
    """A layout of a known system."""

    about: str
    holds: str


FORMATS: Final = {
    "asterisk-queue-log": Format("Asterisk app_queue: queue_log", JOINED),
    "asterisk-cdr": Format("Asterisk cdr-csv: Master.csv", CALLS),
    "freeswitch-cdr": Format("FreeSWITCH mod_cdr_csv", CALLS),
    "freeswitch-callcenter": Format("FreeSWITCH mod_callcenter", CALLS),
    "amazon-connect-ctr": Format("Amazon Connect contact records", CALLS),
    "genesys-interval": Format("Genesys queue performance by interval", INTERVALS),
    "avaya-cms-interval": Format("Avaya CMS split/skill by interval", INTERVALS),
    "callcenter": Format("our own calls.csv, or a journal", CALLS),
}


def check_format(name: str) -> Format:
    """Return the format called so.

    Raises:
        BadInput: there is none; near names are told.
    """
    if name not in FORMATS:
        raise BadInput(
            "--format {name}: is not known{hint} (there is: {formats})",
            name=name,
            hint=near(name, FORMATS),
            formats=", ".join(FORMATS),
        )
    return FORMATS[name]


def format_columns(name: str, text: str = "", source: str = "--columns", zone: str | None = None) -> Columns:
    """Return the map of a format, with what `text` says otherwise.

    Args:
        name: Of the format.
        text: YAML of a map that holds only what differs; may be empty.
        source: What to call it in a refusal.
        zone: Of the centre, instead of the map's.
    """
    base, _ = read_tree(columns_text(name), f"{name}.yaml")
    assert isinstance(base, dict)
    return in_zone(read_columns(text, source, base), zone)


def in_zone(columns: Columns, zone: str | None) -> Columns:
    """Return a map for a centre in another zone.

    Raises:
        BadInput: there is no such zone.
    """
    if zone is None:
        return columns
    from callcenter.config.zones import zone as zone_called

    try:
        zone_called(zone)
    except ValueError as error:
        raise BadInput("--zone {zone}: {error}", zone=zone, error=error) from None
    return columns.model_copy(update={"zone": zone})


def opened(
    source: Source, columns: Columns, format_name: str | None, progress: Progress | None = None
) -> tuple[Table, Presence | None]:
    """Return a file as a table of calls, events joined first; and who was there, where events tell."""
    if format_name is not None and FORMATS[format_name].holds == JOINED:
        layout = Layout(
            delimiter=columns.delimiter, encoding=columns.encoding, header=EVENTS, skip=columns.skip,
            needed=EVENTS[:5], quoted=False,
        )  # fmt: skip
        return calls_of(source, layout, progress)
    return read_table(source, layout_of(columns), progress), None
