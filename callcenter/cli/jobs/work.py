"""What a job does: asked by one line of JSON on its socket, it tells how far it is, and answers in one line.

`{"done": 3, "wanted": 50}` … then `{"result": …}` or `{"error": …}`, a line that is `packed`. A trial is asked again.
"""

import json
import os
import socket
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from callcenter.cli.jobs.bounds import TooLarge
from callcenter.cli.jobs.check_and_export import checked, exported
from callcenter.cli.jobs.rostered import judged, lived, rostered, told_as_calendar
from callcenter.cli.jobs.simulated import booked, compared, simulated, swept
from callcenter.cli.jobs.trial import Trials
from callcenter.errors import CallCenterError
from callcenter.language.said import N_, packed, said, text_of

JSON = dict[str, Any]
Tell = Callable[[int, int], None]
DONE: Final = 0
WRONG_INPUT: Final = 2
MOST_RESULT: Final = 8_000_000
MOST_ASKED: Final = 16_000_000
NO_MEMORY: Final = N_("needs more memory than a simulation has here: fewer calls, agents or days")
KINDS: Final[dict[str, Callable[[JSON, Tell], Any]]] = {
    "check": checked,
    "simulation": simulated,
    "book": booked,
    "comparison": compared,
    "sweep": swept,
    "export": exported,
    "roster": rostered,
    "roster moved": judged,
    "roster lived": lived,
    "calendar": told_as_calendar,
}


def answer_on(own: socket.socket) -> int:
    """Answer what is asked on a job's socket, and return the exit status."""
    parent = os.getppid()
    with own.makefile("rb") as lines, own.makefile("wb") as stream:
        asked = json.loads(lines.readline(MOST_ASKED))
        if asked["kind"] != "trial":
            return _answered(stream, parent, KINDS[asked["kind"]], asked)
        trials = Trials(asked)
        while line := lines.readline(MOST_ASKED):
            _answered(stream, parent, trials.tried, json.loads(line))
    return DONE


def _answered(stream: BinaryIO, parent: int, work: Callable[[JSON, Tell], Any], asked: JSON) -> int:
    def tell(done: int, wanted: int) -> None:
        if os.getppid() != parent:
            raise SystemExit(WRONG_INPUT)  # whoever would end us has died
        _say(stream, json.dumps({"done": done, "wanted": wanted}))

    try:
        text = json.dumps({"result": work(asked, tell)}, allow_nan=False)
        if len(text) > MOST_RESULT:
            raise TooLarge(
                said(
                    "the result has {n:,} characters, {most:,} at most: ask for fewer days",
                    n=len(text),
                    most=MOST_RESULT,
                )
            )
    except CallCenterError as error:
        return _refused(stream, text_of(error))
    except MemoryError:
        return _refused(stream, NO_MEMORY)
    _say(stream, text)
    return DONE


def _refused(stream: BinaryIO, line: str) -> int:
    _say(stream, json.dumps({"error": packed(line)}))
    return WRONG_INPUT


def _say(stream: BinaryIO, line: str) -> None:
    stream.write(line.encode() + b"\n")
    stream.flush()
