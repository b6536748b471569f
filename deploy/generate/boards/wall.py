"""The wall: what everyone on the floor sees."""

from typing import Final

from deploy.generate.panels import COUNT, SECONDS, SHARE, TODAY, Ask, Board, Shown, by

NONE: Final = " or 0 * max(callcenter_last_tick_timestamp_seconds)"
"""None is 0 as long as the service tells its figures; of a service that is dead nothing is known."""
NET: Final = "sl_net: answered within T / (answered + abandoned - short abandons + those who wait beyond T)"

WALL: Final = Board(
    "wall", "Wall", "What everyone on the floor sees: promises, who waits, who is there.", TODAY,
    (
        ("Promises", (
            Shown("Service level, last hour", "stat", SHARE, (Ask("tier:callcenter_sl_net:ratio1h", "{{tier}}"),),
                  f"{NET}, of contacts over the last hour. Green: at or above the tier's target, amber: less than five "
                  "points below it, red: worse; white: it has no target.",
                  6, targets=True, tile=True,
                  alerts=("ServiceLevelBurnsFast", "ServiceLevelBurns", "ServiceLevelBurnsSlowly")),
            Shown("Service level, today", "stat", SHARE, (Ask("tier:callcenter_sl_net:ratio_today", "{{tier}}"),),
                  f"{NET}, of contacts since midnight in the centre's time zone, counted exactly. The contractual "
                  "figure is the journal's, which counts a contact in the half hour in which it came.",
                  6, targets=True, tile=True),
            Shown("Budget left today", "stat", SHARE,
                  (Ask("tier:callcenter_sl_budget_left:ratio_today", "{{tier}}"),),
                  "1 - missed / (judged x (1 - target)), of contacts since midnight in the centre's time zone. 100 %: "
                  "none missed; 0: as many as the target allows; below: today's promise is broken so far.",
                  6, (0.0, 0.25), "more", tile=True, alerts=("DaysBudgetSpent",)),
            Shown("Left by agreement, last hour", "stat", SHARE,
                  (Ask("tier:callcenter_converted:ratio1h", "{{tier}}"),),
                  "Converted to callbacks / offered, of contacts. They are in no service level above: where many leave "
                  "so, it says less.", 6),
            Shown("Service level against target", "lines", SHARE,
                  (Ask("tier:callcenter_sl_net:ratio30m", "{{tier}}"),
                   Ask("callcenter_sl_target_ratio", "{{tier}} target")),
                  f"{NET}, of contacts over the half hour before each moment; dashed: the target.", 16),
            Shown("Budget burns, last 5 minutes", "stat", COUNT,
                  (Ask("tier:callcenter_sl_burn:ratio5m", "{{tier}}"),),
                  "Share of contacts missed / (1 - target). 1: the target is just met; 90/20 can reach 10: nobody is "
                  "answered in time. A contact is missed the moment T passes, so a jam shows within a minute.",
                  8, (1.0, 4.0), alerts=("ServiceLevelBurnsFast",)),
        )),
        ("Waiting", (
            Shown("Waiting now", "stat", COUNT, (Ask(by("callcenter_queue_calls", "tier"), "{{tier}}"),),
                  "Calls in line, ringing ones not, all queues together.", 8),
            Shown("Past their threshold", "stat", COUNT, (Ask(by("callcenter_queue_late_calls", "tier"), "{{tier}}"),),
                  "Calls that have waited longer than T: not answered yet, and missed already.", 8, (1.0, 5.0)),
            Shown("Oldest wait", "stat", SECONDS,
                  (Ask("max by (tier) (callcenter_queue_oldest_wait_seconds)", "{{tier}}"),),
                  "How long the longest waiting call of each tier has waited.", 8, (60.0, 300.0),
                  alerts=("CallWaitsTooLong", "BandStarves")),
            Shown("Fullest queues", "stat", COUNT,
                  (Ask("topk(8, sum by (queue) (callcenter_queue_calls))", "{{queue}}"),),
                  "Calls in line, of the eight queues with most.", 16),
            Shown("Thresholds", "stat", SECONDS, (Ask("callcenter_sl_target_seconds", "{{tier}}"),),
                  "T: an answer after exactly T is in time.", 8),
        )),
        ("Agents", (
            Shown("Agents by state", "stack", COUNT, (Ask(by("callcenter_agents", "state"), "{{state}}"),),
                  "Agents logged in, each in one state.", 9),
            Shown("Open queues without anyone", "stat", COUNT,
                  (Ask("count(callcenter_queue_open == 1 and on (queue) callcenter_queue_agents == 0)" + NONE,
                       "queues"),),
                  "Open, and no agent logged in who could take their calls.", 5, (1.0,), tile=True,
                  alerts=("NobodyServesAQueue",)),
            Shown("Least staffed open queues", "stat", COUNT,
                  (Ask("bottomk(6, callcenter_queue_agents and on (queue) callcenter_queue_open == 1)", "{{queue}}"),),
                  "Agents logged in who could take their calls, on a break too; the six open queues with fewest.", 5),
            Shown("Alerts that fire", "stat", COUNT,
                  (Ask('count(ALERTS{alertstate="firing",severity="page"})' + NONE, "pages"),
                   Ask('count(ALERTS{alertstate="firing",severity="ticket"})' + NONE, "tickets")),
                  "Pages wake somebody, tickets are for the working day. Each has a page in docs/runbooks/.", 5,
                  (1.0,)),
        )),
    ),
    refresh="5s",
    heights=(4, 6),
)  # fmt: skip
