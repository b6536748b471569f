"""The made-up centre of ../shared/strangers in the layouts of real systems: read rightly by name, or refused."""

import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.fitted import fit_log
from sim.analysis.fit.formats import FORMATS, INTERVALS, format_columns
from sim.analysis.fit.intervals import read_intervals
from sim.analysis.fit.reading import read_logs
from sim.model.laws import mean_s

pytestmark = [pytest.mark.ci, pytest.mark.shared("strangers/make_logs.py")]

SEEDS = (7, 11, 20261129)
ZONE = "Europe/Berlin"
PATIENCE_S = 150.0
WRAP_UP_S = 15.0
FILES = {
    "asterisk-queue-log": "queue_log",
    "asterisk-cdr": "Master.csv",
    "amazon-connect-ctr": "ctr.csv",
    "genesys-interval": "interval.csv",
}
EACH_CALL = [name for name in FILES if FORMATS[name].holds != INTERVALS]
TEACHING = """
version: 1
zone: Europe/Berlin
date: {column: Date, format: "%d/%m/%Y"}
arrival: {column: Time, format: "%I:%M:%S %p"}
wait: {column: Speed of answer in seconds}
service: {column: AvgTalkDuration, unit: clock}
outcome: {column: Answered (Y/N), answered: [Y], abandoned: [N]}
queue: {column: Topic, values: all}
agent: Agent
call: Call Id
"""


@dataclass(frozen=True)
class Centre:
    """A centre's files, and its calls as the records tell them that come once each."""

    folder: Path
    calls: list[dict[str, str]]

    @property
    def answered(self) -> list[dict[str, str]]:
        """Those that an agent took."""
        return [call for call in self.calls if call["AgentInteractionDuration"]]

    def text(self, name: str) -> bytes:
        """Return what is in a file."""
        return (self.folder / name).read_bytes()


@pytest.fixture(scope="module")
def made(shared, tmp_path_factory) -> Callable[[int], Centre]:
    script = shared("strangers/make_logs.py")

    @cache
    def make(seed: int) -> Centre:
        folder = tmp_path_factory.mktemp(f"centre{seed}")
        subprocess.run([sys.executable, str(script), str(folder), str(seed)], check=True, capture_output=True)
        with (folder / "ctr_unique.csv").open(newline="") as file:
            return Centre(folder, list(csv.DictReader(file)))

    return make


@pytest.fixture(params=SEEDS)
def any_centre(request: pytest.FixtureRequest, made: Callable[[int], Centre]) -> Centre:
    return made(request.param)


@pytest.fixture
def centre(made: Callable[[int], Centre]) -> Centre:
    return made(SEEDS[1])


def read(name: str, data: bytes, also: str = "", called: str = "log") -> CallLog:
    """Return what a file tells in a layout that is known by name."""
    form = format_columns(name, also, "map.yaml", ZONE)
    if FORMATS[name].holds == INTERVALS:
        return read_intervals([Source.of(data, called)], form)
    return read_logs([Source.of(data, called)], form, format_name=name)


def is_true(log: CallLog, centre: Centre) -> None:
    """Hold a log to the true figures: counts exactly, means to the second."""
    talk = [int(call["AgentInteractionDuration"]) for call in centre.answered]
    assert len(log) == len(centre.calls)
    assert int(log.answered.sum()) == len(talk)
    assert int(log.abandoned.sum()) == len(centre.calls) - len(talk)
    assert float(np.nanmean(log.service)) == pytest.approx(np.mean(talk), abs=1)
    by_queue = {q: sum(call["QueueName"] == q for call in centre.calls) for q in ("sales", "support")}
    assert {q: int((log.queue == i).sum()) for i, q in enumerate(log.queues)} == by_queue
    assert len(log.days()) == 30


@pytest.mark.parametrize("name", FILES)
def test_each_layout_tells_the_true_figures(name: str, any_centre: Centre):
    log = read(name, any_centre.text(FILES[name]))

    is_true(log, any_centre)
    assert log.tally.dropped == {}
    if name in EACH_CALL:
        assert sorted(log.wait.tolist()) == sorted(float(call["QueueDuration"]) for call in any_centre.calls)
        assert len(np.unique(log.agent[log.agent >= 0])) == 5


@pytest.mark.parametrize("name", EACH_CALL)
def test_patience_and_work_after_the_call_are_what_made_the_log(name: str, any_centre: Centre):
    fitted = fit_log(read(name, any_centre.text(FILES[name])))
    away = fitted.people.off_phone

    assert mean_s(fitted.people.patience.laws[None, None].law) == pytest.approx(PATIENCE_S, rel=0.1)
    assert away is not None
    assert away.busy.mean_s == pytest.approx(WRAP_UP_S, rel=0.15)


def test_a_cdr_with_few_lost_calls_is_read_as_it_stands(any_centre: Centre):
    rows = list(csv.DictReader(io.StringIO(any_centre.text("fs_cdr.csv").decode())))
    log = read("freeswitch-cdr", any_centre.text("fs_cdr.csv"))

    assert len(log) == len(rows)
    assert int(log.abandoned.sum()) == sum(row["answer_epoch"] == "0" for row in rows)
    waits = [(int(r["answer_epoch"]) or int(r["end_epoch"])) - int(r["start_epoch"]) for r in rows]
    assert sorted(log.wait.tolist()) == sorted(map(float, waits))


def test_a_table_that_tells_no_wait_of_the_lost_counts_them_and_assumes_their_patience(any_centre: Centre):
    log = read_logs([Source.of(any_centre.text("pwc.csv"), "pwc.csv")], read_columns(TEACHING, "map.yaml"))

    is_true(log, any_centre)
    assert log.unknown_waits == (0, len(any_centre.calls) - len(any_centre.answered))
    assert fit_log(log).people.patience.laws[None, None].family == "exponential (assumed)"


# --- mutations of the files: right or refused


def mixed(data: bytes, head: int, seed: int = 3) -> bytes:
    """Return the lines in another order, but the first `head`."""
    lines = data.splitlines(keepends=True)
    body = lines[head:]
    Random(seed).shuffle(body)
    return b"".join(lines[:head] + body)


def twice(data: bytes, head: int, seed: int = 4) -> bytes:
    """Return the lines, a third of them twice."""
    lines = data.splitlines(keepends=True)
    again = Random(seed).sample(lines[head:], len(lines) // 3)
    return b"".join(lines + again)


def marked(data: bytes, mark: str, old: str = ",") -> bytes:
    """Return CSV with another mark between its cells."""
    out = io.StringIO()
    rows = csv.reader(io.StringIO(data.decode()), delimiter=old)
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def turned(data: bytes) -> bytes:
    """Return CSV with its columns the other way round."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(row[::-1] for row in csv.reader(io.StringIO(data.decode())))
    return out.getvalue().encode()


HEADS = {"asterisk-queue-log": 0, "asterisk-cdr": 0, "amazon-connect-ctr": 1, "genesys-interval": 1}
CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "rows in another order": mixed,
    "packed": lambda data, _: gzip.compress(data),
    "a mark of byte order": lambda data, _: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data, _: data.decode().encode("utf-16"),
    "lines ended as on Windows": lambda data, _: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "empty lines": lambda data, _: data.replace(b"\n", b"\n\n", 50),
    "no end of the last line": lambda data, _: data.rstrip(b"\r\n"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", FILES)
def test_what_does_not_change_a_call_changes_nothing(name: str, change: str, centre: Centre):
    is_true(read(name, CHANGES[change](centre.text(FILES[name]), HEADS[name])), centre)


@pytest.mark.parametrize("name", [name for name in FILES if name != "asterisk-queue-log"])
def test_rows_that_come_twice_count_once(name: str, centre: Centre):
    log = read(name, twice(centre.text(FILES[name]), HEADS[name]))

    is_true(log, centre)
    assert log.tally.doubled > 0


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("name", ["amazon-connect-ctr", "genesys-interval"])
def test_the_mark_between_cells_and_the_order_of_columns_change_nothing(name: str, mark: str, centre: Centre):
    is_true(read(name, marked(turned(centre.text(FILES[name])), mark)), centre)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize(("name", "file"), [("asterisk-cdr", "Master.csv"), ("freeswitch-cdr", "fs_cdr.csv")])
def test_the_mark_between_cells_is_seen_whatever_the_layout_usually_has(
    name: str, file: str, mark: str, centre: Centre
):
    plain, found = (read(name, text) for text in (centre.text(file), marked(centre.text(file), mark)))

    assert len(found) > 0
    for what in ("day", "clock", "wait", "answered", "service", "queue", "agent"):
        np.testing.assert_array_equal(getattr(found, what), getattr(plain, what))


def test_letters_of_another_encoding_are_read_by_the_encoding_named(centre: Centre):
    text = centre.text("Master.csv").decode().replace("agent1", "Müller").replace("agent2", "Weiß")
    log = read("asterisk-cdr", text.encode("cp1252"), "encoding: cp1252\n")

    is_true(log, centre)
    assert len(np.unique(log.agent[log.agent >= 0])) == 5


def test_lost_calls_without_a_wait_are_told_and_never_zero(centre: Centre):
    rows = list(csv.reader(io.StringIO(centre.text("ctr.csv").decode())))
    answer, ends = rows[0].index("ConnectedToAgentTimestamp"), ("DequeueTimestamp", "DisconnectTimestamp")
    for row in rows[1:]:
        if not row[answer]:
            for end in ends:
                row[rows[0].index(end)] = ""
    log = read("amazon-connect-ctr", "\n".join(map(",".join, rows)).encode())

    is_true(log, centre)
    assert log.unknown_waits == (0, len(centre.calls) - len(centre.answered))
    assert any("tell nothing of patience" in note for note in log.tally.notes)


def test_answered_calls_whose_answer_was_lost_are_refused(centre: Centre):
    rows = list(csv.reader(io.StringIO(centre.text("Master.csv").decode())))
    out = io.StringIO()
    for n, row in enumerate(rows):
        row[10] = "soon" if row[14] == "ANSWERED" and n % 12 == 0 else row[10]
    csv.writer(out).writerows(rows)

    with pytest.raises(BadInput, match=r"cannot be .* mend the column map"):
        read("asterisk-cdr", out.getvalue().encode())


def test_numbers_with_marks_between_thousands_are_asked_about_and_read_once_that_is_told(centre: Centre):
    rows = list(csv.reader(io.StringIO(centre.text("interval.csv").decode())))
    talk = rows[0].index("Avg Talk")
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], *([*r[:talk], f"{1000 * float(r[talk]):,.0f}", *r[talk + 1 :]] for r in rows[1:])])  # fmt: skip  # noqa: E501
    data = out.getvalue().encode()

    with pytest.raises(BadInput, match="could be a fraction or thousands"):
        read("genesys-interval", data)
    is_true(read("genesys-interval", data, "thousands: ','\n"), centre)  # in milliseconds, as some exports are


def test_a_file_without_its_line_of_names_is_refused_and_shows_nobody(centre: Centre):
    for name, file in (("amazon-connect-ctr", "ctr.csv"), ("genesys-interval", "interval.csv")):
        data = centre.text(file).split(b"\n", 1)[1]
        with pytest.raises(BadInput, match="has no line of column names") as refusal:
            read(name, data)
        assert "2026" not in str(refusal.value)
        assert "agent" not in str(refusal.value)


def test_a_file_of_one_system_under_the_name_of_another_is_refused(centre: Centre):
    for name in FILES:
        for other, file in FILES.items():
            if other != name:
                with pytest.raises(BadInput):
                    read(name, centre.text(file))
