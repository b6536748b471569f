"""Small writers of the layouts that known systems use: one made-up centre, the same calls in each of them."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Berlin")
FIRST: Final = datetime(2026, 3, 23)  # noqa: DTZ001 - the wall clock's; the clocks change on the Sunday of that week
PATIENCE_S: Final = 90.0
TALK_S: Final = 180.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was; seconds are whole."""

    number: int
    arrived: datetime
    queue: str
    wait_s: int
    talk_s: int
    agent: str
    caller: str
    acw_s: int = 10

    @property
    def answered(self) -> bool:
        """Whether an agent took it."""
        return bool(self.agent)

    @property
    def epoch(self) -> int:
        """When it reached the queue."""
        return int(self.arrived.replace(tzinfo=ZONE).timestamp())


def centre(seed: int, days: int = 14, calls_a_day: int = 150, agents: int = 4) -> list[Call]:
    """Return two weeks of a centre whose agents take every call in turn."""
    chance = Random(seed)
    calls: list[Call] = []
    for day in range(days):
        free = dict.fromkeys((f"agent{n}" for n in range(agents)), 0.0)
        for at in sorted(9 * 3600 + chance.betavariate(2, 2) * 3 * 3600 for _ in range(calls_a_day)):
            agent = min(free, key=lambda name: free[name])
            wait, patience = max(0.0, free[agent] - at), chance.expovariate(1 / PATIENCE_S)
            lost = wait > patience
            talk = 0 if lost else max(5, int(chance.lognormvariate(5.0, 0.6)))
            if not lost:
                free[agent] = at + wait + talk + 10
            calls.append(
                Call(
                    len(calls) + 1, FIRST + timedelta(days=day, seconds=int(at)), chance.choice(("sales", "support")),
                    int(min(wait, patience)), talk, "" if lost else agent, f"+4930{chance.randrange(10**6, 10**7)}",
                )
            )  # fmt: skip
    return calls


Rows = list[list[str]]
"""A header (or none) and cells."""


def csv_text(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def queue_log(calls: Sequence[Call]) -> Rows:
    """Return Asterisk's events, in order of time; no header."""
    events: list[tuple[int, list[str]]] = []
    for c in calls:
        uid, left = f"{c.epoch}.{c.number}", c.epoch + c.wait_s
        events.append((c.epoch, [uid, c.queue, "NONE", "ENTERQUEUE", "", c.caller, "1"]))
        if c.answered:
            events.append((left, [uid, c.queue, f"PJSIP/{c.agent}", "CONNECT", str(c.wait_s), uid, "3"]))
            over = [uid, c.queue, f"PJSIP/{c.agent}", "COMPLETEAGENT", str(c.wait_s), str(c.talk_s), "1"]
            events.append((left + c.talk_s, over))
        else:
            events.append((left, [uid, c.queue, "NONE", "ABANDON", "1", "1", str(c.wait_s)]))
    events.sort(key=lambda event: event[0])
    return [[str(at), *rest] for at, rest in events]


def asterisk_cdr(calls: Sequence[Call]) -> Rows:
    """Return Asterisk's CDR: local times, no header, no answer time where nobody answered."""
    rows = []
    for c in calls:
        answer = c.arrived + timedelta(seconds=c.wait_s)
        end = answer + timedelta(seconds=c.talk_s)
        rows.append(
            ["", c.caller, "4000", "in", f'"X" <{c.caller}>', f"PJSIP/trunk-{c.number:08x}",
             f"PJSIP/{c.agent}-{c.number:08x}" if c.answered else "", "Queue", f"{c.queue},tT",
             f"{c.arrived:%F %T}", f"{answer:%F %T}" if c.answered else "", f"{end:%F %T}", str(c.wait_s + c.talk_s),
             str(c.talk_s), "ANSWERED" if c.answered else "NO ANSWER", "DOCUMENTATION", f"{c.epoch}.{c.number}", ""]
        )  # fmt: skip
    return rows


def freeswitch_cdr(calls: Sequence[Call]) -> Rows:
    """Return FreeSWITCH's CDR with epochs; the answer is 0 where nobody answered."""
    header = ["uuid", "destination", "queue", "start_epoch", "answer_epoch", "end_epoch", "billsec", "agent"]
    return [
        header,
        *(
            [f"fs-{c.number}", "4000", c.queue, str(c.epoch), str(c.epoch + c.wait_s if c.answered else 0),
             str(c.epoch + c.wait_s + c.talk_s), str(c.talk_s), c.agent]
            for c in calls
        ),
    ]  # fmt: skip


def freeswitch_callcenter(calls: Sequence[Call]) -> Rows:
    """Return records of mod_callcenter."""
    header = ["cc_member_session_uuid", "cc_queue", "cc_agent", "cc_queue_joined_epoch", "cc_queue_answered_epoch",
              "cc_queue_canceled_epoch", "cc_queue_terminated_epoch", "cc_cause", "cc_cancel_reason"]  # fmt: skip
    rows = [header]
    for c in calls:
        left, over = str(c.epoch + c.wait_s), str(c.epoch + c.wait_s + c.talk_s)
        told = [left, "", over, "answered", "NONE"] if c.answered else ["", left, over, "cancel", "BREAK_OUT"]
        agent = f"{c.agent}@default" if c.agent else ""
        rows.append([f"m-{c.number}", f"{c.queue}@default", agent, str(c.epoch), *told])
    return rows


def connect_ctr(calls: Sequence[Call]) -> Rows:
    """Return Amazon Connect's contact records, each once, in UTC."""
    header = ["ContactId", "InitiationMethod", "Channel", "QueueName", "AgentUsername", "EnqueueTimestamp",
              "DequeueTimestamp", "ConnectedToAgentTimestamp", "DisconnectTimestamp", "AfterContactWorkDuration",
              "LastUpdateTimestamp"]  # fmt: skip

    def iso(second: int) -> str:
        return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"

    rows = [header]
    for c in calls:
        left, over = c.epoch + c.wait_s, c.epoch + c.wait_s + c.talk_s
        rows.append(
            [f"{c.number:08d}-aaaa", "INBOUND", "VOICE", c.queue, c.agent, iso(c.epoch), iso(left),
             iso(left) if c.answered else "", iso(over), str(c.acw_s) if c.answered else "", iso(over + 30)]
        )  # fmt: skip
    return rows


def our_calls(calls: Sequence[Call]) -> Rows:
    """Return a calls.csv of ours."""
    header = ["call_id", "queue", "tier", "customer", "arrived", "wait_s", "outcome", "agent", "talk_s", "wrap_up_s"]
    return [
        header,
        *(
            [f"c{c.number}", c.queue, "standard", c.caller, c.arrived.replace(tzinfo=ZONE).isoformat(), str(c.wait_s),
             "answered" if c.answered else "abandoned", c.agent, str(c.talk_s) if c.answered else "",
             str(c.acw_s) if c.answered else ""]
            for c in calls
        ),
    ]  # fmt: skip


WRITERS: Final[dict[str, tuple[Callable[[Sequence[Call]], Rows], str]]] = {
    "asterisk-queue-log": (queue_log, "|"),
    "asterisk-cdr": (asterisk_cdr, ","),
    "freeswitch-cdr": (freeswitch_cdr, ","),
    "freeswitch-callcenter": (freeswitch_callcenter, ","),
    "amazon-connect-ctr": (connect_ctr, ","),
    "callcenter": (our_calls, ","),
}
"""Format → its rows and what stands between their cells."""
WITH_HEADER: Final = ("freeswitch-cdr", "freeswitch-callcenter", "amazon-connect-ctr", "callcenter")


def intervals(calls: Sequence[Call], stamp: str = "%m/%d/%y %I:%M %p", unit: float = 1.0) -> Rows:
    """Return what a half-hourly export tells of the calls: counts, means, the share answered within 20 s."""
    cells: dict[tuple[datetime, str], list[Call]] = {}
    for c in calls:
        begin = c.arrived.replace(minute=c.arrived.minute // 30 * 30, second=0)
        cells.setdefault((begin, c.queue), []).append(c)
    header = ["Interval Start", "Interval End", "Media Type", "Queue Name", "Offer", "Answer", "Abandon", "Avg Talk",
              "Avg ACW", "Service Level %"]  # fmt: skip
    rows = [header]
    for (begin, queue), some in sorted(cells.items()):
        taken = [c for c in some if c.answered]
        talk = sum(c.talk_s for c in taken) / max(1, len(taken)) * unit
        work = sum(c.acw_s for c in taken) / max(1, len(taken)) * unit
        level = 100 * sum(c.wait_s <= 20 for c in taken) / len(some)
        rows.append(
            [begin.strftime(stamp), (begin + timedelta(minutes=30)).strftime(stamp), "voice", queue, str(len(some)),
             str(len(taken)), str(len(some) - len(taken)), f"{talk:.4f}", f"{work:.1f}", f"{level:.1f}"]
        )  # fmt: skip
    return rows


def cms(calls: Sequence[Call]) -> Rows:
    """Return the same as a table of Avaya's CMS: sums of seconds, and how long those waited who hung up."""
    header = ["row_date", "starttime", "split", "callsoffered", "acdcalls", "abncalls", "acdtime", "acwtime", "anstime",
              "abntime"]  # fmt: skip
    cells: dict[tuple[datetime, str], list[Call]] = {}
    for c in calls:
        begin = c.arrived.replace(minute=c.arrived.minute // 30 * 30, second=0)
        cells.setdefault((begin, c.queue), []).append(c)
    rows = [header]
    for (begin, queue), some in sorted(cells.items()):
        taken, lost = [c for c in some if c.answered], [c for c in some if not c.answered]
        rows.append(
            [f"{begin:%Y-%m-%d}", f"{begin:%-H%M}", queue, str(len(some)), str(len(taken)), str(len(lost)),
             str(sum(c.talk_s for c in taken)), str(sum(c.acw_s for c in taken)), str(sum(c.wait_s for c in taken)),
             str(sum(c.wait_s for c in lost))]
        )  # fmt: skip
    return rows
