"""Errors as RFC 9457 problem documents with a stable code; where a call was posted they still carry a decision."""

import re
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from api.errors import Denied, Invalid, Unavailable
from api.http.misfits import misfit
from callcenter.config.refusals import BadRows
from callcenter.errors import BadCentre, BadInput, CallCenterError, Refusal
from callcenter.language.said import N_, SOURCE
from callcenter.language.spoken import in_language, told

STATUS: Final = {
    "unknown_call": 404,
    "unknown_task": 404,
    "unknown_agent": 404,
    "unknown_queue": 422,
    "unknown_tier": 422,
    "unknown_intent": 422,
    "unknown_channel": 422,
    "unknown_group": 422,
    "cannot_serve": 422,
    "bad_input": 422,
    "bad_centre": 422,
    "bad_override": 422,
    "bad_blacklist_entry": 422,
    "bad_complaint": 422,
}
"""Code of a refusal → status; the others are conflicts with how things stand (409)."""

TITLES: Final = {
    404: N_("There is no such thing"),
    409: N_("As things stand this cannot be"),
    422: N_("That does not fit"),
    500: N_("A fault of ours"),
    503: N_("The service takes no commands now"),
}

OUR_FAULT: Final = N_("this is our fault, not yours; the operator finds it in the log")


class Problem(BaseModel):
    """RFC 9457; `code` is stable, `truth` is how things stand, `decision` is there where a call was posted.

    `title` and every `detail` are for people, in the first language of `Accept-Language` that there is, else English.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] | None = None
    truth: dict[str, Any] | None = None
    decision: str | None = None


def problem(
    fault: Exception, *, posted_call: bool, language: str = SOURCE
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Return the problem document of a fault, with what people read of it in a language, its status and its headers."""
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(fault, ValidationError):
        extra["errors"] = [
            {
                "pointer": _line("/" + "/".join(map(str, error["loc"])), 200),
                "detail": _line(in_language(language, misfit(error)), 200),
            }
            # An answer to a posted call is below 4 kB, whatever was posted.
            for error in fault.errors(include_url=False, include_input=False)[: 5 if posted_call else 20]
        ]
        first = extra["errors"][0]
        fault = Invalid("{pointer}: {detail}", **first)
    if isinstance(fault, Denied):
        status, title, headers = fault.status, fault.title, fault.headers
    elif isinstance(fault, Unavailable):
        status, headers = 503, {"Retry-After": str(fault.retry_after_s)}
        title = TITLES[503]
    elif isinstance(fault, Refusal | BadInput | BadCentre):
        status = STATUS.get(fault.code, 409 if isinstance(fault, Refusal) else 422)
        title = TITLES[status]
        if isinstance(fault, Refusal) and fault.truth:
            extra["truth"] = fault.truth
        if isinstance(fault, BadRows):
            extra["errors"] = [{"detail": in_language(language, row)} for row in fault.rows]
    else:
        status, title = 500, TITLES[500]
    code = fault.code if isinstance(fault, CallCenterError) and status != 500 else "internal"
    detail = told(fault, language) if status != 500 else in_language(language, OUR_FAULT)
    if status == 503:
        detail = without_places(detail)
    payload: dict[str, Any] = {"decision": "fallback"} if posted_call else {}
    payload |= {"code": code, "status": status, "title": in_language(language, title), "detail": _line(detail, 500)}
    payload["type"] = f"/problems/{code}"
    if language != SOURCE:
        headers = headers | {"Content-Language": language.replace("_", "-")}
    return payload | extra, status, headers


def without_places(text: str) -> str:
    """Return a fault of the database without where that is: hosts, ports and paths are the operator's, in the log.

    >>> without_places('database: connection to server at "10.0.0.7", port 5432 failed: Connection refused')
    'database: connection to server at … failed: Connection refused'
    >>> without_places("/var/lib/callcenter/live.sqlite3: disk I/O error"), without_places("nothing for 1.5 s")
    ('…: disk I/O error', 'nothing for 1.5 s')
    """
    return _PLACE.sub("…", text)


_PLACE: Final = re.compile(
    r"\w+://\S+"  # an address
    r"|(?:\"[^\"]*\"|\b\d{1,3}(?:\.\d{1,3}){3}\b)(?: \([^)]*\))?(?:,? port \d+)?"  # "host" (number), port 5432
    r"|\bport \d+|(?<![\w.])/[\w.-]+(?:/[\w.-]+)*|\b[\w.-]+:\d{2,5}\b"  # a path; host:port
)


def _line(text: str, most: int) -> str:
    """Return what is shown of a text that may quote a client: one line, with nothing in it that a terminal obeys."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:most])
