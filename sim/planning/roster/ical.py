"""A roster as iCalendar (RFC 5545): one event for each shift, instants in UTC, so that every clock change is right."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from callcenter.hours import Zone
from callcenter.units import SECOND
from sim.planning.roster.roster import Line

PRODUCT: Final = "-//callcenter//roster//EN"
WIDEST: Final = 75
"""Octets in a line at most; longer ones are folded (RFC 5545, section 3.1)."""
ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive: the same roster, the same bytes."""


def calendar(lines: Sequence[Line], zone: Zone, *, name: str, centre: str, stamp: int) -> str:
    """Return a calendar of shifts.

    Args:
        lines: The shifts.
        zone: Of the centre, for the breaks told in words.
        name: Of the calendar, as programs show it.
        centre: Of the scenario, part of every event's identity.
        stamp: When the calendar was made (an instant, UTC ms): the first day, so that it never differs.
    """
    found = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    found.append(f"X-WR-CALNAME:{escaped(name)}")
    for line in lines:
        found += _event(line, zone, centre, stamp)
    found.append("END:VCALENDAR")
    return "".join(folded(line) for line in found)


def _event(line: Line, zone: Zone, centre: str, stamp: int) -> list[str]:
    duty = line.duty
    breaks = ", ".join(f"{local_clock(zone, begin)}-{local_clock(zone, end)}" for begin, end in duty.breaks)
    told = f"{local_clock(zone, duty.begin)}-{local_clock(zone, duty.end)} {zone.name}"
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(centre)}-{escaped(duty.agent_id)}-{utc_text(duty.begin)}@callcenter",
        f"DTSTAMP:{utc_text(stamp)}",
        f"DTSTART:{utc_text(duty.begin)}",
        f"DTEND:{utc_text(duty.end)}",
        f"SUMMARY:{escaped(f'{duty.agent_id}: {line.shift}')}",
        f"DESCRIPTION:{escaped(told + (chr(10) + 'Breaks: ' + breaks if breaks else ''))}",
        f"CATEGORIES:{escaped(duty.group)}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]


def calendars(lines: Sequence[Line], zone: Zone, *, centre: str, stamp: int) -> bytes:
    """Return a ZIP archive with a calendar for each agent."""
    agents = sorted({line.duty.agent_id for line in lines})
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for agent in agents:
            mine = [line for line in lines if line.duty.agent_id == agent]
            text = calendar(mine, zone, name=f"{centre}: {agent}", centre=centre, stamp=stamp)
            archive.writestr(zipfile.ZipInfo(f"{_file_name(agent)}.ics", ZIP_DATE), text)
    return sink.getvalue()


def _file_name(agent: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in agent)


def escaped(text: str) -> str:
    r"""Return text as a property value (RFC 5545, section 3.3.11).

    >>> escaped("desk; early, 8 h")
    'desk\\; early\\, 8 h'
    """
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def folded(line: str) -> str:
    r"""Return a content line with its end, folded at 75 octets and never inside a character.

    >>> folded("BEGIN:VEVENT")
    'BEGIN:VEVENT\r\n'
    """
    found, width, room = [], 0, WIDEST
    for character in line:
        size = len(character.encode())
        if width + size > room:
            found.append("\r\n ")
            width, room = 0, WIDEST - 1
        found.append(character)
        width += size
    return "".join(found) + "\r\n"


def utc_text(instant: int) -> str:
    """Return an instant as iCalendar writes it.

    >>> utc_text(1_772_409_600_000)
    '20260302T000000Z'
    """
    return datetime.fromtimestamp(instant // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")


def local_clock(zone: Zone, instant: int) -> str:
    """Return the local time of day of an instant."""
    return datetime.fromtimestamp(zone.local(instant) / SECOND, UTC).strftime("%H:%M")
