"""The catalogue: every metric of `callcenter`, live and simulated, with its unit, labels and meaning.

Names are a contract with strangers' scrapers: one may be added, none renamed. Labels have few values whatever callers
do: never a caller, an agent or a call. Counters count events, so that ratios are computed by the reader.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "callcenter_"


class Kind(StrEnum):
    """How a series moves: up only, up and down, or as counts by size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Origin(StrEnum):
    """What a series follows from, and so what a restart does to it."""

    EVENTS = "events"
    """Folded from committed events: goes on over a restart; a simulated day has it too."""
    PICTURE = "picture"
    """Read from the engine at the scrape; a simulated day has it too."""
    PROCESS = "process"
    """Of this process: begins at 0 with it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric; `about` is a line of help, `formula` says exactly what is counted and when."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    about: str
    formula: str
    origin: Origin = Origin.EVENTS
    internal: str = ""
    """Why nobody is shown it and no rule asks for it; empty: somebody is."""

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of its samples as Prometheus stores them."""
        if self.kind is Kind.HISTOGRAM:
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


_AT: Final = ("queue", "tier")

# --- calls

OFFERED: Final = Series(
    "callcenter_calls_offered_total", Kind.COUNTER, "calls", _AT,
    "Calls that entered a queue or were turned away from one.",
    "+1 when a call enters the queue, or is turned away without entering. The tier is the one it came with: "
    "it is judged in it, whatever it becomes while it waits.",
)  # fmt: skip
OUTCOMES: Final = Series(
    "callcenter_sl_outcomes_total", Kind.COUNTER, "calls", (*_AT, "outcome", "within"),
    "How calls left the queue, and whether no later than their threshold.",
    "+1 once per call, when it leaves the queue: answered, abandoned, abandoned_short (within the queue's "
    "short_abandon), overflowed, converted, rejected, failed. within=true: its wait is at most T of its tier (20 s "
    "where the tier has no target); exactly T is within.",
)  # fmt: skip
BREACHES: Final = Series(
    "callcenter_sl_breaches_total", Kind.COUNTER, "calls", _AT,
    "Calls that waited past their threshold, counted at that moment.",
    "+1 the moment the wait exceeds T, whether or not the call is answered later: a jam shows at once.",
)  # fmt: skip
CONTACTS_OFFERED: Final = Series(
    "callcenter_contacts_offered_total", Kind.COUNTER, "contacts", ("tier",),
    "Contacts that came, by the tier that they came with.",
    "callcenter_calls_offered_total of first segments alone: a contact is judged once, where it came, however often it "
    "is transferred or overflows.",
)  # fmt: skip
CONTACT_OUTCOMES: Final = Series(
    "callcenter_contacts_sl_outcomes_total", Kind.COUNTER, "contacts", ("tier", "outcome", "within"),
    "How contacts left the first queue that they came to, and whether no later than their threshold.",
    "callcenter_sl_outcomes_total of first segments alone: a tier's contractual service level, to the last contact.",
)  # fmt: skip
CONTACT_BREACHES: Final = Series(
    "callcenter_contacts_sl_breaches_total", Kind.COUNTER, "contacts", ("tier",),
    "Contacts that waited past their threshold in the first queue that they came to, counted at that moment.",
    "callcenter_sl_breaches_total of first segments alone.",
)  # fmt: skip
CONTACTS_TODAY: Final = Series(
    "callcenter_contacts_today", Kind.GAUGE, "contacts", ("tier", "outcome", "within"),
    "How contacts left the first queue that they came to today, and whether no later than their threshold.",
    "callcenter_contacts_sl_outcomes_total less what it was at midnight of the centre's time zone; exact, where "
    "increase() is not. Whoever comes before midnight and leaves after it counts in the new day.",
)  # fmt: skip
DAY_BEGAN: Final = Series(
    "callcenter_day_began_timestamp_seconds", Kind.GAUGE, "seconds", (), "When the day of the centre began.",
    "Unix time of the last midnight in the centre's time zone: since when callcenter_contacts_today counts.",
)  # fmt: skip
WAIT: Final = Series(
    "callcenter_wait_seconds", Kind.HISTOGRAM, "seconds", _AT,
    "Wait from entering the queue to a person's answer or departure.",
    "One observation per call, when it leaves the queue, whatever the outcome. Every tier's threshold is a bucket.",
)  # fmt: skip
OUTCOME_WAIT: Final = Series(
    "callcenter_outcome_wait_seconds", Kind.HISTOGRAM, "seconds", ("tier", "outcome"),
    "Wait from entering the queue to leaving it, by how it ended.",
    "callcenter_wait_seconds by outcome: the waits of answered calls alone are those of outcome answered; their mean, "
    "sum / count, is the average speed of answer. Its buckets carry trace ids as exemplars, in OpenMetrics.",
)  # fmt: skip
TURNED_AWAY: Final = Series(
    "callcenter_calls_turned_away_total", Kind.COUNTER, "calls", ("queue", "cause"),
    "Calls rejected or overflowed, by cause.",
    "+1 with outcome rejected or overflowed; the cause is full, max_wait, closed, no_agents, withdrawn, blacklisted.",
)  # fmt: skip
OFFER_ENDS: Final = Series(
    "callcenter_offers_total", Kind.COUNTER, "offers", ("queue", "end"),
    "Offers to agents, calls' and tasks', by their end.",
    "+1 when an offer ends: accepted, no_answer, rejected, busy, unreachable, caller_gone, agent_gone, system.",
)  # fmt: skip
EWT: Final = Series(
    "callcenter_ewt_predictions_total", Kind.COUNTER, "forecasts", ("queue", "result"),
    "Expected waits told to callers, by what came true.",
    "+1 when a call that was told an expected wait is answered (p50: no later than its median, p90: no later than its "
    "90 % value, later), or leaves unanswered after that value (later). One who hung up sooner cannot be scored. "
    "Coverage of the 90 % value is (p50 + p90) / all.",
    origin=Origin.PROCESS,
)  # fmt: skip

# --- agents

AGENT_SECONDS: Final = Series(
    "callcenter_agent_seconds_total", Kind.COUNTER, "seconds", ("group", "activity"),
    "Agents' time by what they did.",
    "Seconds up to now, running ones included: logged_in, not_ready, ring, talk (hold included), hold (a part of "
    "talk), dial, wrap_up; of a chat the share of the agent that it takes, but a ring is whole until it is answered. "
    "Occupancy = (ring + talk + dial + wrap_up) / (logged_in - not_ready).",
)  # fmt: skip
TALK: Final = Series(
    "callcenter_talk_seconds", Kind.HISTOGRAM, "seconds", ("queue",), "Talk time of calls, hold included.",
    "One observation per conversation, when it ends: completed, failed or transferred. Outbound tasks are not among "
    "them. Its buckets carry trace ids as exemplars, in OpenMetrics.",
)  # fmt: skip
HANDLING: Final = Series(
    "callcenter_handling_seconds", Kind.HISTOGRAM, "seconds", ("queue",),
    "Handling time of calls: talk, hold and after-call work.",
    "One observation per conversation, when its wrap-up ends, or at once where there is none; ringing is not in it. "
    "AHT = sum / count. Its buckets carry trace ids as exemplars, in OpenMetrics.",
)  # fmt: skip
TIER_SECONDS: Final = Series(
    "callcenter_tier_agent_seconds_total", Kind.COUNTER, "seconds", ("tier",),
    "Agents' time by the tier of the customer it went to.",
    "Seconds up to now: ring (of the offer that was accepted), talk, wrap_up, and dial of outbound tasks.",
)  # fmt: skip

# --- outbound tasks

TASKS_SCHEDULED: Final = Series(
    "callcenter_tasks_scheduled_total", Kind.COUNTER, "tasks", ("kind", "tier"),
    "Promises made to call a customer.", "+1 when an outbound task is made.",
)  # fmt: skip
TASKS_ENDED: Final = Series(
    "callcenter_tasks_total", Kind.COUNTER, "tasks", ("kind", "tier", "outcome"),
    "Outbound tasks by what became of them.",
    "+1 when a task ends: completed, unreachable, out_of_time, cancelled, superseded.",
)  # fmt: skip
PROMISES: Final = Series(
    "callcenter_task_promises_total", Kind.COUNTER, "tasks", ("kind", "tier", "promise"),
    "Promises by how they were decided.",
    "+1 once per task: kept (the customer was reached in time), missed (the promise passed, or the task was given up "
    "unreached), void (cancelled, or the customer rang first). A report "
    "that comes after the promise passed does not undo missed. scheduled = kept + missed + void + undecided.",
)  # fmt: skip
ATTEMPTS: Final = Series(
    "callcenter_task_attempts_total", Kind.COUNTER, "attempts", ("kind", "tier", "result"),
    "Attempts to reach customers, by result.", "+1 when a customer is reached, or is not.",
)  # fmt: skip
SOLVED: Final = Series(
    "callcenter_tasks_solved_total", Kind.COUNTER, "tasks", ("kind", "tier", "solved"),
    "Customers who were called and served, by whether their business is finished.",
    "+1 with outcome completed: yes or no by what the agent's result code means in the queue, unsaid where the agent "
    "gave none. Solved by callback = yes / (yes + no).",
)  # fmt: skip

# --- the picture of the floor

WAITING: Final = Series(
    "callcenter_queue_calls", Kind.GAUGE, "calls", _AT, "Calls that wait in line.",
    "Waiting calls now, those held for a preferred agent included, ringing ones not.", Origin.PICTURE,
)  # fmt: skip
WAITING_LATE: Final = Series(
    "callcenter_queue_late_calls", Kind.GAUGE, "calls", _AT, "Calls not answered yet that are past their threshold.",
    "Calls that entered the queue, have not left it (ringing ones included) and have waited longer than T: missed "
    "already, in every denominator but that of sl_answered.", Origin.PICTURE,
)  # fmt: skip
CONTACTS_LATE: Final = Series(
    "callcenter_contacts_late", Kind.GAUGE, "contacts", ("tier",),
    "Contacts not answered yet that are past their threshold in the first queue that they came to.",
    "callcenter_queue_late_calls of first segments alone.", Origin.PICTURE,
)  # fmt: skip
OLDEST: Final = Series(
    "callcenter_queue_oldest_wait_seconds", Kind.GAUGE, "seconds", _AT, "Wait of the longest waiting call.",
    "Now less the entry of the call in line that came first; 0: nobody waits.", Origin.PICTURE,
)  # fmt: skip
STARVATION: Final = Series(
    "callcenter_starvation_seconds", Kind.GAUGE, "seconds", ("band",), "Longest wait in a band.",
    "The greatest callcenter_queue_oldest_wait_seconds of the tiers of the band.", Origin.PICTURE,
)  # fmt: skip
AGENTS: Final = Series(
    "callcenter_agents", Kind.GAUGE, "agents", ("group", "state"), "Agents logged in, by state.",
    "The one word a wallboard shows: available, offered, busy, wrap_up, not_ready, not_responding, busy_elsewhere, "
    "unreachable.", Origin.PICTURE,
)  # fmt: skip
QUEUE_OPEN: Final = Series(
    "callcenter_queue_open", Kind.GAUGE, "0 or 1", ("queue",), "Whether the queue is open.",
    "1 within its opening hours (or without any), else 0.", Origin.PICTURE,
)  # fmt: skip
QUEUE_AGENTS: Final = Series(
    "callcenter_queue_agents", Kind.GAUGE, "agents", ("queue",), "Agents logged in who could take calls of the queue.",
    "Skills that reach the queue, after all its relaxation steps; on a break counts.", Origin.PICTURE,
)  # fmt: skip
TASKS_OPEN: Final = Series(
    "callcenter_tasks_open", Kind.GAUGE, "tasks", ("kind", "state", "promise"), "Open outbound tasks.",
    "Open tasks by state (scheduled, due, offered, attempting, retry) and promise (open, kept, missed).",
    Origin.PICTURE,
)  # fmt: skip
TASKS_NEAR: Final = Series(
    "callcenter_tasks_near_promise", Kind.GAUGE, "tasks", ("kind", "tier"),
    "Undecided promises that end within the hour.",
    "Open tasks not reached yet whose promise ends within 3600 s.", Origin.PICTURE,
)  # fmt: skip
LIVE_OFFERS: Final = Series(
    "callcenter_live_offers", Kind.GAUGE, "offers", (), "Offers that ring.", "Offers without an end.", Origin.PICTURE,
)  # fmt: skip
OLDEST_OFFER: Final = Series(
    "callcenter_oldest_offer_seconds", Kind.GAUGE, "seconds", (), "Age of the offer that has rung longest.",
    "Now less its beginning; 0: none rings. Beyond every offer timeout of the centre it is stuck.", Origin.PICTURE,
)  # fmt: skip
TARGET_SHARE: Final = Series(
    "callcenter_sl_target_ratio", Kind.GAUGE, "share", ("tier",), "The tier's target share.",
    "0.9 of a 90/20; tiers without a target have none.", Origin.PICTURE,
)  # fmt: skip
TARGET_SECONDS: Final = Series(
    "callcenter_sl_target_seconds", Kind.GAUGE, "seconds", ("tier",), "The tier's threshold T.",
    "20 of a 90/20; tiers without a target have none.", Origin.PICTURE,
)  # fmt: skip

# --- how customers are treated

BLACKLIST_ENTRIES: Final = Series(
    "callcenter_blacklist_entries", Kind.GAUGE, "entries", ("state",), "Entries on the blacklist.",
    "Customers proposed for it, and those on it (in_force).", Origin.PROCESS,
)  # fmt: skip
BLACKLIST_OVERDUE: Final = Series(
    "callcenter_blacklist_reviews_overdue", Kind.GAUGE, "entries", (), "Reviews that passed with nobody there.",
    "Entries whose review date is past and that are not lifted yet: the service lifts them within seconds, so that "
    "anything but 0 for long means that it does not.", Origin.PROCESS,
)  # fmt: skip
BLACKLIST_DUE: Final = Series(
    "callcenter_blacklist_reviews_due_soon", Kind.GAUGE, "entries", (), "Reviews due within 7 days.",
    "Entries that are lifted within 7 days unless somebody reviews them.", Origin.PROCESS,
)  # fmt: skip
OVERRIDES: Final = Series(
    "callcenter_tier_overrides", Kind.GAUGE, "customers", (), "Customers whose tier is a person's word.",
    "Overrides in force.", Origin.PROCESS,
)  # fmt: skip
COMPLAINTS_OPEN: Final = Series(
    "callcenter_complaints_open", Kind.GAUGE, "complaints", ("grade",), "Complaints that are not resolved.",
    "State open or responded.", Origin.PROCESS,
)  # fmt: skip
COMPLAINTS_OVERDUE: Final = Series(
    "callcenter_complaints_overdue", Kind.GAUGE, "complaints", ("grade",), "Unresolved complaints past a limit.",
    "Past the resolution limit, or past the response limit without a response.", Origin.PROCESS,
)  # fmt: skip
CSAT_ANSWERS: Final = Series(
    "callcenter_csat_answers_total", Kind.COUNTER, "answers", ("tier", "answer"),
    "How satisfied customers say they are.",
    "+1 per customer asked, answer 1 to 5. CSAT = (4 + 5) / all.", Origin.PROCESS,
)  # fmt: skip
NPS_ANSWERS: Final = Series(
    "callcenter_nps_answers_total", Kind.COUNTER, "answers", ("tier", "kind"),
    "Whether customers recommend the company.",
    "+1 per customer asked: promoter (9, 10), passive (7, 8), detractor (0 to 6). "
    "NPS = 100 x (promoter - detractor) / all.", Origin.PROCESS,
)  # fmt: skip
CONTACTS: Final = Series(
    "callcenter_contacts_total", Kind.COUNTER, "contacts", ("tier",), "Contacts of known customers.",
    "+1 when a known customer's call enters a queue or is turned away; transfers go on with the same contact.",
    Origin.PROCESS,
)  # fmt: skip
CONTACTS_REPEATED: Final = Series(
    "callcenter_contacts_repeated_total", Kind.COUNTER, "contacts", ("tier",), "Contacts soon after another.",
    "+1 with a contact within 24 hours of one before by the same customer in the same queue.", Origin.PROCESS,
)  # fmt: skip

# --- the service

REQUESTS: Final = Series(
    "callcenter_http_requests_total", Kind.COUNTER, "requests", ("route", "status"), "Requests by route and status.",
    "+1 when an answer begins; the route is the pattern of the address, none for an address that does not exist.",
    Origin.PROCESS,
)  # fmt: skip
DECISION: Final = Series(
    "callcenter_decision_seconds", Kind.HISTOGRAM, "seconds", (), "A posted call, from its arrival to its answer.",
    "POST /v1/calls, its commit included.", Origin.PROCESS,
)  # fmt: skip
COMMIT: Final = Series(
    "callcenter_journal_commit_seconds", Kind.HISTOGRAM, "seconds", (), "One group commit of the journal.",
    "From the writer's first statement to the commit's return.", Origin.PROCESS,
)  # fmt: skip
BACKLOG: Final = Series(
    "callcenter_journal_backlog", Kind.GAUGE, "entries", (), "Entries on their way to the disk.",
    "Applied and not yet durable.", Origin.PROCESS,
)  # fmt: skip
RECOVERIES: Final = Series(
    "callcenter_journal_recoveries_total", Kind.COUNTER, "recoveries", (), "Rebuilds of the engine after a failure.",
    "+1 when the engine was rebuilt from the journal because a commit or a decision failed.", Origin.PROCESS,
)  # fmt: skip
PROBLEMS: Final = Series(
    "callcenter_problems", Kind.GAUGE, "problems", ("part",), "Why the service is not ready, by part.",
    "The problems that /readyz tells, of the journal, the dispatcher and the board; 0: none.", Origin.PROCESS,
)  # fmt: skip
BOARD_FAULTS: Final = Series(
    "callcenter_board_faults_total", Kind.COUNTER, "faults", (), "Times that the board failed on an event.",
    "+1 when what listens to committed events (board, counters, streams, web hooks) failed, or could not read what it "
    "had missed. Decisions and the journal are whole; a figure may lack an event until the next start.", Origin.PROCESS,
)  # fmt: skip
TICK: Final = Series(
    "callcenter_last_tick_timestamp_seconds", Kind.GAUGE, "seconds", (), "When the engine was last told the time.",
    "Unix time.", Origin.PROCESS,
)  # fmt: skip
SEQ: Final = Series(
    "callcenter_last_event_seq", Kind.GAUGE, "events", (), "Number of the last event heard.",
    "The place of the last committed event in the one sequence.", Origin.PROCESS,
)  # fmt: skip
LOOP_TASKS: Final = Series(
    "callcenter_loop_tasks", Kind.GAUGE, "tasks", (), "Tasks of the event loop.",
    "Those that have not ended: one per request and stream, and a few that stay. When nobody asks anything it is as "
    "it was at the start, or something piles up.", Origin.PROCESS,
    internal="the soak test asks it, and whoever looks for a leak",
)  # fmt: skip
BUILD: Final = Series(
    "callcenter_build_info", Kind.GAUGE, "1", ("version",), "The version that runs.", "Always 1.", Origin.PROCESS,
)  # fmt: skip

CATALOGUE: Final = (
    OFFERED, OUTCOMES, BREACHES, CONTACTS_OFFERED, CONTACT_OUTCOMES, CONTACT_BREACHES, CONTACTS_TODAY, DAY_BEGAN,
    WAIT, OUTCOME_WAIT, TURNED_AWAY, OFFER_ENDS, EWT, AGENT_SECONDS, TALK, HANDLING, TIER_SECONDS,
    TASKS_SCHEDULED, TASKS_ENDED, PROMISES, ATTEMPTS, SOLVED,
    WAITING, WAITING_LATE, CONTACTS_LATE, OLDEST, STARVATION, AGENTS, QUEUE_OPEN, QUEUE_AGENTS, TASKS_OPEN, TASKS_NEAR,
    LIVE_OFFERS, OLDEST_OFFER, TARGET_SHARE, TARGET_SECONDS,
    BLACKLIST_ENTRIES, BLACKLIST_OVERDUE, BLACKLIST_DUE, OVERRIDES, COMPLAINTS_OPEN, COMPLAINTS_OVERDUE,
    CSAT_ANSWERS, NPS_ANSWERS, CONTACTS, CONTACTS_REPEATED,
    REQUESTS, DECISION, COMMIT, BACKLOG, RECOVERIES, PROBLEMS, BOARD_FAULTS, TICK, SEQ, LOOP_TASKS, BUILD,
)  # fmt: skip
"""Everything, in the order in which it is written."""
