"""What the dashboards show: five boards, each a few rows of panels, each panel its questions to Prometheus."""

from dataclasses import dataclass
from typing import Final, Literal

Look = Literal["stat", "lines", "bars", "stack"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and how its answers are called."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One panel; `limits` are the values from which it turns amber and red (or green: `better="more"`)."""

    title: str
    look: Look
    unit: str
    asks: tuple[Ask, ...]
    about: str
    width: int = 8
    limits: tuple[float, ...] = ()
    better: Literal["less", "more"] = "less"


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    name: str
    title: str
    about: str
    since: str
    rows: tuple[tuple[str, tuple[Shown, ...]], ...]
    refresh: str = "15s"


SHARE, SECONDS, COUNT = "percentunit", "s", "short"
TODAY: Final = "now/d"


def _by(series: str, by: str) -> str:
    return f"sum by ({by}) ({series})"


def _quantile(q: float, series: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (increase({series}_bucket[30m])))"


WALL: Final = Board(
    "wall", "Wall", "What everyone on the floor sees: promises, who waits, who is there.", TODAY,
    (
        ("Promises", (
            Shown("Service level, last hour", "stat", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio1h", "{{tier}}"),),
                  "sl_net: answered within the threshold over answered and abandoned, short abandons left out.", 8),
            Shown("Service level, 24 hours", "stat", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio1d", "{{tier}}"),),
                  "The same over 24 hours. The contractual figure of the day is the journal's.", 8),
            Shown("Above or below its target", "stat", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio1h - on (tier) callcenter_sl_target_ratio", "{{tier}}"),),
                  "Last hour less the target; below zero the promise is not kept.", 8, (0.0,), "more"),
            Shown("Service level against target", "lines", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio30m", "{{tier}}"),
                   Ask("callcenter_sl_target_ratio", "{{tier}} target")),
                  "Over the last half hour at each moment.", 16),
            Shown("Threshold", "stat", SECONDS, (Ask("callcenter_sl_target_seconds", "{{tier}}"),),
                  "T: an answer after exactly T is in time.", 8),
        )),
        ("Waiting", (
            Shown("Waiting now", "stat", COUNT,
                  (Ask(_by("callcenter_queue_calls", "queue, tier"), "{{queue}} {{tier}}"),),
                  "Calls in line; ringing ones are not among them.", 8),
            Shown("Past their threshold", "stat", COUNT,
                  (Ask(_by("callcenter_queue_late_calls", "tier"), "{{tier}}"),),
                  "Not answered yet, and missed already.", 8, (1.0, 5.0)),
            Shown("Oldest wait", "stat", SECONDS,
                  (Ask("max by (tier) (callcenter_queue_oldest_wait_seconds)", "{{tier}}"),),
                  "The longest waiting call of each tier.", 8, (60.0, 300.0)),
        )),
        ("Agents", (
            Shown("Agents by state", "stack", COUNT, (Ask(_by("callcenter_agents", "state"), "{{state}}"),),
                  "The one word for each agent who is logged in.", 12),
            Shown("Queues that are open", "stat", COUNT, (Ask("callcenter_queue_open", "{{queue}}"),),
                  "1: open, 0: closed.", 6),
            Shown("Who could serve them", "stat", COUNT, (Ask("callcenter_queue_agents", "{{queue}}"),),
                  "Agents logged in with the skills, on a break too.", 6),
        )),
    ),
    refresh="5s",
)  # fmt: skip

SUPERVISOR: Final = Board(
    "supervisor", "Supervisor", "The day in half hours: volume, service, agents' time.", TODAY,
    (
        ("Calls", (
            Shown("Offered per half hour", "bars", COUNT,
                  (Ask("tier:callcenter_contacts_offered:increase30m", "{{tier}}"),),
                  "Contacts; transfers are not among them.", 12),
            Shown("Service level per half hour", "bars", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio30m", "{{tier}}"),), "sl_net.", 12),
            Shown("Every formula, 24 hours", "stat", SHARE,
                  tuple(Ask(f"tier:callcenter_{name}:ratio1d", f"{name} {{{{tier}}}}") for name in (
                      "sl_all", "sl_answered", "sl_offered", "sl_forgiving", "sl_net", "sl_net_overflow")),
                  "One service, six readings: docs/metrics.md has the formulas.", 16),
            Shown("Converted to callbacks", "stat", SHARE,
                  (Ask("tier:callcenter_converted:ratio1d", "{{tier}}"),),
                  "This share left the queue by agreement; it stands beside every service level.", 8),
        )),
        ("Lost", (
            Shown("Abandonment per half hour", "bars", SHARE,
                  (Ask("tier:callcenter_abandonment:ratio30m", "{{tier}}"),), "Abandoned over offered.", 12),
            Shown("Turned away, by cause", "bars", COUNT,
                  (Ask(_by("increase(callcenter_calls_turned_away_total[30m])", "cause"), "{{cause}}"),),
                  "Rejected and overflowed calls.", 12),
            Shown("Calls by queue", "bars", COUNT,
                  (Ask("topk(12, sum by (queue) (increase(callcenter_calls_offered_total[30m])))", "{{queue}}"),),
                  "Those that came to each queue, transferred ones too; the twelve with most.", 12),
            Shown("Waits", "lines", SECONDS,
                  (Ask(_quantile(0.5, "callcenter_wait_seconds"), "half"),
                   Ask(_quantile(0.95, "callcenter_wait_seconds"), "95 %")),
                  "All that left the queue, whatever way.", 12),
            Shown("By queue and tier, last hour", "stat", SHARE,
                  (Ask("queue_tier:callcenter_sl_net:ratio1h", "{{queue}} {{tier}}"),), "sl_net.", 12),
        )),
        ("Agents' time", (
            Shown("Occupancy", "lines", SHARE, (Ask("group:callcenter_occupancy:ratio30m", "{{group}}"),),
                  "Ring, talk, dial and wrap-up over logged in less not ready.", 8),
            Shown("What agents do", "stack", COUNT,
                  (Ask(_by('rate(callcenter_agent_seconds_total{activity!~"logged_in|hold"}[5m])', "activity"),
                       "{{activity}}"),),
                  "In agents: seconds spent a second.", 8),
            Shown("Time by tier", "stack", SHARE, (Ask("tier:callcenter_agent_time:share1h", "{{tier}}"),),
                  "Whose customers the agents' time goes to.", 8),
            Shown("Offers by their end", "bars", COUNT,
                  (Ask(_by("increase(callcenter_offers_total[30m])", "end"), "{{end}}"),), "Phones that ring.", 12),
            Shown("Phones nobody answers", "lines", SHARE,
                  (Ask("queue:callcenter_offers_missed:ratio30m", "{{queue}}"),),
                  "Offers that ended as no_answer or rejected.", 12),
        )),
        ("Customers", (
            Shown("Satisfaction, answers per half hour", "bars", COUNT,
                  (Ask(_by("increase(callcenter_csat_answers_total[30m])", "answer"), "{{answer}}"),),
                  "1 to 5; CSAT is the share of 4 and 5.", 8),
            Shown("Would recommend, answers", "bars", COUNT,
                  (Ask(_by("increase(callcenter_nps_answers_total[30m])", "kind"), "{{kind}}"),),
                  "NPS is promoters less detractors over all.", 8),
            Shown("Contacts, and those soon after another", "bars", COUNT,
                  (Ask(_by("increase(callcenter_contacts_total[30m])", "tier"), "{{tier}}"),
                   Ask(_by("increase(callcenter_contacts_repeated_total[30m])", "tier"), "{{tier}} again")),
                  "Known customers; again: within 24 hours, in the same queue.", 8),
            Shown("Complaints", "stat", COUNT,
                  (Ask(_by("callcenter_complaints_open", "grade"), "{{grade}} open"),
                   Ask(_by("callcenter_complaints_overdue", "grade"), "{{grade}} overdue")),
                  "Not resolved, and past a limit.", 16),
        )),
    ),
    refresh="30s",
)  # fmt: skip

CALLBACKS: Final = Board(
    "callbacks", "Callbacks", "Promises to call customers back: made, kept, about to be missed.", "now-24h",
    (
        ("Promises", (
            Shown("Kept, 24 hours", "stat", SHARE, (Ask("kind:callcenter_promise_kept:ratio1d", "{{kind}}"),),
                  "Reached in time over all that were decided.", 8, (0.9, 0.98), "more"),
            Shown("End within the hour", "stat", COUNT, (Ask("callcenter_tasks_near_promise", "{{kind}}"),),
                  "Not reached yet.", 8, (1.0, 5.0)),
            Shown("Open, by state", "stat", COUNT, (Ask(_by("callcenter_tasks_open", "state"), "{{state}}"),),
                  "scheduled: not due or outside its window; due: waits for an agent; retry: nobody answered.", 8),
            Shown("Decided", "bars", COUNT,
                  (Ask(_by("increase(callcenter_task_promises_total[30m])", "promise"), "{{promise}}"),),
                  "void: cancelled, or the customer rang first.", 12),
            Shown("Open, by promise", "stack", COUNT, (Ask(_by("callcenter_tasks_open", "promise"), "{{promise}}"),),
                  "missed: still called until it is given up.", 12),
        )),
        ("Work", (
            Shown("Made and ended", "bars", COUNT,
                  (Ask(_by("increase(callcenter_tasks_scheduled_total[30m])", "kind"), "made {{kind}}"),
                   Ask(_by("increase(callcenter_tasks_total[30m])", "outcome"), "{{outcome}}")),
                  "More made than ended: they pile up.", 12),
            Shown("Attempts", "bars", COUNT,
                  (Ask(_by("increase(callcenter_task_attempts_total[30m])", "result"), "{{result}}"),),
                  "Customers who were reached, and who were not.", 12),
        )),
    ),
    refresh="1m",
)  # fmt: skip

ENGINE: Final = Board(
    "engine", "Engine health", "Whether the service decides, writes and listens as it should.", "now-3h",
    (
        ("At work", (
            Shown("Problems", "stat", COUNT, (Ask("callcenter_problems", "{{part}}"),), "What /readyz tells.", 6,
                  (1.0, 1.0)),
            Shown("Last told the time", "stat", SECONDS,
                  (Ask("timestamp(callcenter_last_tick_timestamp_seconds) - callcenter_last_tick_timestamp_seconds",
                       "ago"),),
                  "Seconds between the last tick and the scrape.", 6, (2.0, 5.0)),
            Shown("Rebuilt from the journal", "stat", COUNT, (Ask("callcenter_journal_recoveries_total", "times"),),
                  "Since this process began.", 6, (1.0, 2.0)),
            Shown("Version", "stat", COUNT, (Ask("callcenter_build_info", "{{version}}"),), "What runs.", 6),
        )),
        ("Speed", (
            Shown("Decisions", "lines", SECONDS,
                  (Ask(_quantile(0.5, "callcenter_decision_seconds"), "half"),
                   Ask(_quantile(0.99, "callcenter_decision_seconds"), "99 %")),
                  "A posted call from its arrival to its answer, its commit included.", 12),
            Shown("Commits", "lines", SECONDS,
                  (Ask(_quantile(0.5, "callcenter_journal_commit_seconds"), "half"),
                   Ask(_quantile(0.99, "callcenter_journal_commit_seconds"), "99 %")),
                  "One group commit.", 12),
            Shown("Requests by status", "stack", "reqps",
                  (Ask(_by("rate(callcenter_http_requests_total[5m])", "status"), "{{status}}"),), "A second.", 8),
            Shown("Requests by route", "stack", "reqps",
                  (Ask("topk(8, sum by (route) (rate(callcenter_http_requests_total[5m])))", "{{route}}"),),
                  "The eight that are asked most.", 8),
            Shown("Waiting for the disk", "lines", COUNT, (Ask("callcenter_journal_backlog", "entries"),),
                  "Applied, and not durable yet.", 8),
            Shown("Events", "lines", "short", (Ask("deriv(callcenter_last_event_seq[5m])", "a second"),),
                  "What happens on the floor, as facts.", 8),
            Shown("Processor", "lines", SHARE,
                  (Ask('rate(process_cpu_seconds_total{job="callcenter"}[5m])', "of a core"),),
                  "One process, one core at most, jobs aside.", 8),
            Shown("Memory", "lines", "bytes",
                  (Ask('process_resident_memory_bytes{job="callcenter"}', "resident"),), "Of the process.", 8),
        )),
        ("Offers and forecasts", (
            Shown("Offers that ring", "lines", COUNT, (Ask("callcenter_live_offers", "offers"),), "Now.", 8),
            Shown("The oldest of them", "lines", SECONDS, (Ask("callcenter_oldest_offer_seconds", "rings"),),
                  "Beyond every offer timeout it is stuck.", 8),
            Shown("Expected waits that came true", "lines", SHARE,
                  (Ask("queue:callcenter_ewt_coverage:ratio1h", "{{queue}}"),),
                  "Of what callers are told nine in ten should hold.", 8),
        )),
    ),
)  # fmt: skip

FAIRNESS: Final = Board(
    "fairness", "Fairness", "What the better tiers' precedence costs the others, and whether anyone is forgotten.",
    TODAY,
    (
        ("Waits", (
            Shown("Longest wait by band", "lines", SECONDS, (Ask("callcenter_starvation_seconds", "band {{band}}"),),
                  "Bands are absolute: this is their price.", 12),
            Shown("95 % of waits, by tier", "lines", SECONDS,
                  (Ask(_quantile(0.95, "callcenter_wait_seconds", "tier"), "{{tier}}"),),
                  "All that left the queue, whatever way.", 12),
        )),
        ("Service", (
            Shown("Answered at all, 24 hours", "stat", SHARE,
                  (Ask('sum by (tier) (tier_outcome_within:callcenter_contacts_sl_outcomes:increase1d'
                       '{outcome="answered"}) '
                       "/ (tier:callcenter_contacts_offered:increase1d > 0)", "{{tier}}"),),
                  "In time or not; of the last band too.", 8),
            Shown("Abandonment, 24 hours", "stat", SHARE, (Ask("tier:callcenter_abandonment:ratio1d", "{{tier}}"),),
                  "Abandoned over offered.", 8),
            Shown("Missed per half hour", "bars", COUNT,
                  (Ask(_by("increase(callcenter_sl_breaches_total[30m])", "tier"), "{{tier}}"),),
                  "Calls whose threshold passed, counted at that moment.", 8),
        )),
        ("Who gets what", (
            Shown("Share of calls", "stack", SHARE,
                  (Ask("tier:callcenter_contacts_offered:increase1h / on () group_left () "
                       "(sum (tier:callcenter_contacts_offered:increase1h) > 0)", "{{tier}}"),),
                  "Of those offered within the hour.", 12),
            Shown("Share of agents' time", "stack", SHARE, (Ask("tier:callcenter_agent_time:share1h", "{{tier}}"),),
                  "Beside the share of calls: who is served at whose cost.", 12),
        )),
        ("Who is where, and by whose word", (
            Shown("Blacklist", "stat", COUNT, (Ask(_by("callcenter_blacklist_entries", "state"), "{{state}}"),),
                  "Few, listed by a person with a reason.", 8),
            Shown("Reviews", "stat", COUNT,
                  (Ask("callcenter_blacklist_reviews_due_soon", "within 7 days"),
                   Ask("callcenter_blacklist_reviews_overdue", "overdue")),
                  "An entry that nobody reviews is lifted.", 8),
            Shown("Tiers by a person's word", "stat", COUNT, (Ask("callcenter_tier_overrides", "overrides"),),
                  "Overrides in force.", 8),
        )),
    ),
    refresh="1m",
)  # fmt: skip

BOARDS: Final = (WALL, SUPERVISOR, CALLBACKS, ENGINE, FAIRNESS)
