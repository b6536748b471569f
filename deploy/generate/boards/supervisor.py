"""The supervisor's board: the day in half hours."""

from typing import Final

from deploy.generate.panels import COUNT, SECONDS, SHARE, TODAY, Ask, Board, Shown, by, quantile

FORMULAS: Final = ("sl_all", "sl_answered", "sl_offered", "sl_forgiving", "sl_net", "sl_net_overflow")
WAIT: Final = "callcenter_outcome_wait_seconds"
ANSWERED, ABANDONED = 'outcome="answered"', 'outcome="abandoned"'

SUPERVISOR: Final = Board(
    "supervisor", "Supervisor",
    "The day in half hours: volume, service, agents' time. A bar stands at the end of its half hour.", TODAY,
    (
        ("Promises", (
            Shown("Budget left today, contacts", "stat", COUNT,
                  (Ask("tier:callcenter_sl_budget_left:contacts_today", "{{tier}}"),),
                  "Contacts that may still be missed today, of those that came so far: judged x (1 - target) - missed; "
                  "more will come, and it grows with them. Below 0: so many too many.", 10, (0.0,), "more",
                  alerts=("DaysBudgetSpent",)),
            Shown("Today began", "stat", SECONDS, (Ask("time() - callcenter_day_began_timestamp_seconds", "ago"),),
                  "Midnight in the centre's time zone, so long ago: since when \"today\" counts.", 4),
            Shown("Burn over six hours and a day", "lines", COUNT,
                  (Ask("tier:callcenter_sl_burn:ratio6h", "{{tier}} 6h"),
                   Ask("tier:callcenter_sl_burn:ratio1d", "{{tier}} 1d")),
                  "Share of contacts missed / (1 - target). Above 1 for long, a promise is broken though no hour "
                  "looked bad.", 10, alerts=("ServiceLevelBurnsSlowly",)),
        )),
        ("Contacts", (
            Shown("Offered per half hour", "bars", COUNT,
                  (Ask("tier:callcenter_contacts_offered:increase30m", "{{tier}}"),),
                  "Contacts that came, by the tier they came with; transfers are not among them.", 12),
            Shown("Service level per half hour", "bars", SHARE, (Ask("tier:callcenter_sl_net:ratio30m", "{{tier}}"),),
                  "sl_net: answered within T / (answered + abandoned - short abandons + those who wait beyond T), of "
                  "contacts.", 12),
            Shown("Every formula, 24 hours", "stat", SHARE,
                  tuple(Ask(f"tier:callcenter_{name}:ratio1d", f"{{{{tier}}}} {name}") for name in FORMULAS),
                  "One service, six readings, of contacts. sl_all: answered within T / offered; sl_answered: / all "
                  "answered; sl_offered: / (answered + abandoned); sl_forgiving: those who abandon within T are met; "
                  "sl_net: short abandons left out; sl_net_overflow: overflowed ones are missed. In full: "
                  "docs/metrics.md.", 16),
            Shown("Converted to callbacks, 24 hours", "stat", SHARE,
                  (Ask("tier:callcenter_converted:ratio1d", "{{tier}}"),),
                  "Converted / offered, of contacts: they left by agreement and are in no service level.", 8),
        )),
        ("Lost, and how long it takes", (
            Shown("Abandonment per half hour", "bars", SHARE,
                  (Ask("tier:callcenter_abandonment:ratio30m", "{{tier}}"),),
                  "Abandoned, shortly or not / offered, of contacts.", 12),
            Shown("Turned away, by cause", "bars", COUNT,
                  (Ask(by("increase(callcenter_calls_turned_away_total[30m])", "cause"), "{{cause}}"),),
                  "Rejected and overflowed calls, per half hour.", 12),
            Shown("Waits", "lines", SECONDS,
                  (Ask(quantile(0.5, "callcenter_wait_seconds"), "half wait less"),
                   Ask(quantile(0.95, "callcenter_wait_seconds"), "95 % wait less")),
                  "Of all calls that left a queue within the half hour before, whatever way; between two buckets it is "
                  "interpolated.", 12),
            Shown("Waits of answered calls", "lines", SECONDS,
                  (Ask(quantile(0.5, WAIT, "tier", ANSWERED), "{{tier}} half"),
                   Ask(quantile(0.95, WAIT, "tier", ANSWERED), "{{tier}} 95 %")),
                  "Half and 95 % of the answered waited less, over the half hour before. Diamonds are examples: each "
                  "leads to the trace of a contact, where Prometheus keeps them.", 12, examples=True),
            Shown("Patience of those who hang up", "lines", SECONDS,
                  (Ask(quantile(0.5, WAIT, "tier", ABANDONED), "{{tier}} half"),),
                  "Half of those who abandoned, not shortly, had waited less, over the half hour before.", 12,
                  examples=True),
            Shown("Calls by queue", "bars", COUNT,
                  (Ask("topk(12, sum by (queue) (increase(callcenter_calls_offered_total[30m])))", "{{queue}}"),),
                  "Calls that came to each queue, transferred ones too, per half hour; the twelve with most.", 12),
            Shown("Worst served, last hour", "stat", SHARE,
                  (Ask("bottomk(8, queue_tier:callcenter_sl_net:ratio1h)", "{{queue}} {{tier}}"),),
                  "sl_net by queue and tier: answered within T / (answered + abandoned - short abandons + those who "
                  "wait beyond T), of all calls that came to the queue, transferred ones too; the eight lowest.", 24),
        )),
        ("Agents' time", (
            Shown("Occupancy", "lines", SHARE, (Ask("group:callcenter_occupancy:ratio30m", "{{group}}"),),
                  "(ring + talk + dial + wrap-up) / (logged in - not ready), over half an hour; hold is talk.", 12),
            Shown("Occupancy, by what fills it", "stack", SHARE,
                  (Ask("group_activity:callcenter_occupancy:ratio30m", "{{group}} {{activity}}"),),
                  "Ring, talk, dial and wrap-up, each / (logged in - not ready), over half an hour, by group; together "
                  "they are its occupancy.", 12),
            Shown("What agents do", "stack", COUNT,
                  (Ask(by('rate(callcenter_agent_seconds_total{activity!~"logged_in|hold"}[5m])', "activity"),
                       "{{activity}}"),),
                  "In agents: seconds spent a second, over five minutes.", 12),
            Shown("Time by tier", "stack", SHARE, (Ask("tier:callcenter_agent_time:share1h", "{{tier}}"),),
                  "Agents' ring, talk, dial and wrap-up for a tier's customers / for all, over the hour before.", 12),
            Shown("Talk time", "lines", SECONDS,
                  (Ask(quantile(0.5, "callcenter_talk_seconds", "queue"), "{{queue}} half"),
                   Ask(quantile(0.95, "callcenter_talk_seconds", "queue"), "{{queue}} 95 %")),
                  "Half and 95 % of conversations are shorter, hold included, over the half hour before.", 12,
                  examples=True),
            Shown("Mean handling time", "lines", SECONDS,
                  (Ask("sum by (queue) (increase(callcenter_handling_seconds_sum[30m]))\n"
                       "/ (sum by (queue) (increase(callcenter_handling_seconds_count[30m])) > 0)", "{{queue}}"),),
                  "AHT: talk, hold and after-call work / conversations, over the half hour before.", 12, examples=True),
            Shown("Offers by their end", "bars", COUNT,
                  (Ask(by("increase(callcenter_offers_total[30m])", "end"), "{{end}}"),),
                  "Phones that rang, per half hour, calls' and callbacks'.", 12, alerts=("OfferIsStuck",)),
            Shown("Phones nobody answers", "lines", SHARE,
                  (Ask("queue:callcenter_offers_missed:ratio30m", "{{queue}}"),),
                  "Offers that ended as no_answer or rejected / all offers, over the half hour before.", 12),
        )),
        ("Customers", (
            Shown("Satisfaction, answers per half hour", "bars", COUNT,
                  (Ask(by("increase(callcenter_csat_answers_total[30m])", "answer"), "{{answer}}"),),
                  "1 to 5. CSAT = (4 + 5) / all.", 8),
            Shown("Would recommend, answers per half hour", "bars", COUNT,
                  (Ask(by("increase(callcenter_nps_answers_total[30m])", "kind"), "{{kind}}"),),
                  "NPS = 100 x (promoters - detractors) / all.", 8),
            Shown("Contacts, and those soon after another", "bars", COUNT,
                  (Ask(by("increase(callcenter_contacts_total[30m])", "tier"), "{{tier}}"),
                   Ask(by("increase(callcenter_contacts_repeated_total[30m])", "tier"), "{{tier}} again")),
                  "Of known customers, per half hour; again: within 24 hours, in the same queue.", 8),
            Shown("Complaints open", "stat", COUNT,
                  (Ask(by("callcenter_complaints_open", "grade"), "{{grade}}"),), "Not resolved.", 12),
            Shown("Complaints overdue", "stat", COUNT,
                  (Ask(by("callcenter_complaints_overdue", "grade"), "{{grade}}"),),
                  "Not resolved, and past the response or the resolution limit.", 12, (1.0,),
                  alerts=("ComplaintsOverdue",)),
        )),
    ),
    refresh="30s",
)  # fmt: skip
