"""Logs: one line for each thing of note, to read or as JSON; calls and callbacks by their id and their trace.

Whoever writes a line, a number in it is masked: a traceback may quote what a library was given.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

from api.state.numbers import masked
from api.telemetry.spans import Span, trace_id

NUMBER: Final = re.compile(r"\+\d{6,15}")
CALLS: Final = logging.getLogger("callcenter.calls")
Format = Literal["readable", "json"]


def set_up(level: str, form: Format, stream: TextIO | None = None) -> None:
    """Let every logger of this process write to `stream` (standard error) in one form."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLine() if form == "json" else ReadableLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it names every address it asks


def tell(spans: Iterable[Span]) -> None:
    """Log the calls and callbacks that ended, and the offers that nobody took."""
    for span in spans:
        what = f"{span.name} {span.fields['outcome']}" if span.name == span.of else f"offer ended: {span.fields['end']}"
        text = f"{what} after {(span.ended - span.begun) / 1000:.1f} s"
        more = {f"{span.of}_id": span.subject, "trace_id": trace_id(span.contact), **span.fields}
        CALLS.info(text, extra={"fields": more})


def about_call(call_id: str | None) -> dict[str, object]:
    """Return what a log record is given (`extra`) to tell which call it is about, if it is about one."""
    if call_id is None:
        return {}
    return {"fields": {"call_id": call_id, "trace_id": trace_id(call_id.partition("/s")[0])}}


def _unnamed(line: str) -> str:
    return NUMBER.sub(lambda found: masked(found[0]) or "", line) if "+" in line else line


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    found: Mapping[str, object] = getattr(record, "fields", {})
    return found


class ReadableLine(logging.Formatter):
    """`2026-03-02T09:00:20.000Z INFO callcenter.calls call answered after 192.3 s call_id=… trace_id=… tier=vip`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, a traceback below it."""
        words = [_instant(record), record.levelname, record.name, record.getMessage()]
        words += [f"{name}={_quoted(value)}" for name, value in _fields(record).items()]
        line = " ".join(words)
        return _unnamed(f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


class JsonLine(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, then what the record tells; a traceback as a text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, object] = {
            "at": _instant(record), "level": record.levelname.lower(), "logger": record.name,
            "message": record.getMessage(), **_fields(record),
        }  # fmt: skip
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return _unnamed(json.dumps(told, ensure_ascii=False, default=str))


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text
