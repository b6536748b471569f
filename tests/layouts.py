"""One made-up centre in layouts as cloud and European systems export them, and what befalls such files on their way.

A layout says how a call's row is written, and what its file can tell; moments and lengths can be written otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tests.strangers import Call, Rows, csv_text

ZONE: Final = ZoneInfo("Europe/Berlin")
_EXCEL: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone

Moment = Callable[[datetime], str]
Length = Callable[[int], str]


def _epoch(local: datetime) -> int:
    return int(local.replace(tzinfo=ZONE).timestamp())


MOMENTS: Final[dict[str, Moment]] = {
    "iso": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "iso with T and ms": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.000",
    "iso with offset": lambda t: t.replace(tzinfo=ZONE).isoformat(),
    "iso utc": lambda t: f"{datetime.fromtimestamp(_epoch(t), UTC):%Y-%m-%dT%H:%M:%SZ}",
    "iso with the zone's name": lambda t: f"{t:%Y-%m-%d %H:%M:%S} {t.replace(tzinfo=ZONE):%Z}",
    "epoch seconds": lambda t: str(_epoch(t)),
    "epoch ms": lambda t: f"{_epoch(t)}000",
    "month first": lambda t: f"{t:%m/%d/%Y %H:%M:%S}",
    "month first, am and pm": lambda t: f"{t.month}/{t.day}/{t:%y} {t.hour % 12 or 12}:{t:%M:%S %p}",
    "day first": lambda t: f"{t:%d/%m/%Y %H:%M:%S}",
    "day first, dots": lambda t: f"{t:%d.%m.%Y %H:%M:%S}",
    "day first, dashes": lambda t: f"{t:%d-%m-%Y %H:%M:%S}",
    "with the month's name": lambda t: f"{t:%d-%b-%Y %H:%M:%S}",
    "with the weekday's name": lambda t: f"{t:%a, %d %b %Y %H:%M:%S}",
    "year first, slashes": lambda t: f"{t:%Y/%m/%d %H:%M:%S}",
    "a spreadsheet's days": lambda t: f"{(t - _EXCEL) / timedelta(days=1):.8f}",
    "digits": lambda t: f"{t:%Y%m%d%H%M%S}",
}
LENGTHS: Final[dict[str, Length]] = {
    "seconds": str,
    "seconds with a fraction": lambda s: f"{s}.0",
    "milliseconds": lambda s: str(1000 * s),
    "h:mm:ss": lambda s: str(timedelta(seconds=s)),
    "hh:mm:ss": lambda s: f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}",
    "mm:ss": lambda s: f"{s // 60:02d}:{s % 60:02d}",
    "in words": lambda s: (f"{s // 3600}h " if s >= 3600 else "") + f"{s % 3600 // 60:02d}m {s % 60:02d}s",
    "with a unit": lambda s: f"{s} s",
    "a spreadsheet's days": lambda s: f"{s / 86400:.9f}",
    "minutes": lambda s: f"{s / 60:.4f}",
    "minutes, comma": lambda s: f"{s / 60:.4f}".replace(".", ","),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a system writes calls."""

    header: Sequence[str]
    row: Callable[[Call, Moment, Length], list[str]]
    moment: str = "iso"
    length: str = "seconds"
    mark: str = ","
    waits_of_lost: bool = True
    talks: bool = True
    agents: bool = True
    above: Sequence[str] = ()
    """Lines above the header."""
    below: Sequence[str] = ()
    encoding: str = "utf-8"
    queues: dict[str, str] = field(default_factory=dict)
    outbound: bool = False
    """Whether rows of outbound calls are among the others."""


def _end(c: Call) -> datetime:
    return c.arrived + timedelta(seconds=c.wait_s + c.talk_s)


def _left(c: Call) -> datetime:
    return c.arrived + timedelta(seconds=c.wait_s)


def _if(told: bool, text: str, other: str = "") -> str:
    return text if told else other


LAYOUTS: Final[dict[str, Layout]] = {
    "Genesys Cloud interactions": Layout(
        ("Conversation ID", "Users", "Remote", "Date", "Duration", "Direction", "ANI", "DNIS", "Queue", "Wrap-up",
         "Total Queue", "Total Talk", "Total Hold", "Total ACW", "Abandoned", "Media Type"),
        lambda c, at, long: [
            f"{c.number:08x}-7f1e-4c55-9d6e-3f2a{c.number:08x}", c.agent, "Berlin", at(c.arrived),
            long(c.wait_s + c.talk_s), "Inbound", c.caller, "+49308000", c.queue, "", long(c.wait_s),
            _if(c.answered, long(c.talk_s)), "", _if(c.answered, long(c.acw_s)), _if(c.answered, "NO", "YES"), "voice"],
        moment="month first, am and pm", length="milliseconds"),
    "Five9 call log": Layout(
        ("CALL ID", "TIMESTAMP", "CAMPAIGN", "CALL TYPE", "AGENT", "DISPOSITION", "ANI", "DNIS", "CALL TIME",
         "IVR TIME", "QUEUE WAIT TIME", "TALK TIME", "AFTER CALL WORK TIME", "SKILL", "ABANDONED"),
        lambda c, at, long: [
            f"3000000{c.number:08d}", at(c.arrived), "Main line", "Inbound", c.agent or "[None]",
            _if(c.answered, "Resolved", "Abandon"), c.caller.removeprefix("+"), "8005550100",
            long(c.wait_s + c.talk_s + 30), long(30), long(c.wait_s), long(c.talk_s), long(c.acw_s * c.answered),
            c.queue, _if(c.answered, "0", "1")],
        moment="with the weekday's name", length="hh:mm:ss"),
    "Twilio TaskRouter tasks": Layout(
        ("TaskSid", "DateCreated", "TaskQueueName", "AssignmentStatus", "WorkerName", "WaitTime", "TalkTime", "From"),
        lambda c, at, long: [
            f"WT{c.number:032x}", at(c.arrived), c.queue, _if(c.answered, "completed", "canceled"), c.agent,
            long(c.wait_s), _if(c.answered, long(c.talk_s)), c.caller],
        moment="iso utc"),
    "3CX call log": Layout(
        ("Call Time", "Caller ID", "Destination", "Queue", "Status", "Ringing", "Talking", "Reason"),
        lambda c, at, long: [
            at(c.arrived), c.caller, _if(c.answered, f"{c.agent} (100)"), c.queue,
            _if(c.answered, "Answered", "Unanswered"), long(c.wait_s), long(c.talk_s), "Terminated by caller"],
        moment="iso", length="hh:mm:ss", above=("Call Log Report", "Period: 2026-03-23 to 2026-04-06", ""),
        below=("Total,,,,,99:59:59,99:59:59,",), agents=False),
    "Cisco UCCX detailed": Layout(
        ("Node ID - Session ID - Sequence No.", "Call Start Time", "Call End Time", "Contact Disposition",
         "Originator DN", "Called Number", "CSQ Names", "Queue Time", "Agent Name", "Talk Time", "Work Time"),
        lambda c, at, long: [
            f"1-{25000000000 + c.number}-0", at(c.arrived), at(_end(c)), _if(c.answered, "Handled", "Abandoned"),
            c.caller.removeprefix("+"), "4000", c.queue, long(c.wait_s), c.agent, long(c.talk_s),
            long(c.acw_s * c.answered)],
        moment="month first, am and pm", length="hh:mm:ss"),
    "Cisco UCCX with codes": Layout(
        ("sessionID", "startDateTime", "endDateTime", "contactDisposition", "originatorDN", "csqName", "queueTime",
         "resourceName", "talkTime"),
        lambda c, at, long: [
            str(25000000000 + c.number), at(c.arrived), at(_end(c)), _if(c.answered, "2", "1"),
            c.caller.removeprefix("+"), c.queue, long(c.wait_s), c.agent, long(c.talk_s)],
        moment="iso"),
    "Zendesk Talk": Layout(
        ("Date/Time", "Ticket ID", "Agent", "Customer Phone Number", "Direction", "Status", "Wait Time", "Talk Time",
         "Wrap Up Time", "Charge", "Line"),
        lambda c, at, long: [
            at(c.arrived), str(7_000 + c.number), c.agent, c.caller, "Inbound",
            _if(c.answered, "Completed", "Abandoned in queue"), long(c.wait_s), _if(c.answered, long(c.talk_s)),
            _if(c.answered, long(c.acw_s)), "0.01", c.queue],
        moment="iso with offset", outbound=True),
    "Avaya call history": Layout(
        ("CALLID", "SEGSTART", "SEGSTOP", "DISPOSITION", "DISPVDN", "SPLIT", "DISPTIME", "TALKTIME", "ACWTIME",
         "ANSLOGIN", "CALLING_PTY"),
        lambda c, at, long: [
            str(c.number), at(c.arrived), at(_end(c)), _if(c.answered, "2", "3"), "5000", c.queue, long(c.wait_s),
            long(c.talk_s), long(c.acw_s * c.answered), c.agent, c.caller],
        moment="iso"),
    "German spreadsheet": Layout(
        ("Datum", "Uhrzeit", "Warteschlange", "Mitarbeiter", "Rufnummer", "Wartezeit", "Gesprächszeit", "Ergebnis"),
        lambda c, at, long: [
            f"{c.arrived:%d.%m.%Y}", f"{c.arrived:%H:%M:%S}", c.queue, c.agent, c.caller, long(c.wait_s),
            _if(c.answered, long(c.talk_s)), _if(c.answered, "angenommen", "aufgelegt")],
        mark=";", length="hh:mm:ss", above=("sep=;",), encoding="cp1252"),
    "French spreadsheet": Layout(
        ("Date", "Heure", "File d'attente", "Agent", "Appelant", "Temps d'attente", "Durée de conversation", "Statut"),
        lambda c, at, long: [
            f"{c.arrived:%d/%m/%Y}", f"{c.arrived:%H:%M:%S}", c.queue, c.agent, c.caller, long(c.wait_s),
            _if(c.answered, long(c.talk_s)), _if(c.answered, "répondu", "abandonné")],
        mark=";", encoding="utf-8-sig"),
    "moments only": Layout(
        ("call_id", "queue", "start_time", "answer_time", "end_time", "agent_id"),
        lambda c, at, long: [
            f"c{c.number}", c.queue, at(c.arrived), _if(c.answered, at(_left(c))), at(_end(c)), c.agent]),
    "no waits of the lost": Layout(
        ("Call Id", "Agent", "Start", "Topic", "Answered (Y/N)", "Speed of answer in seconds", "AvgTalkDuration"),
        lambda c, at, long: [
            f"ID{c.number}", c.agent, at(c.arrived), c.queue, _if(c.answered, "Y", "N"),
            _if(c.answered, str(c.wait_s)), _if(c.answered, long(c.talk_s))],
        length="hh:mm:ss", waits_of_lost=False),
    "flags of the lost": Layout(
        ("id", "arrival time", "department", "is abandoned", "waiting time", "handling time", "operator"),
        lambda c, at, long: [
            f"{c.number}", at(c.arrived), c.queue, _if(c.answered, "false", "true"), long(c.wait_s),
            _if(c.answered, long(c.talk_s)), c.agent]),
}  # fmt: skip


def rows_of(layout: Layout, calls: Sequence[Call], moment: str | None = None, length: str | None = None) -> Rows:
    """Return the calls as a layout writes them, without what stands above and below."""
    at, long = MOMENTS[moment or layout.moment], LENGTHS[length or layout.length]
    rows = [layout.row(call, at, long) for call in calls]
    if layout.outbound:
        of = layout.header.index("Direction")
        made = [layout.row(replace(c, agent="agent0", talk_s=77, wait_s=9), at, long) for c in calls[::7]]
        rows += [[*row[:of], "Outbound", *row[of + 1 :]] for row in made]
    return [list(layout.header), *rows]


def written(layout: Layout, rows: Rows) -> str:
    """Return rows as the text of a file."""
    return "".join(f"{line}\n" for line in layout.above) + csv_text(rows, layout.mark) + "".join(
        f"{line}\n" for line in layout.below
    )  # fmt: skip


def _each_line(text: str, change: Callable[[int, str], str]) -> str:
    return "".join(change(n, line) for n, line in enumerate(text.splitlines(keepends=True)))


def _daily(rows: Rows, _: int) -> Rows:
    """Return rows with a line of sums below each hundred."""
    totals = ["Total", *[""] * (len(rows[0]) - 2), "100"]
    return [rows[0], *(r for n, row in enumerate(rows[1:], 1) for r in ((row,) if n % 100 else (row, totals)))]


def _comment(rows: Rows, seed: int) -> Rows:
    chance = Random(seed)
    notes = ("", 'said "no"', "two\nlines", "a, b; c\td", "=1+1")
    return [[*rows[0], "Remarks"], *([*row, chance.choice(notes)] for row in rows[1:])]


def _again(rows: Rows, seed: int) -> Rows:
    cut = len(rows) // 2 + seed
    return [*rows[:cut], rows[0], *rows[cut:]]


def _otherwise_again(rows: Rows, seed: int) -> Rows:
    """Return two exports one below the other, the second with its columns the other way round."""
    cut = len(rows) // 2 + seed
    return [*rows[:cut], rows[0][::-1], *(row[::-1] for row in rows[cut:])]


def _shuffled(rows: Rows, seed: int) -> Rows:
    return [rows[0], *Random(seed).sample(rows[1:], len(rows) - 1)]


OF_ROWS: Final[dict[str, Callable[[Rows, int], Rows]]] = {
    "as it is": lambda rows, _: rows,
    "rows in another order": _shuffled,
    "columns the other way round": lambda rows, _: [row[::-1] for row in rows],
    "empty columns at the end": lambda rows, _: [[*row, "", ""] for row in rows],
    "remarks over several lines": _comment,
    "the header again in the middle": _again,
    "two exports joined, of other columns": _otherwise_again,
    "spaces around cells": lambda rows, _: [[f" {cell} " for cell in row] for row in rows],
    "a mark at the end of each row, none at that of the names": lambda rows, _: [
        rows[0],
        *([*row, ""] for row in rows[1:]),
    ],
    "marks at the end of the names alone": lambda rows, _: [[*rows[0], "", ""], *rows[1:]],
    "sums in between": _daily,
    "empty rows": lambda rows, _: [rows[0], *(r for row in rows[1:] for r in ([""] * len(row), row))],
}
OF_TEXT: Final[dict[str, Callable[[str, str, int], bytes]]] = {
    "a mark of byte order": lambda text, _, __: text.encode("utf-8-sig"),
    "UTF-16": lambda text, _, __: text.encode("utf-16"),
    "UTF-16 without its mark": lambda text, _, __: text.encode("utf-16-le"),
    "ends of lines of Windows": lambda text, own, _: text.replace("\n", "\r\n").encode(own),
    "ends of lines of both kinds": lambda text, own, _: _each_line(
        text, lambda n, line: line.replace("\n", "\r\n") if n % 3 else line
    ).encode(own),
    "ends of lines of old Macs": lambda text, own, _: text.replace("\n", "\r").encode(own),
    "zero bytes": lambda text, own, seed: _each_line(
        text, lambda n, line: f"\0{line}" if n == 100 + seed % 10 else line
    ).encode(own),
    "cut off": lambda text, own, seed: text.encode(own)[: -25 - seed % 10],
    "the total at the end": lambda text, own, _: (text + "Total\n").encode(own),
    "a title above": lambda text, own, _: f"Calls of March\nprinted 2026-04-07\n\n{text}".encode(own),
}


def truth(layout: Layout, calls: Sequence[Call]) -> list[tuple[float, ...]]:
    """Return what a file tells of each call: local second, answered, wait, talk (-1: not told), whether for support."""
    return sorted(
        (
            (c.arrived - datetime(1970, 1, 1)).total_seconds(),  # noqa: DTZ001 - wall clocks
            float(c.answered),
            float(c.wait_s) if c.answered or layout.waits_of_lost else -1.0,
            float(c.talk_s) if c.answered else -1.0,
            float(c.queue == "support"),
        )
        for c in calls
    )
